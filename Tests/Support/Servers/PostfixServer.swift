import Foundation

/// A real Postfix with STARTTLS, implicit TLS and AUTH on loopback, started by `postfix.sh`.
///
/// Its folder and processes vanish with it, and with this process should that die. Wants root, postfix, dovecot-core and
/// openssl.
package final class PostfixServer: Sendable {
    /// The one name the certificate bears: the address 127.0.0.1 is not in it.
    package let host = "localhost"
    /// For STARTTLS.
    package let port: Int
    /// For implicit TLS.
    package let smtpsPort: Int
    package let user = "relance"
    package let password = "canary-7f3d-postfix"
    package let folder: String

    private let process: Guarded<Process>
    private let lifeline: Guarded<Pipe>

    /// The authority that signed the server's certificate.
    package var authorities: String { folder + "/authorities.pem" }
    /// Another authority, that signed nothing.
    package var strangers: String { folder + "/strangers.pem" }
    /// Refused with 550 and with 450 at RCPT; every other recipient is accepted.
    package let unknownRecipient = "nobody@cci.example"
    package let deferredRecipient = "later@cci.example"

    /// Starts a server, hands it over, and stops it whatever happens.
    package static func run<Result>(_ body: (PostfixServer) async throws -> Result) async throws -> Result {
        let server = try await onThread { try PostfixServer() }
        do {
            let result = try await body(server)
            try await onThread { server.stop() }
            return result
        } catch {
            try await onThread { server.stop() }
            throw error
        }
    }

    /// Blocks until the server answers.
    private init() throws {
        let folder = NSTemporaryDirectory() + "relance-postfix-" + UUID().uuidString.prefix(8)
        self.folder = folder
        (port, smtpsPort) = try Self.freePorts()

        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "postfix.sh")
        let lifeline = Pipe()
        // No other child may keep it open after us.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [script.path, folder, "\(port)", "\(smtpsPort)", user, password]
        process.standardInput = lifeline
        process.standardOutput = output
        try process.run()
        let firstWords = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        self.process = Guarded(process)
        self.lifeline = Guarded(lifeline)
        guard firstWords == "ready\n" else { throw StartError() }
    }

    package struct StartError: Error, CustomStringConvertible {
        package let description = "Postfix did not start; its words are on standard error"
    }

    /// Closes the lifeline and waits for the end of the script.
    private func stop() {
        lifeline.withLock { try? $0.fileHandleForWriting.close() }  // closed already means ended already
        process.withLock { $0.waitUntilExit() }
    }

    // MARK: What arrived

    /// The mails delivered so far, as the Maildir has them: with the server's header lines before ours, lines ended by LF.
    package func mails() throws -> [String] {
        let inbox = folder + "/mail/inbox/new"
        guard FileManager.default.fileExists(atPath: inbox) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: inbox).sorted()
            .map {
                String(decoding: try Data(contentsOf: URL(fileURLWithPath: inbox + "/" + $0)), as: UTF8.self)
            }
    }

    /// Waits until that many mails have arrived, 30 seconds at most, and returns what there is then.
    package func mails(atLeast count: Int) async throws -> [String] {
        // Deeper folders come with the first mail.
        try await wait(forChangesIn: ["/mail", "/mail/inbox", "/mail/inbox/new"]) {
            try self.mails().count >= count
        }
        return try mails()
    }

    /// Waits until everything accepted has been delivered, 30 seconds at most, and returns it.
    package func settledMails() async throws -> [String] {
        let queues = ["/queue/incoming", "/queue/active"]
        try await wait(forChangesIn: queues) {
            try queues.allSatisfy {
                try FileManager.default.contentsOfDirectory(atPath: self.folder + $0).isEmpty
            }
        }
        return try mails()
    }

    /// Looks whenever something changes in one of these folders, until satisfied or 30 seconds have passed.
    private func wait(
        forChangesIn folders: [String], until isSatisfied: @escaping @Sendable () throws -> Bool
    ) async throws {
        try await onThread {
            let notes = inotify_init1(Int32(IN_CLOEXEC))
            guard notes >= 0 else { throw LoopbackError("inotify_init1") }
            defer { close(notes) }
            let deadline = Date(timeIntervalSinceNow: 30)
            while true {
                // Watched before it is looked at, so that nothing can happen in between.
                for folder in folders {
                    inotify_add_watch(notes, self.folder + folder, UInt32(IN_CREATE | IN_MOVE | IN_DELETE))
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

    /// Two ports nobody uses at this moment.
    private static func freePorts() throws -> (Int, Int) {
        let (one, other) = (try LoopbackListener { _, _ in }, try LoopbackListener { _, _ in })
        defer {
            one.stop()
            other.stop()
        }
        return (one.port, other.port)
    }
}
