/// Which characters people may meet in a message, in one place: the composer takes the others out of case data, and
/// the writer of headers refuses them (reliability 2.11).
package enum SafeText {
    /// The text of a record made fit to print on one line.
    ///
    /// Control, bidirectional and invisible characters are dropped, any white space becomes one space, and what is
    /// longer than `limit` graphemes ends in an ellipsis. A grapheme keeps at most its first eight scalars, so that
    /// a letter under a thousand accents stays a letter.
    package static func line(_ raw: String, limit: Int) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in raw.unicodeScalars {
            if scalar.properties.isWhitespace {
                // The no-break spaces of French typography are somebody's intention; every other space is a gap.
                let isNoBreak = scalar == "\u{A0}" || scalar == "\u{202F}"
                if isNoBreak {
                    kept.append(scalar)
                } else if let last = kept.last, last != " " {
                    kept.append(" ")
                }
            } else if !scalar.isUnprintable {
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
    package var isUnprintable: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x2028, 0x2029: true
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: true
        case 0x00AD, 0x034F, 0x115F, 0x1160, 0x180E, 0x200B...0x200D, 0x2060...0x2065, 0x3164, 0xFEFF, 0xFFA0:
            true
        case 0xFFF0...0xFFFB, 0xE0000...0xE0FFF: true
        default: properties.isNoncharacterCodePoint || properties.generalCategory == .privateUse
        }
    }

    /// Of a script written from right to left, by the blocks that Unicode keeps for them.
    fileprivate var isRightToLeft: Bool {
        switch value {
        case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
        default: false
        }
    }
}
