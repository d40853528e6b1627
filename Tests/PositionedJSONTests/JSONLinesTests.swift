import PositionedJSON
import Testing

@Suite struct `JSON lines` {
    @Test func `each line is a document of its own with the line numbers of the file`() throws {
        let text = "{\"a\":1}\r\n\n  {\"a\":2}\n{\"a\":3}"
        let records = try JSONLines.parse(Array(text.utf8)).records
        let roots = records.compactMap { try? $0.get() }
        #expect(roots.compactMap { $0["a"]?.integer } == [1, 2, 3])
        #expect(roots.map(\.position.description) == ["1:1", "3:3", "4:1"])
    }

    @Test func `a bad line hurts only itself`() throws {
        var bytes = Array("{\"a\":1}\n{\"a\":\n{\"a\":\"".utf8)
        bytes += [0x80]
        bytes += Array("\"}\n{\"a\":4,}\n{\"a\":5,\"a\":6}\n{\"a\":7}\n".utf8)
        let lines = try JSONLines.parse(bytes)
        let failures = lines.records.compactMap { record -> String? in
            guard case .failure(let problem) = record else { return nil }
            return problem.description
        }
        #expect(
            failures == [
                "2:6: the text ends here, but what was opened at 2:1 is not closed",
                "3:7: byte 0x80 is not valid UTF-8", "4:7: JSON allows no comma after the last item",
            ])
        let roots = lines.records.compactMap { try? $0.get() }
        #expect(roots.compactMap { $0["a"]?.integer } == [1, 5, 7])
        #expect(roots.map(\.problems.count) == [0, 1, 0])
        #expect(
            lines.document.problems.map(\.description) == [
                "5:8: key \"a\" stands twice in the same object, first on line 5"
            ])
    }

    @Test func `the same key on two lines is no double`() throws {
        let text = String(repeating: "{\"a\":{\"a\":1},\"b\":2}\n{\"a\":\n", count: 50)
        let lines = try JSONLines.parse(Array(text.utf8))
        #expect(lines.records.count == 100)
        #expect(lines.document.problems.isEmpty)
    }

    @Test func `a file without lines has no records`() throws {
        #expect(try JSONLines.parse([]).records.isEmpty)
        #expect(try JSONLines.parse(Array("\n \n".utf8)).records.isEmpty)
    }
}
