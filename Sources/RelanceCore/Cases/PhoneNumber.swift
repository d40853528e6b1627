/// A telephone number somebody can dial, as recorded: digits with an optional leading plus.
///
/// Which numbers take text messages, and their E.164 form, is for the numbering plans to say, not for this type.
package struct PhoneNumber: Hashable, Sendable, CustomStringConvertible {
    /// Digits, with a leading `+` when the number is international.
    package let dialled: String

    /// Nil unless the text is 6 to 15 ASCII digits, with an optional leading `+`; spaces, dots, hyphens and the
    /// `(0)` of letterheads are tolerated.
    package init?(_ raw: String) {
        var dialled = ""
        let raw = raw.utf8.contains(UInt8(ascii: "(")) ? raw.replacing("(0)", with: "") : raw
        for scalar in raw.trimmed.unicodeScalars {
            switch scalar {
            case "0"..."9": dialled.unicodeScalars.append(scalar)
            case "+" where dialled.isEmpty: dialled.append("+")
            case " ", ".", "-", "/", "(", ")", "\u{A0}", "\u{202F}": continue
            default: return nil
            }
        }
        let digits = dialled.hasPrefix("+") ? dialled.count - 1 : dialled.count
        guard (6...15).contains(digits) else { return nil }
        self.dialled = dialled
    }

    /// Grouped as the French read it when it is a ten-digit national number ("02 61 91 10 21"), else as dialled.
    package var description: String {
        let digits = Array(dialled)
        guard digits.count == 10, digits.first == "0" else { return dialled }
        return stride(from: 0, to: 10, by: 2).map { String(digits[$0...($0 + 1)]) }.joined(separator: " ")
    }
}
