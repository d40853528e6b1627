/// One problem of a configuration: where it is, which key it concerns, and what to do about it.
///
/// The reader reports every problem at once (style 3.5); the sentence is composed here and nowhere else.
package struct ConfigurationIssue: Error, Hashable, Sendable {
    package enum Severity: String, CaseIterable, Hashable, Sendable {
        /// The configuration is refused.
        case error
        /// It is used, and somebody should look at it.
        case warning
    }

    package enum Problem: Hashable, Sendable {
        /// The file itself could not be read.
        case unreadable(reason: String)
        /// The text is not what its format asks for.
        case syntax(String)
        case unknownKey(nearest: String?)
        case missing(expected: String)
        case unexpected(found: String, expected: String, nearest: String?)
        /// Another kind of thing, or a text that must not be printed: `found` says what in words.
        case mismatched(found: String, expected: String)
        /// Well-formed and not allowed, or contradicting another key; a whole sentence without a full stop.
        case refused(String)
    }

    package var severity: Severity
    package var file: String
    /// From 1; nil when the problem concerns the whole file.
    package var line: Int?
    package var column: Int?
    /// `policy.digest.at`; empty when it concerns the whole file.
    package var key: String
    package var problem: Problem

    package init(
        severity: Severity = .error, file: String, line: Int? = nil, column: Int? = nil, key: String = "",
        problem: Problem
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.problem = problem
    }

    /// What is wrong, without the place: `found “8h30”, expected a time of day such as 08:30`.
    package var sentence: String { ConfigurationIssue.printable(words) }

    private var words: String {
        switch problem {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .syntax(let what): what
        case .unknownKey(let nearest): "unknown key" + ConfigurationIssue.suggestion(nearest)
        case .missing(let expected): "missing, expected \(expected)"
        case .unexpected(let found, let expected, let nearest):
            "found \(ConfigurationIssue.quoted(found)), expected \(expected)"
                + ConfigurationIssue.suggestion(nearest)
        case .mismatched(let found, let expected): "found \(found), expected \(expected)"
        case .refused(let sentence): sentence
        }
    }

    private static func suggestion(_ nearest: String?) -> String {
        nearest.map { "; did you mean “\($0)”?" } ?? ""
    }

    /// Of bounded length, whatever the file held.
    private static func quoted(_ found: String) -> String {
        guard !found.isEmpty else { return "nothing" }
        let scalars = found.unicodeScalars
        return "“" + String(String.UnicodeScalarView(scalars.prefix(80))) + (scalars.count > 80 ? "…" : "")
            + "”"
    }

    /// On one line, and nothing in it that a reader would not see: keys are somebody's too, and so is what a library quotes.
    fileprivate static func printable(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.isUnprintable ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }
}

extension ConfigurationIssue: CustomStringConvertible {
    /// `relance.yaml:14:9: policy.digest.at: found “8h30”, expected …`, as compilers and editors write it.
    package var description: String {
        var place = ConfigurationIssue.printable(file)
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        let parts = [
            place, severity == .warning ? "warning" : "", ConfigurationIssue.printable(key), sentence,
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

extension ConfigurationIssue: Comparable {
    /// By place, so that a list reads from the top of the file to its end.
    package static func < (a: ConfigurationIssue, b: ConfigurationIssue) -> Bool {
        let (one, other) = ((a.file, a.line ?? 0, a.column ?? 0), (b.file, b.line ?? 0, b.column ?? 0))
        return one == other ? a.description < b.description : one < other
    }
}
