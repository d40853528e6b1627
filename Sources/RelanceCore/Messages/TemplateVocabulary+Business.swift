/// What a business may be told, kind by kind (domain 2.3, 2.4): neither its own name nor why it called.
///
/// Subjects print the reference, and the day of a conversation. Text messages print the reference, hours and days, the
/// advisor's name, the place of an appointment, the survey's address and the number to call. Only the body of a mail
/// knows documents, agreed steps and whom somebody was referred to.
extension TemplateVocabulary {
    static func toBusiness(_ kind: MessageKind, variant: String?) -> TemplateVocabulary {
        var subject: [String: TemplateName] = ["ref": .text]
        if kind == .followUpDone { subject["done_on"] = .text }
        var sms = textMessage(of: kind, variant: variant)
        sms["ref"] = .text
        sms["service_phone"] = .text
        return TemplateVocabulary(
            subject: subject,
            body: subject.merging(mail(of: kind, variant: variant)) { $1 }.merging(service) { $1 }
                .merging(["addressee": .optional]) { $1 },
            sms: sms)
    }

    /// What the body of a mail prints beside the greeting, the reference and how to reach us.
    private static func mail(of kind: MessageKind, variant: String?) -> [String: TemplateName] {
        switch kind {
        case .caseOpened:
            ["advisor": .optional, "opened_on": .text, "promise": .optional, "has_phone": .flag]
        case .advisorAssigned where variant == replacement: ["stand_in": .text, "until": .text]
        case .advisorAssigned: ["advisor": .optional, "promise": .optional, "has_phone": .flag]
        case .documentsAwaited:
            ["advisor": .optional, "asked_on": .text, "documents": .list(["document": .text])]
        case .unreachable:
            [
                "advisor": .optional, "tried_day": .optional, "tried_time": .text, "next_try": .optional,
            ]
        case .followUpDone:
            [
                "advisor": .optional, "business_will": .list(["step": .text]),
                "chamber_will": .list(["step": .text]), "has_steps": .flag, "next_day": .optional,
            ]
        case .referred: ["advisor": .optional, "to": .optional, "call_day": .optional]
        case .caseClosed: [:]
        case .survey: ["link": .text]
        default: appointment
        }
    }

    private static func textMessage(of kind: MessageKind, variant: String?) -> [String: TemplateName] {
        switch kind {
        case .caseOpened: ["advisor": .optional, "promise": .optional]
        case .advisorAssigned where variant == replacement: ["stand_in": .text, "until": .text]
        case .advisorAssigned: ["advisor": .optional, "promise": .optional]
        case .documentsAwaited: ["advisor": .optional, "mailed_on": .optional, "by_mail": .flag]
        case .unreachable:
            [
                "advisor": .optional, "tried_day": .optional, "tried_time": .text, "next_try": .optional,
                "service_hours": .optional,
            ]
        case .followUpDone: ["advisor": .optional, "next_day": .optional, "by_mail": .flag]
        case .referred: ["advisor": .optional, "call_day": .optional, "by_mail": .flag]
        case .caseClosed: [:]
        case .survey: ["link": .text]
        default:
            ["advisor": .optional, "when": .text, "time": .text, "former": .optional, "venue": .optional]
        }
    }

    /// What a mail says of an appointment, to the business and to the advisor.
    static let appointment: [String: TemplateName] = [
        "advisor": .optional, "when": .text, "time": .text, "former": .optional, "length": .text,
        "venue": .optional, "by_phone": .flag, "by_video": .flag, "at_chamber": .flag, "at_business": .flag,
        "has_phone": .flag, "call_by": .optional,
    ]
}
