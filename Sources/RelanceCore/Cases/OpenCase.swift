/// One business that called for help, as a short history of dated facts (design D1).
///
/// A fact dated later than the instant one looks at does not exist yet: see ``asOf(_:day:)``. Nothing here is
/// ever guessed; what could not be read is nil, and its problem was reported at the door (design D9).
package struct OpenCase: Hashable, Sendable {
    package var ref: CaseReference
    package var openedAt: Instant
    /// The stage as recorded when the case was read; ``asOf(_:day:)`` moves it back to what was known.
    package var recordedStage: Stage
    package var origin: Origin?
    package var priority: Priority?
    /// Identifier of the chamber's site that follows the case.
    package var site: String?
    package var topics: [String] = []
    /// Identifier of the assigned advisor in the directory.
    package var advisor: String?
    package var assignedAt: Instant?
    /// Identifier of the team lead; nil means the site's lead.
    package var lead: String?
    package var firstContactAt: Instant?
    package var diagnosisDoneAt: Instant?
    package var lastFollowUpOn: LocalDay?
    package var followUpDoneAt: Instant?
    /// What the advisor wants the business to be told of the follow-up at ``followUpDoneAt``.
    package var followUpSummary: FollowUpSummary?
    package var lastContactAt: Instant?
    package var documents: DocumentsRequest?
    package var referral: Referral?
    package var externalDates: [ExternalDate] = []
    package var distress: Distress?
    package var appointments: [Appointment] = []
    package var unansweredCalls: [Instant] = []
    package var hold: Hold?
    /// Followed confidentially (article L611-15 of the Code de commerce): for the advisor and the lead only.
    package var confidential = false
    package var outcome: Outcome?
    package var closedAt: Instant?
    /// Free text of the advisor, never copied into a message or a log.
    package var comment: String?
    package var business = Business()
    package var contact = Contact()

    package init(ref: CaseReference, openedAt: Instant, stage: Stage) {
        self.ref = ref
        self.openedAt = openedAt
        recordedStage = stage
    }
}

package struct DocumentsRequest: Hashable, Sendable {
    package var requestedAt: Instant?
    package var receivedAt: Instant?
    package var list: [String]

    package init(requestedAt: Instant?, receivedAt: Instant? = nil, list: [String] = []) {
        self.requestedAt = requestedAt
        self.receivedAt = receivedAt
        self.list = list
    }
}

/// What was agreed in a follow-up, in the advisor's words; never taken from the comment (domain 2.4, kind 10).
package struct FollowUpSummary: Hashable, Sendable {
    /// Nothing is sent unless the advisor chose to.
    package var tellBusiness: Bool
    package var businessWill: [String]
    package var chamberWill: [String]
    /// The next step's date; nil is the next follow-up as the policy reckons it.
    package var nextOn: LocalDay?

    package init(
        tellBusiness: Bool, businessWill: [String] = [], chamberWill: [String] = [], nextOn: LocalDay? = nil
    ) {
        self.tellBusiness = tellBusiness
        self.businessWill = businessWill
        self.chamberWill = chamberWill
        self.nextOn = nextOn
    }
}

package struct Referral: Hashable, Sendable {
    /// Whom the business was referred to; never printed in a text message or a subject.
    package var to: String?
    package var at: Instant?
    package var tellBusiness: Bool

    package init(to: String?, at: Instant?, tellBusiness: Bool = false) {
        self.to = to
        self.at = at
        self.tellBusiness = tellBusiness
    }
}

/// A date set by law or by a third party: shown as it is, its alerts roll backward, never forward (domain 1.4).
package struct ExternalDate: Hashable, Sendable {
    package var label: String
    package var on: LocalDay
    package var source: String?
    package var declaredAt: Instant?
    package var doneAt: Instant?

    package init(
        label: String, on: LocalDay, source: String? = nil, declaredAt: Instant? = nil, doneAt: Instant? = nil
    ) {
        self.label = label
        self.on = on
        self.source = source
        self.declaredAt = declaredAt
        self.doneAt = doneAt
    }
}

/// Set by a human who heard the person; the software never infers it (domain 1.3).
package struct Distress: Hashable, Sendable {
    package var flaggedAt: Instant
    package var acknowledgedAt: Instant?
    package var calledBackAt: Instant?
    package var releasedAt: Instant?

    package init(
        flaggedAt: Instant, acknowledgedAt: Instant? = nil, calledBackAt: Instant? = nil,
        releasedAt: Instant? = nil
    ) {
        self.flaggedAt = flaggedAt
        self.acknowledgedAt = acknowledgedAt
        self.calledBackAt = calledBackAt
        self.releasedAt = releasedAt
    }
}

package struct Appointment: Hashable, Sendable {
    package enum Mode: String, CaseIterable, Hashable, Sendable {
        case phone, video
        case atChamber = "at_chamber"
        case atBusiness = "at_business"
    }

    package enum Side: String, CaseIterable, Hashable, Sendable {
        case chamber, business
    }

    package struct Move: Hashable, Sendable {
        package var at: Instant
        package var startsAt: Instant

        package init(at: Instant, startsAt: Instant) {
            self.at = at
            self.startsAt = startsAt
        }
    }

    package var id: String
    /// The start first agreed; ``Move`` entries tell later ones.
    package var startsAt: Instant
    package var minutes: Int
    package var mode: Mode?
    package var place: String?
    package var confirmedAt: Instant?
    package var cancelledAt: Instant?
    package var cancelledBy: Side?
    package var moved: [Move]

    package init(
        id: String, startsAt: Instant, minutes: Int = 60, mode: Mode? = nil, place: String? = nil,
        confirmedAt: Instant? = nil, cancelledAt: Instant? = nil, cancelledBy: Side? = nil, moved: [Move] = []
    ) {
        self.id = id
        self.startsAt = startsAt
        self.minutes = minutes
        self.mode = mode
        self.place = place
        self.confirmedAt = confirmedAt
        self.cancelledAt = cancelledAt
        self.cancelledBy = cancelledBy
        self.moved = moved
    }
}

/// Nothing automatic leaves for the case until the hold ends.
package struct Hold: Hashable, Sendable {
    /// The first day on which the case is looked at again; nil means until someone lifts the hold.
    package var until: LocalDay?
    package var by: String?
    package var reason: String?

    package init(until: LocalDay?, by: String? = nil, reason: String? = nil) {
        self.until = until
        self.by = by
        self.reason = reason
    }
}

package struct Business: Hashable, Sendable {
    package var name: String?
    /// As recorded, digits only; a doubtful number is warned of and never blocks a case.
    package var siret: String?
    /// `56.10A`.
    package var naf: String?
    package var postcode: String?
    package var commune: String?
    /// A head count or INSEE's bracket, as recorded.
    package var employees: String?

    package init() {}
}
