/// An address one envelope line can carry: once built, it can be neither a second command nor a second header.
///
/// The grammar is narrower than RFC 5321's (reliability 2.11): dot-atom local part of at most 64 octets, a domain of
/// LDH labels of at most 253 octets with at least one dot; no quotes, comments, routes, address literals or `%` routes.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    package let localPart: String
    /// Lower case.
    package let domain: String

    package init(_ raw: String) throws(EmailAddressProblem) {
        let text = raw.trimmed
        for (offset, byte) in text.utf8.enumerated() where byte < 0x20 || byte == 0x7F {
            throw .controlCharacter(position: offset + 1)
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
        guard let at = text.firstIndex(of: "@") else { throw .noAt }
        let local = String(text[..<at])
        let domain = String(text[text.index(after: at)...])
        guard !domain.contains("@") else { throw .severalAts }
        guard !local.isEmpty else { throw .emptyLocalPart }
        guard local.utf8.count <= 64, domain.utf8.count <= 253 else { throw .tooLong }
        guard EmailAddress.isDotAtom(local) else { throw .localPart }
        guard EmailAddress.isHostName(domain) else { throw .domain }
        localPart = local
        self.domain = domain.lowercased()
    }

    package var description: String { localPart + "@" + domain }

    private static func isDotAtom(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.utf8.allSatisfy { byte in
                    isLetterOrDigit(byte) || "!#$&'*+-/=?^_`{|}~".utf8.contains(byte)
                }
        }
    }

    private static func isHostName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2 else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Why a text is no address one may send to.
package enum EmailAddressProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case controlCharacter(position: Int)
    case notASCII, noAt, severalAts, emptyLocalPart, tooLong, localPart, domain

    package var description: String {
        switch self {
        case .controlCharacter(let position): "control character at position \(position)"
        case .notASCII: "a character outside ASCII"
        case .noAt: "no @"
        case .severalAts: "more than one @"
        case .emptyLocalPart: "nothing before the @"
        case .tooLong: "longer than 64 octets before the @ or 253 after"
        case .localPart: "a character before the @ that a plain address does not have"
        case .domain: "no host name of letters, digits and hyphens after the @"
        }
    }
}
