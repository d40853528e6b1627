/// How one attempt to hand a message over ended.
///
/// Failure is ordinary here, hence a value (reliability 2.3, 2.4).
package enum DeliveryOutcome: Hashable, Sendable {
    /// The far side took it: SMTP 2xx after the final dot, a gateway's success. `reply` is its answer, sanitised.
    case accepted(reply: String, proof: GatewayProof? = nil)
    /// Not now: the message may be tried again.
    case deferred(DeliveryFailure)
    /// Never: the far side plainly refused this message.
    case refused(DeliveryFailure)
    /// The far side may have taken it; nobody can tell.
    case ambiguous(DeliveryFailure)
    /// Cut by our own shutdown before anything was handed over; burns no attempt.
    case interrupted

    /// What went wrong, if something did.
    package var failure: DeliveryFailure? {
        switch self {
        case .deferred(let failure), .refused(let failure), .ambiguous(let failure): failure
        case .accepted, .interrupted: nil
        }
    }
}

/// What a gateway said of a text message it took.
package struct GatewayProof: Hashable, Sendable {
    /// The gateway's identifier, by which its receipts name the message; nil when they name it by ours, and when it is
    /// unnamed.
    package var reference: String?
    /// Parts the gateway counted; nil when it did not say.
    package var parts: Int?
    /// What it cost, in the account's own unit, as written by the gateway.
    package var cost: String?
    /// The gateway names it by an identifier of its own, which could not be read: its receipts may not find the message.
    package var isUnnamed: Bool

    package init(
        reference: String? = nil, parts: Int? = nil, cost: String? = nil, isUnnamed: Bool = false
    ) {
        self.reference = reference
        self.parts = parts
        self.cost = cost
        self.isUnnamed = isUnnamed
    }
}

package struct DeliveryFailure: Hashable, Sendable {
    package enum Scope: String, CaseIterable, Hashable, Sendable {
        /// This message or its recipient.
        case message
        /// The route as a whole: every message on it waits (reliability 2.3).
        case route
    }

    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case connection, name, timeout, tls
        case authentication, refused, throttled
        case configuration, crash
        /// The mailbox or number does not exist, or takes no such message.
        case badAddress = "bad_address"
        /// The gateway's account has no credit left.
        case credit
        /// The gateway holds an objection of the recipient.
        case blacklisted
        /// The gateway does not know the sender's name.
        case badSender = "bad_sender"
        case unknown
    }

    package var kind: Kind
    package var scope: Scope
    /// SMTP reply or HTTP status; nil when there was none.
    package var code: Int?
    /// What the far side or libcurl said, sanitised and cut to 512 bytes.
    package var detail: String
    /// Needs a human now (certificate, authentication, injected replies).
    package var alert: Bool
    /// How long the far side asks us to stay away, 1 s to 6 h; the ledger keeps the instant that follows, not this.
    package var retryAfter: Elapsed?

    package init(
        kind: Kind, scope: Scope, code: Int? = nil, detail: String, alert: Bool = false,
        retryAfter: Elapsed? = nil
    ) {
        self.retryAfter = retryAfter
        self.kind = kind
        self.scope = scope
        self.code = code
        self.detail = detail
        self.alert = alert
    }
}
