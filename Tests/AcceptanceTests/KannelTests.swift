import Foundation
import RelanceTestSupport
import Testing

/// The built program behind a real Kannel: texts go out by it, and what it tells of them reaches the ledger.
@Suite(.serialized, .timeLimit(.minutes(10))) struct KannelTests {
    /// A line of `messages --json`.
    struct Known: Decodable, Sendable {
        var key: String
        var channel: String
        var cases: [String]
        var phase: String
    }

    private static let token = "0123456789abcdef0123456789abcdef"
    private static let mobiles = ["K-1": "06 39 98 20 21", "K-2": "06 39 98 20 22", "K-3": "06 39 98 99 03"]

    @Test func `texts arrive as written, and receipts, refusals and objections reach the ledger`()
        async throws
    {
        let port = try LoopbackListener.freePort()
        try await KannelServer.run(answers: "http://127.0.0.1:\(port)/receipts/texts/\(Self.token)") {
            kannel in
            let house = try Installation()
            try house.write(kannel.password, to: "password", mode: 0o400)
            try house.write(Self.token, to: "token", mode: 0o400)
            try house.write(configuration(kannel, port), to: "relance.yaml")
            try house.write(Self.advisors, to: "advisors.json")
            try house.write(Self.cases, to: "cases/all.json")
            let daemon = try house.start(["run", "--clock", "2020-11-02T09:00:00+01:00", "--speed", "30"])

            // Two numbers take their text, the third is refused by the centre's own rules.
            let arrivals = try await kannel.arrivals(atLeast: 2)
            #expect(Set(arrivals.map(\.recipient)) == ["+33639982021", "+33639982022"])
            #expect(Set(arrivals.map(\.sender)) == ["CCINORMAND"])
            #expect(Set(arrivals.map(\.parts)) == [1])
            for (mobile, ref) in [("+33639982021", "K-1"), ("+33639982022", "K-2")] {
                let text = try #require(arrivals.first { $0.recipient == mobile }).text
                #expect(
                    text == """
                        CCI : votre demande \(ref) est enregistrée. Zoé Lefèvre vous rappelle avant lundi 02/11 17h30. \
                        Pour nous joindre : 02 61 91 00 00
                        """)
            }
            let phases = try await phases(of: house) {
                Set($0.values) == ["delivered", "failed"] && $0.count == 3
            }
            #expect(phases == ["K-1": "delivered", "K-2": "delivered", "K-3": "failed"])

            // The SMSC's own "STOP" from +33639982014: the number's next case gets no text.
            try await objectionArrived(in: house)
            try house.write(Self.caseOfTheObjector, to: "cases/objector.json")
            _ = try await daemon.line(containing: "changed=1")
            daemon.signal(SIGTERM)
            let ended = try await daemon.end()
            #expect(ended.status == 0, "\(ended)")
            let told = try await house.relance("messages", "--case", "K-4", "--json")
            #expect(!told.output.contains(#""channel":"sms""#), "\(told)")
            #expect(try kannel.arrivals().count == 2)
            let verdict = try await house.verifyLedger()
            #expect(verdict.sound && verdict.warnings.isEmpty, "\(verdict)")
        }
    }

    @Test func `send-test shows the request as it left and masks the password`() async throws {
        try await KannelServer.run(answers: "http://127.0.0.1:1/") { kannel in
            let house = try Installation()
            try house.write(kannel.password, to: "password", mode: 0o400)
            try house.write(Self.token, to: "token", mode: 0o400)
            try house.write(configuration(kannel, 1), to: "relance.yaml")
            try house.write(Self.advisors, to: "advisors.json")
            try house.makeFolder("cases")
            let shown = try await house.relance("send-test", "texts", "--to", "+33639982021")
            #expect(shown.status == 0, "\(shown)")
            #expect(shown.output.contains("> GET /cgi-bin/sendsms?"), "\(shown)")
            #expect(shown.output.contains("< 0: Accepted for delivery"), "\(shown)")
            #expect(!shown.output.contains(kannel.password) && !shown.output.contains(Self.token), "\(shown)")
            #expect(try await kannel.arrivals(atLeast: 1).map(\.recipient) == ["+33639982021"])
        }
    }

    // MARK: The house

    /// What became of each case's text, asked until it is as wanted or patience is over.
    private func phases(
        of house: Installation, until isWanted: ([String: String]) -> Bool
    ) async throws -> [String: String] {
        var phases: [String: String] = [:]
        for _ in 0..<400 {
            let answer = try await house.relance("messages", "--json")
            let known = try answer.lines.map { try JSONDecoder().decode(Known.self, from: Data($0.utf8)) }
            phases = Dictionary(
                known.filter { $0.channel == "sms" }.map { ($0.cases[0], $0.phase) }, uniquingKeysWith: { $1 }
            )
            if isWanted(phases) { break }
        }
        return phases
    }

    private func objectionArrived(in house: Installation) async throws {
        for _ in 0..<400 {
            let ledger = try await house.relance("ledger", "export")
            if ledger.output.contains(#""k":"objection""#) { return }
        }
        Issue.record("the mobile's STOP did not reach the ledger")
    }

    private func configuration(_ kannel: KannelServer, _ port: Int) -> String {
        """
        service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
        state: state
        routes:
          spool: {kind: spool, folder: spool}
          texts:
            kind: sms
            gateway: kannel
            base_url: http://127.0.0.1:\(kannel.port)
            clear_text: on_loopback
            sender: CCINORMAND
            settings: {user: \(kannel.user)}
            credentials: {password: {file: password}}
            receipts_token_file: token
        mail: [spool]
        sms: [texts]
        console: {listen: '127.0.0.1:\(port)', public_url: 'http://127.0.0.1:\(port)'}

        """
    }

    private static let advisors = """
        [{"id": "zoe.lefevre", "first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe.lefevre@cci.example",
          "role": "advisor"}]
        """

    private static let cases =
        "[" + mobiles.sorted { $0.key < $1.key }.map(record).joined(separator: ",\n") + "]"
    private static let caseOfTheObjector = record("K-4", "06 39 98 20 14")

    private static func record(_ ref: String, _ mobile: String) -> String {
        """
        {"ref": "\(ref)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "listening", "advisor": "zoe.lefevre",
         "contact": {"mobile": "\(mobile)", "prefers": "sms", "sms_consent": true}}
        """
    }
}
