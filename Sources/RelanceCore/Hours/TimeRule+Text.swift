/// The words of a time rule:
/// `N unit [before] [, following|preceding] [at HH:MM]`, or `at HH:MM` for that hour of the event's own date.
/// The last three may come in any order and the comma may be left out; singular and plural are both read.
extension TimeRule: CustomStringConvertible {
    /// The greatest count a rule may state: nearly two years of minutes, and more than any calendar has days.
    package static let greatestCount = 1_000_000

    package init(_ text: String) throws(TimeRuleProblem) {
        var words = RuleWords(text)
        if words.peek == "at" {
            let time = try words.statedTime()
            try words.end(expecting: "nothing after the hour")
            self.init(count: 0, unit: .calendarDays, direction: .after, roll: .none, time: time)
            return
        }
        let count = try words.count()
        let unit = try words.unit()
        var direction: Direction?
        var roll: Roll?
        var time: LocalTime?
        while let word = words.peek {
            switch word {
            case "before" where direction == nil, "after" where direction == nil:
                direction = word == "before" ? .before : .after
                words.advance()
            case "following" where roll == nil, "preceding" where roll == nil:
                guard unit.canRoll else {
                    throw words.problem(
                        expected: "no roll, since \(unit.rawValue)s never end on a closed day")
                }
                roll = word == "following" ? .following : .preceding
                words.advance()
            case "at" where time == nil:
                guard unit.countsDates else {
                    throw words.problem(expected: "no hour, since \(unit.rawValue)s end at one of their own")
                }
                time = try words.statedTime()
            default:
                throw words.problem(expected: TimeRule.continuations(of: unit, direction, roll, time))
            }
        }
        self.init(
            count: count, unit: unit, direction: direction ?? .after, roll: roll ?? .none, time: time)
    }

    package var description: String {
        if let time, count == 0, unit == .calendarDays, direction == .after, roll == .none {
            return "at \(time)"
        }
        var text = "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")"
        if direction == .before { text += " before" }
        if roll != .none { text += ", \(roll.rawValue)" }
        if let time { text += " at \(time)" }
        return text
    }

    /// What may still follow, for the sentence of a problem.
    private static func continuations(
        of unit: Unit, _ direction: Direction?, _ roll: Roll?, _ time: LocalTime?
    ) -> String {
        var words: [String] = []
        if direction == nil { words.append("before") }
        if unit.canRoll, roll == nil { words += ["following", "preceding"] }
        if unit.countsDates, time == nil { words.append("at HH:MM") }
        return words.isEmpty ? "the rule to end" : RuleWords.list(words + ["the end"])
    }
}

/// What was wrong with the text of a time rule: the word found, nil where the text ended, and what was expected there.
package struct TimeRuleProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let found: String?
    package let expected: String

    package var description: String {
        "“\(text)”: expected \(expected), found \(found.map { "“\($0)”" } ?? "the end")"
    }
}

/// The words of a rule, lower-cased and freed of commas, with the place reached.
private struct RuleWords {
    private let text: String
    private let words: [Substring]
    private var position = 0

    init(_ text: String) {
        self.text = text
        words = text.split { $0.isWhitespace || $0 == "," }
    }

    /// The next word, nil at the end.
    var peek: String? {
        position < words.count ? words[position].lowercased() : nil
    }

    mutating func advance() {
        position += 1
    }

    func problem(expected: String) -> TimeRuleProblem {
        TimeRuleProblem(
            text: text, found: position < words.count ? String(words[position]) : nil, expected: expected)
    }

    mutating func count() throws(TimeRuleProblem) -> Int {
        guard let word = peek, word.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw problem(expected: "a number, as in “4 working hours”, or “at HH:MM”")
        }
        guard let count = Int(word), count <= TimeRule.greatestCount else {
            throw problem(expected: "a number up to \(TimeRule.greatestCount)")
        }
        advance()
        return count
    }

    /// One word (`weeks`) or two (`working days`), either of which may be the wrong one.
    mutating func unit() throws(TimeRuleProblem) -> TimeRule.Unit {
        let names = TimeRule.Unit.allCases.map { (unit: $0, words: $0.rawValue.split(separator: " ")) }
        let first = peek.map(RuleWords.singular)
        let matching = names.filter { $0.words[0] == first ?? "" }
        guard let match = matching.first else {
            let endings = names.filter { $0.words.count == 2 && $0.words[1] == first ?? "" }
            let offered = endings.isEmpty ? names : endings
            throw problem(expected: RuleWords.list(offered.map { $0.unit.rawValue + "s" }))
        }
        guard match.words.count == 2 else {
            advance()
            return match.unit
        }
        // “working” and its like have no plural.
        guard peek == String(match.words[0]) else {
            throw problem(expected: "“\(match.words[0])”")
        }
        advance()
        let second = peek.map(RuleWords.singular)
        guard let found = matching.first(where: { $0.words[1] == second ?? "" }) else {
            throw problem(expected: RuleWords.list(matching.map { $0.words[1] + "s" }))
        }
        advance()
        return found.unit
    }

    mutating func statedTime() throws(TimeRuleProblem) -> LocalTime {
        advance()
        guard let word = peek, let time = LocalTime(word) else {
            throw problem(expected: "an hour as HH:MM, from 00:00 to 24:00")
        }
        advance()
        return time
    }

    func end(expecting expected: String) throws(TimeRuleProblem) {
        if position < words.count { throw problem(expected: expected) }
    }

    private static func singular(_ word: String) -> String {
        word.hasSuffix("s") ? String(word.dropLast()) : word
    }

    static func list(_ words: [String]) -> String {
        let quoted = words.map { $0 == "the end" ? $0 : "“\($0)”" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}
