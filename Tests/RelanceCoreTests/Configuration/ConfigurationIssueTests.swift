import RelanceCore
import Testing

@Suite struct ConfigurationIssueTests {
    private func issue(_ problem: ConfigurationIssue.Problem, line: Int? = 3) -> String {
        ConfigurationIssue(
            file: "relance.yaml", line: line, column: line.map { _ in 5 }, key: "log.level", problem: problem
        )
        .description
    }

    @Test func `an issue is one line with place, key, what was found and what was expected`() {
        #expect(
            issue(.unexpected(found: "inof", expected: "info or error", nearest: "info"))
                == "relance.yaml:3:5: log.level: found “inof”, expected info or error; did you mean “info”?")
        #expect(
            issue(.missing(expected: "a path")) == "relance.yaml:3:5: log.level: missing, expected a path")
        #expect(issue(.unknownKey(nearest: nil), line: nil) == "relance.yaml: log.level: unknown key")
        #expect(
            issue(.unexpected(found: "", expected: "a path", nearest: nil))
                == "relance.yaml:3:5: log.level: found nothing, expected a path")
    }

    @Test func `what was found cannot break the line, turn it round or flood it`() {
        let text = issue(
            .unexpected(
                found: "a\nb\u{202E}" + String(repeating: "c", count: 500), expected: "x", nearest: nil))
        #expect(text.contains("“a\\u{a}b\\u{202e}ccc"))
        #expect(text.count < 200)
    }

    @Test func `neither a key, nor a file's name, nor what a library quotes breaks the line`() {
        let issue = ConfigurationIssue(
            file: "a\n.yaml", line: 1, key: "log.\u{202E}level", problem: .syntax("not YAML: \u{5}\u{2028}x"))
        #expect(issue.description == #"a\u{a}.yaml:1: log.\u{202e}level: not YAML: \u{5}\u{2028}x"#)
    }

    @Test func `a warning says so`() {
        let issue = ConfigurationIssue(
            severity: .warning, file: "a.yaml", line: 1, problem: .refused("rarely meant"))
        #expect(issue.description == "a.yaml:1: warning: rarely meant")
    }
}
