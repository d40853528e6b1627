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

/// What travels: an envelope and bytes that never change between attempts.
package struct Parcel: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var sender: EmailAddress
    package var recipient: EmailAddress
    package var bytes: [UInt8]

    package init(
        key: MessageKey, kind: MessageKind, sender: EmailAddress, recipient: EmailAddress, bytes: [UInt8]
    ) {
        self.key = key
        self.kind = kind
        self.sender = sender
        self.recipient = recipient
        self.bytes = bytes
    }
}
