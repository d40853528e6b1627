import Foundation
import RelanceCore

/// A mail's body as a tree of parts (RFC 2045 and 2046).
///
/// A mail with an invitation has the shape Google Calendar gives its own, which is what clients are tried against:
/// ```
/// multipart/mixed
/// ├ multipart/alternative
/// │ ├ text/plain
/// │ ├ text/html                                     if there is one
/// │ └ text/calendar; method=REQUEST; charset=UTF-8
/// └ application/ics, attachment rendez-vous.ics     the same octets
/// ```
/// - The alternative is the invitation proper (RFC 6047, 2.4): Gmail, iOS and Outlook make their buttons of it and
///   change or remove the entry that is there. Outlook looks for it in the first part of a mixed mail only (Microsoft's
///   notes on RFC 6047, 2.4), so it comes first; it has no Content-Disposition, with which Thunderbird takes it for a file.
/// - The attachment is for readers that know no invitations (many a webmail, older phones). It is application/ics
///   and has no method: a second text/calendar part would be a second invitation.
/// - A published appointment is that attachment alone, as text/calendar: as an alternative Outlook makes of it a "not
///   supported calendar message.ics" (domain 4.6).
/// - Both travel in base64: in quoted-printable, Outlook and Zimbra were seen to stumble over the line ends that
///   iCalendar is made of (betagouv/rdv-service-public#1548).
/// - The attachment's name says what it is and nothing of whom (design D10).
enum MIMEPart {
    case text(type: String, String)
    /// Octets in base64 under a type and, for an attachment, a file name of letters, hyphens and dots.
    case data(type: [String], [UInt8], fileName: String?)
    case multipart(type: String, boundary: String, [MIMEPart])

    /// The body of a message.
    init(of message: RenderedMessage) throws(MIMEProblem) {
        // "=_" is in no quoted-printable text and in no base64, so a boundary is in no part (RFC 2045, 6.7 and 6.8);
        // neither of the two begins with the other, since some readers look no further than its length.
        let boundary = "=_\(message.key)"
        var bodies: [MIMEPart] = [.text(type: "text/plain", message.text)]
        if let html = message.html { bodies.append(.text(type: "text/html", html)) }
        var file: MIMEPart?
        if let invitation = message.invitation {
            let object = Array(try ICalendar.text(of: invitation).utf8)
            guard object.count <= MIMEMessage.bodyLimit else { throw .bodyTooLong(octets: object.count) }
            let type = ["text/calendar;", "method=\(invitation.method.rawValue);", "charset=UTF-8"]
            let name = invitation.fileName
            if invitation.method == .publish {
                file = .data(type: type, object, fileName: name)
            } else {
                bodies.append(.data(type: type, object, fileName: nil))
                file = .data(type: ["application/ics"], object, fileName: name)
            }
        }
        let body =
            bodies.count == 1
            ? bodies[0] : .multipart(type: "multipart/alternative", boundary: boundary, bodies)
        self =
            file.map { .multipart(type: "multipart/mixed", boundary: "=_mixed_\(message.key)", [body, $0]) }
            ?? body
    }

    /// The part below the fields that a mail begins with; none for a part of a part.
    func bytes(after header: HeaderEncoding = HeaderEncoding()) -> [UInt8] {
        var header = header
        switch self {
        case .text(let type, let text):
            header.add("Content-Type", tokens: ["\(type);", "charset=utf-8"])
            header.add("Content-Transfer-Encoding", tokens: ["quoted-printable"])
            return header.ended() + QuotedPrintable.encode(text)
        case .data(var type, let bytes, let fileName):
            if let fileName {
                type[type.count - 1] += ";"
                type.append("name=\"\(fileName)\"")
            }
            header.add("Content-Type", tokens: type)
            header.add("Content-Transfer-Encoding", tokens: ["base64"])
            if let fileName {
                header.add("Content-Disposition", tokens: ["attachment;", "filename=\"\(fileName)\""])
            }
            let lines = Data(bytes).base64EncodedData(options: [
                .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
            ])
            return header.ended() + lines + Array("\r\n".utf8)
        case .multipart(let type, let boundary, let parts):
            header.add("Content-Type", tokens: ["\(type);", "boundary=\"\(boundary)\""])
            var bytes = header.ended()
            for part in parts {
                bytes.append(contentsOf: "--\(boundary)\r\n".utf8)
                bytes.append(contentsOf: part.bytes())
                // The line end before a boundary belongs to the boundary (RFC 2046, 5.1.1), not to the part.
                bytes.append(contentsOf: "\r\n".utf8)
            }
            bytes.append(contentsOf: "--\(boundary)--\r\n".utf8)
            return bytes
        }
    }
}

extension Invitation {
    /// The name its file has beside the mail (design D10: the kind of thing, and nothing else).
    package var fileName: String {
        switch language {
        case .french: "rendez-vous.ics"
        case .english: "appointment.ics"
        }
    }
}
