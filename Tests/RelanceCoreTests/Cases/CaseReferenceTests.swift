import RelanceCore
import Testing

@Suite struct CaseReferenceTests {
    @Test(arguments: [
        ("2020-0301", "2020-0301"), (" 2020-0301\t", "2020-0301"), ("\u{A0}dossier 12\u{202F}", "dossier 12"),
        ("é", "é"),
        (String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
    ])
    func `white space at the ends is not kept`(raw: String, text: String) {
        #expect(CaseReference(raw)?.text == text)
    }

    @Test(arguments: [
        "", " ", "\u{A0}\t", "2020\n0301", "2020\u{0}", "2020\u{7F}0301", "2020\u{85}0301",
        String(repeating: "x", count: 129),
        String(repeating: "é", count: 65),
        "2020\u{202E}0301", "2020\u{200B}0301", "2020\u{2028}0301", "\u{2066}2020", "2020\u{FEFF}0301",
        "2020\u{3164}0301", "2020\u{E0030}",
    ])
    func `these are none`(raw: String) {
        #expect(CaseReference(raw) == nil)
    }

    @Test func `a ledger of before may hold marks nobody can see, and still reads`() {
        #expect(CaseReference(written: "2020\u{200B}0301")?.text == "2020\u{200B}0301")
        #expect(CaseReference(written: "2020\u{0}0301") == nil)
    }

    @Test func `references are in the order of their text`() {
        let sorted = ["2021-0001", "2020-0302", "2020-0301"].compactMap { CaseReference($0) }.sorted()
        #expect(sorted.map(\.text) == ["2020-0301", "2020-0302", "2021-0001"])
    }
}
