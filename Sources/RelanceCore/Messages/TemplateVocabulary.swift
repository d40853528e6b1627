/// The names each kind of message may print, in its subject, its body and its text message.
///
/// This is where confidentiality is enforced (design D10, domain 4.4): a template cannot print what is not listed for
/// its kind. Subjects know references, counts, hours and the words for a kind of message or deadline. What a business is
/// told is listed in `TemplateVocabulary+Business.swift`.
package struct TemplateVocabulary: Hashable, Sendable {
    package var subject: [String: TemplateName]
    package var body: [String: TemplateName]
    /// What a text message may print; nil when the kind stays in the house and never travels by text message.
    package var sms: [String: TemplateName]?

    /// What the templates of a kind and variant may say.
    package static func of(_ kind: MessageKind, variant: String?) -> TemplateVocabulary {
        switch kind {
        case .caseOpened, .advisorAssigned, .appointmentConfirmed, .appointmentMoved,
            .appointmentCancelled, .appointmentEve, .appointmentSoon, .documentsAwaited, .unreachable,
            .followUpDone, .referred, .caseClosed, .survey:
            toBusiness(kind, variant: variant)
        case .appointmentInvitation:
            subject(
                ["ref": .text],
                body: line.merging(appointment) { $1 }.merging(["instead_of": .optional]) { $1 })
        case .callTask: subject([:], body: [:])
        case .newCase:
            variant == several
                ? subject(["count": .text], body: ["cases": .list(newCase)])
                : subject(["ref": .text, "deadline": .optional, "due": .optional], body: newCase)
        case .deadlineReminder: subject(["ref": .text, "deadline": .text, "due": .text], body: brief)
        case .deadlineOverdue:
            subject(
                ["ref": .text, "deadline": .text],
                body: brief.merging(
                    [
                        "was_planned": .text, "due": .text, "escalates_at": .optional,
                        "escalates_to": .optional,
                    ]
                ) { $1 })
        case .escalation:
            subject(
                ["ref": .text, "not_done": .text],
                body: brief.merging(
                    ["was_planned": .text, "due": .text, "now": .optional, "advisor": .optional]
                ) { $1 })
        case .externalDateReminder:
            subject(
                ["ref": .text, "days": .text, "several_days": .flag, "is_today": .flag],
                body: brief.merging(["label": .optional, "on": .text]) { $1 })
        case .distressAlert: subject(["ref": .text], body: ["call_by": .optional])
        case .digest: subject(digestSubject, body: digest)
        case .returnDigest: subject(digestSubject, body: digest.merging(["absent_until": .optional]) { $1 })
        case .weeklyReport:
            subject(
                [
                    "week": .text, "count": .text, "several": .flag, "has_cases": .flag,
                    "has_exceptions": .flag,
                ], body: weekly)
        case .technicalIncident: subject([:], body: ["detail": .text])
        }
    }

    /// The variant of a notice that tells of several cases at once.
    package static let several = "several"

    /// The variant of a notice that somebody stands in for the advisor.
    package static let replacement = "replacement"

    /// The variants that the planner makes of itself; those of the policy's table come on top.
    package static func variants(of kind: MessageKind) -> [String] {
        switch kind {
        case .newCase: [several]
        case .distressAlert: ["again", "overdue"]
        case .advisorAssigned: [replacement]
        case .appointmentConfirmed: ["phone"]
        case .appointmentCancelled: ["on_request"]
        case .appointmentInvitation: ["moved", "cancelled"]
        case .documentsAwaited: ["reminder"]
        case .caseClosed: ["no_news"]
        default: []
        }
    }

    /// A body may say whatever its subject may, and how to reach the service.
    private static func subject(
        _ subject: [String: TemplateName], body: [String: TemplateName]
    ) -> TemplateVocabulary {
        var whole = subject.merging(body) { $1 }.merging(service) { $1 }
        whole["first_name"] = .optional
        return TemplateVocabulary(subject: subject, body: whole)
    }

    /// What a part may print.
    func names(of part: TemplateRole.Part) -> [String: TemplateName] {
        switch part {
        case .text, .html: body
        case .sms: sms ?? [:]
        }
    }

    static let service: [String: TemplateName] = [
        "service": .text, "service_phone": .text, "service_dial": .text, "service_hours": .optional,
        "privacy_contact": .optional,
    ]

    private static let line: [String: TemplateName] = [
        "ref": .text, "activity": .text, "place": .optional, "phone": .optional, "dial": .optional,
        "call_hours": .optional,
    ]

    private static let brief = line.merging([
        "employees": .optional, "topics": .optional, "is_confidential": .flag, "instead_of": .optional,
    ]) { $1 }

    private static let newCase = brief.merging([
        "origin": .optional, "opened": .text, "deadline": .optional, "due": .optional,
        "instead_of": .optional,
    ]) { $1 }

    private static let digestSubject: [String: TemplateName] = [
        "day": .text, "counts": .list(["count": .text, "what": .text]),
    ]

    /// A line says one of: to do, overdue, appointment, waiting, assigned, happened, undelivered, to call.
    private static let digest: [String: TemplateName] = [
        "sections": .list([
            "title": .text, "count": .text, "is_late": .flag, "more": .optional, "several_more": .flag,
            "lines": .list(
                line.merging([
                    "todo": .optional, "overdue": .optional, "appointment": .optional, "waiting": .flag,
                    "assigned": .flag, "happened": .optional, "undelivered": .optional, "to_call": .optional,
                    "verify": .optional,
                    "channel": .optional, "detail": .optional, "time": .optional, "day": .optional,
                    "minutes": .optional, "venue": .optional, "next_reminder": .optional,
                    "instead_of": .optional,
                ]) { $1 }),
        ])
    ]

    private static let weekly: [String: TemplateName] = [
        "site": .optional,
        "exceptions": .list([
            "ref": .optional, "overdue": .optional, "day": .optional, "unassigned_since": .optional,
            "red_days": .optional, "several_days": .flag, "stand_in": .optional, "stand_in_cases": .optional,
        ]),
        "new": .text, "new_before": .text, "closed": .text, "closed_before": .text, "referred": .text,
        "referred_before": .text, "open": .text, "open_before": .text, "median": .optional,
        "median_before": .optional, "in_time": .optional, "in_time_before": .optional,
        "by_site": .list(countLine), "by_sector": .list(countLine), "by_topic": .list(countLine),
        "has_breakdown": .flag,
        "coming": .list([
            "holiday": .optional, "closure": .optional, "absent": .optional, "stand_in": .optional,
            "day": .optional,
            "until": .optional, "legal_dates": .optional, "several_dates": .flag,
        ]),
        "has_coming": .flag, "sent": .text, "failed": .text,
    ]

    private static let countLine: [String: TemplateName] = ["label": .text, "count": .text]
}
