/// The keys of a case as design 4 lists them.
enum CaseKey: String, RecordKey {
    case ref
    case openedAt = "opened_at"
    case origin, stage, priority, site, topics, advisor
    case assignedAt = "assigned_at"
    case lead
    case firstContactAt = "first_contact_at"
    case diagnosisDoneAt = "diagnosis_done_at"
    case lastFollowUpOn = "last_follow_up_on"
    case followUpDoneAt = "follow_up_done_at"
    case followUp = "follow_up"
    case lastContactAt = "last_contact_at"
    case documents, referral
    case externalDates = "external_dates"
    case distress, appointments
    case unansweredCalls = "unanswered_calls"
    case hold, confidential, outcome
    case closedAt = "closed_at"
    case comment, business, contact
}

enum FollowUpKey: String, RecordKey {
    case tellBusiness = "tell_business"
    case businessWill = "business_will"
    case chamberWill = "chamber_will"
    case nextOn = "next_on"
}

enum DocumentsKey: String, RecordKey {
    case requestedAt = "requested_at"
    case receivedAt = "received_at"
    case list
}

enum ReferralKey: String, RecordKey {
    case to, at
    case tellBusiness = "tell_business"
}

enum ExternalDateKey: String, RecordKey {
    case label, on, source
    case declaredAt = "declared_at"
    case doneAt = "done_at"
}

enum DistressKey: String, RecordKey {
    case flaggedAt = "flagged_at"
    case acknowledgedAt = "acknowledged_at"
    case calledBackAt = "called_back_at"
    case releasedAt = "released_at"
}

enum AppointmentKey: String, RecordKey {
    case id
    case startsAt = "starts_at"
    case minutes, mode, place
    case confirmedAt = "confirmed_at"
    case cancelledAt = "cancelled_at"
    case cancelledBy = "cancelled_by"
    case moved
}

enum MoveKey: String, RecordKey {
    case at
    case startsAt = "starts_at"
}

enum HoldKey: String, RecordKey {
    case until, by, reason
}

enum BusinessKey: String, RecordKey {
    case name, siret, naf, postcode, commune, employees
}

enum ContactKey: String, RecordKey {
    case title
    case firstName = "first_name"
    case lastName = "last_name"
    case landline, mobile, email, prefers
    case smsConsent = "sms_consent"
    case smsConsentAt = "sms_consent_at"
    case language
    case callHours = "call_hours"
}

/// What a key means in each kind of object, nil where it is unknown.
struct KeyMeanings: Sendable {
    private(set) var cases: CaseKey?
    private(set) var followUp: FollowUpKey?
    private(set) var documents: DocumentsKey?
    private(set) var referral: ReferralKey?
    private(set) var externalDate: ExternalDateKey?
    private(set) var distress: DistressKey?
    private(set) var appointment: AppointmentKey?
    private(set) var move: MoveKey?
    private(set) var hold: HoldKey?
    private(set) var business: BusinessKey?
    private(set) var contact: ContactKey?
    private(set) var advisor: AdvisorKey?
    private(set) var absence: AbsenceKey?

    static let unknown = KeyMeanings()

    static let byName: [String: KeyMeanings] = {
        var table: [String: KeyMeanings] = [:]
        func enter<Key: RecordKey>(_ place: WritableKeyPath<KeyMeanings, Key?>) {
            for key in Key.allCases { table[key.rawValue, default: .unknown][keyPath: place] = key }
        }
        enter(\.cases)
        enter(\.followUp)
        enter(\.documents)
        enter(\.referral)
        enter(\.externalDate)
        enter(\.distress)
        enter(\.appointment)
        enter(\.move)
        enter(\.hold)
        enter(\.business)
        enter(\.contact)
        enter(\.advisor)
        enter(\.absence)
        return table
    }()
}
