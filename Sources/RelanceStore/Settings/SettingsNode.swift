import RelanceCore

/// A value of a settings file with the place it was written at; nothing is a number, a date or a truth value yet.
///
/// What is left of YAML once it has been read: texts, lists and maps, without anchors, tags or surprises.
struct SettingsNode: Sendable {
    enum Content: Sendable {
        case text(String)
        case list([SettingsNode])
        case map([Entry])
        /// `key:` with nothing behind it.
        case nothing
    }

    struct Entry: Sendable {
        var name: String
        /// Where the name itself stands.
        var place: Place
        var value: SettingsNode
    }

    struct Place: Hashable, Sendable {
        var file: String
        var line: Int?
        var column: Int?
    }

    var content: Content
    var place: Place
    /// The keys that lead here, as written: `policy.digest.at`.
    var path: String

    subscript(name: String) -> SettingsNode? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.name == name }?.value
    }

    /// This value with another laid over it: maps are merged key by key, anything else is replaced.
    ///
    /// Every value keeps the place and path it was written at, so that a problem is reported where it can be mended.
    func overlaid(with other: SettingsNode) -> SettingsNode {
        guard case .map(var entries) = content, case .map(let others) = other.content else {
            if case .nothing = other.content { return self }
            return other
        }
        for entry in others {
            if let index = entries.firstIndex(where: { $0.name == entry.name }) {
                entries[index].value = entries[index].value.overlaid(with: entry.value)
                entries[index].place = entry.place
            } else {
                entries.append(entry)
            }
        }
        return SettingsNode(content: .map(entries), place: other.place, path: other.path)
    }

    func issue(_ problem: ConfigurationIssue.Problem) -> ConfigurationIssue {
        ConfigurationIssue(
            file: place.file, line: place.line, column: place.column, key: path, problem: problem)
    }
}
