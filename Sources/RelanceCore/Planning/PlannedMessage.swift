/// A message that is owed: what kind, about what, to whom, from when to when it makes sense, and why.
package struct PlannedMessage: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var variant: String?
    /// The deadline it belongs to, if any.
    package var deadline: DeadlineKind?
    /// The cases it speaks of; one for most kinds, several for digests and grouped notices.
    package var cases: [CaseReference]
    package var recipient: Recipient
    package var channel: Channel
    /// The fact's instant the duty arose from; part of the key.
    package var anchor: Instant
    /// When its rule wanted it, whatever the hour; never after ``dueAt``.
    package var wantedAt: Instant
    /// When it may leave, after windows and working days.
    package var dueAt: Instant
    /// From this instant on it is no longer worth sending (design D6).
    package var usefulUntil: Instant
    package var reason: DueReason
    /// Whether another channel would carry it, should this one fail.
    package var hasOtherChannel: Bool
    /// Keys of further duties this one message carries, when several became one mail.
    package var covers: [MessageKey] = []
    package var content: MessageContent

    package init(
        key: MessageKey, kind: MessageKind, variant: String? = nil, deadline: DeadlineKind? = nil,
        cases: [CaseReference], recipient: Recipient, channel: Channel, anchor: Instant, dueAt: Instant,
        usefulUntil: Instant, reason: DueReason, hasOtherChannel: Bool = false, content: MessageContent,
        wantedAt: Instant? = nil
    ) {
        self.key = key
        self.kind = kind
        self.variant = variant
        self.deadline = deadline
        self.cases = cases
        self.recipient = recipient
        self.channel = channel
        self.anchor = anchor
        self.wantedAt = wantedAt ?? dueAt
        self.dueAt = dueAt
        self.usefulUntil = usefulUntil
        self.reason = reason
        self.hasOtherChannel = hasOtherChannel
        self.content = content
    }
}

/// Why a message is owed.
package enum DueReason: String, CaseIterable, Hashable, Sendable {
    case caseOpened = "case_opened"
    case caseAssigned = "case_assigned"
    case deadlineNear = "deadline_near"
    case deadlinePassed = "deadline_passed"
    case deadlineUnanswered = "deadline_unanswered"
    case distressFlagged = "distress_flagged"
    case externalDateNear = "external_date_near"
    case advisorAssigned = "advisor_assigned"
    case advisorAway = "advisor_away"
    case appointmentConfirmed = "appointment_confirmed"
    case appointmentMoved = "appointment_moved"
    case appointmentCancelled = "appointment_cancelled"
    case appointmentNear = "appointment_near"
    case documentsAwaited = "documents_awaited"
    case callUnanswered = "call_unanswered"
    case followUpDone = "follow_up_done"
    case referred
    case caseClosed = "case_closed"
    /// The other channel did not bring it over.
    case notDelivered = "not_delivered"
    case morning
    case backFromAbsence = "back_from_absence"
    case weekStart = "week_start"
    case incident
}

/// Why a message that a rule foresees does not leave.
package enum WithheldReason: String, CaseIterable, Hashable, Sendable {
    /// Its moment has passed: a register read for the first time does not set off its past.
    case noLongerUseful = "no_longer_useful"
    case satisfied
    case caseClosed = "case_closed"
    case caseSuspended = "case_suspended"
    case caseOnHold = "case_on_hold"
    case distress
    /// The person asked not to be written to.
    case prefersNoWriting = "prefers_no_writing"
    case noAddress = "no_address"
    case noRecipient = "no_recipient"
    /// No channel works: it stands in the digest as a call to make.
    case noUsableChannel = "no_usable_channel"
    /// Another message says it already, or says it better.
    case saidOtherwise = "said_otherwise"
    /// Confirmed or moved so short before that a reminder would only repeat it.
    case justAgreed = "just_agreed"
    /// The appointment has begun, or too little time would be left.
    case tooLate = "too_late"
    /// The advisor did not choose to tell the business.
    case notChosen = "not_chosen"
    /// The configuration does not have what it takes (the address of the survey).
    case notConfigured = "not_configured"
    /// No route of its channel worked for so long that another channel takes over.
    case routeDown = "route_down"
    /// The recipient has had as many messages as are good for one day.
    case recipientCeiling = "recipient_ceiling"
    /// The recipient asked for no more of them.
    case optedOut = "opted_out"
    /// The month's budget for text messages is spent.
    case smsBudget = "sms_budget"
    /// The reminder would come before there was anything to remind of.
    case beforeItBegan = "before_it_began"
}

package struct WithheldMessage: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var variant: String?
    package var deadline: DeadlineKind?
    package var ref: CaseReference
    /// When it would have left.
    package var at: Instant
    package var reason: WithheldReason

    package init(
        key: MessageKey, kind: MessageKind, variant: String? = nil, deadline: DeadlineKind? = nil,
        ref: CaseReference, at: Instant, reason: WithheldReason
    ) {
        self.key = key
        self.kind = kind
        self.variant = variant
        self.deadline = deadline
        self.ref = ref
        self.at = at
        self.reason = reason
    }
}
