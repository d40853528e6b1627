/// Why a message cannot be written as mail; never the text itself, which may be personal.
package enum MIMEProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unprintable(field: String, codePoint: UInt32, position: Int)
    case addressInDisplayName(field: String)
    case emptySubject
    case subjectTooLong(octets: Int)
    case messageIDDomain(String)
    case listName(String)
    case bodyTooLong(octets: Int)
    case notMail
    /// A value of the invitation that no calendar takes.
    case invitation(property: String)

    package var description: String {
        switch self {
        case .unprintable(let field, let codePoint, let position):
            "\(field): character U+\(MIMEProblem.hex(codePoint)) at position \(position) may not stand there"
        case .addressInDisplayName(let field): "\(field): a display name that contains an address"
        case .emptySubject: "Subject: empty"
        case .subjectTooLong(let octets):
            "Subject: \(octets) octets, at most \(MIMEMessage.subjectLimit)"
        case .messageIDDomain(let domain): "the domain of message identifiers is no host name: \(domain)"
        case .listName(let name): "no name for a list of mails: \(name)"
        case .bodyTooLong(let octets): "a body of \(octets) octets, at most \(MIMEMessage.bodyLimit)"
        case .notMail: "a text message has no mail form"
        case .invitation(let property): "invitation: no calendar takes this \(property)"
        }
    }

    private static func hex(_ codePoint: UInt32) -> String {
        let digits = String(codePoint, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
