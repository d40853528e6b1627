import Mustache

/// Every template, parsed and followed through all its branches: a library that exists is sound.
///
/// What it promises:
/// - Building it finds every fault of every template at once: unclosed or misplaced tags, unknown names and partials,
///   names that may be absent and are printed bare, a subject that is not one line, a language without a kind, a
///   partial that includes itself.
/// - Rendering never leaves a blank: the values must be exactly those the kind declares, each of the declared form.
/// - Nothing of a value is ever read as template or markup: in HTML it is escaped scalar by scalar, since a quotation
///   mark under an accent is one character to Swift and still a quotation mark to a browser.
package struct TemplateLibrary: Sendable {
    /// What the templates were made of, to lay a chamber's own over it later.
    private var loading = TemplateLoading()
    private var messages: [TemplateRole: Compiled] = [:]
    private var partials: [TemplateLoading.Shelf: MustacheLibrary] = [:]

    private struct Compiled: Sendable {
        var source: String
        /// Only in the text part.
        var subject: MustacheTemplate?
        var body: MustacheTemplate
    }

    package var words: [Language: Words] { loading.words }

    /// The longest text a template may make (reliability 2.11).
    package static let outputLimit = 256 * 1024

    /// Reads the shipped sources, then a chamber's own, which replace them by name.
    ///
    /// Words are replaced key by key. A text of the chamber's own without an HTML twin stands alone, since the shipped
    /// twin would say something else.
    package init(_ shipped: [TemplateSource], overrides: [TemplateSource] = []) throws(TemplateProblems) {
        loading.add(shipped, replacing: false)
        try lay(overrides, over: TemplateLoading())
    }

    /// This library with a chamber's own sources laid over it, as if all had been read together; only what they change
    /// is followed and parsed again.
    package func replacing(_ overrides: [TemplateSource]) throws(TemplateProblems) -> TemplateLibrary {
        var library = self
        try library.lay(overrides, over: loading)
        return library
    }

    /// Adds the sources and takes in whatever is not as it was before.
    private mutating func lay(
        _ overrides: [TemplateSource], over before: TemplateLoading
    ) throws(TemplateProblems) {
        loading.add(overrides, replacing: true)
        let changed = loading.changes(since: before)
        loading.analyse(changed)
        guard loading.problems.isEmpty else { throw TemplateProblems(loading.problems) }
        var problems: [TemplateProblem] = []
        func compile(_ text: String, _ source: String) -> MustacheTemplate? {
            do {
                return try MustacheTemplate(
                    string: "{{% CONTENT_TYPE:TEXT}}\n" + TemplateLibrary.inlined(text))
            } catch {
                problems.append(TemplateProblem(template: source, detail: "cannot be parsed: \(error)"))
                return nil
            }
        }
        for role in changed {
            guard case .message = role else { continue }
            messages[role] = loading.files[role].flatMap { file in
                compile(file.body, file.source).map { body in
                    Compiled(
                        source: file.source, subject: file.subject.flatMap { compile($0, file.source) },
                        body: body)
                }
            }
        }
        for (shelf, files) in loading.shelves {
            for (name, file) in files where before.shelves[shelf]?[name] != file {
                guard let template = compile(file.body, file.source) else { continue }
                partials[shelf, default: MustacheLibrary()].register(template, named: name)
            }
        }
        guard problems.isEmpty else { throw TemplateProblems(problems) }
    }

    /// A message in words: one line of subject, text, and HTML where there is a twin.
    package struct Rendering: Hashable, Sendable {
        package var subject: String
        package var text: String
        package var html: String?
    }

    /// Renders the mail of a kind; a variant without its own is said in the words of the kind.
    package func render(
        _ kind: MessageKind, variant: String?, language: Language, values: TemplateValues
    ) throws(TemplateProblem) -> Rendering {
        let (variant, text) = try template(.text, of: kind, variant: variant, language, values)
        guard let subject = text.subject else {
            throw TemplateProblem(template: text.source, line: 1, detail: "there is no subject")
        }
        let line = render(subject, .text, language, values).trimmed
        guard !line.isEmpty, SafeText.isPrintable(line) else {
            throw TemplateProblem(
                template: text.source, line: 1, detail: "the subject is not one printable line")
        }
        let html = messages[.message(language, kind, variant: variant, .html)]
        let rendering = Rendering(
            subject: line, text: TemplateLibrary.tidied(render(text.body, .text, language, values)),
            html: html.map { TemplateLibrary.tidied(render($0.body, .html, language, values)) })
        for (source, output) in [(text.source, rendering.text), (html?.source, rendering.html ?? "")] {
            guard output.utf8.count <= TemplateLibrary.outputLimit else {
                throw TemplateProblem(
                    template: source ?? "",
                    detail: "makes \(output.utf8.count) octets, at most \(TemplateLibrary.outputLimit)")
            }
        }
        return rendering
    }

    /// Renders the text message of a kind, folded; a variant without its own is said in the words of the kind.
    package func renderText(
        _ kind: MessageKind, variant: String?, language: Language, values: TemplateValues
    ) throws(TemplateProblem) -> SMSText {
        let template = try template(.sms, of: kind, variant: variant, language, values).compiled
        let line = render(template.body, .sms, language, values).split(separator: " ").joined(separator: " ")
        guard !line.isEmpty, SafeText.isPrintable(line) else {
            throw TemplateProblem(
                template: template.source, line: 1, detail: "the text is not one printable line")
        }
        return SMSText(SMSText.folded(line))
    }

    /// The template that says a variant, once the values are exactly those it declares.
    private func template(
        _ part: TemplateRole.Part, of kind: MessageKind, variant: String?, _ language: Language,
        _ values: TemplateValues
    ) throws(TemplateProblem) -> (variant: String?, compiled: Compiled) {
        let found = [variant, nil].lazy.compactMap { variant in
            messages[.message(language, kind, variant: variant, part)].map { (variant, $0) }
        }
        guard let (variant, compiled) = found.first else {
            throw TemplateProblem(
                template: TemplateRole.name(language, kind, variant: variant, part),
                detail: "there is no such template")
        }
        let misfits = TemplateName.misfits(
            values, TemplateVocabulary.of(kind, variant: variant).names(of: part))
        guard misfits.isEmpty else {
            throw TemplateProblem(
                template: compiled.source, detail: "no fitting value for \(misfits.joined(separator: ", "))")
        }
        return (variant, compiled)
    }

    /// What a policy asks for that the templates do not have: the words of a deadline kind, a step's variant.
    package func problems(with rules: [DeadlineRule]) -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        for language in Language.allCases {
            let file = "\(language.rawValue)/words.txt"
            for rule in rules {
                let missing = Words.DeadlineForm.allCases.filter {
                    words[language]?.deadline(rule.kind, $0) == nil
                }
                .map { "deadline.\(rule.kind)\($0.rawValue)" }
                if !missing.isEmpty {
                    problems.append(
                        TemplateProblem(
                            template: file,
                            detail: "the policy has a deadline \(rule.kind) that has no words here: add "
                                + missing.joined(separator: ", ")))
                }
                for step in rule.steps {
                    guard let variant = step.variant else { continue }
                    let role = TemplateRole.message(language, step.kind, variant: variant, .text)
                    if messages[role] == nil {
                        problems.append(
                            TemplateProblem(
                                template: TemplateRole.name(language, step.kind, variant: variant, .text),
                                detail:
                                    "the policy's deadline \(rule.kind) sends this variant and there is no such template"
                            ))
                    }
                }
            }
        }
        return TemplateProblems(problems).problems
    }

    /// Renders every template with everything said, with nothing optional said, and with very long values; building the
    /// library has followed the branches, this shows what they make.
    package func check() -> [TemplateProblem] {
        var problems: [TemplateProblem] = []
        for role in messages.keys {
            guard case .message(let language, let kind, let variant, let part) = role else { continue }
            if part == .sms { problems += self.problems(withTextOf: kind, variant, language) }
            guard part == .text else { continue }
            let names = TemplateVocabulary.of(kind, variant: variant).body
            for sample in TemplateSample.allCases {
                do {
                    _ = try render(
                        kind, variant: variant, language: language, values: sample.values(for: names))
                } catch {
                    problems.append(error)
                }
            }
        }
        return TemplateProblems(problems).problems
    }

    /// A text message has to fit one segment with the longest values there usually are, and to say something without
    /// any that may be absent.
    private func problems(
        withTextOf kind: MessageKind, _ variant: String?, _ language: Language
    ) -> [TemplateProblem] {
        let names = TemplateVocabulary.of(kind, variant: variant).names(of: .sms)
        do {
            for (isWhole, flag) in [(true, true), (true, false), (false, true), (false, false)] {
                let values = TextSample(language: language).values(
                    for: names, isWhole: isWhole, flag: flag)
                let text = try renderText(kind, variant: variant, language: language, values: values)
                guard text.isOneSegment, text.encoding == .gsm7 else {
                    return [
                        TemplateProblem(
                            template: TemplateRole.name(language, kind, variant: variant, .sms), line: 1,
                            detail: TextSample.objection(to: text),
                            isOfWording: text.parts <= SMSText.mostParts)
                    ]
                }
            }
            return []
        } catch {
            return [error]
        }
    }

    private func render(
        _ template: MustacheTemplate, _ part: TemplateRole.Part, _ language: Language,
        _ values: TemplateValues
    ) -> String {
        template.render(
            TemplateLibrary.context(values, part),
            library: partials[TemplateLoading.Shelf(language: language, part: part)])
    }

    /// The text with every partial standing exactly where its tag does: Mustache would take away the line of a tag that
    /// stands alone, so that a partial could not be used both in a line and as one.
    private static func inlined(_ text: String) -> String {
        text.replacing(#/(?m)^([ \t]*\{\{>[^}]*\}\})[ \t]*$/#) { $0.1 + "{{!}}" }
    }

    /// The values as swift-mustache takes them.
    ///
    /// An absent name is `false`, so that a look-up stops there and does not find
    /// the same name further out.
    private static func context(_ values: TemplateValues, _ part: TemplateRole.Part) -> [String: Any] {
        values.mapValues { value in
            switch value {
            case .text(let text): part == .html ? escapedForHTML(text) : text
            case .absent: false
            case .flag(let flag): flag
            case .list(let items): items.map { context($0, part) }
            }
        }
    }

    private static func escapedForHTML(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// Without spaces at the ends of lines, and with one empty line where branches not taken left several.
    private static func tidied(_ text: String) -> String {
        var lines: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let end = line.lastIndex { $0 != " " && $0 != "\t" }
            let kept = end.map { line[...$0] } ?? ""
            if !kept.isEmpty || lines.last?.isEmpty == false { lines.append(kept) }
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }
}
