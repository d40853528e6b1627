import RelanceCore
import Yams

extension SettingsNode {
    /// No configuration is larger; checked before the parser sees a byte.
    static let greatestSize = 1 << 20

    /// Reads one YAML document whose top is a map; an empty one is an empty map.
    ///
    /// Yams resolves aliases while it reads, sharing the node, so a bomb costs nothing until somebody walks it: any
    /// anchor ends the walk. Only keys are walked by Yams itself, to find those that stand twice, hence the count.
    static func parse(yaml bytes: [UInt8], file: String) throws(ConfigurationIssue) -> SettingsNode {
        func issue(_ problem: ConfigurationIssue.Problem, at mark: Mark? = nil) -> ConfigurationIssue {
            ConfigurationIssue(file: file, line: mark?.line, column: mark?.column, problem: problem)
        }
        guard bytes.count <= greatestSize else {
            throw issue(.unreadable(reason: "larger than \(greatestSize >> 10) KiB"))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw issue(.syntax("not UTF-8: save the file with that encoding"))
        }
        if let line = lineOfTooManyAliases(in: text) {
            throw ConfigurationIssue(file: file, line: line, problem: .syntax(aliasSentence))
        }
        let parser: Parser
        let root: Node?
        do {
            parser = try Parser(yaml: text)
            root = try parser.singleRoot()
        } catch {
            throw SettingsNode.issue(of: error, file: file)
        }
        // Nodes hold their anchors weakly; the parser owns them.
        defer { withExtendedLifetime(parser) {} }
        guard let root else {
            return SettingsNode(content: .map([]), place: Place(file: file), path: "")
        }
        let node = try SettingsNode(root, file: file, path: "")
        if case .nothing = node.content {
            return SettingsNode(content: .map([]), place: node.place, path: "")
        }
        guard case .map = node.content else {
            throw node.issue(.mismatched(found: "a list or a text", expected: "keys and values"))
        }
        return node
    }

    /// Where the ninth thing that looks like an alias stands: too few for a bomb, and more than texts ever hold.
    private static func lineOfTooManyAliases(in text: String) -> Int? {
        var count = 0
        var line = 1
        var before = UInt8(ascii: "\n")
        var isComment = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                isComment = false
            case UInt8(ascii: "#") where " \n".utf8.contains(before): isComment = true
            case UInt8(ascii: "*") where !isComment && " \n\t[{,".utf8.contains(before): count += 1
            default: break
            }
            if count > 8 { return line }
            before = byte
        }
        return nil
    }

    private static let aliasSentence =
        "anchors (&name) and aliases (*name) are not read here: write the value out"

    private init(_ node: Node, file: String, path: String) throws(ConfigurationIssue) {
        place = Place(file: file, line: node.mark?.line, column: node.mark?.column)
        self.path = path
        content = .nothing
        guard node.anchor == nil else { throw issue(.syntax(SettingsNode.aliasSentence)) }
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            content = isNull ? .nothing : .text(scalar.string)
        case .sequence(let sequence):
            var items: [SettingsNode] = []
            for (index, item) in sequence.enumerated() {
                items.append(try SettingsNode(item, file: file, path: "\(path)[\(index)]"))
            }
            content = .list(items)
        case .mapping(let mapping):
            var entries: [Entry] = []
            for (key, value) in mapping {
                let keyPlace = Place(file: file, line: key.mark?.line, column: key.mark?.column)
                guard case .scalar(let name) = key, key.anchor == nil else {
                    throw ConfigurationIssue(
                        file: file, line: keyPlace.line, column: keyPlace.column, key: path,
                        problem: .syntax("a key has to be a plain word"))
                }
                let valuePath = path.isEmpty ? name.string : "\(path).\(name.string)"
                entries.append(
                    Entry(
                        name: name.string, place: keyPlace,
                        value: try SettingsNode(value, file: file, path: valuePath)))
            }
            content = .map(entries)
        case .alias:
            throw issue(.syntax(SettingsNode.aliasSentence))
        }
    }

    private static func issue(of error: any Error, file: String) -> ConfigurationIssue {
        func issue(_ mark: Mark?, _ text: String) -> ConfigurationIssue {
            ConfigurationIssue(file: file, line: mark?.line, column: mark?.column, problem: .syntax(text))
        }
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if problem.hasPrefix("Maximum nesting level") { return issue(mark, "nested too deep") }
            let started = context.map { " \($0.text) of line \($0.mark.line)" } ?? ""
            let hint =
                problem.contains("cannot start any token")
                ? "; indent with spaces, and quote a text that begins with a mark" : ""
            return issue(mark, "not YAML: \(problem)\(started)\(hint)")
        case .reader(let problem, let offset, _, _):
            let place = offset.map { " at byte \($0)" } ?? ""
            return issue(nil, "not YAML: \(problem)\(place)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "“\($0)”" }.joined(separator: ", ")
            return issue(context.mark, "the key \(keys) stands twice in one section")
        default:
            return issue(nil, "not YAML: \(error)")
        }
    }
}
