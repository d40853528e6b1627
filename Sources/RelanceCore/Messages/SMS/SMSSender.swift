/// Whom a text message says it is from: a name of 3 to 11 letters and digits, or a number (domain 4.2).
///
/// A provider may ask for a name to be declared beforehand; nobody can answer one.
package struct SMSSender: Hashable, Sendable, CustomStringConvertible {
    /// As it is sent: `CCINORMAND`, `38123`, `+33639982014`.
    package let text: String

    package init(_ raw: String) throws(SMSSenderProblem) {
        let text = raw.trimmed
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        if text.hasPrefix("+") || (!text.isEmpty && text.utf8.allSatisfy(Self.isDigit)) {
            // Short codes have 3 to 6 digits, numbers at most 15 with the country's code (ITU-T E.164).
            guard digits.utf8.allSatisfy(Self.isDigit), digits.first != "0",
                (text.hasPrefix("+") ? 7...15 : 3...15).contains(digits.utf8.count)
            else { throw .number }
        } else {
            if let stranger = text.first(where: { !$0.utf8.allSatisfy(Self.isLetterOrDigit) }) {
                throw .character(stranger)
            }
            guard (3...11).contains(text.utf8.count) else { throw .length(text.utf8.count) }
        }
        self.text = text
    }

    package var description: String { text }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
}

/// Why a text is no sender.
package enum SMSSenderProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case length(Int)
    case character(Character)
    case number

    package var description: String {
        switch self {
        case .length(let length): "\(length) characters, a sender's name has 3 to 11"
        case .character(" "): "a space, a sender's name has only letters and digits"
        case .character(let character):
            "the character “\(character)”, a sender's name has only letters without accents and digits"
        case .number:
            "a sender's number is a short code, or begins with the country's code: 38123, 33639982014"
        }
    }
}
