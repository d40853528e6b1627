import Foundation

extension SMSText {
    /// The text in the characters of GSM-7, keeping all it has (é è à ù ì ò Ç É among them): `Jean-Francois Lefèvre`.
    ///
    /// Typography becomes what a typewriter had, other Latin letters lose their marks. A text with a character that
    /// has no such form (Greek, Cyrillic, an emoji) is UCS-2 anyway and keeps its spelling. Control characters go in
    /// both, line feeds stay. The same text always gives the same, and its fold is its own fold.
    package static func folded(_ text: String) -> String {
        let composed = composed(withoutControls(text))
        var folded = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in composed.unicodeScalars {
            guard let form = form(of: scalar) else { return composed }
            // The spaces within « guillemets » are theirs: "inverted commas" have none.
            if scalar == "»", folded.last == " " { folded.removeLast() }
            if previous != "«" || form.first != " " { folded.append(contentsOf: form) }
            previous = scalar
        }
        return String(folded)
    }

    /// The text in Unicode's form C, a letter with at most sixteen marks.
    ///
    /// Composing sorts the marks of a letter, in quadratic time; and it has to be done twice, since once leaves the
    /// parts of a mark such as U+0F81 unsorted.
    private static func composed(_ text: String) -> String {
        let composed = withFewMarks(text).precomposedStringWithCanonicalMapping
            .precomposedStringWithCanonicalMapping
        return withFewMarks(composed)
    }

    private static func withFewMarks(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = scalar.isMark ? marks + 1 : 0
            if marks <= 16 { kept.append(scalar) }
        }
        return String(kept)
    }

    /// Line ends become line feeds, tabs spaces; other control characters, and format characters that no script
    /// needs, are taken out: one cannot see them, and a gateway may refuse them.
    private static func withoutControls(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            switch scalar {
            case "\n" where previous == "\r": continue
            case "\n", "\r", "\u{2028}", "\u{2029}": kept.append("\n")
            case "\t": kept.append(" ")
            case "\u{200C}", "\u{200D}": kept.append(scalar)  // joiners: emoji, Persian
            default:
                switch scalar.properties.generalCategory {
                case .control, .format: continue
                default: kept.append(scalar)
                }
            }
        }
        return String(kept)
    }

    /// The form of a character in GSM-7, empty for what only marks its neighbour; nil when there is none.
    private static func form(of scalar: Unicode.Scalar) -> String.UnicodeScalarView? {
        if GSM7.septets(scalar) != nil { return String(scalar).unicodeScalars }
        if let form = typography[scalar] { return form.unicodeScalars }
        switch scalar.properties.generalCategory {
        case .spaceSeparator: return " ".unicodeScalars
        case .nonspacingMark, .format: return "".unicodeScalars
        default: break
        }
        // ê is e and a mark, ² is 2, ﬁ is fi; a letter of another script stays itself and has no form.
        let parts = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars
        guard parts.first != scalar else { return nil }
        var form = String.UnicodeScalarView()
        for part in parts {
            guard let partForm = self.form(of: part) else { return nil }
            form.append(contentsOf: partForm)
        }
        return form
    }

    /// What Unicode does not decompose, or not as it is typed.
    private static let typography: [Unicode.Scalar: String] = [
        "’": "'", "‘": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'", "‹": "'", "›": "'",
        "“": "\"", "”": "\"", "„": "\"", "‟": "\"", "″": "\"", "«": "\"", "»": "\"",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": ".",
        "⁄": "/", "×": "x", "°": "o", "©": "(c)", "®": "(r)", "µ": "u",
        "œ": "oe", "Œ": "OE", "ẞ": "ß", "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D",
        "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H",
    ]
}

extension Unicode.Scalar {
    /// Whether it is written onto the letter before it.
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
