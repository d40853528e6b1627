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
        // What a whole mailbox field may hold beside the address is told as such, not by the first odd character.
        guard !text.contains(where: { "<>".contains($0) }) else { throw .angleBracket }
        guard !text.hasPrefix("\"") else { throw .quoted }
        guard !text.contains(where: { ",;".contains($0) }) else { throw .separator }
        guard let at = text.firstIndex(of: "@") else { throw .noAt }
        let local = String(text[..<at])
        let domain = String(text[text.index(after: at)...])
        guard !domain.contains("@") else { throw .severalAts }
        guard !local.isEmpty else { throw .emptyLocalPart }
        guard !domain.isEmpty else { throw .emptyDomain }
        guard local.utf8.count <= 64, domain.utf8.count <= 253 else { throw .tooLong }
        guard EmailAddress.isDotted(local) else { throw .localPartDots }
        guard EmailAddress.isAtoms(local) else { throw .localPart }
        guard !domain.hasPrefix("[") else { throw .addressLiteral }
        guard EmailAddress.isDotted(domain) else { throw .domainDots }
        guard domain.contains(".") else { throw .singleLabel }
        guard EmailAddress.isHostName(domain) else { throw .domain }
        localPart = local
        self.domain = domain.lowercased()
    }

    package var description: String { localPart + "@" + domain }

    /// Whether every dot stands between two parts.
    private static func isDotted(_ text: String) -> Bool {
        !text.split(separator: ".", omittingEmptySubsequences: false).contains(where: \.isEmpty)
    }

    /// Whether there is nothing but dots and the characters of atoms (RFC 5322, 3.2.3), `%` excepted.
    private static func isAtoms(_ text: String) -> Bool {
        text.utf8.allSatisfy { isLetterOrDigit($0) || ".!#$&'*+-/=?^_`{|}~".utf8.contains($0) }
    }

    private static func isHostName(_ text: String) -> Bool {
        text.split(separator: ".").allSatisfy { label in
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
    case notASCII, angleBracket, quoted, separator, noAt, severalAts, emptyLocalPart, emptyDomain, tooLong
    case localPartDots, localPart, addressLiteral, domainDots, singleLabel, domain

    package var description: String {
        switch self {
        case .controlCharacter(let position): "control character at position \(position)"
        case .notASCII: "a character outside ASCII"
        case .angleBracket: "an angle bracket: the address stands alone, without a name or parameters"
        case .quoted: "a quotation mark before the @"
        case .separator: "a comma or semicolon: more than one address"
        case .noAt: "no @"
        case .severalAts: "more than one @"
        case .emptyLocalPart: "nothing before the @"
        case .emptyDomain: "nothing after the @"
        case .tooLong: "longer than 64 octets before the @ or 253 after"
        case .localPartDots: "a dot before the @ that does not stand between two parts"
        case .localPart: "a character before the @ that a plain address does not have"
        case .addressLiteral: "a number in brackets after the @, not the name of a host"
        case .domainDots: "a dot after the @ that does not stand between two names"
        case .singleLabel: "a single name after the @, without the domain it belongs to"
        case .domain: "no host name of letters, digits and hyphens after the @"
        }
    }
}
