/// A tag of a template with its place; the scanner knows the part of Mustache that a letter needs and refuses the rest.
struct TemplateTag: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case variable, section, inverted, close, partial
    }

    let kind: Kind
    let name: String
    let line: Int
    let column: Int
    /// Where it ends in the template, in octets from its start.
    let end: Int

    /// Finds the tags of a template's text.
    ///
    /// Refused with a problem each: a tag without its end, an empty name, `{{.}}`, output without escaping, changed
    /// delimiters, inheritance, dynamic partials, pragmas, and transforms other than `first()` and `last()`.
    static func scan(_ text: String, of template: String) -> (
        tags: [TemplateTag], problems: [TemplateProblem]
    ) {
        var tags: [TemplateTag] = []
        var problems: [TemplateProblem] = []
        var rest = text[...]
        var line = 1
        var column = 1
        func advance(over passed: Substring) {
            for character in passed {
                if character.isNewline { (line, column) = (line + 1, 1) } else { column += 1 }
            }
        }
        while let start = rest.firstRange(of: "{{") {
            advance(over: rest[..<start.lowerBound])
            func problem(_ detail: String) {
                problems.append(
                    TemplateProblem(template: template, line: line, column: column, detail: detail))
            }
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else {
                problem("a tag that is not closed by }}")
                break
            }
            let inside = String(rest[start.upperBound..<end.lowerBound])
            switch parse(inside) {
            case .success(nil): break
            case .success(let (kind, name)?):
                tags.append(
                    TemplateTag(
                        kind: kind, name: name, line: line, column: column,
                        end: text.utf8.distance(from: text.startIndex, to: end.upperBound)))
            case .failure(let refusal): problem(refusal.detail)
            }
            advance(over: rest[start.lowerBound..<end.upperBound])
            rest = rest[end.upperBound...]
        }
        return (tags, problems)
    }

    private struct Refusal: Error {
        let detail: String
    }

    /// Kind and name of what stands between the braces; nil for a comment.
    private static func parse(_ inside: String) -> Result<(Kind, String)?, Refusal> {
        let kinds: [Character: Kind] = ["#": .section, "^": .inverted, "/": .close, ">": .partial]
        let content = inside.trimmed
        guard let first = content.first else { return .failure(Refusal(detail: "an empty tag {{}}")) }
        switch first {
        case "!": return .success(nil)
        case "{", "&": return .failure(Refusal(detail: "output without escaping is not allowed"))
        case "=": return .failure(Refusal(detail: "delimiters cannot be changed"))
        case "<", "$":
            return .failure(Refusal(detail: "inheritance is not known here; use a partial {{> name}}"))
        case "%": return .failure(Refusal(detail: "pragmas are not known here"))
        default: break
        }
        let kind = kinds[first] ?? .variable
        let name = kind == .variable ? content : String(content.dropFirst()).trimmed
        guard name != "." else {
            return .failure(Refusal(detail: "{{.}} prints whatever is at hand; name it"))
        }
        guard name.isTemplateName || kind != .partial && sequenceNames.contains(name) else {
            return .failure(
                Refusal(
                    detail: "no name of lower-case letters, digits and underscores: \(name.debugDescription)")
            )
        }
        return .success((kind, name))
    }

    /// Whether an item is the first or the last of its list; the only transforms there are.
    static let sequenceNames: Set<String> = ["first()", "last()"]
}
