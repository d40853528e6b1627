/// The kinds of messages, by the word used in configuration, ledger, template names and JSON (design 4).
package enum MessageKind: String, CaseIterable, Hashable, Sendable {
    // To the business.
    case caseOpened = "case_opened"
    case advisorAssigned = "advisor_assigned"
    case appointmentConfirmed = "appointment_confirmed"
    case appointmentMoved = "appointment_moved"
    case appointmentCancelled = "appointment_cancelled"
    /// The day before ("J-1").
    case appointmentEve = "appointment_eve"
    /// Two hours before ("H-2").
    case appointmentSoon = "appointment_soon"
    case documentsAwaited = "documents_awaited"
    case unreachable
    case followUpDone = "follow_up_done"
    case referred
    case caseClosed = "case_closed"
    case survey

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
    /// The advisor's own calendar file of an appointment, confirmed, moved or cancelled.
    case appointmentInvitation = "appointment_invitation"
    /// No channel works: please call. A line of the digest, never a message of its own.
    case callTask = "call_task"
    case technicalIncident = "technical_incident"

    /// Whether the message leaves the house: such a one never says more than its kind and reference (design D10).
    package var isForBusiness: Bool {
        switch self {
        case .caseOpened, .advisorAssigned, .documentsAwaited, .unreachable, .followUpDone, .referred,
            .caseClosed, .survey:
            true
        default: isOfAppointment
        }
    }

    /// Whether it tells a business of an appointment: not a status message, so not counted as one (domain 2.4).
    package var isOfAppointment: Bool {
        switch self {
        case .appointmentConfirmed, .appointmentMoved, .appointmentCancelled, .appointmentEve,
            .appointmentSoon:
            true
        default: false
        }
    }

    /// Whether it has templates of its own.
    package var isWritten: Bool { self != .callTask }
}

/// Whom a message is for, as a part played on the case and not as a person.
package enum Audience: String, CaseIterable, Hashable, Sendable {
    case business, advisor, lead
    case onCall = "on_call"
    case it
}
