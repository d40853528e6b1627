/// A template's text under its name, as it lies in the folder of templates: `fr/new_case.several.email.txt`.
package struct TemplateSource: Hashable, Sendable {
    package var name: String
    package var text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// What a source is, by its name.
enum TemplateRole: Hashable, Sendable {
    enum Part: String, CaseIterable, Hashable, Sendable {
        /// The text of a mail, under its subject.
        case text = "email.txt"
        /// The HTML twin of a mail's text.
        case html = "email.html"
        /// A text message: one line, without a subject and without partials.
        case sms = "sms.txt"
    }

    /// `fr/digest.email.txt`, `en/distress_alert.again.email.html`, `fr/survey.sms.txt`
    case message(Language, MessageKind, variant: String?, Part)
    /// `fr/partials/footer.txt`; `partials/page_end.html` serves every language that has none of its own.
    case partial(Language?, String, Part)
    /// `fr/words.txt`
    case words(Language)

    /// Nil when the name is none of these.
    init?(name: String) {
        let path = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let file = path.last else { return nil }
        let pieces = file.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if path.count == 2, path[0] == "partials", pieces.count == 2, pieces[0].isTemplateName {
            guard let part = Part(partial: pieces[1]) else { return nil }
            self = .partial(nil, pieces[0], part)
            return
        }
        guard let language = path.first.flatMap(Language.init(rawValue:)) else { return nil }
        if path.count == 3, path[1] == "partials", pieces.count == 2, pieces[0].isTemplateName {
            guard let part = Part(partial: pieces[1]) else { return nil }
            self = .partial(language, pieces[0], part)
        } else if path.count == 2, file == "words.txt" {
            self = .words(language)
        } else if path.count == 2, (3...4).contains(pieces.count),
            let part = Part(rawValue: pieces.suffix(2).joined(separator: ".")),
            let kind = MessageKind(rawValue: pieces[0])
        {
            let variant = pieces.count == 4 ? pieces[1] : nil
            guard variant?.isTemplateName != false else { return nil }
            self = .message(language, kind, variant: variant, part)
        } else {
            return nil
        }
    }
}

extension TemplateRole.Part {
    /// What a partial is a part of, by how its name ends: only mails have partials.
    fileprivate init?(partial ending: String) {
        switch ending {
        case "txt": self = .text
        case "html": self = .html
        default: return nil
        }
    }
}

extension TemplateRole {
    /// The name of a message's template.
    static func name(_ language: Language, _ kind: MessageKind, variant: String?, _ part: Part) -> String {
        language.rawValue + "/"
            + [kind.rawValue, variant, part.rawValue].compactMap(\.self).joined(separator: ".")
    }
}

extension String {
    /// Lower-case letters, digits and underscores: what names of variables, partials and variants are made of.
    var isTemplateName: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            }
    }
}
