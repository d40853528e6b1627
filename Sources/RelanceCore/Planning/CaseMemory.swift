/// What the ledger says of one case, as far as planning needs it (design D2).
package struct CaseMemory: Hashable, Sendable {
    /// What people decided on the case.
    package var acts: CaseActs
    /// Messages to the business, by their keys.
    package var told: [MessageKey: Told]
    /// Addresses of the business that nothing may be sent to, each with why.
    package var closedAddresses: [AddressMark: ClosedAddress]
    /// What left for each address, whatever its kind and case.
    package var departures: DeparturesByAddress
    /// Whether the month's budget lets text messages leave.
    package var smsBudget: SMSBudget

    /// One message to the business, as far as it got.
    package struct Told: Hashable, Sendable {
        package enum End: Hashable, Sendable {
            /// Planned or on its way; nothing is known against it.
            case open
            /// Tried without anybody knowing whether it arrived, and to be tried again.
            case doubtful
            /// Taken by a relay or gateway, or delivered.
            case sent
            /// Refused, or undelivered by a receipt: this channel does not bring it over.
            case failed(detail: String)
            /// Nobody can tell (a text message is never repeated by itself).
            case unknown
            /// Cancelled, expired or superseded: never sent.
            case dropped
        }

        package var kind: MessageKind
        package var channel: Channel
        package var end: End
        /// When it was first put on the wire; nil while it has not been.
        package var leftAt: Instant?
        package var endedAt: Instant

        package init(kind: MessageKind, channel: Channel, end: End, leftAt: Instant?, endedAt: Instant) {
            self.kind = kind
            self.channel = channel
            self.end = end
            self.leftAt = leftAt
            self.endedAt = endedAt
        }
    }

    package enum ClosedAddress: Hashable, Sendable {
        /// The recipient objects.
        case objection
        /// It does not exist, as a relay, gateway or receipt said.
        case dead(since: Instant, detail: String)
    }

    package enum SMSBudget: String, CaseIterable, Hashable, Sendable {
        case open
        /// Only appointments still leave as text messages.
        case appointmentsOnly = "appointments_only"
        case spent
    }

    package init(
        acts: CaseActs = CaseActs(), told: [MessageKey: Told] = [:],
        closedAddresses: [AddressMark: ClosedAddress] = [:],
        departures: DeparturesByAddress = DeparturesByAddress(),
        smsBudget: SMSBudget = .open
    ) {
        self.acts = acts
        self.told = told
        self.closedAddresses = closedAddresses
        self.departures = departures
        self.smsBudget = smsBudget
    }
}

/// A call an advisor has to make because no message can: a line of her digest.
package struct CallTask: Hashable, Sendable {
    package var ref: CaseReference
    /// What the business should have been told.
    package var kind: MessageKind
    package var variant: String?
    package var reason: WithheldReason
    package var since: Instant
    /// After it the call would be pointless.
    package var usefulUntil: Instant

    package init(
        ref: CaseReference, kind: MessageKind, variant: String? = nil, reason: WithheldReason, since: Instant,
        usefulUntil: Instant
    ) {
        self.ref = ref
        self.kind = kind
        self.variant = variant
        self.reason = reason
        self.since = since
        self.usefulUntil = usefulUntil
    }
}
