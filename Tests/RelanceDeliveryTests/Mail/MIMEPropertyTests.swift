import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// Random mails, read back by Python's `email` under its strict policy.
struct MIMEPropertyTests {
    private static let words = [
        "dossier", "2020-0301", "été", "d'Hérouville", "à", "À", "–", "«\u{A0}L'Ancre\u{A0}»",
        "novembre\u{A0}:",
        "=?utf-8?Q?x?=", "=?", "?=", "a=b", "_", "<script>", "{{secret}}", "${jndi:x}", "%s%n", "\"", "\\",
        "(a",
        "b)", ",", ";", "🍎", "👩🏽", "日本語", "Ünïcödé", "e\u{301}\u{302}", "",
        "Mr.", "x:y", "=cmd|'", String(repeating: "long", count: 30), String(repeating: "é", count: 60),
    ]

    private static func phrase(_ random: inout SplitMix64, upTo count: Int64) -> String {
        let length = random.number(in: 1...count)
        let text = (0..<length).map { _ in
            words[Int(random.number(in: 0...Int64(words.count - 1)))]
        }.joined(separator: " ")
        return text.utf8.count > 800 ? "dossier" : text
    }

    private static func message(_ random: inout SplitMix64, _ index: Int) -> RenderedMessage {
        func mailbox(_ address: String) -> RenderedMessage.Mailbox {
            let name = phrase(&random, upTo: 6).trimmed
            return .init(
                name: random.number(in: 0...4) == 0 || name.isEmpty ? nil : name, address: .make(address))
        }
        let subject = phrase(&random, upTo: 14)
        let lines = (0...random.number(in: 0...8)).map { _ in phrase(&random, upTo: 20) }
        let body = lines.joined(separator: "\n") + "\n"
        return .make(
            key: .make("property \(index)"), from: mailbox("relance@cci.example"),
            to: mailbox("a+b@c.example"),
            replyTo: random.number(in: 0...1) == 0 ? nil : mailbox("r.eply@cci.example"),
            subject: subject.trimmed.isEmpty ? "dossier" : subject, text: body,
            html: random.number(in: 0...1) == 0 ? nil : "<p>\n" + body + "</p>\n",
            date: Instant(seconds: random.number(in: 0...4_000_000_000)),
            thread: random.number(in: 0...1) == 0 ? .alone : .ofCase(.make(phrase(&random, upTo: 1) + "r")))
    }

    @Test(arguments: Seeds.or([5322]))
    func `an independent reader finds no defect in random mails and reads back what they say`(seed: UInt64)
        throws
    {
        var random = SplitMix64(seed: seed)
        let exhibits = try (0..<300).map { index in
            let message = MIMEPropertyTests.message(&random, index)
            let bytes = try bytes(of: message)
            #expect(WireFormat.problem(in: bytes) == nil, "seed \(seed)")
            return MailJudge.Exhibit(name: "mail \(index) of seed \(seed)", bytes: bytes, of: message)
        }
        for complaint in try MailJudge.complaints(about: exhibits).prefix(5) {
            Issue.record(Comment(rawValue: complaint))
        }
    }
}
