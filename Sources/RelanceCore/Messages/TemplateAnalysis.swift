/// Follows every branch of a template without rendering it and compares each name with what its place may print.
///
/// swift-mustache is silent about unknown names, partials and transforms, and a render sees only the branches it takes.
/// Here all branches are seen: after it, a template can ask only for what the composer must supply.
struct TemplateAnalysis {
    /// The partials of the language and part, by name, with their scanned tags.
    let partials: [String: TemplateLoading.File]
    private(set) var problems: [TemplateProblem] = []
    /// Partials followed so far: each may include two others, and twenty of those make a million.
    private var followed = 0
    private static let greatestNumberOfPartials = 1000

    init(partials: [String: TemplateLoading.File]) {
        self.partials = partials
    }

    /// The names one can see, innermost last.
    private struct Scope {
        var names: [String: TemplateName]
        /// Lists further out: gone through inside another list they would be as long as both multiplied.
        var outerLists: Set<String> = []
        /// Directly inside a list, where `first()` and `last()` have a meaning.
        var isInList = false
        /// Partials being followed, to stop at a circle.
        var following: [String] = []
    }

    /// Checks the tags of a template against the names it may use.
    mutating func follow(_ tags: [TemplateTag], of template: String, names: [String: TemplateName]) {
        follow(tags, of: template, in: Scope(names: names))
    }

    private mutating func follow(_ tags: [TemplateTag], of template: String, in scope: Scope) {
        var open: [(tag: TemplateTag, outer: Scope)] = []
        var scope = scope
        for tag in tags {
            func report(_ detail: String) {
                problems.append(
                    TemplateProblem(template: template, line: tag.line, column: tag.column, detail: detail))
            }
            switch tag.kind {
            case .variable:
                if let detail = objection(toPrinting: tag.name, in: scope) { report(detail) }
            case .section, .inverted:
                open.append((tag, scope))
                if let detail = objection(toSection: tag.name, in: scope) { report(detail) }
                if tag.kind == .section { enter(tag.name, &scope) }
            case .close:
                guard let last = open.last, last.tag.name == tag.name else {
                    report("{{/\(tag.name)}} closes nothing that is open here")
                    return
                }
                scope = last.outer
                open.removeLast()
            case .partial:
                guard let partial = partials[tag.name] else {
                    let known = partials.keys.sorted().joined(separator: ", ")
                    report("unknown partial \(tag.name); there are: \(known)")
                    continue
                }
                guard !scope.following.contains(tag.name) else {
                    report("partial \(tag.name) includes itself")
                    continue
                }
                followed += 1
                guard followed <= Self.greatestNumberOfPartials else {
                    if followed == Self.greatestNumberOfPartials + 1 {
                        report(
                            "its partials include more than \(Self.greatestNumberOfPartials) others in all")
                    }
                    return
                }
                var inner = scope
                inner.following.append(tag.name)
                follow(partial.tags, of: partial.source, in: inner)
            }
        }
        for (tag, _) in open {
            problems.append(
                TemplateProblem(
                    template: template, line: tag.line, column: tag.column,
                    detail: "section \(tag.name) is never closed"))
        }
    }

    private func enter(_ name: String, _ scope: inout Scope) {
        switch scope.names[name] {
        case .list(let items):
            for (outer, kind) in scope.names {
                if case .list = kind { scope.outerLists.insert(outer) }
            }
            scope.names = scope.names.filter { !scope.outerLists.contains($0.key) }
            scope.names.merge(items) { $1 }
            scope.outerLists.subtract(items.keys)
            scope.isInList = true
        case .optional:
            scope.names[name] = .text
            scope.isInList = false
        default: break
        }
    }

    private func objection(toPrinting name: String, in scope: Scope) -> String? {
        switch scope.names[name] {
        case .text: nil
        case .optional: "\(name) may be absent: print it inside {{#\(name)}}…{{/\(name)}}"
        case .flag: "\(name) is a yes or no: ask with {{#\(name)}}, it prints nothing"
        case .list: "\(name) is a list: go through it with {{#\(name)}}"
        case nil: unknown(name, in: scope)
        }
    }

    private func objection(toSection name: String, in scope: Scope) -> String? {
        if TemplateTag.sequenceNames.contains(name) {
            return scope.isInList ? nil : "\(name) has a meaning only directly inside a list"
        }
        switch scope.names[name] {
        case .optional, .flag, .list: return nil
        case .text: return "\(name) is always there: no section needed"
        case nil where scope.outerLists.contains(name):
            return "\(name) is a list further out: a list is not gone through inside another"
        case nil: return unknown(name, in: scope)
        }
    }

    private func unknown(_ name: String, in scope: Scope) -> String {
        "unknown name \(name); there are: \(scope.names.keys.sorted().joined(separator: ", "))"
    }
}
