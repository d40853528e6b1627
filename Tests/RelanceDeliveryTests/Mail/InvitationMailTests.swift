import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// Mails that carry an appointment, read back by strangers.
struct InvitationMailTests {
    private static let samples: [(name: String, message: RenderedMessage)] = [
        ("request", .make("request", carrying: .make(), html: "<p>Votre rendez-vous est confirmé.</p>\n")),
        ("cancel", .make("cancel", carrying: .make(.cancel, sequence: 1))),
        ("publish", .make("publish", carrying: .make(.publish, language: .english))),
    ]

    /// What a part is, with its own parts in brackets: the field without its boundary, then where the part lies.
    private func outline(_ message: RenderedMessage) throws -> String {
        String(decoding: try bytes(of: message), as: UTF8.self)
            .replacing("\r\n ", with: " ").split(separator: "\r\n")
            .filter {
                $0.hasPrefix("Content-Type") || $0.hasPrefix("Content-Disposition") || $0.hasSuffix("--")
            }
            .map { $0.replacing(/; boundary=.*/, with: "").replacing(/^--.*--$/, with: "end") }
            .joined(separator: "\n")
    }

    @Test func `an invitation is an alternative of the text and, for who has no calendar, a file`() throws {
        #expect(
            try outline(.make(carrying: .make(), html: "<p>x</p>\n")) == """
                Content-Type: multipart/mixed
                Content-Type: multipart/alternative
                Content-Type: text/plain; charset=utf-8
                Content-Type: text/html; charset=utf-8
                Content-Type: text/calendar; method=REQUEST; charset=UTF-8
                end
                Content-Type: application/ics; name="rendez-vous.ics"
                Content-Disposition: attachment; filename="rendez-vous.ics"
                end
                """)
        #expect(
            try outline(.make(carrying: .make(.cancel, sequence: 1, language: .english))) == """
                Content-Type: multipart/mixed
                Content-Type: multipart/alternative
                Content-Type: text/plain; charset=utf-8
                Content-Type: text/calendar; method=CANCEL; charset=UTF-8
                end
                Content-Type: application/ics; name="appointment.ics"
                Content-Disposition: attachment; filename="appointment.ics"
                end
                """)
    }

    @Test func `a published appointment is a file only`() throws {
        #expect(
            try outline(.make(carrying: .make(.publish))) == """
                Content-Type: multipart/mixed
                Content-Type: text/plain; charset=utf-8
                Content-Type: text/calendar; method=PUBLISH; charset=UTF-8; name="rendez-vous.ics"
                Content-Disposition: attachment; filename="rendez-vous.ics"
                end
                """)
    }

    @Test(arguments: samples)
    func `the mail is the one on record`(name: String, message: RenderedMessage) throws {
        let bytes = try bytes(of: message)
        let folder = Golden.folder("../Golden/invitation")
        if let difference = Golden.difference(of: bytes, from: "\(folder)/\(name).eml") {
            Issue.record(Comment(rawValue: difference))
        }
    }

    @Test func `neither boundary begins with the other`() throws {
        let mail = String(decoding: try bytes(of: .make(carrying: .make())), as: UTF8.self)
        let boundaries = mail.matches(of: /boundary="([^"]+)"/).map { String($0.1) }
        try #require(boundaries.count == 2)
        #expect(!boundaries[0].hasPrefix(boundaries[1]) && !boundaries[1].hasPrefix(boundaries[0]))
        for boundary in boundaries {
            #expect(mail.split(separator: "\r\n").count { $0.hasPrefix("--" + boundary) } == 3)
        }
    }

    @Test func `an appointment that cannot be written is a mail that cannot, and one too long too`() {
        #expect(throws: MIMEProblem.invitation(property: "DTEND")) {
            try bytes(of: .make(carrying: .make(minutes: 0)))
        }
        #expect(throws: MIMEProblem.self) {
            try bytes(of: .make(carrying: .make(details: String(repeating: "a", count: 262_144))))
        }
    }

    @Test func `two calendar libraries read what was meant, on both sides of a change of clocks too`() throws
    {
        let starts = [
            "2021-03-27 10:00", "2021-03-28 01:00", "2021-03-28 03:00", "2021-03-29 10:00",
            "2021-10-30 10:00", "2021-10-31T01:30:00+02:00", "2021-10-31T02:30:00+02:00",
            "2021-10-31T02:30:00+01:00", "2021-11-01 10:00",
        ]
        let dated = Invitation.Method.allCases.flatMap { method in
            starts.enumerated().map { index, start in
                let invitation = Invitation.make(method, sequence: index, startsAt: at(start))
                return ("\(method.rawValue) \(start)", RenderedMessage.make(carrying: invitation))
            }
        }
        try judge(dated + InvitationMailTests.samples)
    }

    @Test(arguments: Seeds.or([5545]))
    func `two calendar libraries and a mail library read back whatever a record may hold`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        try judge(
            (0..<300).map { index in
                (
                    "invitation \(index) of seed \(seed)",
                    .make(
                        "property \(index)", carrying: RandomInvitation.make(&random),
                        html: random.number(in: 0...1) == 0 ? nil : "<p>x</p>\n")
                )
            })
    }

    /// Records what the mail library and the calendar libraries have to say about the mails.
    private func judge(_ mails: [(name: String, message: RenderedMessage)]) throws {
        var letters: [MailJudge.Exhibit] = []
        var entries: [CalendarJudge.Exhibit] = []
        for (name, message) in mails {
            let bytes = try bytes(of: message)
            #expect(WireFormat.problem(in: bytes) == nil, "\(name)")
            letters.append(.init(name: name, bytes: bytes, of: message))
            let invitation = try #require(message.invitation)
            entries.append(.init(name: name, mail: bytes, of: invitation))
        }
        let complaints = try MailJudge.complaints(about: letters) + CalendarJudge.complaints(about: entries)
        for complaint in complaints.prefix(5) { Issue.record(Comment(rawValue: complaint)) }
    }
}

/// Invitations with texts as records may hold them, hostile ones first.
private enum RandomInvitation {
    private static let words = [
        "CCI", "2 rue des Quais", "Dieppe", ",", ";", ":", "\\", "\\n", "\\N", "\\,", "\"", "^", "^'", "^n",
        "été", "d'Hérouville", "–", "«\u{A0}L'Ancre\u{A0}»", "🍎", "👩🏽", "日本語", "e\u{301}\u{302}", "%2C",
        "END:VEVENT", "BEGIN:VALARM", "=?utf-8?Q?x?=", "mailto:", "CN=\"x\"", "--=_", "", "  ",
        "{{secret}}", ",\u{301}", "\"\u{301}", String(repeating: "long", count: 40),
        String(repeating: "é", count: 60), String(repeating: "🍎", count: 40),
    ]
    /// What only a text of several lines may hold.
    private static let breaks = [
        "\n", "\r\n", "\r", "\n\n", "\t", "\u{2028}", "👨‍👩‍👧", "\nATTENDEE:x", "\r\n END",
    ]
    private static let addresses = [
        "relance@cci.example", "a+b@c.example", "o'neil@b.example", "a#b&d=e?f@b.example",
        "{x}^`|~/!$*@b.example",
        String(repeating: "a", count: 64) + "@" + String(repeating: "b", count: 60) + ".example",
    ]

    static func make(_ random: inout SplitMix64) -> Invitation {
        func pick<Element>(_ choices: [Element]) -> Element {
            choices[Int(random.number(in: 0...Int64(choices.count - 1)))]
        }
        func line(upTo count: Int64) -> String {
            (0...random.number(in: 0...count)).map { _ in pick(words) }
                .joined(separator: pick(["", " ", " "])).trimmed
        }
        func text() -> String {
            (0...random.number(in: 0...6)).map { _ in line(upTo: 8) + pick(breaks + [""]) }.joined()
        }
        func mailbox() -> RenderedMessage.Mailbox {
            let name = line(upTo: 4)
            return .init(
                name: name.isEmpty || random.number(in: 0...4) == 0 ? nil : name,
                address: .make(pick(addresses)))
        }
        return Invitation.make(
            pick(Invitation.Method.allCases), uid: random.number(in: 0...1) == 0 ? nil : "x" + line(upTo: 3),
            sequence: Int(random.number(in: 0...Int64(Int32.max))),
            stampedAt: Instant(milliseconds: random.number(in: 0...4_000_000_000_000)),
            startsAt: Instant(milliseconds: random.number(in: 0...4_000_000_000_000)),
            minutes: Int(random.number(in: 1...1440)), summary: "RDV " + line(upTo: 6),
            location: random.number(in: 0...3) == 0 ? nil : text(), details: text(), organizer: mailbox(),
            attendee: mailbox(), language: pick(Language.allCases))
    }
}
