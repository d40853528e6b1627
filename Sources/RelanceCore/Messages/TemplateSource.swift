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
        case text = "txt"
        case html
    }

    /// `fr/digest.email.txt`, `en/distress_alert.again.email.html`
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
        guard let part = pieces.last.flatMap(Part.init(rawValue:)) else { return nil }
        if path.count == 2, path[0] == "partials", pieces.count == 2, pieces[0].isTemplateName {
            self = .partial(nil, pieces[0], part)
            return
        }
        guard let language = path.first.flatMap(Language.init(rawValue:)) else { return nil }
        if path.count == 3, path[1] == "partials", pieces.count == 2, pieces[0].isTemplateName {
            self = .partial(language, pieces[0], part)
        } else if path.count == 2, file == "words.txt" {
            self = .words(language)
        } else if path.count == 2, (3...4).contains(pieces.count),
            pieces[pieces.count - 2] == Channel.email.rawValue,
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

extension String {
    /// Lower-case letters, digits and underscores: what names of variables, partials and variants are made of.
    var isTemplateName: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            }
    }
}
