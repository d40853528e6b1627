/// Puts a planned message into words: what it says comes from the planner, how it is said from the templates.
///
/// What it promises:
/// - Pure: the same message, calendar and instant give the same words, down to the Date of the mail.
/// - One language, the recipient's, whatever the case is recorded in.
/// - Text of a case is cleaned of what cannot be seen and kept to one line of bounded length; it is never read as
///   template or markup (reliability 3.10, J25 and J26).
/// - Of a case followed confidentially no topic and no legal date is named (article L611-15 of the Code de commerce).
package struct Composer: Sendable {
    package let templates: TemplateLibrary
    package let service: ServiceIdentity

    package init(templates: TemplateLibrary, service: ServiceIdentity) {
        self.templates = templates
        self.service = service
    }

    /// The longest value taken from a record, in graphemes.
    static let longestName = 120

    /// Why a message cannot be put into words.
    package enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case noAddress
        /// Text messages have no templates yet.
        case noTemplates(Channel)
        case template(TemplateProblem)

        package var description: String {
            switch self {
            case .noAddress: "the recipient has no e-mail address"
            case .noTemplates(let channel): "there are no templates for \(channel.rawValue)"
            case .template(let problem): problem.description
            }
        }
    }

    /// The message in words as it leaves at `now`, its hours on the clocks and its footer from the hours of the
    /// service's calendar.
    package func compose(
        _ message: PlannedMessage, calendar: WorkingCalendar, now: Instant
    ) throws(Problem) -> RenderedMessage {
        guard message.channel == .email else { throw .noTemplates(message.channel) }
        guard let address = message.recipient.email else { throw .noAddress }
        let phrasing = Phrasing(
            language: message.recipient.language,
            words: templates.words[message.recipient.language] ?? Words(),
            calendar: calendar, now: now,
            insteadOf: message.recipient.insteadOf)
        var values = self.values(of: message, phrasing)
        for (name, value) in footer(message, phrasing) { values[name] = value }
        if !message.kind.isForBusiness {
            values["first_name"] = .optional(phrasing.line(message.recipient.firstName))
        }
        let rendering: TemplateLibrary.Rendering
        do {
            rendering = try templates.render(
                message.kind, variant: variant(of: message), language: message.recipient.language,
                values: values)
        } catch {
            throw .template(error)
        }
        return RenderedMessage(
            key: message.key, kind: message.kind, channel: message.channel,
            language: message.recipient.language,
            from: RenderedMessage.Mailbox(name: displayName(service.name), address: service.sender),
            to: RenderedMessage.Mailbox(name: displayName(message.recipient.name), address: address),
            replyTo: replyTo(message), subject: rendering.subject, text: rendering.text, html: rendering.html,
            date: now, thread: thread(of: message))
    }

    private func variant(of message: PlannedMessage) -> String? {
        if case .newCase(let lines) = message.content, lines.count > 1 { return TemplateVocabulary.several }
        return message.variant
    }

    /// Where an answer makes sense: to whoever follows the case.
    private func replyTo(_ message: PlannedMessage) -> RenderedMessage.Mailbox? {
        switch message.content {
        case .caseOpened(let brief, _), .escalation(let brief, _, _):
            brief.replyTo.map { RenderedMessage.Mailbox(address: $0) }
        default: nil
        }
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
    private func footer(_ message: PlannedMessage, _ phrasing: Phrasing) -> TemplateValues {
        var phone = service.phone
        if case .caseOpened(let brief, _) = message.content { phone = brief.servicePhone }
        return [
            "service": .text(SafeText.line(service.name, limit: Composer.longestName)),
            "service_phone": .text(phone.description),
            "service_dial": .text(phone.dialled),
            "service_hours": .optional(phrasing.prose.hours(phrasing.calendar.rules.week)),
            "privacy_contact": .optional(service.privacyContact?.description),
        ]
    }

    private func values(of message: PlannedMessage, _ phrasing: Phrasing) -> TemplateValues {
        switch message.content {
        case .caseOpened(let brief, let promisedBy), .advisorAssigned(let brief, let promisedBy):
            phrasing.caseOpened(brief, promisedBy)
        case .appointment(let brief, _) where message.kind == .appointmentInvitation:
            ["ref": .text(phrasing.ref(brief.ref))]
        case .replacement(let brief, _, _), .appointment(let brief, _), .documentsAwaited(let brief, _, _),
            .unreachable(let brief, _, _), .followUpDone(let brief, _, _, _), .referred(let brief, _, _),
            .caseClosed(let brief), .survey(let brief, _):
            phrasing.caseOpened(brief, nil)
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
        }
    }
}
