/// What became of a text message after a gateway took it, as the gateway tells it later.
package struct Receipt: Hashable, Sendable {
    package enum Verdict: String, CaseIterable, Hashable, Sendable {
        case delivered, undelivered
        /// The gateway has given up finding out.
        case unknown
        /// On its way; changes nothing.
        case pending
    }

    package var verdict: Verdict
    /// Which of how many parts it speaks of, counted from 1; nil when it speaks of the whole message.
    package var part: Int?
    package var parts: Int?
    /// The failure's class, for one that was not delivered.
    package var failure: DeliveryFailure.Kind?
    /// The gateway's own word or code, sanitised and cut to 512 bytes.
    package var detail: String
    package var route: String
    /// Which sending it speaks of, as its reference says ("KEY.n"); nil is the newest.
    package var sending: Int?

    package init(
        verdict: Verdict, part: Int? = nil, parts: Int? = nil, failure: DeliveryFailure.Kind? = nil,
        detail: String, route: String, sending: Int? = nil
    ) {
        self.verdict = verdict
        self.part = part
        self.parts = parts
        self.failure = failure
        self.detail = detail
        self.route = route
        self.sending = sending
    }
}

/// Somebody's wish to get no more text messages, with what proves it.
package struct Objection: Hashable, Sendable {
    package enum Source: String, CaseIterable, Hashable, Sendable {
        /// Told to somebody of the house, who wrote it down.
        case person
        /// Answered to a message and forwarded by the gateway.
        case answer
        /// The gateway refused the number as objecting.
        case gateway
    }

    package var source: Source
    /// Who wrote it down, or the route it came by.
    package var by: String
    /// What was said, or the gateway's word; no address and no number.
    package var proof: String
    /// What the signed call that brought it is known by, so that the same call does not close the address again once the
    /// objection is lifted.
    package var call: String?

    package init(source: Source, by: String, proof: String, call: String? = nil) {
        self.source = source
        self.by = by
        self.proof = proof
        self.call = call
    }
}
