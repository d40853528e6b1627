/// Puts a planned message into words: what it says comes from the planner, how it is said from the templates.
///
/// What it promises:
/// - Pure: the same message, calendar and instant give the same words, down to the Date of the mail.
/// - One language, the recipient's, whatever the case is recorded in.
/// - Text of a case is cleaned of what cannot be seen and kept to one line of bounded length; it is never read as
///   template or markup (reliability 3.10, J25 and J26).
/// - Of a case followed confidentially no topic and no legal date is named (article L611-15 of the Code de commerce).
/// - A kind that stays in the house is never put into words for a business, nor the other way round (design D10).
package struct Composer: Sendable {
    package let templates: TemplateLibrary
    package let service: ServiceIdentity

    package init(templates: TemplateLibrary, service: ServiceIdentity) {
        self.templates = templates
        self.service = service
    }

    /// The longest value taken from a record, in graphemes.
    static let longestName = 120
    /// The longest web address a message prints.
    static let longestLink = 400
    /// The most documents, or steps, that a mail lists.
    static let mostLines = 40

    /// Why a message cannot be put into words.
    package enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case noAddress
        case noPhone
        /// The message is planned for another channel than the one asked for.
        case wrongChannel(Channel)
        /// What stays in the house was about to leave it, or the other way round.
        case wrongAudience(MessageKind, Audience)
        case template(TemplateProblem)
        /// A text message of so many parts.
        case tooLong(parts: Int)

        package var description: String {
            switch self {
            case .noAddress: "the recipient has no e-mail address"
            case .noPhone: "the recipient has no number for text messages"
            case .wrongChannel(let channel): "the message travels by \(channel.rawValue)"
            case .wrongAudience(let kind, let audience):
                "\(kind.rawValue) is not for the audience \(audience.rawValue)"
            case .template(let problem): problem.description
            case .tooLong(let parts):
                "the text makes \(parts) parts, and a text message has \(SMSText.mostParts) at most"
            }
        }
    }

    /// The mail as it leaves at `now`, its hours on the clocks and its footer from the hours of the service's
    /// calendar.
    package func compose(
        _ message: PlannedMessage, calendar: WorkingCalendar, now: Instant
    ) throws(Problem) -> RenderedMessage {
        guard message.channel == .email else { throw .wrongChannel(message.channel) }
        try checkAudience(of: message)
        guard let address = message.recipient.email else { throw .noAddress }
        let phrasing = phrasing(for: message, calendar, now)
        let values = values(of: message, phrasing).merging(footer(message, phrasing)) { $1 }
        let rendering: TemplateLibrary.Rendering
        do {
            rendering = try templates.render(
                message.kind, variant: variant(of: message), language: message.recipient.language,
                values: values)
        } catch {
            throw .template(error)
        }
        let from = RenderedMessage.Mailbox(name: displayName(service.name), address: service.sender)
        let to = RenderedMessage.Mailbox(name: displayName(message.recipient.name), address: address)
        return RenderedMessage(
            key: message.key, kind: message.kind, channel: message.channel,
            language: message.recipient.language, from: from, to: to,
            replyTo: replyTo(message), subject: rendering.subject, text: rendering.text, html: rendering.html,
            date: now, thread: thread(of: message),
            invitation: phrasing.invitation(to: message, organizer: from, attendee: to))
    }

    /// The text message as it leaves at `now`: one segment wherever the words can give way (see
    /// `Phrasing.texts(of:servicePhone:)`), in GSM 03.38 wherever its letters can be folded to it, and never of more than
    /// `SMSText.mostParts`.
    package func composeText(
        _ message: PlannedMessage, calendar: WorkingCalendar, now: Instant
    ) throws(Problem) -> RenderedText {
        guard message.channel == .sms else { throw .wrongChannel(message.channel) }
        try checkAudience(of: message)
        guard let phone = message.recipient.phone else { throw .noPhone }
        let phrasing = phrasing(for: message, calendar, now)
        var text: SMSText?
        for values in phrasing.texts(of: message, servicePhone: servicePhone(of: message)) {
            do {
                text = try templates.renderText(
                    message.kind, variant: variant(of: message), language: message.recipient.language,
                    values: values)
            } catch {
                throw .template(error)
            }
            if text?.isOneSegment == true { break }
        }
        guard let text else { throw .wrongAudience(message.kind, message.recipient.audience) }
        guard text.parts <= SMSText.mostParts else { throw .tooLong(parts: text.parts) }
        return RenderedText(
            key: message.key, kind: message.kind, language: message.recipient.language, to: phone, text: text,
            date: now)
    }

    private func checkAudience(of message: PlannedMessage) throws(Problem) {
        guard message.kind.isForBusiness == (message.recipient.audience == .business) else {
            throw .wrongAudience(message.kind, message.recipient.audience)
        }
    }

    private func phrasing(
        for message: PlannedMessage, _ calendar: WorkingCalendar, _ now: Instant
    ) -> Phrasing {
        Phrasing(
            language: message.recipient.language,
            words: templates.words[message.recipient.language] ?? Words(),
            calendar: calendar, now: now,
            insteadOf: message.recipient.insteadOf)
    }

    private func variant(of message: PlannedMessage) -> String? {
        switch message.content {
        case .newCase(let lines) where lines.count > 1: TemplateVocabulary.several
        case .replacement: TemplateVocabulary.replacement
        default: message.variant
        }
    }

    /// Where an answer makes sense: to whoever follows the case.
    private func replyTo(_ message: PlannedMessage) -> RenderedMessage.Mailbox? {
        guard message.kind.isForBusiness || message.kind == .escalation else { return nil }
        return message.content.brief?.replyTo.map { RenderedMessage.Mailbox(address: $0) }
    }

    private func thread(of message: PlannedMessage) -> RenderedMessage.Thread {
        switch message.kind {
        case .digest, .returnDigest: .list("digest")
        case .weeklyReport: .list("weekly")
        case .technicalIncident: .list("incidents")
        default: message.cases.count == 1 ? .ofCase(message.cases[0]) : .alone
        }
    }

    /// A name somebody may stand under in an address field; nil when it would pretend to be an address itself.
    private func displayName(_ name: String?) -> String? {
        guard let name else { return nil }
        let line = SafeText.line(name, limit: 60)
        return line.isEmpty || line.unicodeScalars.contains(where: { "@＠﹫".unicodeScalars.contains($0) })
            ? nil : line
    }

    /// How to reach us: a business is given its own site's number.
    private func servicePhone(of message: PlannedMessage) -> PhoneNumber {
        message.kind.isForBusiness ? message.content.brief?.servicePhone ?? service.phone : service.phone
    }

    private func footer(_ message: PlannedMessage, _ phrasing: Phrasing) -> TemplateValues {
        let phone = servicePhone(of: message)
        return [
            "service": .text(SafeText.line(service.name, limit: Composer.longestName)),
            "service_phone": .text(phone.description),
            "service_dial": .text(phone.dialled),
            "service_hours": .optional(phrasing.prose.hours(phrasing.calendar.rules.week)),
            "privacy_contact": .optional(service.privacyContact?.description),
        ]
    }

    private func values(of message: PlannedMessage, _ phrasing: Phrasing) -> TemplateValues {
        if message.kind.isForBusiness {
            var values = phrasing.mail(of: message) ?? [:]
            values["addressee"] = .optional(message.content.brief.flatMap(phrasing.addressee))
            return values
        }
        var values = internalValues(of: message, phrasing)
        values["first_name"] = .optional(phrasing.line(message.recipient.firstName))
        return values
    }

    private func internalValues(of message: PlannedMessage, _ phrasing: Phrasing) -> TemplateValues {
        switch message.content {
        case .appointment(let brief, let notice):
            phrasing.caseLine(brief).merging(phrasing.appointment(brief, notice)) { $1 }.merging([
                "instead_of": .optional(phrasing.line(message.recipient.insteadOf))
            ]) { $1 }
        case .newCase(let lines):
            if lines.count == 1 {
                phrasing.newCase(lines[0])
            } else {
                ["count": .text(String(lines.count)), "cases": .list(lines.map(phrasing.newCase))]
            }
        case .deadlineReminder(let brief, let deadline): phrasing.reminder(brief, deadline)
        case .deadlineOverdue(let brief, let deadline, let at, let to):
            phrasing.overdue(brief, deadline, escalatesAt: at, escalatesTo: to)
        case .escalation(let brief, let deadline, let at): phrasing.escalation(brief, deadline, at: at)
        case .externalDate(let brief, let date, let daysLeft): phrasing.externalDate(brief, date, daysLeft)
        case .distressAlert(let ref, let callBy):
            ["ref": .text(phrasing.ref(ref)), "call_by": .optional(callBy.map(phrasing.moment))]
        case .digest(let digest): phrasing.digest(digest, isReturn: message.kind == .returnDigest)
        case .weeklyReport(let report): phrasing.weeklyReport(report)
        case .technicalIncident(let detail): ["detail": .text(phrasing.paragraph(detail))]
        default: [:]
        }
    }
}

extension MessageContent {
    /// The case it is about; nil when there are several, none, or nothing of it may be told.
    package var brief: CaseBrief? {
        switch self {
        case .caseOpened(let brief, _), .advisorAssigned(let brief, _), .replacement(let brief, _, _),
            .appointment(let brief, _), .documentsAwaited(let brief, _, _, _), .unreachable(let brief, _, _),
            .followUpDone(let brief, _, _, _), .referred(let brief, _, _), .caseClosed(let brief),
            .survey(let brief, _), .deadlineReminder(let brief, _), .deadlineOverdue(let brief, _, _, _),
            .escalation(let brief, _, _), .externalDate(let brief, _, _):
            brief
        case .newCase, .distressAlert, .digest, .weeklyReport, .technicalIncident: nil
        }
    }
}
