/// The words of a language that are nobody's business but the reader's: `words.txt`, one `key = words` a line.
///
/// Deadline kinds are rows of the policy, so their words are data too (design D8): a kind that the policy adds is said
/// by adding its four lines here. Lines that begin with `#` are comments.
package struct Words: Hashable, Sendable {
    private var entries: [String: String] = [:]

    package subscript(key: String) -> String? { entries[key] }

    /// What a trade is called in plain words, by its NAF code, else by its division, else in general.
    package func activity(ofNAF naf: String?) -> String {
        let code = (naf ?? "").uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return self["activity." + code] ?? self["activity." + code.prefix(2)] ?? self["activity"] ?? ""
    }

    /// The forms a deadline kind is said in: in a list, in a list once it is late, as the beginning of a sentence
    /// about what was planned, and as the subject of an escalation.
    enum DeadlineForm: String, CaseIterable {
        case name = ""
        case planned = ".planned"
        case wasPlanned = ".was_planned"
        case notDone = ".not_done"
    }

    func deadline(_ kind: DeadlineKind, _ form: DeadlineForm = .name) -> String? {
        self["deadline." + kind.rawValue + form.rawValue]
    }

    /// Adds the lines of a file; a later file replaces words key by key, so that a chamber's own may hold only its own.
    ///
    /// Words that calendars and text messages print are as neutral as their templates (see ``NeutralWording``).
    mutating func add(_ source: TemplateSource, in language: Language) -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        var seen: Set<String> = []
        for (index, raw) in source.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let line = String(raw).trimmed
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            func report(_ detail: String) {
                problems.append(TemplateProblem(template: source.name, line: index + 1, detail: detail))
            }
            guard let equals = line.firstIndex(of: "=") else {
                report("expected `key = words`")
                continue
            }
            let key = String(line[..<equals]).trimmed
            let words = String(line[line.index(after: equals)...]).trimmed
            if !Words.isKnown(key) {
                report(
                    "unknown key \(key); keys begin with \(Words.families.sorted().joined(separator: ", "))")
            } else if words.isEmpty {
                report("\(key) has no words")
            } else if !SafeText.isPrintable(words) {
                report("\(key) holds a character nobody can see")
            } else if !seen.insert(key).inserted {
                report("\(key) stands here twice")
            } else {
                if Words.neutralFamilies.contains(where: key.hasPrefix) {
                    problems += NeutralWording.problems(
                        in: words, of: source.name, line: index + 1, language)
                }
                entries[key] = words
            }
        }
        return problems
    }

    /// The keys that a language must have whatever the policy says.
    static let required: [String] =
        ["activity"] + keys("origin", Origin.self) + keys("mode", Appointment.Mode.self)
        + keys("fact", Fact.self)
        + keys("kind", MessageKind.self) + keys("channel", Channel.self) + keys("verify", Channel.self)
        + keys("where", Appointment.Mode.self) + calendar
        + MessageKind.allCases.filter(\.isForBusiness).map { "call." + $0.rawValue }
        + keys("section", Digest.Section.self)
        + keys("title", Contact.Title.self)
        + counts

    /// What the subject of the digest counts.
    private static let counts = ["late", "today", "appointments", "other"].map { "count." + $0 }

    /// What calendars print of an appointment: its title, the word before the reference, how to change it.
    private static let calendar = ["title", "case", "change", "call"].map { "calendar." + $0 }

    private static let neutralFamilies = ["calendar.", "mode.", "where."]

    private static let families: Set<String> = [
        "activity", "calendar", "call", "channel", "count", "deadline", "fact", "kind", "mode", "origin",
        "section", "title", "verify", "where",
    ]

    /// Open families take any key, closed ones only the code's own.
    private static func isKnown(_ key: String) -> Bool {
        let family = key.prefix { $0 != "." }
        return ["activity", "deadline"].contains(family) || closedKeys.contains(key)
    }

    private static let closedKeys = Set(required + counts.map { $0 + ".plural" })

    private static func keys<Key>(_ family: String, _: Key.Type) -> [String]
    where Key: CaseIterable & RawRepresentable<String> {
        Key.allCases.map { family + "." + $0.rawValue }
    }
}
