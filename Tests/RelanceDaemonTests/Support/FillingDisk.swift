import Foundation
import Glibc
import RelanceStore
import RelanceTestSupport
import Synchronization

/// A disk that is full from one call to it on, until it is freed.
///
/// A file system of one mebibyte where one may be mounted, filled to the last byte by a file; else simulated.
final class FillingDisk: Sendable {
    private struct State {
        /// Calls before it fills up.
        var callsToFull: Int?
        var isFull = false
    }

    let path: String
    private let folder: TemporaryFolder
    /// Nil on a file system of its own.
    private let simulated: SimulatedDisk?
    private let state = Mutex(State())

    init(isMounted: Bool) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/state"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        simulated = isMounted ? nil : SimulatedDisk(folder: path)
        if isMounted, !Self.run("/usr/bin/mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", path) {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// To be called when nobody uses it any more.
    func unmount() {
        if simulated == nil { _ = Self.run("/usr/bin/umount", "--lazy", path) }
    }

    /// Whether file systems may be mounted here: root in a container often may not.
    static let canMount = run("/usr/bin/unshare", "--mount", "/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/mnt")

    private static func run(_ program: String, _ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    var disk: Disk {
        let simulated = simulated?.disk
        return Disk { [self] call in
            state.withLock { state in
                guard let calls = state.callsToFull else { return }
                state.callsToFull = calls - 1
                if calls <= 0 { fill(&state) }
            }
            return simulated?.fault?(call)
        }
    }

    var isFull: Bool { state.withLock { $0.isFull } }

    func fill(after calls: Int) { state.withLock { $0.callsToFull = calls } }

    func fill() { state.withLock { fill(&$0) } }

    private func fill(_ state: inout State) {
        (state.callsToFull, state.isFull) = (nil, true)
        guard simulated == nil else { return simulated?.setFull(true) ?? () }
        let ballast = open(path + "/ballast", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(ballast) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(ballast, block, block.count) > 0 {}
    }

    func free() {
        state.withLock { state in
            (state.callsToFull, state.isFull) = (nil, false)
            simulated?.setFull(false)
            unlink(path + "/ballast")
        }
    }
}
