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
    package var folder: String { script.folder }

    private let script: ServerScript

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
        let ports = try ServerScript.freePorts(2)
        (port, smtpsPort) = (ports[0], ports[1])
        script = try ServerScript(
            "postfix.sh", folder: "postfix", arguments: ["\(port)", "\(smtpsPort)", user, password])
    }

    private func stop() { script.stop() }

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
        try await script.wait(forChangesIn: ["/mail", "/mail/inbox", "/mail/inbox/new"]) {
            try self.mails().count >= count
        }
        return try mails()
    }

    /// Waits until everything accepted has been delivered, 30 seconds at most, and returns it.
    package func settledMails() async throws -> [String] {
        let queues = ["/queue/incoming", "/queue/active"]
        try await script.wait(forChangesIn: queues) {
            try queues.allSatisfy {
                try FileManager.default.contentsOfDirectory(atPath: self.folder + $0).isEmpty
            }
        }
        return try mails()
    }
}
