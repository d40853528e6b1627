import RelanceCore

/// The problems met so far; reading goes on after each, so that all of them are told at once.
final class IssueLog {
    private(set) var issues: Set<ConfigurationIssue> = []

    func report(_ issue: ConfigurationIssue) {
        issues.insert(issue)
    }

    var hasErrors: Bool { issues.contains { $0.severity == .error } }
}

/// One map of the settings: asks for its keys by name, and reports those it was never asked for.
///
/// A value that is not there or not well-formed is nil and has been reported; the whole configuration is refused then,
/// so a caller may go on with any stand-in.
final class SettingsReader {
    let node: SettingsNode
    let log: IssueLog
    private var known: [String] = []

    init(_ node: SettingsNode, log: IssueLog) {
        self.node = node
        self.log = log
    }

    // MARK: Texts

    /// The value of a key that has to be there.
    func required<Value>(_ name: String, _ form: Form<Value>) -> Value? {
        guard let value = value(name) else {
            reportMissing(name, expected: form.expected)
            return nil
        }
        return read(value, form)
    }

    /// The value of a key that may be left out, in which case the text `usual` holds.
    func required<Value>(_ name: String, _ form: Form<Value>, default usual: String) -> Value? {
        let written = value(name)
        return read(
            written ?? SettingsNode(content: .text(usual), place: node.place, path: path(of: name)), form)
    }

    /// The value of a key that may be left out.
    func optional<Value>(_ name: String, _ form: Form<Value>) -> Value? {
        value(name).flatMap { read($0, form) }
    }

    /// A list of values, or one value standing for a list of one; absent is empty.
    func list<Value>(_ name: String, _ form: Form<Value>) -> [Value] {
        guard let value = value(name) else { return [] }
        guard case .list(let items) = value.content else { return read(value, form).map { [$0] } ?? [] }
        return items.compactMap { read($0, form) }
    }

    // MARK: Maps and lists of maps

    /// The map under a key; an absent one is read as empty, so that its own keys are reported as missing.
    func map(_ name: String) -> SettingsReader {
        var inner = SettingsNode(content: .map([]), place: node.place, path: path(of: name))
        if let value = value(name) {
            if case .map = value.content { inner = value } else { reportUnexpected(value, "keys and values") }
        }
        return SettingsReader(inner, log: log)
    }

    /// The map under a key, as above; nil when `none` stands there to switch off what it is about.
    func mapUnlessNone(_ name: String) -> SettingsReader? {
        if let value = value(name), case .text("none") = value.content { return nil }
        return map(name)
    }

    /// The named maps under a key, in the order they were written, each name of the given form; `none` takes one out.
    func maps(_ name: String, named form: Form<String> = .identifier) -> [(
        name: String, reader: SettingsReader
    )] {
        guard let value = value(name) else { return [] }
        guard case .map(let entries) = value.content else {
            reportUnexpected(value, "names, each with keys and values")
            return []
        }
        return entries.compactMap { entry in
            if case .text("none") = entry.value.content { return nil }
            let key = SettingsNode(content: .text(entry.name), place: entry.place, path: entry.value.path)
            guard read(key, form) != nil else { return nil }
            guard case .map = entry.value.content else {
                reportUnexpected(entry.value, "keys and values")
                return nil
            }
            return (entry.name, SettingsReader(entry.value, log: log))
        }
    }

    /// The values of a map whose names are somebody else's, in the order they were written; `none` takes one out.
    func fields<Value>(_ name: String, _ form: Form<Value>) -> [(name: String, value: Value)] {
        guard let value = value(name) else { return [] }
        guard case .map(let entries) = value.content else {
            reportUnexpected(value, "names, each with a text")
            return []
        }
        return entries.compactMap { entry in
            if case .text("none") = entry.value.content { return nil }
            return read(entry.value, form).map { (entry.name, $0) }
        }
    }

    /// The names of the maps under a key, sorted, whether or not they can be read.
    func names(in name: String) -> [String] {
        guard let value = value(name), case .map(let entries) = value.content else { return [] }
        return entries.compactMap { entry in
            if case .text("none") = entry.value.content { nil } else { entry.name }
        }
        .sorted()
    }

    /// The names of the keys, in the order they were written.
    var writtenNames: [String] {
        if case .map(let entries) = node.content { entries.map(\.name) } else { [] }
    }

    /// The maps of a list.
    func items(_ name: String) -> [SettingsReader] {
        guard let value = value(name) else { return [] }
        guard case .list(let items) = value.content else {
            reportUnexpected(value, "a list")
            return []
        }
        return items.compactMap { item in
            guard case .map = item.content else {
                reportUnexpected(item, "keys and values")
                return nil
            }
            return SettingsReader(item, log: log)
        }
    }

    // MARK: Problems

    /// Whether a key was written, whatever it holds; asking makes it known.
    func has(_ name: String) -> Bool { value(name) != nil }

    /// Reports a key that is well-formed and wrong.
    func refuse(_ name: String, _ sentence: String) {
        let at = node[name] ?? node
        var issue = at.issue(.refused(sentence))
        issue.key = node[name]?.path ?? path(of: name)
        log.report(issue)
    }

    /// Reports a key nobody would think of asking for, when it is there.
    func forbid(_ name: String, _ sentence: String) {
        if has(name) { refuse(name, sentence) }
    }

    /// Reports something that is allowed and rarely meant.
    func warn(_ name: String, _ sentence: String) {
        var issue = (node[name] ?? node).issue(.refused(sentence))
        issue.severity = .warning
        log.report(issue)
    }

    /// To be called when every key has been asked for.
    func reportUnknownKeys() {
        guard case .map(let entries) = node.content else { return }
        let unknown = entries.filter { !known.contains($0.name) }
        for (index, entry) in unknown.enumerated() {
            // Behind so many it is another kind of file, and comparing names takes its time.
            let nearest = index < Self.greatestSuggestions ? known.nearest(to: entry.name) : nil
            log.report(
                ConfigurationIssue(
                    file: entry.place.file, line: entry.place.line, column: entry.place.column,
                    key: entry.value.path, problem: .unknownKey(nearest: nearest)))
        }
    }

    private static let greatestSuggestions = 20

    private func reportMissing(_ name: String, expected: String) {
        var issue = node.issue(.missing(expected: expected))
        issue.key = path(of: name)
        log.report(issue)
    }

    private func reportUnexpected(_ value: SettingsNode, _ expected: String) {
        let found =
            switch value.content {
            case .text: "a single text"
            case .list: "a list"
            case .map: "keys and values"
            case .nothing: "nothing"
            }
        log.report(value.issue(.mismatched(found: found, expected: expected)))
    }

    private func path(of name: String) -> String {
        node.path.isEmpty ? name : node.path + "." + name
    }

    /// A key with nothing behind it counts as not written.
    private func value(_ name: String) -> SettingsNode? {
        if !known.contains(name) { known.append(name) }
        guard let value = node[name] else { return nil }
        if case .nothing = value.content { return nil }
        return value
    }

    private func read<Value>(_ value: SettingsNode, _ form: Form<Value>) -> Value? {
        guard case .text(let text) = value.content else {
            reportUnexpected(value, form.expected)
            return nil
        }
        do throws(FormMismatch) {
            return try form.value(of: text)
        } catch {
            let expected = error.expected ?? form.expected
            log.report(
                value.issue(
                    form.hidesWhatItFound
                        ? .mismatched(found: "a text that is not shown here", expected: expected)
                        : .unexpected(found: text, expected: expected, nearest: error.nearest)))
            return nil
        }
    }
}
