import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

/// Whole files: the rows of reliability 3.10 that refuse the source, and the shapes a file may have.
@Suite struct `Case files` {
    struct Row: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let problem: String
        var testDescription: String { problem }

        init(_ text: String, _ problem: String) {
            self.init(Array(text.utf8), problem)
        }

        init(_ bytes: [UInt8], _ problem: String) {
            self.bytes = bytes
            self.problem = problem
        }
    }

    static let shapes = "expected an array of cases, {\"cases\": […]}, or one case; file not used"

    @Test(arguments: [
        // J1, J2
        Row("", "c.json:1:1: there is no JSON in it; file not used"),
        Row("\u{FEFF} \n", "c.json:1:1: there is no JSON in it; file not used"),
        // J4
        Row([0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00], "c.json:1:1: not UTF-8, looks like UTF-16; file not used"),
        // J5
        Row(
            "[{\"ref\": \"2020-0301\",\n \"comment\": \"Rappe",
            "c.json:2:19: the text ends here, inside the string that begins at 2:13; file not used"),
        // J7
        Row("{\"title\": \"x\"}", "c.json:1:1: found an object, \(shapes)"),
        Row("{\"cases\": {}}", "c.json:1:1: found an object, \(shapes)"),
        Row("\"cases\"", "c.json:1:1: found a string, \(shapes)"),
        Row("null", "c.json:1:1: found null, \(shapes)"),
        // J8
        Row("[\(caseText("A")),\n]", "c.json:1:78: JSON allows no comma after the last item; file not used"),
        Row("[ // tous\n]", "c.json:1:3: JSON knows no comments; file not used"),
        Row(
            "[{'ref': 'A'}]",
            "c.json:1:3: JSON writes strings in double quotes, not in single ones; file not used"),
        // J11
        Row(
            "{\"cases\": [],\n\"cases\": []}",
            "c.json:2:1: key \"cases\" stands twice in the same object, first on line 1; file not used"),
        // J29
        Row(
            Array("[{\"ref\": \"Caf".utf8) + [0xE9] + Array("\"}]".utf8),
            "c.json:1:14: byte 0xE9 is not valid UTF-8, the file looks like Latin-1 or Windows-1252; file not used"
        ),
        Row(
            Array("[\"".utf8) + [0xC0, 0x80] + Array("\"]".utf8),
            "c.json:1:3: byte 0xC0 is not valid UTF-8; file not used"),
    ]) func `a file that cannot be used says where and why`(row: Row) {
        do {
            _ = try CaseBatch.read(row.bytes, file: "c.json", lines: false, rules: .autumn2020)
            Issue.record("read")
        } catch {
            #expect(error.description == row.problem)
            #expect(error.severity == .source)
        }
    }

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

    @Test func `composed and decomposed accents are one reference`() throws {
        let text = "[\(caseText("e\\u0301")), \(caseText("\\u00e9"))]"
        let batch = try CaseBatch.read(Array(text.utf8), file: "c.json", lines: false, rules: .autumn2020)
        #expect(batch.records.map { Array($0.openCase.ref.text.utf8) } == [[0xC3, 0xA9]])
        #expect(batch.problems.count == 1)
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

    /// J35.
    @Test func `one bad case among ten thousand leaves the others`() throws {
        var lines = (0..<10_000).map { caseText("2020-\($0)") }
        lines[5_000] = caseText("2020-5000", "\"contact\": {\"x\": 1, \"x\": 2}")
        let batch = try CaseBatch.read(
            Array("[\(lines.joined(separator: ",\n"))]".utf8), file: "c.json", lines: false,
            rules: .autumn2020)
        #expect(batch.records.count == 9_999)
        #expect(batch.refused.map(\.ref.text) == ["2020-5000"])
        #expect(batch.problems.filter { $0.severity == .held }.map(\.line) == [5_001])
    }
}
