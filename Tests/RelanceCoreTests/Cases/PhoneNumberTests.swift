import CPhoneNumber
import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct PhoneNumberTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var text: String
        var writtenIn = "FR"
        var e164: String
        var region = "FR"
        var line: PhoneNumber.Line
        var shown: String

        var testDescription: String { "\(text) in \(writtenIn)" }

        init(
            _ text: String, in writtenIn: String = "FR", _ e164: String, of region: String = "FR",
            _ line: PhoneNumber.Line, _ shown: String
        ) {
            (self.text, self.writtenIn, self.e164, self.region) = (text, writtenIn, e164, region)
            (self.line, self.shown) = (line, shown)
        }
    }

    @Test(arguments: [
        // The mainland, as people and spreadsheets write it; ARCEP's six blocks for fiction.
        Row("02 61 91 10 21", "+33261911021", .landline, "02 61 91 10 21"),
        Row("02.61.91.10.21", "+33261911021", .landline, "02 61 91 10 21"),
        Row("02-61/91 10\u{202F}21", "+33261911021", .landline, "02 61 91 10 21"),
        Row("01 99 00 10 21", "+33199001021", .landline, "01 99 00 10 21"),
        Row("03 53 01 10 21", "+33353011021", .landline, "03 53 01 10 21"),
        Row("04 65 71 10 21", "+33465711021", .landline, "04 65 71 10 21"),
        Row("05 36 49 10 21", "+33536491021", .landline, "05 36 49 10 21"),
        Row("\u{A0}06\u{A0}39 98 20 14 ", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("+33 6 39 98 20 14", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("+33 (0)6 39 98 20 14", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("+33 (0) 639982014", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("0033 6 39 98 20 14", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("0033(0)261911021", "+33261911021", .landline, "02 61 91 10 21"),
        Row("639982015", "+33639982015", .mobile, "06 39 98 20 15"),
        Row("261911021", "+33261911021", .landline, "02 61 91 10 21"),
        Row("33639982014", "+33639982014", .mobile, "06 39 98 20 14"),
        Row("06 12 34 56 78", "+33612345678", .mobile, "06 12 34 56 78"),
        Row("07 45 12 34 56", "+33745123456", .mobile, "07 45 12 34 56"),
        Row("09 49 12 34 56", "+33949123456", .landline, "09 49 12 34 56"),
        Row("0 800 12 34 56", "+33800123456", .other, "0 800 12 34 56"),
        Row("0 899 12 34 56", "+33899123456", .other, "0 899 12 34 56"),
        // Of the right form, in no block that was handed out.
        Row("07 12 34 56 78", "+33712345678", .other, "07 12 34 56 78"),
        Row("0692 99 34 56", "+262692993456", of: "RE", .mobile, "0692 99 34 56"),
        Row("0639 12 34 56", "+262639123456", of: "YT", .other, "0639 12 34 56"),
        Row("+33 6 92 12 34 56", "+33692123456", .other, "06 92 12 34 56"),
        // Overseas in ten digits, from the mainland and from there.
        Row("0262 20 12 34", "+262262201234", of: "RE", .landline, "0262 20 12 34"),
        Row("0263 00 12 34", "+262263001234", of: "RE", .landline, "0263 00 12 34"),
        Row("0692 12 34 56", "+262692123456", of: "RE", .mobile, "0692 12 34 56"),
        Row("692123456", "+262692123456", of: "RE", .mobile, "0692 12 34 56"),
        Row("0692 12 34 56", in: "RE", "+262692123456", of: "RE", .mobile, "0692 12 34 56"),
        Row("06 39 04 12 34", "+262639041234", of: "YT", .mobile, "0639 04 12 34"),
        Row("0269 60 12 34", in: "RE", "+262269601234", of: "YT", .landline, "0269 60 12 34"),
        Row("0590 27 87 65", "+590590278765", of: "BL", .landline, "0590 27 87 65"),
        Row("0690 30 50 60", "+590690305060", of: "GP", .mobile, "0690 30 50 60"),
        Row("0694 20 12 34", "+594694201234", of: "GF", .mobile, "0694 20 12 34"),
        Row("0596 30 12 34", in: "MQ", "+596596301234", of: "MQ", .landline, "0596 30 12 34"),
        Row("0696 20 12 34", "+596696201234", of: "MQ", .mobile, "0696 20 12 34"),
        Row("0508 41 12 34", "+508411234", of: "PM", .landline, "+508 41 12 34"),
        Row("06 12 34 56 78", in: "RE", "+33612345678", .mobile, "06 12 34 56 78"),
        Row("02 61 91 10 21", in: "GP", "+33261911021", .landline, "02 61 91 10 21"),
        // Overseas internationally, and where six or eight digits are dialled at home.
        Row("+262 692 12 34 56", "+262692123456", of: "RE", .mobile, "0692 12 34 56"),
        Row("+262 (0)692 12 34 56", "+262692123456", of: "RE", .mobile, "0692 12 34 56"),
        Row("00262 262 20 12 34", "+262262201234", of: "RE", .landline, "0262 20 12 34"),
        Row("+590 690 30 50 60", "+590690305060", of: "GP", .mobile, "0690 30 50 60"),
        Row("+594 694 20 12 34", "+594694201234", of: "GF", .mobile, "0694 20 12 34"),
        Row("+596 696 20 12 34", "+596696201234", of: "MQ", .mobile, "0696 20 12 34"),
        Row("+508 55 12 34", "+508551234", of: "PM", .mobile, "+508 55 12 34"),
        Row("+687 75 12 34", "+687751234", of: "NC", .mobile, "+687 75.12.34"),
        Row("75 12 34", in: "NC", "+687751234", of: "NC", .mobile, "+687 75.12.34"),
        Row("+689 87 12 34 56", "+68987123456", of: "PF", .mobile, "+689 87 12 34 56"),
        Row("87 12 34 56", in: "PF", "+68987123456", of: "PF", .mobile, "+689 87 12 34 56"),
        Row("+681 82 12 34", "+681821234", of: "WF", .mobile, "+681 82 12 34"),
        // Abroad; Ofcom's block for drama.
        Row("+44 7700 900123", "+447700900123", of: "GB", .mobile, "+44 7700 900123"),
        Row("0044 7700 900123", "+447700900123", of: "GB", .mobile, "+44 7700 900123"),
        Row("+44 (0)20 7946 0123", "+442079460123", of: "GB", .landline, "+44 20 7946 0123"),
        Row("+32 470 12 34 56", "+32470123456", of: "BE", .mobile, "+32 470 12 34 56"),
        Row("0041 79 123 45 67", "+41791234567", of: "CH", .mobile, "+41 79 123 45 67"),
        Row("+39 02 1234 5678", "+390212345678", of: "IT", .landline, "+39 02 1234 5678"),
        Row("+1 650 253 0000", "+16502530000", of: "US", .either, "+1 650-253-0000"),
        Row("+800 1234 5678", "+80012345678", of: "001", .other, "+800 1234 5678"),
    ])
    func `a number is read as the plan of its place has it`(row: Row) throws {
        let number = try #require(PhoneNumber(row.text, region: row.writtenIn))
        #expect(number.e164 == row.e164)
        #expect(number.dialled == row.e164)
        #expect(number.line == row.line)
        #expect(number.takesTextMessages == (row.line == .mobile || row.line == .either))
        #expect(number.region == row.region)
        #expect(number.description == row.shown)
        #expect(PhoneNumber(number.e164) == number, "an E.164 text is read as itself")
    }

    @Test(arguments: [
        "", "+", "12345", "112", "3114", "3939", "1234567890123456", "02 61 91 10 21 poste 4",
        "02 61 91\n10 21", "٠٦٣٩٩٨٢٠١٤", "06+39982014", "++33639982014", "06 39 98 20 14, 02 61 91 10 21",
        "02 61 91 10 24 / 06 39 98 20 17", "06 39 98 20 2", "06 39 98 20 144", "+33", "+33 6 39 98 20",
        "+999 123456", "+123456789012345", "0033639982014 x12", "262692123456", "appeler le soir", "6,12E+08",
        "tel:+33639982014", "(0)", "+33 (0)(0)6 39 98 20 14", "0508 00 12 34",
        String(repeating: "0", count: 200),
    ])
    func `these are no number`(text: String) {
        #expect(PhoneNumber(text) == nil)
    }

    @Test func `a region nobody knows reads international numbers only`() {
        #expect(PhoneNumber("02 61 91 10 21", region: "XX") == nil)
        #expect(PhoneNumber("+33261911021", region: "XX")?.line == .landline)
    }

    @Test(arguments: [
        ("06 39 98 20 14", "+33•••••••14"), ("0692 12 34 56", "+262•••••••56"),
        ("+44 7700 900123", "+44••••••••23"), ("+1 650 253 0000", "+1••••••••00"),
        ("+687 75 12 34", "+687••••34"),
    ])
    func `a log sees the country's code and two digits`(text: String, masked: String) {
        #expect(PhoneNumber(text)?.masked == masked)
    }

    @Test(arguments: Seeds.or([2020]))
    func `what is read without the library's parser is what its parser reads`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            let national = String(random.number(in: 100_000_000...999_999_999))
            // A hyphen keeps the text from the short ways, and means nothing to the library.
            #expect(read("+33" + national) == read("+33-" + national), "\(national)")
            if ["26", "59", "63", "69", "50"].contains(national.prefix(2)) { continue }
            #expect(read("0" + national) == read("0-" + national), "\(national)")
        }
    }

    @Test func `many threads read alike`() async {
        let texts =
            (0..<200).map { "06 39 98 20 \($0 / 10 % 10)\($0 % 10)" } + ["+44 7700 900123", "0692123456"]
        let expected = texts.map { PhoneNumber($0) }
        await withTaskGroup(of: [PhoneNumber?].self) { group in
            for _ in 0..<8 { group.addTask { texts.map { PhoneNumber($0) } } }
            for await read in group { #expect(read == expected) }
        }
    }

    /// What the target reads of a text that was not cleaned first.
    private func read(_ text: String) -> [String] {
        var line = CPHONENUMBER_OTHER
        let e164 = String(unsafeUninitializedCapacity: CPHONENUMBER_E164_CAPACITY) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let start = buffer.baseAddress else { return 0 }
                return cphonenumber_read(text, text.utf8.count, "FR", start, &line)
            }
        }
        return [e164, "\(line.rawValue)"]
    }
}
