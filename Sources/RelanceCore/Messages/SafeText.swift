/// Which characters people may meet in a message, in one place: the composer takes the others out of case data, and
/// the writer of headers refuses them (reliability 2.11).
package enum SafeText {
    /// The text of a record made fit to print on one line.
    ///
    /// Control, bidirectional and invisible characters are dropped but for those that make one emoji of several, any white
    /// space becomes one space, and what is longer than `limit` graphemes ends in an ellipsis. A grapheme keeps at most its first eight scalars, so that
    /// a letter under a thousand accents stays a letter.
    package static func line(_ raw: String, limit: Int) -> String {
        var kept = String.UnicodeScalarView()
        let scalars = raw.unicodeScalars
        for index in scalars.indices {
            let scalar = scalars[index]
            if scalar.properties.isWhitespace {
                // The no-break spaces of French typography are somebody's intention; every other space is a gap.
                let isNoBreak = scalar == "\u{A0}" || scalar == "\u{202F}"
                if isNoBreak {
                    kept.append(scalar)
                } else if let last = kept.last, last != " " {
                    kept.append(" ")
                }
            } else if !scalar.isUnprintable
                || scalar.joins(kept.last, with: scalars[index...].dropFirst().first)
            {
                kept.append(scalar)
            }
        }
        var short = ""
        var count = 0
        for grapheme in String(kept).trimmed {
            guard count < limit else { return short.trimmed + "…" }
            short.unicodeScalars.append(contentsOf: grapheme.unicodeScalars.prefix(8))
            count += 1
        }
        return short
    }

    /// Whether a text holds nothing that one cannot see, white space and what makes one emoji of several aside.
    package static func isPrintable(_ text: String) -> Bool { firstUnprintable(in: text) == nil }

    /// The first scalar that one cannot see, and the number of those before it.
    package static func firstUnprintable(in text: String) -> (offset: Int, scalar: Unicode.Scalar)? {
        let scalars = text.unicodeScalars
        var before: Unicode.Scalar?
        var offset = 0
        for index in scalars.indices {
            let scalar = scalars[index]
            if scalar.isUnprintable, !scalar.joins(before, with: scalars[index...].dropFirst().first) {
                return (offset, scalar)
            }
            before = scalar
            offset += 1
        }
        return nil
    }

    /// Text that runs from right to left between isolates (FSI and PDI, UAX #9), so that a name in Arabic does not
    /// turn round the number beside it; other text as it is.
    ///
    /// For bodies only: a subject takes no such character.
    package static func isolated(_ line: String) -> String {
        line.unicodeScalars.contains(where: \.isRightToLeft) ? "\u{2068}" + line + "\u{2069}" : line
    }
}

extension Unicode.Scalar {
    /// Says nothing to a reader and something to a machine: controls, line separators, bidirectional marks,
    /// zero-width characters, tags, and what Unicode never assigns to characters.
    ///
    /// By the properties of Unicode, so that what a later version adds is known as soon as the standard library is.
    package var isUnprintable: Bool {
        if value < 0x300 { return isControl || value == 0xAD }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: true
        default: properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
        }
    }

    /// Whether it belongs to an emoji that it stands in: the joiner between two pictographs (a family), the selector
    /// behind one (a red heart) or within a key cap (UTS #51).
    package func joins(_ before: Unicode.Scalar?, with after: Unicode.Scalar?) -> Bool {
        guard let before else { return false }
        return switch value {
        case 0xFE0F: before.isPictograph || before.properties.isEmoji && after?.value == 0x20E3
        case 0x200D: (before.isPictograph || before.value == 0xFE0F) && after?.isPictograph == true
        default: false
        }
    }

    /// An emoji by itself: figures are emoji too, in key caps only.
    private var isPictograph: Bool { properties.isEmoji && value > 0x7F }

    /// Of a script written from right to left, by the blocks that Unicode keeps for them.
    fileprivate var isRightToLeft: Bool {
        switch value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
        default: false
        }
    }
}
