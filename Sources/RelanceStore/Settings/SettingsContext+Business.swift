import RelanceCore

/// The rules of what businesses are told: a section a kind, beside those of the mails to the staff.
extension SettingsContext {
    func business(_ policy: SettingsReader) -> BusinessRules? {
        let rows = policy.names(in: "deadlines")
        var messages: [MessageKind: MessageRule] = [:]
        /// A section with what every kind has; nil where it was switched off or could not be read.
        func section<Value>(
            _ name: String, _ read: (SettingsReader, MessageRule?) -> Value?
        ) -> Value? {
            guard let reader = policy.mapUnlessNone(name) else { return nil }
            defer { reader.reportUnknownKeys() }
            return read(reader, message(reader))
        }
        func kind(_ kind: MessageKind, _ read: (SettingsReader) -> Void = { _ in }) {
            messages[kind] = section(kind.rawValue) { reader, message in
                read(reader)
                return message
            }
        }

        kind(.advisorAssigned)
        let replacement: ReplacementRule? = section("replacement") { reader, message in
            let at = reader.required("at", .rule)
            guard let message, let at else { return nil }
            return ReplacementRule(message: message, at: at)
        }
        kind(.appointmentConfirmed)
        kind(.appointmentMoved)
        var callWithin: TimeRule?
        kind(.appointmentCancelled) { callWithin = $0.required("call_within", .rule) }
        var reminders: [MessageKind: ReminderRule] = [:]
        for kind in [MessageKind.appointmentEve, .appointmentSoon] {
            reminders[kind] = section(kind.rawValue, reminder)
        }
        let invitation = policy.mapUnlessNone(MessageKind.appointmentInvitation.rawValue).flatMap { reader in
            defer { reader.reportUnknownKeys() }
            return reader.required("useful_for", .rule)
        }
        var documentsReminder: DeadlineKind?
        kind(.documentsAwaited) { documentsReminder = row($0, "again", among: rows) }
        var unreachable: UnreachableRule?
        kind(.unreachable) { reader in
            let perDay = reader.required("a_day", .number(1...10))
            let inAll = reader.required("in_all", .number(1...20))
            let nextTry = reader.required("next_try", .rule)
            guard let perDay, let inAll, let nextTry else { return }
            unreachable = UnreachableRule(perDay: perDay, inAll: inAll, nextTry: nextTry)
        }
        var nextFollowUp: DeadlineKind?
        kind(.followUpDone) { nextFollowUp = row($0, "next", among: rows) }
        var referralChecks: [DeadlineKind] = []
        kind(.referred) { referralChecks = $0.list("calls", .row(among: rows)).compactMap { $0 } }
        var closedSilently: [Outcome] = []
        kind(.caseClosed) { closedSilently = $0.list("except_outcomes", .word) }
        var survey: DeadlineKind?
        kind(.survey) { survey = row($0, "at", among: rows) }

        let ceilings = ceilings(policy.map("ceilings"))
        let regions = regions(policy.map("text_messages"))
        guard let ceilings else { return nil }
        return BusinessRules(
            messages: messages, replacement: replacement, reminders: reminders,
            callAfterCancelling: callWithin, invitationUsefulFor: invitation,
            documentsReminder: documentsReminder, unreachable: unreachable, nextFollowUp: nextFollowUp,
            referralChecks: referralChecks, closedSilently: Set(closedSilently), survey: survey,
            ceilings: ceilings, smsRegions: regions)
    }

    private func message(_ reader: SettingsReader) -> MessageRule? {
        let channel = reader.required("channel", Form<ChannelRule>.word)
        let window = reader.required("window", Form<MessageRule.Window>.word)
        let usefulFor = reader.required("useful_for", .rule)
        guard let channel, let window, let usefulFor else { return nil }
        return MessageRule(channel: channel, window: window, usefulFor: usefulFor)
    }

    private func reminder(_ reader: SettingsReader, _ message: MessageRule?) -> ReminderRule? {
        let at = reader.required("at", .rule)
        let agreed = reader.required("unless_agreed_within", .duration)
        let leaving = reader.required("leaving_at_least", .duration)
        if let at, at.direction != .before {
            reader.refuse("at", "a reminder comes before: “\(at) before”")
        }
        guard let message, let at, let agreed, let leaving else { return nil }
        return ReminderRule(
            message: message, at: at, unlessAgreedWithin: agreed, leavingAtLeast: leaving)
    }

    private func row(_ reader: SettingsReader, _ name: String, among rows: [String]) -> DeadlineKind? {
        reader.required(name, .row(among: rows)) ?? nil
    }

    private func ceilings(_ reader: SettingsReader) -> Ceilings? {
        defer { reader.reportUnknownKeys() }
        let status = reader.required("status_a_day", .number(1...10))
        let business = reader.required("business_a_day", .number(1...100))
        let staff = reader.required("staff_a_day", .number(1...1000))
        guard let status, let business, let staff else { return nil }
        return Ceilings(statusPerDay: status, businessPerDay: business, staffPerDay: staff)
    }

    private func regions(_ reader: SettingsReader) -> Set<String> {
        defer { reader.reportUnknownKeys() }
        return Set(reader.list("regions", .region))
    }
}

extension Form<DeadlineKind?> {
    /// A row of the table of deadlines, or `none`.
    fileprivate static func row(among rows: [String]) -> Form {
        name(among: rows.map { ($0, DeadlineKind(rawValue: $0)) } + [("none", nil)])
    }
}
