import Glibc
import RelanceCore

/// The messages under way as rendered and addressed, so that every attempt sends the same (reliability 2.1).
///
/// One file a message, named by its key alone, there entirely or not at all; kept only until the message is delivered
/// or abandoned.
package final class FrozenMessages: Sendable {
    static let folder = "outbox"

    private let directory: StateDirectory
    private let thread = SerialThread(name: "outbox")

    package init(in state: StateDirectory) throws(StoreError) {
        directory = try state.subdirectory(Self.folder)
        try directory.removeTemporaries()
    }

    /// Keeps envelope and bytes durably and returns the SHA-256 of both, which belongs into the attempt's record.
    package func freeze(_ message: FrozenMessage, of key: MessageKey) async throws -> String {
        try await thread.run { [directory] in
            let file = message.file
            try directory.replace(key.text, with: file)
            return Checksum.sha256Hex(file)
        }
    }

    /// The message that was frozen; throws when it is gone or is not that of the checksum.
    package func message(of key: MessageKey, sha256: String) async throws -> FrozenMessage {
        try await thread.run { [directory] in try Self.check(key, sha256: sha256, in: directory) }
    }

    /// Lets go of the bytes of a settled message; nothing happens when there are none.
    package func discard(_ key: MessageKey) async throws {
        try await thread.run { [directory] in try directory.removeIfPresent(key.text) }
    }

    /// Removes what a crash left of messages that are not open any more; returns how many there were.
    @discardableResult
    package func discardAll(but open: Set<MessageKey>) async throws -> Int {
        try await thread.run { [directory] in
            let gone = try directory.names().filter { name in
                MessageKey(name).map { !open.contains($0) } == true
            }
            for name in gone {
                try directory.unlink(name)
            }
            if !gone.isEmpty { try directory.sync() }
            return gone.count
        }
    }

    /// A frozen message, if it is there and is that of the checksum.
    @discardableResult
    static func check(
        _ key: MessageKey, sha256: String, in directory: StateDirectory
    ) throws(StoreError) -> FrozenMessage {
        let file = directory.path + "/" + key.text
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try directory.disk.read(key.text, in: directory.descriptor)
        } catch {
            throw error.code == ENOENT
                ? .frozenMessageMissing(file: file) : StoreError(error, in: directory.path)
        }
        guard Checksum.sha256Hex(bytes) == sha256, let message = FrozenMessage(file: bytes) else {
            throw .frozenMessageDamaged(file: file)
        }
        return message
    }
}
