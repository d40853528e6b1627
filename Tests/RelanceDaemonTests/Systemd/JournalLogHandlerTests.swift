import Foundation
import Logging
import RelanceDaemon
import Synchronization
import Testing

@Suite struct JournalLogHandlerTests {
    /// What a logger of this kind writes.
    private func lines(
        level: Logger.Level = .trace, hasPriorities: Bool = true, _ body: (Logger) -> Void
    ) -> [String] {
        let lines = LogLines()
        body(lines.logger(level: level, hasPriorities: hasPriorities))
        return lines.all
    }

    @Test func `each level has the priority journald knows`() {
        let written = lines { log in
            for level in Logger.Level.allCases { log.log(level: level, "x") }
        }
        #expect(written == ["<7>x\n", "<7>x\n", "<6>x\n", "<5>x\n", "<4>x\n", "<3>x\n", "<2>x\n"])
    }

    @Test func `to a person the level is said in words`() {
        #expect(lines(hasPriorities: false) { $0.warning("x") } == ["warning: x\n"])
    }

    @Test func `what is below the level is not written`() {
        #expect(lines(level: .notice) { $0.info("x") }.isEmpty)
    }

    @Test func `no foreign text begins a line of its own or turns the direction`() {
        let written = lines {
            $0.info("a\n<0>b\u{2028}c", metadata: ["detail": "250 Ok\r\n\u{202E}evil\u{1B}[31m"])
        }
        #expect(
            written == [
                #"<6>a\u000a<0>b\u2028c detail="250 Ok\u000d\u000a\u202eevil\u001b[31m""# + "\n"
            ])
    }

    @Test func `fields come in order and are cut to 256 bytes`() {
        let long = String(repeating: "é", count: 1000)
        let written = lines { $0.info("x", metadata: ["b": "\(long)", "a": "1"]) }
        #expect(written == ["<6>x a=1 b=\"" + String(repeating: "é", count: 128) + "…\"\n"])
    }

    @Test(arguments: ["relay", "2020-0301", "127.0.0.1:8480", "a/b_c.d@e+f", "2020-11-02T09:00:00+01:00"])
    func `a plain value stands as it is`(value: String) {
        #expect(lines { $0.info("x", metadata: ["v": "\(value)"]) } == ["<6>x v=\(value)\n"])
    }

    @Test func `no value adds a field to its line or ends before its time`() {
        let forged = #"250 ok" key=abc route=other \" level=0"#
        let written = lines { $0.info("x", metadata: ["detail": "\(forged)", "key": "k", "none": ""]) }
        #expect(
            written == [#"<6>x detail="250 ok\" key=abc route=other \\\" level=0" key=k none="""# + "\n"])
    }

    @Test(arguments: [
        "a b", "\\", "\\\\", "\"", "\\\"", "\\n", "a\nb", "C:\\new\\u0041", "tab\t", "é", "\u{202E}x",
        "🙂\u{E0041}", "=", "",
        "{\"a\":1}",
    ]) func `a value reads back as it was, by any reader of JSON`(value: String) throws {
        let line = try #require(lines { $0.info("x", metadata: ["v": "\(value)"]) }.first)
        let text = line.dropFirst("<6>x v=".count).dropLast()
        let json = text.hasPrefix("\"") ? String(text) : "\"\(text)\""
        #expect(try JSONDecoder().decode(String.self, from: Data(json.utf8)) == value)
    }
}
