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
    case lastContactAt = "last_contact_at"
    case documents, referral
    case externalDates = "external_dates"
    case distress, appointments
    case unansweredCalls = "unanswered_calls"
    case hold, confidential, outcome
    case closedAt = "closed_at"
    case comment, business, contact
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

/// The maps of all kinds of object for one document.
struct RecordKeys {
    let cases: KeyMap<CaseKey>
    let documents: KeyMap<DocumentsKey>
    let referral: KeyMap<ReferralKey>
    let externalDate: KeyMap<ExternalDateKey>
    let distress: KeyMap<DistressKey>
    let appointment: KeyMap<AppointmentKey>
    let move: KeyMap<MoveKey>
    let hold: KeyMap<HoldKey>
    let business: KeyMap<BusinessKey>
    let contact: KeyMap<ContactKey>
    let advisor: KeyMap<AdvisorKey>
    let absence: KeyMap<AbsenceKey>

    init(_ names: [String]) {
        cases = KeyMap(names)
        documents = KeyMap(names)
        referral = KeyMap(names)
        externalDate = KeyMap(names)
        distress = KeyMap(names)
        appointment = KeyMap(names)
        move = KeyMap(names)
        hold = KeyMap(names)
        business = KeyMap(names)
        contact = KeyMap(names)
        advisor = KeyMap(names)
        absence = KeyMap(names)
    }
}
