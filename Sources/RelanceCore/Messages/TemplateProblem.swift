/// What is wrong with a template, and where; found by `check`, so that no letter to a person ever has a blank in it.
package struct TemplateProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var template: String
    /// Counted from 1; nil when it concerns the file as a whole.
    package var line: Int?
    package var column: Int?
    package var detail: String
    /// It can be used all the same, and makes more of some values than it should.
    package var isOfWording: Bool

    package init(
        template: String, line: Int? = nil, column: Int? = nil, detail: String, isOfWording: Bool = false
    ) {
        self.template = template
        self.line = line
        self.column = column
        self.detail = detail
        self.isOfWording = isOfWording
    }

    package var description: String {
        let place = [line, column].compactMap(\.self).map { ":\($0)" }.joined()
        return "\(template)\(place): \(detail)"
    }
}

/// All problems of a set of templates at once, in the order of files and lines.
package struct TemplateProblems: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [TemplateProblem]

    package init(_ problems: some Sequence<TemplateProblem>) {
        self.problems = Set(problems).sorted {
            ($0.template, $0.line ?? 0, $0.column ?? 0, $0.detail)
                < ($1.template, $1.line ?? 0, $1.column ?? 0, $1.detail)
        }
    }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
