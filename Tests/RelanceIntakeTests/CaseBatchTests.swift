import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

/// The shapes a file may have, and what repeats in it; files that cannot be used are in BadFileTests.
@Suite struct `Case files` {
    @Test(arguments: [
        "[\(caseText("A")), \(caseText("B"))]", "{\"cases\": [\(caseText("A")), \(caseText("B"))]}",
        "\u{FEFF}[\(caseText("A")), \(caseText("B"))]\r\n",
    ]) func `an array of cases may stand alone or under its name`(text: String) throws {
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(batch.records.map(\.openCase.ref.text) == ["A", "B"])
        #expect(batch.problems.isEmpty)
    }

    @Test func `one case may be the whole file, and an empty list is no mistake`() throws {
        let one = try CaseBatch.read(
            Array(caseText("A").utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(one.records.map(\.openCase.ref.text) == ["A"])
        let none = try CaseBatch.read(Array("[]".utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(none.records.isEmpty && none.problems.isEmpty)
    }

    @Test func `a bad line of a file of lines hurts only itself`() throws {
        let text =
            "\(caseText("A"))\n{\"ref\": \"B\",\n[]\n\(caseText("C", "\"naf\": 1"))\n\n\(caseText("D"))"
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.jsonl", lines: true, rules: .autumn2020)
        #expect(batch.records.map(\.openCase.ref.text) == ["A", "C", "D"])
        #expect(batch.records.map(\.place.line) == [1, 4, 6])
        #expect(
            batch.problems.map(\.description) == [
                "c.jsonl:2:13: the text ends here, but what was opened at 2:1 is not closed; record not used",
                "c.jsonl:3:1: found an array, expected an object, one case; record not used",
                "c.jsonl:4:78: record C: naf: unknown key",
            ])
    }

    @Test func `of a reference that comes twice the last counts, with a warning`() throws {
        let text =
            "[\(caseText("A", "\"site\": \"caen\"")), \(caseText("B")),\n\(caseText("A", "\"site\": \"dieppe\""))]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(batch.records.map(\.openCase.ref.text) == ["B", "A"])
        #expect(batch.records.last?.openCase.site == "dieppe")
        #expect(
            batch.problems.map(\.description) == [
                "c.json:1:2: record A: the same reference stands again on line 2, and the last one counts"
            ])
    }

    @Test func `of two with one reference the last counts even when it is refused, or on the same line`()
        throws
    {
        let text = "[\(caseText("A")),{\"ref\": \"A\", \"stage\": \"?\"},\(caseText("B")),\(caseText("B"))]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(batch.records.map(\.openCase.ref.text) == ["B"])
        #expect(batch.refused.map(\.ref.text) == ["A"])
    }

    @Test func `an unknown key is told once a file, with how many records have it`() throws {
        let text =
            "["
            + (0..<50).map { caseText("\($0)", "\"Stage\": 1, \"appointments\": [{\"x\": 1}, {\"x\": 2}]") }
            .joined(separator: ",\n") + "]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(
            batch.problems.map(\.description).filter { $0.contains("unknown") } == [
                "c.json:1:79: Stage: unknown key in 50 records; did you mean “stage”?",
                "c.json:1:109: appointments[].x: unknown key in 100 records",
            ])
    }
}
