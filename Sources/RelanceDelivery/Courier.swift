import RelanceCore

/// One way out of the house: the local spool, a relay, a gateway.
///
/// It answers how an attempt ended and nothing else; retries, limits and memory are the outbox's.
package protocol Courier: Sendable {
    /// Hands one parcel over.
    ///
    /// `handover` is awaited once, before the first byte after which the far side may accept (the final dot, the
    /// request body). When it throws, nothing more is sent and the outcome is `interrupted`.
    func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
}

/// What travels, the same at every attempt: a mail with its envelope, or a text message.
package struct Parcel: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case mail(Mail)
        case text(TextMessage)
    }

    /// An envelope and bytes that never change between attempts.
    package struct Mail: Hashable, Sendable {
        package var sender: EmailAddress
        package var recipient: EmailAddress
        package var bytes: [UInt8]

        package init(sender: EmailAddress, recipient: EmailAddress, bytes: [UInt8]) {
            self.sender = sender
            self.recipient = recipient
            self.bytes = bytes
        }
    }

    /// The words and whom they are for; whose name they bear is the route's.
    package struct TextMessage: Hashable, Sendable {
        package var recipient: PhoneNumber
        package var text: String
        /// Our identifier of this sending, for the gateway to repeat in its receipts and to know a repetition by: the
        /// message's key and how many times a person had it sent anew ("KEY.0").
        package var reference: String
        /// From this instant on it must not arrive any more: gateways are told where they can be.
        package var usefulUntil: Instant

        package init(recipient: PhoneNumber, text: String, reference: String, usefulUntil: Instant) {
            self.recipient = recipient
            self.text = text
            self.reference = reference
            self.usefulUntil = usefulUntil
        }
    }

    package var key: MessageKey
    package var kind: MessageKind
    package var content: Content

    package init(key: MessageKey, kind: MessageKind, content: Content) {
        self.key = key
        self.kind = kind
        self.content = content
    }

    /// A mail.
    package init(
        key: MessageKey, kind: MessageKind, sender: EmailAddress, recipient: EmailAddress, bytes: [UInt8]
    ) {
        self.init(
            key: key, kind: kind,
            content: .mail(Mail(sender: sender, recipient: recipient, bytes: bytes)))
    }

    /// The mail it is, if it is one.
    package var mail: Mail? {
        if case .mail(let mail) = content { mail } else { nil }
    }
}
