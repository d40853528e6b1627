import Foundation

/// A real server that a shell script beside this file starts, and that lives as long as the script's standard input is
/// open: it vanishes with this process, whatever becomes of it.
package final class ServerScript: Sendable {
    /// Everything the server writes; gone with it.
    package let folder: String

    private let process: Guarded<Process>
    private let lifeline: Guarded<Pipe>

    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    /// Blocks until the script says that the server answers; its first argument is the folder.
    package init(_ script: String, folder name: String, arguments: [String]) throws {
        folder = NSTemporaryDirectory() + "relance-\(name)-" + UUID().uuidString.prefix(8)
        let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(script)
        let lifeline = Pipe()
        // No other child may keep it open after us.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [place.path, folder] + arguments
        process.standardInput = lifeline
        process.standardOutput = output
        try process.run()
        let firstWords = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        self.process = Guarded(process)
        self.lifeline = Guarded(lifeline)
        guard firstWords == "ready\n" else {
            throw StartError(description: "\(script) did not start; its words are on standard error")
        }
    }

    /// Closes the lifeline and waits for the end of the script.
    package func stop() {
        lifeline.withLock { try? $0.fileHandleForWriting.close() }  // closed already means ended already
        process.withLock { $0.waitUntilExit() }
    }

    /// Looks whenever something changes in one of these places under the folder, until satisfied or 30 seconds have
    /// passed.
    package func wait(
        forChangesIn places: [String], until isSatisfied: @escaping @Sendable () throws -> Bool
    ) async throws {
        try await onThread {
            let notes = inotify_init1(Int32(IN_CLOEXEC))
            guard notes >= 0 else { throw LoopbackError("inotify_init1") }
            defer { close(notes) }
            let deadline = Date(timeIntervalSinceNow: 30)
            while true {
                // Watched before it is looked at, so that nothing can happen in between.
                for place in places {
                    inotify_add_watch(
                        notes, self.folder + place, UInt32(IN_CREATE | IN_MOVE | IN_DELETE | IN_MODIFY))
                }
                let patience = deadline.timeIntervalSinceNow
                if try isSatisfied() || patience <= 0 { return }
                var ready = pollfd(fd: notes, events: Int16(POLLIN), revents: 0)
                guard poll(&ready, 1, Int32(patience * 1000)) > 0 else { continue }
                var events = [UInt8](repeating: 0, count: 4096)
                _ = read(notes, &events, events.count)
            }
        }
    }

    /// Ports nobody uses at this moment.
    package static func freePorts(_ count: Int) throws -> [Int] {
        let listeners = try (0..<count).map { _ in try LoopbackListener { _, _ in } }
        defer { for listener in listeners { listener.stop() } }
        return listeners.map(\.port)
    }
}
