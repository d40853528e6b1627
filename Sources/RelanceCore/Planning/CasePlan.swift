/// What one case owes as of an instant.
package struct CasePlan: Hashable, Sendable {
    /// Messages whose moment is now: due, still useful, inside their window.
    ///
    /// The ledger admits each key once.
    package var messages: [PlannedMessage] = []
    /// Messages that will be owed if nothing changes, in order.
    package var upcoming: [UpcomingMessage] = []
    /// Messages a rule foresees that do not leave, each with its reason.
    package var withheld: [WithheldMessage] = []
    package var deadlines: [Deadline] = []
    /// Calls to make in place of messages that cannot leave, in order; empty unless every detail was asked for.
    package var callTasks: [CallTask] = []
    /// The next instant at which the answer can change by itself; nil when only a new fact can change it.
    package var nextWake: Instant?

    package init() {}

    mutating func wake(at instant: Instant?) {
        guard let instant else { return }
        nextWake = min(nextWake ?? instant, instant)
    }
}

/// A message that lies ahead.
package struct UpcomingMessage: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var variant: String?
    package var deadline: DeadlineKind?
    package var ref: CaseReference
    package var at: Instant

    package init(
        key: MessageKey, kind: MessageKind, variant: String?, deadline: DeadlineKind?, ref: CaseReference,
        at: Instant
    ) {
        self.key = key
        self.kind = kind
        self.variant = variant
        self.deadline = deadline
        self.ref = ref
        self.at = at
    }
}

/// What people decided on a case, as the ledger remembers it.
package struct CaseActs: Hashable, Sendable {
    /// Nothing automatic leaves before this day; nil means no hold.
    package var heldUntil: LocalDay?
    /// Held until somebody resumes it.
    package var isHeld: Bool
    /// When a distress alert was acknowledged here rather than in the case file.
    package var acknowledgedAt: Instant?

    package init(heldUntil: LocalDay? = nil, isHeld: Bool = false, acknowledgedAt: Instant? = nil) {
        self.heldUntil = heldUntil
        self.isHeld = isHeld
        self.acknowledgedAt = acknowledgedAt
    }
}
