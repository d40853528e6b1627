import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

/// The records of reliability 3.10: for each the whole sentence with file, line, column, reference and field, what became
/// of the case, and that its neighbours live.
@Suite struct `Bad input, records` {
    /// What becomes of a case, and how the sentence ends that tells it.
    enum Fate: String {
        case dropped = "; field not used"
        case cleaned = ""
        case held = "; case held"
        case refused = "; record not used"
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        /// Without the file, which is always `cases.json`.
        let sentence: String
        let fate: Fate
        /// Nothing of the bad value is left to act on.
        let isHarmless: @Sendable (OpenCase) -> Bool

        /// A field with something wrong in it, whose case lives; it begins at column 86.
        static func field(
            _ name: String, _ more: String, _ place: String, _ sentence: String, _ fate: Fate = .dropped,
            isHarmless: @escaping @Sendable (OpenCase) -> Bool = { _ in true }
        ) -> Row {
            Row(
                testDescription: name, text: caseText("2020-0302", more),
                sentence: "\(place): record 2020-0302: \(sentence)", fate: fate, isHarmless: isHarmless)
        }

        static func email(_ name: String, _ address: String, _ why: String) -> Row {
            field(
                name, #""contact": {"email": "\#(address)"}"#, "3:107",
                "contact.email: expected one address such as name@company.example: \(why)"
            ) { $0.contact.email == nil }
        }

        static func mobile(_ name: String, _ number: String) -> Row {
            field(
                name, #""contact": {"mobile": "\#(number)"}"#, "3:108",
                "contact.mobile: expected one whole telephone number, such as 02 61 91 10 21 or +44 20 7946 0123"
            ) { $0.contact.mobile == nil && $0.contact.landline == nil }
        }

        static func minutes(
            _ name: String, _ value: String, _ why: String = "expected minutes from 1 to 1440"
        )
            -> Row
        {
            field(
                name,
                #""appointments": [{"id": "a", "starts_at": "2020-11-12T14:00:00+01:00", "minutes": \#(value)}]"#,
                "3:168", "appointments[0].minutes: \(why)"
            ) { $0.appointments.map(\.minutes) == [60] }
        }

        /// A record that is of no use as a whole.
        static func record(_ name: String, _ text: String, _ sentence: String, _ fate: Fate) -> Row {
            Row(testDescription: name, text: text, sentence: sentence, fate: fate, isHarmless: { _ in true })
        }

        static func reference(_ name: String, _ ref: String) -> Row {
            record(
                name, caseText(ref),
                "3:9: ref: expected a reference of at most 128 bytes without control characters", .refused)
        }

        static func opening(_ name: String, _ instant: String, _ expected: String) -> Row {
            record(
                name, #"{"ref": "2020-0302", "opened_at": "\#(instant)", "stage": "listening"}"#,
                "3:35: record 2020-0302: opened_at: expected \(expected)", .held)
        }

        static func stage(_ name: String, _ word: String, _ hint: String = "") -> Row {
            record(
                name, #"{"ref": "2020-0302", "opened_at": "2020-10-30T15:40:00+01:00", "stage": "\#(word)"}"#,
                "3:73: record 2020-0302: stage: found “\(word)”, expected one of listening, diagnosis, "
                    + "waiting_for_business, follow_up, referred_to_scheme, referred_to_court, suspended, closed"
                    + hint, .held)
        }
    }

    private static let instant = "an instant such as 2020-11-02T09:00:00+01:00"
    private static let window =
        "an instant between 2000-01-01T01:00:00+01:00 and 2022-11-04T08:00:00+01:00"
    private static let surrogate = #"half of a surrogate pair (\uD800 to \uDFFF) is no character"#
    private static let cleaned = "invisible or direction-changing characters were taken out"

    @Test(arguments: [
        Row.record(
            "J11 an address twice",
            "{\(essentials("2020-0302")),\n\"contact\": {\"email\": \"a@b.example\",\n\"email\": \"c@d.example\"}}",
            #"5:1: record 2020-0302: key "email" stands twice in the same object, first on line 4"#, .held),
        .record(
            "J11 a stage twice", "{\(essentials("2020-0302")), \"stage\": \"closed\"}",
            #"3:86: record 2020-0302: key "stage" stands twice in the same object, first on line 3"#, .held),
        .reference("J14 empty", ""), .reference("J14 blank", "  "), .reference("J14 a line end", #"a\nb"#),
        .reference("J14 129 bytes", String(repeating: "9", count: 129)),
        .reference("J14 10 KiB", String(repeating: "9", count: 10 << 10)),
        .record(
            "J14 a NUL", caseText(#"a\u0000b"#), "3:11: ref: the character U+0000 is not accepted", .refused),
        .minutes("J16 1e999999", "1e999999"), .minutes("J16 100e200", "100e200"),
        .minutes(
            "J16 400 digits", String(repeating: "9", count: 400),
            "a number of 400 characters, at most 32 are allowed"), .minutes("J16 -0", "-0"),
        .minutes("J16 NaN", "NaN", "NaN is not a JSON number"),
        .minutes("J17 a text with a comma", #""1.234,56""#), .minutes("J17 12.345", "12.345"),
        .field(
            "J17 a number that begins with 0", "\"contact\": {\"mobile\": 0639982014}", "3:108",
            "contact.mobile: a number may not begin with 0: write it in double quotes if its zeros matter"
        ) { $0.contact.mobile == nil },
        .opening("J19 ten years ahead", "2030-10-30T15:40:00+01:00", window),
        .opening("J19 before 1970", "1969-12-31T15:40:00Z", window),
        .field(
            "J20 in the gap of spring", "\"assigned_at\": \"2021-03-28T02:30\"", "3:101",
            "assigned_at: the clocks skip this time, read one hour later; write an offset", .cleaned
        ) { $0.assignedAt == at("2021-03-28 03:30") },
        .opening("J20 25:00", "2020-10-30T25:00:00+01:00", instant),
        .field(
            "J20 25:00 in a field", "\"assigned_at\": \"2020-10-30T25:00:00+01:00\"", "3:101",
            "assigned_at: expected \(instant)"
        ) { $0.assignedAt == nil },
        .field(
            "J20 23:59:60", "\"assigned_at\": \"2020-10-31T23:59:60+01:00\"", "3:101",
            "assigned_at: second 60 read as 59", .cleaned
        ) { $0.assignedAt == at("2020-10-31T23:59:59+01:00") },
        .email("J22 Bcc", #"a@b.example\r\nBcc: x@y.example"#, "control character at position 12"),
        .email("J22 RCPT", #"a@b.example\nRCPT TO:<x@y.example>"#, "control character at position 12"),
        .field(
            "J22 a NUL", #""contact": {"email": "a@b\u0000.example"}"#, "3:111",
            "contact.email: the character U+0000 is not accepted"
        ) { $0.contact.email == nil },
        .email("J23 quoted", #"\"a b\"@c.example"#, "a quotation mark before the @"),
        .email("J23 two @", "a@b@c.example", "more than one @"),
        .email("J23 no domain", "a@", "nothing after the @"),
        .email("J23 no local part", "@b.example", "nothing before the @"),
        .email("J23 two dots", "a@b..c", "a dot after the @ that does not stand between two names"),
        .email(
            "J23 parameters", "<a@b.example> NOTIFY=NEVER",
            "an angle bracket: the address stands alone, without a name or parameters"),
        .email(
            "J23 two addresses", "a@b.example,c@d.example", "a comma or semicolon: more than one address"),
        .email(
            "J23 two addresses, one @", "a@b.example,c.example",
            "a comma or semicolon: more than one address"),
        .email(
            "J23 300 octets", String(repeating: "a", count: 290) + "@b.example",
            "longer than 64 octets before the @ or 253 after"),
        .email(
            "J23 a literal", "a@[127.0.0.1]", "a number in brackets after the @, not the name of a host"),
        .email("J23 an alphabet beside ASCII", "a@bаnque.example", "a character outside ASCII"),
        .field(
            "J25 turned round", #""contact": {"last_name": "Du\u202epont"}"#, "3:111",
            "contact.last_name: \(cleaned)", .cleaned
        ) { $0.contact.lastName == "Dupont" },
        .field(
            "J25 isolated for ever", #""contact": {"last_name": "Du\u2066pont"}"#, "3:111",
            "contact.last_name: \(cleaned)", .cleaned
        ) { $0.contact.lastName == "Dupont" },
        .field(
            "J25 of no width", #""contact": {"last_name": "Du\u200b\ufeffpont"}"#, "3:111",
            "contact.last_name: \(cleaned)", .cleaned
        ) { $0.contact.lastName == "Dupont" },
        .field(
            "J25 tags", #""contact": {"last_name": "Dupont\udb40\udc41"}"#, "3:111",
            "contact.last_name: \(cleaned)", .cleaned
        ) { $0.contact.lastName == "Dupont" },
        .field(
            "J25 5,000 marks",
            "\"contact\": {\"last_name\": \"e\(String(repeating: #"\u0301"#, count: 5000))\"}", "3:111",
            "contact.last_name: expected at most 1024 bytes of text"
        ) { $0.contact.lastName == nil },
        .field(
            "J25 150 marks",
            "\"contact\": {\"last_name\": \"x\(String(repeating: #"\u0301"#, count: 150))\"}", "3:111",
            "contact.last_name: \(cleaned)", .cleaned
        ) { $0.contact.lastName?.unicodeScalars.count == 5 },
        .mobile("J28 +33", "+33"), .mobile("J28 an extension", "0033639982014 x12"),
        .mobile("J28 +999", "+999123456789"), .mobile("J28 letters", "appeler le soir"),
        .mobile("J28 Arabic-Indic digits", "٠٦٣٩٩٨٢٠١٤"),
        .mobile("J28 200 digits", String(repeating: "0", count: 200)),
        .mobile("J28 too short", "06 39 98 20 2"),
        .field(
            "J25 letters of two alphabets", #""contact": {"last_name": "D\u0443pont-P\u0430ris"}"#, "3:111",
            "contact.last_name: one word mixes letters of two alphabets that look alike: it may pose as another name",
            .cleaned
        ) { $0.contact.lastName == "Dуpont-Pаris" },
        .field(
            "J25 a bank's name in another alphabet", #""business": {"name": "B\u03b1nque de l'Ouest"}"#,
            "3:107",
            "business.name: one word mixes letters of two alphabets that look alike: it may pose as another name",
            .cleaned
        ) { $0.business.name == "Bαnque de l'Ouest" },
        .field(
            "J28 premium rate", #""contact": {"landline": "0 899 12 34 56"}"#, "3:110",
            "contact.landline: neither a landline nor a mobile in its numbering plan, so it takes no text",
            .cleaned
        ) { $0.contact.landline?.takesTextMessages == false && $0.contact.mobile == nil },
        .field(
            "J29 a lone surrogate", #""contact": {"last_name": "Du\ud800pont"}"#, "3:114",
            "contact.last_name: \(surrogate)"
        ) { $0.contact.lastName == nil },
        .field(
            "J29 U+0000", #""contact": {"last_name": "Du\u0000pont"}"#, "3:114",
            "contact.last_name: the character U+0000 is not accepted"
        ) { $0.contact.lastName == nil },
        .stage("J31 almost closed", "Closed ", "; did you mean “closed”?"),
        .stage("J31 unknown", "frobnicated"),
        .field(
            "J32 a language", #""contact": {"language": "xx"}"#, "3:110",
            "contact.language: found “xx”, expected one of fr, en"
        ) { $0.contact.language == .french },
        .field(
            "J32 a path for a language", #""contact": {"language": "../x"}"#, "3:110",
            "contact.language: found “../x”, expected one of fr, en"
        ) { $0.contact.language == .french },
        .field(
            "J32 a name for a language, which no log repeats", #""contact": {"language": "Jeanne Exemple"}"#,
            "3:110",
            "contact.language: expected one of fr, en"
        ) { $0.contact.language == .french },
        .field(
            "J32 a template", #""template": "../x""#, "3:86", "template: unknown key", .cleaned),
    ]) func `a bad record is told with its place, and its neighbours live`(row: Row) throws {
        let text = "[\n\(caseText("2020-0301")),\n\(row.text),\n\(caseText("2020-0303"))\n]\n"
        let batch = try CaseBatch.read(Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        #expect(batch.problems.map(\.description) == ["cases.json:" + row.sentence + row.fate.rawValue])
        let lives = row.fate == .dropped || row.fate == .cleaned
        #expect(
            batch.records.map(\.openCase.ref.text)
                == (lives ? ["2020-0301", "2020-0302", "2020-0303"] : ["2020-0301", "2020-0303"]))
        #expect(batch.refused.map(\.ref.text) == (row.fate == .held ? ["2020-0302"] : []))
        if lives { #expect(row.isHarmless(batch.records[1].openCase)) }
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "{{secret}}", "{{{detail}}}", "%s%n", "${jndi:ldap://x.example}",
        "=cmd|' /C calc'!A0", "'><b>", "&lt;b&gt;", "-1+1", "@SUM(A1)",
    ]) func `J26 a name that some machine would obey is a name`(name: String) throws {
        let bad = caseText("2020-0302", #""contact": {"last_name": "\#(name)"}"#)
        let text = "[\(caseText("2020-0301")),\n\(bad),\n\(caseText("2020-0303"))]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        #expect(batch.problems == [])
        #expect(batch.records.map(\.openCase.ref.text) == ["2020-0301", "2020-0302", "2020-0303"])
        #expect(batch.records.map(\.openCase.contact.lastName) == [nil, name, nil])
    }

    @Test(arguments: ["Дюпон Paris", "Αθήνα SARL", "Dupont", "Ελένη Иванова", "R&D Дом", "日本 KK"])
    func `J25 a name of several alphabets is nobody's mask while each word has one`(name: String) throws {
        let text = "[\(caseText("2020-0302", "\"business\": {\"name\": \"\(name)\"}"))]"
        let batch = try CaseBatch.read(
            Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        #expect(batch.problems.isEmpty)
        #expect(batch.records.first?.openCase.business.name == name)
    }

    /// Two sentences each: what the plan says of the number, and where it went.
    @Test(arguments: ["0899123456", "+1 900 234 5678", "0 810 12 34 56"])
    func `J28 a number at a special rate takes no text, as a mobile neither`(number: String) throws {
        let text = "[\(caseText("2020-0302", "\"contact\": {\"mobile\": \"\(number)\"}"))]"
        let batch = try CaseBatch.read(
            Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        let place = "cases.json:1:109: record 2020-0302: contact.mobile:"
        #expect(
            Set(batch.problems.map(\.description)) == [
                "\(place) neither a landline nor a mobile in its numbering plan, so it takes no text",
                "\(place) no mobile number: kept as the landline, which gets no text",
            ])
        let contact = try #require(batch.records.first?.openCase.contact)
        #expect(contact.mobile == nil && contact.smsNumber == nil)
        #expect(contact.landline?.takesTextMessages == false)
    }

    @Test(arguments: ["3646", "112", "118 712", "36111"])
    func `J28 a short number is no number`(number: String) throws {
        let text = "[\(caseText("2020-0302", "\"contact\": {\"mobile\": \"\(number)\"}"))]"
        let batch = try CaseBatch.read(
            Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        #expect(
            batch.problems.map(\.description) == [
                "cases.json:1:109: record 2020-0302: contact.mobile: expected one whole telephone number, such as "
                    + "02 61 91 10 21 or +44 20 7946 0123; field not used"
            ])
        #expect(batch.records.first?.openCase.contact == Contact())
    }

    // MARK: References

    struct Twins: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let refs: [String]
        let reads: [String]
        let problems: [String]

        init(_ name: String, _ refs: [String], reads: [String], _ problems: String...) {
            (testDescription, self.refs, self.reads, self.problems) = (name, refs, reads, problems)
        }
    }

    @Test(arguments: [
        Twins(
            "J13 upper and lower case", ["A1", "a1"], reads: ["A1", "a1"],
            "cases.json:2:1: record a1: looks like A1 (cases.json:1), which is another case"),
        Twins(
            "J13 another alphabet", ["CAEN", "СAEN"], reads: ["CAEN", "СAEN"],
            "cases.json:2:1: record СAEN: looks like CAEN (cases.json:1), which is another case"),
        Twins(
            "J13 a digit and a letter", ["2020-0301", "2020-O301"], reads: ["2020-0301", "2020-O301"],
            "cases.json:2:1: record 2020-O301: looks like 2020-0301 (cases.json:1), which is another case"),
        Twins(
            "J13 another hyphen", ["2020-0301", "2020–0301"], reads: ["2020-0301", "2020–0301"],
            "cases.json:2:1: record 2020–0301: looks like 2020-0301 (cases.json:1), which is another case"),
        Twins(
            "J13 another width", ["A1", "Ａ1"], reads: ["A1", "Ａ1"],
            "cases.json:2:1: record Ａ1: looks like A1 (cases.json:1), which is another case"),
        Twins(
            "J13 composed and decomposed", [#"e\u0301"#, #"\u00e9"#], reads: ["é"],
            "cases.json:1:2: record é: the same reference stands again on line 2, and the last one counts"),
        Twins(
            "J13 of no width", ["A1", #"A\u200b1"#], reads: ["A1"],
            "cases.json:1:2: record A1: the same reference stands again on line 2, and the last one counts",
            "cases.json:2:9: record A1: ref: \(cleaned)"),
        Twins(
            "J13 turned round", [#"\u202eA1"#], reads: ["A1"], "cases.json:1:10: record A1: ref: \(cleaned)"),
        Twins(
            "J14 no name of a file is one", ["../../etc/passwd", "/abs", "con", "a/b", #"a\\b"#, ".", ".."],
            reads: [".", "..", "../../etc/passwd", "/abs", "a/b", #"a\b"#, "con"]),
    ]) func `references that look alike are told apart, and those that are one are one`(twins: Twins) throws {
        let text = "[" + twins.refs.map { caseText($0) }.joined(separator: ",\n") + "]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "cases.json", lines: false, rules: .autumn2020)
        var register = CaseRegister()
        _ = register.update(with: [FolderReading(source: ".", batches: [batch])])
        #expect(register.records.map(\.openCase.ref.text) == twins.reads)
        #expect(register.problems.map(\.description) == twins.problems)
        #expect(register.held.isEmpty)
    }

    @Test func `J35 one bad case among ten thousand leaves the others`() throws {
        var lines = (0..<10_000).map { caseText("2020-\($0)") }
        lines[5_000] = caseText("2020-5000", "\"contact\": {\"x\": 1, \"x\": 2}")
        let batch = try CaseBatch.read(
            Array("[\(lines.joined(separator: ",\n"))]".utf8), file: "c.json", lines: false,
            rules: .autumn2020)
        #expect(batch.records.count == 9_999)
        #expect(batch.refused.map(\.ref.text) == ["2020-5000"])
        #expect(
            batch.problems.filter { $0.severity == .held }.map(\.description) == [
                #"c.json:5001:106: record 2020-5000: key "x" stands twice in the same object, first on line 5001; case held"#
            ])
    }
}
