/// The reference of a case as people say it ("2020-0301").
///
/// It is the only name of a case that subjects, texts, file names and logs may carry (design D10; article L611-15 of
/// the Code de commerce).
package struct CaseReference: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil when empty or blank, longer than 128 bytes, or holding what one cannot see; white space at the ends is not kept.
    package init?(_ raw: String) {
        guard let reference = CaseReference(written: raw),
            !reference.text.unicodeScalars.contains(where: \.isUnprintable)
        else { return nil }
        self = reference
    }

    /// As it was once written down: a ledger may hold references with marks that are no longer admitted.
    package init?(written raw: String) {
        let trimmed = raw.trimmed
        guard !trimmed.isEmpty, trimmed.utf8.count <= 128,
            !trimmed.unicodeScalars.contains(where: \.isControl)
        else { return nil }
        text = trimmed
    }

    package var description: String { text }

    package static func < (a: CaseReference, b: CaseReference) -> Bool {
        a.text < b.text
    }
}

extension String {
    /// The text without white space at either end.
    package var trimmed: String {
        // Nearly all texts begin and end with a visible ASCII character, and their trim is themselves.
        if let first = utf8.first, let last = utf8.last, 0x21..<0x7F ~= first, 0x21..<0x7F ~= last {
            return self
        }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}

extension Unicode.Scalar {
    /// Whether it is of the category Cc, which Unicode will never enlarge: C0, DEL and C1.
    package var isControl: Bool {
        value < 0x20 || 0x7F...0x9F ~= value
    }
}
