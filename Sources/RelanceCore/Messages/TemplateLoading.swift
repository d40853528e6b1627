/// Sorts sources by what their names say, splits subjects from bodies, and gathers every fault on the way.
struct TemplateLoading {
    struct File: Hashable {
        var source: String
        var subject: String?
        var body: String
        var subjectTags: [TemplateTag] = []
        var tags: [TemplateTag] = []
    }

    /// Where a template finds its partials: those of its language and part.
    struct Shelf: Hashable, Sendable {
        let language: Language
        let part: TemplateRole.Part
    }

    private(set) var files: [TemplateRole: File] = [:]
    /// The partials a part may include, by name.
    private(set) var shelves: [Shelf: [String: File]] = [:]
    private(set) var words: [Language: Words] = [:]
    private(set) var problems: [TemplateProblem] = []

    mutating func add(_ sources: [TemplateSource], replacing: Bool) {
        let roles = Set(sources.compactMap { TemplateRole(name: $0.name) })
        for source in sources {
            guard let role = TemplateRole(name: source.name) else {
                report(
                    source.name, nil,
                    "not the name of a template: expected fr/KIND.email.txt, fr/KIND.VARIANT.email.html, "
                        + "fr/KIND.sms.txt, fr/partials/NAME.txt, partials/NAME.html or fr/words.txt")
                continue
            }
            let text = source.text.replacing("\r\n", with: "\n").drop { $0 == "\u{FEFF}" }
            add(TemplateSource(name: source.name, text: String(text)), as: role)
            if replacing, case .message(let language, let kind, let variant, .text) = role {
                let twin = TemplateRole.message(language, kind, variant: variant, .html)
                if !roles.contains(twin) { files[twin] = nil }
            }
        }
        guard roles.contains(where: \.isPartial) else { return }
        for language in Language.allCases {
            for part in TemplateRole.Part.allCases {
                shelves[Shelf(language: language, part: part)] = partials(language, part)
            }
        }
    }

    private mutating func add(_ source: TemplateSource, as role: TemplateRole) {
        switch role {
        case .words(let language):
            problems += words[language, default: Words()].add(source, in: language)
        case .message(_, let kind, _, _) where !kind.isWritten:
            report(source.name, nil, "\(kind.rawValue) has no templates: it is a line of the digest")
        case .message(let language, let kind, _, .sms): addText(source, language, kind, role)
        case .message(let language, let kind, _, .text):
            let lines = source.text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
            guard let first = lines.first, first.hasPrefix("Subject: ") else {
                report(source.name, 1, "expected a first line `Subject: …`")
                return
            }
            guard lines.count > 1, lines[1].allSatisfy(\.isWhitespace) else {
                report(source.name, 2, "a subject is one line, and an empty line follows it")
                return
            }
            var file = File(
                source: source.name, subject: String(first.dropFirst("Subject: ".count)),
                body: lines.count > 2 ? String(lines[2]) : "")
            file.subjectTags = scan(String(first), source.name)
            // Two line ends stand for the subject and its empty line, so that places are those of the file.
            file.tags = scan("\n\n" + file.body, source.name)
            for tag in file.subjectTags where tag.kind == .partial {
                report(source.name, 1, "a subject has no partials")
            }
            if kind.isForBusiness || kind == .appointmentInvitation {
                problems += NeutralWording.problems(in: file.subject ?? "", of: source.name, language)
            }
            files[role] = file
        case .message, .partial:
            // The line end before the end of the file is the file's, not the partial's.
            let body = source.text.last == "\n" ? String(source.text.dropLast()) : source.text
            files[role] = File(source: source.name, body: body, tags: scan(body, source.name))
            if case .message(_, _, _, .html) = role { problems += HTMLRules.problems(in: source) }
            if case .partial(_, _, .html) = role { problems += HTMLRules.problems(in: source) }
        }
    }

    /// A text message: one line, which may end in the file's line end.
    private mutating func addText(
        _ source: TemplateSource, _ language: Language, _ kind: MessageKind, _ role: TemplateRole
    ) {
        guard kind.isForBusiness else {
            report(source.name, nil, "\(kind.rawValue) stays in the house and never travels by text message")
            return
        }
        let body = source.text.last == "\n" ? String(source.text.dropLast()) : source.text
        guard !body.allSatisfy(\.isWhitespace), !body.contains(where: \.isNewline) else {
            report(source.name, nil, "a text message is one line, without a subject")
            return
        }
        guard !body.hasPrefix("Subject:") else {
            report(source.name, 1, "a text message has no subject")
            return
        }
        let file = File(source: source.name, body: body, tags: scan(body, source.name))
        for tag in file.tags where tag.kind == .partial {
            problems.append(
                TemplateProblem(
                    template: source.name, line: 1, column: tag.column,
                    detail: "a text message has no partials"))
        }
        problems += NeutralWording.problems(in: body, of: source.name, language, isTextMessage: true)
        files[role] = file
    }

    /// The roles whose file is another than before, or gone, and the messages that include a partial which is.
    func changes(since before: TemplateLoading) -> Set<TemplateRole> {
        var changed = Set(Set(files.keys).union(before.files.keys).filter { files[$0] != before.files[$0] })
        for (shelf, files) in shelves {
            let others = before.shelves[shelf] ?? [:]
            let names = Set(Set(files.keys).union(others.keys).filter { files[$0] != others[$0] })
            guard !names.isEmpty else { continue }
            for (role, file) in self.files where role.shelf == shelf {
                if !Self.included(by: file, from: others).isDisjoint(with: names) { changed.insert(role) }
            }
        }
        return changed
    }

    /// The names of the partials a file includes, and of those that they include.
    private static func included(by file: File, from shelf: [String: File]) -> Set<String> {
        var found: Set<String> = []
        var next = [file]
        while let file = next.popLast() {
            for tag in file.tags where tag.kind == .partial && found.insert(tag.name).inserted {
                if let partial = shelf[tag.name] { next.append(partial) }
            }
        }
        return found
    }

    /// Looks at the set as a whole: the names and partials of these files, the words, and what is missing.
    mutating func analyse(_ roles: Set<TemplateRole>) {
        for role in roles {
            guard let file = files[role] else { continue }
            switch role {
            case .message(let language, let kind, let variant, let part):
                let vocabulary = TemplateVocabulary.of(kind, variant: variant)
                let shelf = shelves[Shelf(language: language, part: part)] ?? [:]
                var analysis = TemplateAnalysis(partials: shelf)
                analysis.follow(
                    file.subjectTags, octets: file.subject?.utf8.count ?? 0, of: file.source,
                    names: vocabulary.subject)
                analysis.follow(
                    file.tags, octets: file.body.utf8.count, of: file.source,
                    names: vocabulary.names(of: part))
                problems += analysis.problems
                if part == .html, files[.message(language, kind, variant: variant, .text)] == nil {
                    report(file.source, nil, "HTML without its text, which must be complete in itself")
                }
            case .partial, .words: break
            }
        }
        for language in Language.allCases {
            for kind in MessageKind.allCases where kind.isWritten {
                for variant in [nil] + TemplateVocabulary.variants(of: kind).map(Optional.some) {
                    require(.text, of: kind, variant, language)
                    if kind.isForBusiness { require(.sms, of: kind, variant, language) }
                }
            }
            let missing = Words.required.filter { words[language]?[$0] == nil }
            if !missing.isEmpty {
                report(
                    language.rawValue + "/words.txt", nil, "no words for \(missing.joined(separator: ", "))")
            }
        }
    }

    private mutating func require(
        _ part: TemplateRole.Part, of kind: MessageKind, _ variant: String?, _ language: Language
    ) {
        guard files[.message(language, kind, variant: variant, part)] == nil else { return }
        let name = TemplateRole.name(language, kind, variant: variant, part)
        if !problems.contains(where: { $0.template == name }) {
            report(name, nil, "there is no such template")
        }
    }

    /// The partials a part may include: the language's own before those of every language, the part's own before those
    /// of the text that hold no character HTML would read as markup, so that nothing is written twice.
    private func partials(_ language: Language, _ part: TemplateRole.Part) -> [String: File] {
        var found: [String: (file: File, rank: Int)] = [:]
        for (role, file) in files {
            guard case .partial(let owner, let name, let own) = role, owner == nil || owner == language else {
                continue
            }
            guard
                own == part
                    || own == .text && part == .html && !file.body.contains(where: { "<>&".contains($0) })
            else { continue }
            let rank = (own == part ? 2 : 0) + (owner == language ? 1 : 0)
            if found[name].map({ $0.rank < rank }) ?? true { found[name] = (file, rank) }
        }
        return found.mapValues(\.file)
    }

    private mutating func scan(_ text: String, _ source: String) -> [TemplateTag] {
        let (tags, faults) = TemplateTag.scan(text, of: source)
        problems += faults
        return tags
    }

    private mutating func report(_ template: String, _ line: Int?, _ detail: String) {
        problems.append(TemplateProblem(template: template, line: line, detail: detail))
    }
}

extension TemplateRole {
    fileprivate var isPartial: Bool {
        if case .partial = self { true } else { false }
    }

    /// Nil when it is no message, and includes nothing by itself.
    fileprivate var shelf: TemplateLoading.Shelf? {
        if case .message(let language, _, _, let part) = self {
            TemplateLoading.Shelf(language: language, part: part)
        } else {
            nil
        }
    }
}
