import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

struct ICalendarTests {
    /// The object's lines, its folds undone.
    private func lines(_ invitation: Invitation) throws(MIMEProblem) -> [String] {
        try ICalendar.text(of: invitation).replacing("\r\n ", with: "")
            .split(separator: "\r\n").map(String.init)
    }

    private func line(_ name: String, of invitation: Invitation) throws(MIMEProblem) -> String? {
        try lines(invitation).first { $0.hasPrefix(name + ":") || $0.hasPrefix(name + ";") }
    }

    private func problem(_ invitation: Invitation) -> MIMEProblem? {
        do {
            _ = try ICalendar.text(of: invitation)
            return nil
        } catch { return error }
    }

    @Test func `a request is this object, folded at 75 octets`() throws {
        let expected = """
            BEGIN:VCALENDAR
            PRODID:-//CCI//Relance//FR
            VERSION:2.0
            METHOD:REQUEST
            BEGIN:VEVENT
            UID:rdv-388-1@relance.cci.example
            SEQUENCE:1
            DTSTAMP:20201214T153000Z
            DTSTART:20201216T080000Z
            DTEND:20201216T090000Z
            SUMMARY:Rendez-vous CCI
            LOCATION:CCI\\, 2 rue des Quais\\, Dieppe
            DESCRIPTION:Dossier 2020-0388. Pour déplacer ou annuler : 02 61 91 00 90
            ORGANIZER;CN="CCI Normandie – Relance":mailto:relance@cci.example
            ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE;CN="Étienne
              Lefèvre":mailto:contact@pharedepapier.example
            CLASS:PRIVATE
            STATUS:CONFIRMED
            TRANSP:OPAQUE
            END:VEVENT
            END:VCALENDAR

            """
        let invitation = Invitation.make(uid: "rdv-388-1@relance.cci.example", sequence: 1)
        #expect(try ICalendar.text(of: invitation) == expected.replacing("\n", with: "\r\n"))
    }

    @Test func `a cancellation says so, frees the hour, names whom it is for and asks nothing`() throws {
        let lines = try lines(.make(.cancel, sequence: 2))
        for line in ["METHOD:CANCEL", "SEQUENCE:2", "STATUS:CANCELLED", "TRANSP:TRANSPARENT"] {
            #expect(lines.contains(line))
        }
        #expect(
            lines.contains("ATTENDEE;CN=\"Étienne Lefèvre\":mailto:contact@pharedepapier.example"))
    }

    @Test func `a published appointment has an organizer and no attendee`() throws {
        let text = try ICalendar.text(of: .make(.publish))
        #expect(text.contains("\r\nMETHOD:PUBLISH\r\n") && text.contains("\r\nORGANIZER;"))
        #expect(!text.contains("ATTENDEE") && !text.contains("pharedepapier"))
    }

    @Test func `what has nothing to say leaves no line, and an English entry an English product`() throws {
        let lines = try lines(.make(location: nil, details: " \n", language: .english))
        #expect(!lines.contains { $0.hasPrefix("LOCATION") || $0.hasPrefix("DESCRIPTION") })
        #expect(lines.contains("PRODID:-//CCI//Relance//EN"))
    }

    @Test(arguments: [
        ("a,b;c\\d:e\"f", "a\\,b\\;c\\\\d:e\"f"),
        ("un\ndeux\r\ntrois\rquatre", "un\\ndeux\\ntrois\\nquatre"),
        ("un\u{2028}deux\u{2029}trois", "un\\ndeux\\ntrois"),
        ("\\n", "\\\\n"),
        (",\u{301}", "\\,\u{301}"),
        ("a\tb", "a\tb"),
    ])
    func `a text is written with the escapes of RFC 5545 3_3_11`(details: String, written: String) throws {
        #expect(try line("DESCRIPTION", of: .make(details: details)) == "DESCRIPTION:" + written)
    }

    @Test(arguments: [
        ("Duval, Claire", "\"Duval, Claire\""),
        ("a;b:c", "\"a;b:c\""),
        ("Le \"Phare\"", "\"Le ^'Phare^'\""),
        ("a^b^n", "\"a^^b^^n\""),
        ("a\\", "\"a/\""),
        ("x\"\u{301}:mailto", "\"x^'\u{301}:mailto\""),
    ])
    func `a name stands between quotes and cannot leave them`(name: String, written: String) throws {
        let attendee = RenderedMessage.Mailbox(name: name, address: .make("a@b.example"))
        #expect(
            try line("ATTENDEE", of: .make(.cancel, attendee: attendee))
                == "ATTENDEE;CN=\(written):mailto:a@b.example")
    }

    @Test func `a person without a name has an address, percent-encoded where a URI needs it`() throws {
        func attendee(_ address: String) throws -> String? {
            try line("ATTENDEE", of: .make(.cancel, attendee: .init(address: .make(address))))
        }
        #expect(try attendee("o'neil+cci@b.example") == "ATTENDEE:mailto:o'neil+cci@b.example")
        #expect(
            try attendee("a#b&c=d?e{f}@b.example") == "ATTENDEE:mailto:a%23b%26c%3Dd%3Fe%7Bf%7D@b.example")
    }

    @Test(arguments: [
        // The day before, the day of and the day after each change of 2021: 28 March and 31 October, at night.
        ("2021-03-27 10:00", "20210327T090000Z"), ("2021-03-28 10:00", "20210328T080000Z"),
        ("2021-03-28 01:30", "20210328T003000Z"), ("2021-03-28 03:30", "20210328T013000Z"),
        ("2021-10-30 10:00", "20211030T080000Z"), ("2021-10-31 10:00", "20211031T090000Z"),
        ("2021-10-31T02:30:00+02:00", "20211031T003000Z"), ("2021-10-31T02:30:00+01:00", "20211031T013000Z"),
    ])
    func `a start is the same instant on either side of a change of clocks`(start: String, written: String)
        throws
    {
        #expect(try line("DTSTART", of: .make(startsAt: at(start))) == "DTSTART:" + written)
    }

    @Test(arguments: [
        ("2021-03-28 01:30", "20210328T013000Z"), ("2021-10-31T02:30:00+02:00", "20211031T013000Z"),
    ])
    func `an hour across a change of clocks is an hour`(start: String, end: String) throws {
        #expect(try line("DTEND", of: .make(startsAt: at(start), minutes: 60)) == "DTEND:" + end)
    }

    @Test func `a second begun is written as the second`() throws {
        let start = Instant(milliseconds: at("2020-12-16 09:00").milliseconds + 999)
        #expect(try line("DTSTART", of: .make(startsAt: start)) == "DTSTART:20201216T080000Z")
    }

    @Test(arguments: [
        String(repeating: "a", count: 400), String(repeating: "é", count: 200),
        String(repeating: "🍎", count: 100), "a" + String(repeating: "🍎é", count: 80),
        "a" + String(repeating: " ", count: 300), String(repeating: "e\u{301}", count: 100),
    ])
    func `a long text is folded into lines that are as full as whole characters allow`(details: String) throws
    {
        let text = try ICalendar.text(of: .make(details: details))
        let bytes = Array(text.utf8)
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { $0.dropLast() }
        for (line, next) in zip(lines, lines.dropFirst()) {
            #expect(line.count <= 75)
            #expect(String(validating: line, as: UTF8.self) != nil, "a character cut in two")
            if next.first == UInt8(ascii: " ") {
                let first = String(decoding: next.dropFirst(), as: UTF8.self).first
                #expect(line.count + (first?.utf8.count ?? 0) > 75)
            }
        }
        #expect(try self.line("DESCRIPTION", of: .make(details: details)) == "DESCRIPTION:" + details)
    }

    @Test(arguments: [
        "\r\nATTENDEE:mailto:x@y.example", "\n", "\r", "\u{0}", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}",
        "\u{200B}", "\t",
    ])
    func `a title, a name or an identifier that could end its line or hide is refused`(hostile: String) {
        let person = RenderedMessage.Mailbox(name: "Nom" + hostile, address: .make("a@b.example"))
        for invitation in [
            Invitation.make(summary: "Rendez-vous" + hostile), .make(uid: "1" + hostile),
            .make(organizer: person), .make(attendee: person),
        ] {
            guard case .unprintable = problem(invitation) else {
                Issue.record("\(hostile.debugDescription) was taken")
                continue
            }
        }
    }

    @Test(arguments: ["\u{0}", "\u{B}", "\u{C}", "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}"])
    func `a control character is refused in a text of several lines, where it stands`(hostile: String) {
        let codePoint = hostile.unicodeScalars.first?.value ?? 0
        #expect(
            problem(.make(details: "ab" + hostile))
                == .unprintable(field: "DESCRIPTION", codePoint: codePoint, position: 3))
        #expect(
            problem(.make(location: hostile))
                == .unprintable(field: "LOCATION", codePoint: codePoint, position: 1))
    }

    @Test func `a text cannot add a property, a component or a parameter`() throws {
        let plain = try lines(.make()).count
        let hostile =
            "x\r\nATTENDEE:mailto:x@y.example\nEND:VEVENT\rBEGIN:VALARM\u{2028}\\\r\n X-A:b;\"CN=c\":d"
        let lines = try lines(.make(location: hostile, details: hostile))
        #expect(lines.count == plain)
        #expect(lines.count { $0.hasPrefix("ATTENDEE") } == 1)
    }

    @Test func `a name that is another's address is refused`() {
        let person = RenderedMessage.Mailbox(name: "directeur@banque.example", address: .make("a@b.example"))
        #expect(problem(.make(organizer: person)) == .addressInDisplayName(field: "ORGANIZER"))
        #expect(problem(.make(attendee: person)) == .addressInDisplayName(field: "ATTENDEE"))
    }

    @Test func `a number no calendar takes is refused by the name of its property`() {
        #expect(problem(.make(uid: "")) == .invitation(property: "UID"))
        #expect(problem(.make(summary: " ")) == .invitation(property: "SUMMARY"))
        #expect(problem(.make(sequence: -1)) == .invitation(property: "SEQUENCE"))
        #expect(problem(.make(sequence: .max)) == .invitation(property: "SEQUENCE"))
        #expect(problem(.make(minutes: 0)) == .invitation(property: "DTEND"))
        #expect(problem(.make(minutes: .max)) == .invitation(property: "DTEND"))
        #expect(problem(.make(startsAt: .distantFuture)) == .invitation(property: "DTSTART"))
        #expect(problem(.make(stampedAt: .distantPast)) == .invitation(property: "DTSTAMP"))
        #expect(
            MIMEProblem.invitation(property: "DTEND").description
                == "invitation: no calendar takes this DTEND")
    }

    @Test func `an appointment has one identifier of plain characters, whatever its record calls it`() {
        func uid(_ ref: String, _ id: String) -> String {
            Invitation.uid(of: .make(ref), appointment: id, domain: "cci.example")
        }
        for id in ["1", "", "rdv\r\n\u{0}é🍎", "claire.duval@cci.example", String(repeating: "9", count: 999)]
        {
            #expect(uid("2020-0388", id).wholeMatch(of: /[0-9a-f]{32}@cci\.example/) != nil)
            #expect(uid("2020-0388", id) == uid("2020-0388", id))
        }
        let all = ["1", "2", "11"].flatMap { [uid("2020-0388", $0), uid("2020-03881", $0)] }
        #expect(Set(all).count == all.count)
        #expect(uid("2020-0388", "1") == "6b85b39fe6efa11ccca31bf0b9ca35bd@cci.example")
    }
}
