import Foundation
import RelanceTestSupport
import Testing

/// The demonstration's configuration with a relay as its only route.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RelayTests {
    static let morning = [
        "run", "--clock", "2020-11-02T08:25:00+01:00", "--until", "2020-11-02T09:05:00+01:00", "--speed",
        "1200", "--watch",
    ]

    /// The house of the demonstration, whose mail goes by a route of these lines.
    private func house(relay lines: String...) throws -> Installation {
        let house = try Installation.demonstration()
        let shipped = String(decoding: try house.read("Config/demo/relance.yaml"), as: UTF8.self)
        let relay = (["routes:", "  relay:", "    kind: smtp"] + lines.map { "    " + $0 }).joined(
            separator: "\n")
        try house.write(
            shipped.replacing("routes:", with: relay) + "\nmail: [relay]\n", to: "Config/demo/relance.yaml")
        return house
    }

    private func house(behind server: PostfixServer, password: String? = nil, mode: Int = 0o400) throws
        -> Installation
    {
        let house = try house(
            relay: "host: \(server.host)", "port: \(server.port)", "tls: starttls",
            "ca_file: \(server.authorities)",
            "user: \(server.user)", "password_file: password")
        try house.write((password ?? server.password) + "\n", to: "Config/demo/password", mode: mode)
        return house
    }

    /// The texts of the demonstration go to the spool: these tests are about mail.
    private func sentMails(of house: Installation) async throws -> [String] {
        try await house.relance("messages", "--phase", "sent", "--json").lines.filter {
            $0.contains(#""channel":"email""#)
        }
    }

    private func mailLines(of ended: FinishedProgram) -> [String] {
        ended.lines.filter { $0.contains(" email ") }
    }

    @Test func `the digest of the demonstration arrives by a real relay, with STARTTLS and AUTH`()
        async throws
    {
        try await PostfixServer.run { server in
            let house = try house(behind: server)
            let ended = try await house.start(Self.morning).end()
            #expect(ended.status == 0 && ended.errors == "", "\(ended)")
            let sent = try await sentMails(of: house)
            #expect(sent.count == mailLines(of: ended).count, "\(ended)")

            let mails = try await server.mails(atLeast: sent.count).map(ArrivedMail.init)
            #expect(mails.count == sent.count)
            #expect(Set(mails.compactMap { $0["Message-ID"] }).count == sent.count)
            #expect(Set(mails.map(\.isAuthenticated)) == [true])
            let complaints = try await onThread {
                try MailJudge.complaints(
                    about: mails.map { MailJudge.Exhibit(name: $0.name, bytes: $0.bytes) })
            }
            #expect(complaints == [])

            let digest = try #require(
                mails.first {
                    $0["To"]?.contains("claire.duval@") == true
                        && $0["Subject"]?.hasPrefix("Relance ") == true
                })
            #expect(digest["From"]?.contains("relance@cci-normandie.example") == true)
            // What concerns one case is one thread, whichever mail opened it.
            let aboutOneCase = mails.filter { $0["Subject"]?.contains("2020-0305") == true }
            #expect(aboutOneCase.count == 2)
            #expect(Set(aboutOneCase.map { $0["References"] }).count == 1)
            #expect(
                aboutOneCase.allSatisfy { $0["References"] == $0["In-Reply-To"] && $0["References"] != nil })
        }
    }

    @Test func `a test message shows the exchange and masks the secret`() async throws {
        try await PostfixServer.run { server in
            let house = try house(behind: server)
            let shown = try await house.relance(
                "send-test", "relay", "--to", "claire.duval@cci-normandie.example")
            #expect(shown.status == 0, "\(shown)")
            for line in [
                "> STARTTLS", "> MAIL FROM:<relance@cci-normandie.example>", "< 250 2.0.0 Ok: queued",
            ] {
                #expect(shown.output.contains(line), "\(shown)")
            }
            let login = Data("\0\(server.user)\0\(server.password)".utf8).base64EncodedString()
            for secret in [server.password, login, Data(server.password.utf8).base64EncodedString()] {
                #expect(!shown.output.contains(secret) && !shown.errors.contains(secret))
            }
            #expect(try await server.mails(atLeast: 1).count == 1)

            let refused = try await house.relance("send-test", "relay", "--to", server.unknownRecipient)
            #expect(refused.status == 75 && refused.errors.contains("550 5.1.1"), "\(refused)")
            #expect(refused.errors.contains("  class  refused, bad_address 550\n"), "\(refused)")
            #expect(refused.errors.contains("  fault  this message's or its recipient's"), "\(refused)")
            let unknown = try await house.relance("send-test", "relai", "--to", "a@cci.example")
            #expect(unknown.status == 64 && unknown.errors.contains("did you mean “relay”?"), "\(unknown)")
        }
    }

    @Test func `with a wrong password nothing leaves, and everything waits`() async throws {
        try await PostfixServer.run { server in
            let house = try house(behind: server, password: "canary-wrong")
            let ended = try await house.start(Self.morning).end()
            #expect(ended.status == 0, "\(ended)")
            #expect(ended.output.contains("535"), "\(ended)")
            #expect(mailLines(of: ended).allSatisfy { !$0.contains("✓") }, "\(ended)")
            #expect(try await sentMails(of: house) == [])
            #expect(try await !house.relance("messages", "--phase", "deferred", "--json").lines.isEmpty)
            #expect(try server.mails().isEmpty)
            #expect(!ended.testDescription.contains("canary-wrong"))
            let shown = try await house.relance(
                "send-test", "relay", "--to", "claire.duval@cci-normandie.example")
            #expect(shown.status == 75 && shown.errors.contains("535"), "\(shown)")
            #expect(shown.errors.contains("  class  deferred, authentication 535\n"), "\(shown)")
            #expect(shown.errors.contains("  fault  the route's: "), "\(shown)")
            #expect(!shown.testDescription.contains("canary-wrong"))
        }
    }

    @Test func `a relay without STARTTLS gets neither a mail nor the password`() async throws {
        let server = try ScriptedSMTPServer(extensions: ["8BITMIME", "AUTH PLAIN LOGIN"])
        defer { server.stop() }
        let house = try house(
            relay: "host: 127.0.0.1", "port: \(server.port)", "tls: starttls", "user: relance",
            "password_file: password")
        try house.write("canary-in-clear\n", to: "Config/demo/password", mode: 0o400)
        let ended = try await house.start(Self.morning).end()
        #expect(ended.status == 0 && mailLines(of: ended).allSatisfy { !$0.contains("✓") }, "\(ended)")
        #expect(try await sentMails(of: house) == [])
        #expect(try await !house.relance("messages", "--phase", "deferred", "--json").lines.isEmpty)
        let shown = try await house.relance(
            "send-test", "relay", "--to", "claire.duval@cci-normandie.example")
        #expect(shown.status == 75 && shown.errors.hasPrefix("not accepted: "), "\(shown)")
        #expect(server.accepted.isEmpty)
        let verbs = Set(
            server.commands.flatMap(\.self).compactMap { $0.split(separator: " ").first.map(String.init) })
        #expect(verbs.isSubset(of: ["EHLO", "QUIT"]), "\(verbs)")
        #expect(server.complaints == [])
    }

    @Test func `a relay that hangs up after the end of the mail may have it, and send-test says so`()
        async throws
    {
        let server = try ScriptedSMTPServer { stage, _ in stage == .endOfData ? .acceptThen(.reset) : nil }
        defer { server.stop() }
        let house = try house(relay: "host: 127.0.0.1", "port: \(server.port)", "tls: none_on_loopback")
        let to = ["--to", "claire.duval@cci-normandie.example"]
        let shown = try await house.start(["send-test", "relay"] + to).end()
        #expect(shown.status == 75 && shown.errors.hasPrefix("it may have arrived: "), "\(shown)")
        #expect(shown.errors.contains("  class  ambiguous, "), "\(shown)")
        #expect(
            shown.errors.contains("  do     look whether it has arrived before you send another"), "\(shown)")
        let told = try await house.start(["send-test", "relay", "--json"] + to).end().records().first
        #expect(told?["outcome"] as? String == "ambiguous" && told?["accepted"] as? Bool == false)
        #expect(told?["failure"] as? String == "connection" && told?["advice"] != nil)
        #expect(server.accepted.count == 2)
    }

    @Test func `a certificate of a stranger is not spoken to`() async throws {
        try await PostfixServer.run { server in
            let house = try house(
                relay: "host: \(server.host)", "port: \(server.port)", "tls: starttls",
                "ca_file: \(server.strangers)",
                "user: \(server.user)", "password_file: password")
            try house.write(server.password, to: "Config/demo/password", mode: 0o400)
            let shown = try await house.relance(
                "send-test", "relay", "--to", "claire.duval@cci-normandie.example")
            #expect(shown.status == 75 && shown.errors.contains("certificate"), "\(shown)")
            #expect(!shown.output.contains("> AUTH") && !shown.output.contains("> MAIL"), "\(shown)")
            #expect(try server.mails().isEmpty)
        }
    }

    @Test func `a password that others can read is refused`() async throws {
        let house = try house(
            relay: "host: localhost", "tls: starttls", "user: relance", "password_file: password")
        try house.write("canary-readable\n", to: "Config/demo/password", mode: 0o644)
        let check = try await house.relance("check")
        #expect(check.status == 78 && check.errors.contains("routes.relay.password_file: "), "\(check)")
        #expect(!check.testDescription.contains("canary-readable"))
    }
}
