import RelanceCore

/// The table of deadlines, a row at a time.
extension SettingsContext {
    func deadlines(_ policy: SettingsReader, calendars: [String]) -> [DeadlineRule] {
        policy.maps("deadlines").compactMap { name, reader in
            deadline(DeadlineKind(rawValue: name), reader, calendars: calendars)
        }
    }

    private func deadline(
        _ kind: DeadlineKind, _ reader: SettingsReader, calendars: [String]
    ) -> DeadlineRule? {
        defer { reader.reportUnknownKeys() }
        let from = reader.list("from", Form<Fact>.word)
        if !reader.has("from") { _ = reader.required("from", Form<Fact>.word) }
        let stages = reader.list("stages", Form<Stage>.word)
        let calendar = reader.optional("calendar", .name(among: calendars.map { ($0, $0) })) ?? "service"
        let due = reader.required("due", .rule)
        let again = reader.list("again", .rule)
        let satisfiedBy = reader.list("satisfied_by", Form<Fact>.word)
        let satisfiedFrom = reader.optional("satisfied_from", .rule)
        let waitsFor = reader.optional("waits_for", Form<DeadlineRule.Party>.word) ?? .advisor
        let exceptOutcomes = reader.list("except_outcomes", Form<Outcome>.word)
        let exceptDistress = reader.optional("except_distress", .yesOrNo) ?? false
        let inDigest = reader.optional("in_digest", .yesOrNo) ?? true
        let byPriority = dueByPriority(reader)
        let steps = reader.items("steps").flatMap(steps)
        for (name, rule) in [("due", due), ("satisfied_from", satisfiedFrom)] where rule?.direction == .before
        {
            reader.refuse(name, "counts back from the fact, and only steps do")
        }
        guard let due, !from.isEmpty else { return nil }
        return DeadlineRule(
            kind: kind, from: from, stages: Set(stages), exceptOutcomes: Set(exceptOutcomes),
            exceptDistress: exceptDistress, calendar: calendar, due: due, dueByPriority: byPriority,
            again: again, satisfiedBy: satisfiedBy, satisfiedFrom: satisfiedFrom, waitsFor: waitsFor,
            steps: steps, inDigest: inDigest)
    }

    private func dueByPriority(_ row: SettingsReader) -> [Priority: TimeRule] {
        guard row.has("due_by_priority") else { return [:] }
        let reader = row.map("due_by_priority")
        defer { reader.reportUnknownKeys() }
        var rules: [Priority: TimeRule] = [:]
        for priority in Priority.allCases {
            rules[priority] = reader.optional(priority.rawValue, .rule)
        }
        return rules
    }

    /// One item of `steps`: a phase with its rule, or with several rules for as many messages.
    private func steps(_ reader: SettingsReader) -> [DeadlineRule.Step] {
        let phases = DeadlineRule.Step.Phase.allCases.filter { reader.has($0.rawValue) }
        guard let phase = phases.first, phases.count == 1 else {
            let expected = "one of notice, reminder, overdue or escalation in each step"
            let found = phases.map(\.rawValue).joined(separator: " and ")
            reader.log.report(
                reader.node.issue(
                    phases.isEmpty
                        ? .missing(expected: expected)
                        : .unexpected(found: found, expected: expected, nearest: nil)))
            return []
        }
        defer { reader.reportUnknownKeys() }
        let rules = reader.list(phase.rawValue, .rule)
        for rule in rules where (rule.direction == .before) != (phase == .reminder) {
            reader.refuse(
                phase.rawValue,
                phase == .reminder
                    ? "a reminder comes before: “\(rule) before”"
                    : "only a reminder comes before what it is about")
        }
        let kind = reader.optional("send", Form<MessageKind>.word) ?? phase.usualKind
        if kind == nil { _ = reader.required("send", Form<MessageKind>.word) }
        let stated = reader.list("to", Form<Audience>.word)
        let audience = stated.isEmpty ? phase.usualAudience : stated
        if audience.isEmpty { _ = reader.required("to", Form<Audience>.word) }
        if let kind, !audience.isEmpty, kind.isForBusiness != audience.contains(.business) {
            reader.refuse(
                reader.has("to") ? "to" : "send",
                "\(kind.rawValue) is \(kind.isForBusiness ? "" : "not ")written for businesses")
        }
        let variant = reader.optional("variant", .identifier)
        let reference = reader.optional("counts_from", Form<DeadlineRule.Step.Reference>.word)
        let atAnyHour = reader.optional("at_any_hour", .yesOrNo) ?? false
        let usefulFor = reader.required("useful_for", .rule, default: "1 working day")
        guard let kind, let usefulFor else { return [] }
        return rules.map { rule in
            DeadlineRule.Step(
                phase: phase, rule: rule, countsFrom: reference ?? phase.usualReference, kind: kind,
                variant: variant, audience: audience, atAnyHour: atAnyHour, usefulFor: usefulFor)
        }
    }
}

extension DeadlineRule.Step.Phase {
    /// What a step says unless told otherwise; nil has to be told.
    fileprivate var usualKind: MessageKind? {
        switch self {
        case .notice: nil
        case .reminder: .deadlineReminder
        case .overdue: .deadlineOverdue
        case .escalation: .escalation
        }
    }

    fileprivate var usualAudience: [Audience] {
        switch self {
        case .notice: []
        case .reminder, .overdue: [.advisor]
        case .escalation: [.lead]
        }
    }

    fileprivate var usualReference: DeadlineRule.Step.Reference {
        self == .notice ? .from : .due
    }
}
