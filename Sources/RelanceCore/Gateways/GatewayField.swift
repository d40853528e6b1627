/// Where a value stands in what a provider says, written as `json messages[0].id`, `query dlr`, `form MessageStatus` or
/// `text ~ Success "([^"]+)"`.
///
/// After ` ~ ` comes a regular expression: the value is its first group, or all it matched.
package struct GatewayField: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case json(GatewayPath)
        /// The whole body.
        case text
        /// Of the URL that was called.
        case query(String)
        /// Of a body of `application/x-www-form-urlencoded`.
        case form(String)
    }

    package let source: Source
    package let pattern: String?

    /// Nil when the text is none of these forms, or the expression is none.
    package init?(_ written: String) {
        var place = written
        if let tilde = written.firstRange(of: " ~ ") {
            place = String(written[..<tilde.lowerBound])
            let pattern = String(written[tilde.upperBound...])
            guard (try? Regex(pattern)) != nil else { return nil }
            self.pattern = pattern
        } else {
            pattern = nil
        }
        let words = place.split(separator: " ")
        switch (words.first, words.count) {
        case ("text", 1): source = .text
        case ("json", 2):
            guard let path = GatewayPath(String(words[1])) else { return nil }
            source = .json(path)
        case ("query", 2): source = .query(String(words[1]))
        case ("form", 2): source = .form(String(words[1]))
        default: return nil
        }
    }

    /// What the pattern takes of the first 4096 characters of each value; those it does not match are left out.
    ///
    /// Of more than a hundred values the others are not looked at: nobody reports so much of one message.
    package func extract(from values: [String]) -> [String] {
        let values = values.prefix(Self.greatestCount)
        guard let pattern else { return Array(values) }
        // Compiled once for all of them; that it can be was seen when the field was read.
        guard let regex = try? Regex(pattern) else { return [] }
        return values.compactMap { value in
            guard let match = value.prefix(4096).firstMatch(of: regex) else { return nil }
            let group = match.output.count > 1 ? match.output[1] : match.output[0]
            return group.substring.map { String($0) }
        }
    }

    /// The most values of one field.
    package static let greatestCount = 100
}

/// A place in a JSON document: names between dots, `[0]` an element, `[*]` every element.
package struct GatewayPath: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        case member(String)
        case element(Int)
        case everyElement
    }

    package let steps: [Step]

    /// Nil when the text is no path: `ids[0]`, `messages[*].status`, `[0].code`.
    package init?(_ written: String) {
        var steps: [Step] = []
        for (index, part) in written.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
            let name = part.prefix { $0 != "[" }
            guard name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"]*\"".utf8.contains($0) }) else {
                return nil
            }
            if name.isEmpty {
                guard index == 0, part.first == "[" else { return nil }
            } else {
                steps.append(.member(String(name)))
            }
            var rest = part.dropFirst(name.count)
            while !rest.isEmpty {
                guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return nil }
                let inside = rest[..<end].dropFirst()
                if inside == "*" {
                    steps.append(.everyElement)
                } else if inside.utf8.count <= 4, inside.utf8.allSatisfy({ (48...57).contains($0) }),
                    let number = Int(inside)
                {
                    steps.append(.element(number))
                } else {
                    return nil
                }
                rest = rest[end...].dropFirst()
            }
        }
        self.steps = steps
    }
}

/// Something a provider's words can fulfil: a field, and what its value has to be.
///
/// `json ids[0]` and `text ~ ^0: Accepted` ask for a value at all; `=`, `!=`, `>=` and `<=` compare; `is absent` asks for none.
package struct GatewayCondition: Hashable, Sendable {
    package enum Test: Hashable, Sendable {
        case present, absent
        case equal(String), unequal(String)
        case atLeast(Int), atMost(Int)
    }

    /// How many of the values stand the test.
    package enum Verdict: Hashable, Sendable {
        case none, some, all
    }

    package let field: GatewayField
    package let test: Test

    package init?(_ written: String) {
        if !written.contains(" ~ ") {
            for (mark, make) in Self.comparisons {
                guard let range = written.firstRange(of: " \(mark) ") else { continue }
                guard let field = GatewayField(String(written[..<range.lowerBound])),
                    let test = make(String(written[range.upperBound...]))
                else { return nil }
                (self.field, self.test) = (field, test)
                return
            }
            for (ending, test) in [(" is absent", Test.absent), (" is present", Test.present)]
            where written.hasSuffix(ending) {
                guard let field = GatewayField(String(written.dropLast(ending.count))) else { return nil }
                (self.field, self.test) = (field, test)
                return
            }
        }
        guard let field = GatewayField(written) else { return nil }
        (self.field, test) = (field, .present)
    }

    private static var comparisons: [(String, (String) -> Test?)] {
        [
            ("!=", { .unequal($0) }), (">=", { Int($0).map { .atLeast($0) } }),
            ("<=", { Int($0).map { .atMost($0) } }), ("=", { .equal($0) }),
        ]
    }

    /// Whether it looks for words in a sentence of a JSON answer, which is written for people: a guess.
    ///
    /// Where the body itself is such a line, as with Kannel, it is the provider's code.
    package var isGuess: Bool {
        if case .json = field.source { field.pattern != nil } else { false }
    }

    /// Whether the values of the field fulfil it: `some` when only a part of several does.
    package func verdict(on values: [String]) -> Verdict {
        if test == .absent { return values.isEmpty ? .all : .none }
        let passing = values.count { value in
            switch test {
            case .present, .absent: true
            case .equal(let text): value == text
            case .unequal(let text): value != text
            case .atLeast(let number): Int(value).map { $0 >= number } ?? false
            case .atMost(let number): Int(value).map { $0 <= number } ?? false
            }
        }
        return passing == 0 ? .none : passing == values.count ? .all : .some
    }
}
