import PositionedJSON
import RelanceCore

/// A message as it leaves at every attempt: whom it goes to and its bytes belong together and are frozen together.
package struct FrozenMessage: Hashable, Sendable {
    package enum Envelope: Hashable, Sendable {
        /// The subject is for people to read; the mail has its own.
        case mail(sender: EmailAddress, recipient: EmailAddress, subject: String)
        case text(recipient: PhoneNumber)
    }

    package var envelope: Envelope
    /// The mail, or the words of the text message in UTF-8.
    package var bytes: [UInt8]

    package init(envelope: Envelope, bytes: [UInt8]) {
        self.envelope = envelope
        self.bytes = bytes
    }

    /// Its subject; empty for a text message.
    package var subject: String {
        if case .mail(_, _, let subject) = envelope { subject } else { "" }
    }

    /// What its file holds: one line of JSON for the envelope, behind it the bytes as they are.
    package var file: [UInt8] {
        var writer = JSONObjectWriter()
        switch envelope {
        case .mail(let sender, let recipient, let subject):
            writer.member("from", sender.description)
            writer.member("to", recipient.description)
            writer.member("subject", subject)
        case .text(let recipient):
            writer.member("channel", Channel.sms.rawValue)
            writer.member("to", recipient.dialled)
        }
        return writer.bytes + Array("}\n".utf8) + bytes
    }

    /// Nil when the bytes are no such file.
    package init?(file: [UInt8]) {
        guard let end = file.firstIndex(of: UInt8(ascii: "\n")),
            let members = try? JSONDocument.parse(Array(file[..<end])).root,
            let envelope = Envelope(members)
        else { return nil }
        self.init(envelope: envelope, bytes: Array(file[(end + 1)...]))
    }
}

extension FrozenMessage.Envelope {
    fileprivate init?(_ members: JSONNode) {
        guard let to = members["to"]?.string else { return nil }
        if members["channel"]?.string == Channel.sms.rawValue {
            guard let recipient = PhoneNumber(to), recipient.dialled == to else { return nil }
            self = .text(recipient: recipient)
        } else {
            guard let sender = members["from"]?.string.flatMap({ try? EmailAddress($0) }),
                let recipient = try? EmailAddress(to), let subject = members["subject"]?.string
            else { return nil }
            self = .mail(sender: sender, recipient: recipient, subject: subject)
        }
    }
}
