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
    /// Octets a rendering has to hold at least, so that what would be endless is refused before anybody renders it.
    private var octets = 0
    /// A list is taken for so many items.
    private static let itemsOfList = 10

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
        /// How often what stands here is printed.
        var times = 1
    }

    /// Checks the tags of a template's subject or body, so many octets long, against the names it may use.
    mutating func follow(
        _ tags: [TemplateTag], octets: Int, of template: String, names: [String: TemplateName]
    ) {
        follow(tags, octets: octets, of: template, in: Scope(names: names))
    }

    /// `site` is where a partial is included.
    private mutating func follow(
        _ tags: [TemplateTag], octets size: Int, of template: String, in scope: Scope,
        from site: (template: String, tag: TemplateTag)? = nil
    ) {
        var open: [(tag: TemplateTag, outer: Scope)] = []
        var scope = scope
        var counted = 0
        /// Every octet of a template, its tags as well: what they print is seldom shorter.
        func count(until end: Int, _ times: Int, at tag: TemplateTag?, of template: String) {
            let isNew = octets <= TemplateLibrary.outputLimit
            octets += max(0, end - counted) * times
            counted = end
            guard isNew, octets > TemplateLibrary.outputLimit else { return }
            problems.append(
                TemplateProblem(
                    template: template, line: tag?.line, column: tag?.column,
                    detail:
                        "makes more than \(TemplateLibrary.outputLimit) octets, its partials counted and every "
                        + "list taken for \(Self.itemsOfList) items"))
        }
        defer { count(until: size, scope.times, at: site?.tag, of: site?.template ?? template) }
        for tag in tags {
            func report(_ detail: String) {
                problems.append(
                    TemplateProblem(template: template, line: tag.line, column: tag.column, detail: detail))
            }
            count(until: tag.end, scope.times, at: tag, of: template)
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
                guard octets <= TemplateLibrary.outputLimit else { continue }
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
                follow(
                    partial.tags, octets: partial.body.utf8.count, of: partial.source, in: inner,
                    from: (template, tag))
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
            scope.times *= Self.itemsOfList
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
