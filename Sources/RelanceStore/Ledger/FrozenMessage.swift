import PositionedJSON
import RelanceCore

/// A message as it leaves at every attempt: the envelope and the mail's bytes belong together and are frozen together.
package struct FrozenMessage: Hashable, Sendable {
    package var sender: EmailAddress
    package var recipient: EmailAddress
    /// For people to read; the mail has its own.
    package var subject: String
    package var bytes: [UInt8]

    package init(sender: EmailAddress, recipient: EmailAddress, subject: String, bytes: [UInt8]) {
        self.sender = sender
        self.recipient = recipient
        self.subject = subject
        self.bytes = bytes
    }

    /// What its file holds: one line of JSON for the envelope, behind it the mail byte for byte.
    var file: [UInt8] {
        var envelope = JSONObjectWriter()
        envelope.member("from", sender.description)
        envelope.member("to", recipient.description)
        envelope.member("subject", subject)
        return envelope.bytes + Array("}\n".utf8) + bytes
    }

    /// Nil when the bytes are no such file.
    init?(file: [UInt8]) {
        guard let end = file.firstIndex(of: UInt8(ascii: "\n")),
            let envelope = try? JSONDocument.parse(Array(file[..<end])).root,
            let sender = envelope["from"]?.string.flatMap({ try? EmailAddress($0) }),
            let recipient = envelope["to"]?.string.flatMap({ try? EmailAddress($0) }),
            let subject = envelope["subject"]?.string
        else { return nil }
        self.init(
            sender: sender, recipient: recipient, subject: subject, bytes: Array(file[(end + 1)...]))
    }
}
