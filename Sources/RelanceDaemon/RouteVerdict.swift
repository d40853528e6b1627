import RelanceCore

/// What the end of a test message tells whoever tried a route: its class, whose fault it is, and what to do.
package struct RouteVerdict: Hashable, Sendable {
    /// The class of the end (reliability 2.4).
    package let outcome: String
    package let isAccepted: Bool
    /// What happened, in the words of the far side.
    package let sentence: String
    /// Nil when nothing went wrong.
    package let fault: String?
    package let advice: String?

    package init(_ outcome: DeliveryOutcome) {
        let failure = outcome.failure
        isAccepted = if case .accepted = outcome { true } else { false }
        switch outcome {
        case .accepted(let reply, _): (self.outcome, sentence) = ("accepted", "accepted: \(reply)")
        case .deferred(let failure):
            (self.outcome, sentence) = ("deferred", "not accepted: \(failure.detail)")
        case .refused(let failure):
            (self.outcome, sentence) = ("refused", "not accepted: \(failure.detail)")
        case .ambiguous(let failure):
            (self.outcome, sentence) = ("ambiguous", "it may have arrived: \(failure.detail)")
        case .interrupted: (self.outcome, sentence) = ("interrupted", "not accepted: it was interrupted")
        }
        if case .ambiguous = outcome {
            fault =
                "nobody can tell: everything was handed over, and no answer came that says what became of it"
            advice = "look whether it has arrived before you send another; \(failure?.kind.advice ?? "")"
        } else {
            fault = failure?.scope.fault
            advice = failure?.kind.advice
        }
    }
}

extension DeliveryFailure.Scope {
    fileprivate var fault: String {
        switch self {
        case .route: "the route's: every message on it would wait"
        case .message: "this message's or its recipient's: others may leave by the route"
        }
    }
}

extension DeliveryFailure.Kind {
    fileprivate var advice: String {
        switch self {
        case .connection: "see that host and port are right and that this machine may reach them"
        case .name: "see that the host's name is right and that this machine can look it up"
        case .timeout: "the far side was silent for too long: try again, or ask whoever runs it"
        case .tls: "see to tls, the certificate's name and date, and ca_file"
        case .authentication: "see to the user and the password, or the gateway's keys"
        case .refused: "the far side's own words say why it does not take it"
        case .throttled: "it wants fewer or later: try again in some minutes, or lower per_minute"
        case .configuration:
            "the route is set up wrongly: compare it with relance check and the far side's words"
        case .crash: "it was cut short on our side: try again"
        case .badAddress: "no such mailbox or number takes messages: try another"
        case .credit: "the account has no credit left: top it up"
        case .blacklisted: "the recipient has objected: try another"
        case .badSender: "have the sender's name or address validated by whoever runs the far side"
        case .unknown: "what it said is not known here: ask whoever runs the far side"
        }
    }
}
