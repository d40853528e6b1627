/// The kinds of messages, by the word used in configuration, ledger, template names and JSON (design 4).
package enum MessageKind: String, CaseIterable, Hashable, Sendable {
    // To the business.
    case caseOpened = "case_opened"

    // To advisors, leads, on call and IT.
    case newCase = "new_case"
    case deadlineReminder = "deadline_reminder"
    case deadlineOverdue = "deadline_overdue"
    case escalation
    case digest
    case returnDigest = "return_digest"
    case weeklyReport = "weekly_report"
    case externalDateReminder = "external_date_reminder"
    case distressAlert = "distress_alert"
    case technicalIncident = "technical_incident"

    /// Whether the message leaves the house: such a one never says more than its kind and reference (design D10).
    package var isForBusiness: Bool {
        self == .caseOpened
    }
}

/// Whom a message is for, as a part played on the case and not as a person.
package enum Audience: String, CaseIterable, Hashable, Sendable {
    case business, advisor, lead
    case onCall = "on_call"
    case it
}
