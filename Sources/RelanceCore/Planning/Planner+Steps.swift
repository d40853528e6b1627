extension CaseView {
    /// The messages a deadline sends on its way.
    func addSteps(of owed: OwedDeadline, to plan: inout CasePlan) {
        let deadline = owed.deadline
        guard let calendar = policy.calendars[deadline.calendar] else { return }
        for (index, step) in owed.rule.steps.enumerated() {
            let base = step.countsFrom == .due ? deadline.due : deadline.anchor
            guard let at = calendar.instant(step.rule, from: base),
                let lapse = calendar.instant(step.usefulFor, from: at)
            else { continue }
            let stop: WithheldReason? =
                if let satisfiedAt = deadline.satisfiedAt, at >= satisfiedAt {
                    .satisfied
                } else if deadline.satisfiedAt != nil {
                    .noLongerUseful
                } else if step.phase == .reminder, at <= owed.knownFrom {
                    .beforeItBegan
                } else {
                    step.atAnyHour ? nil : stopped
                }
            for audience in step.audience {
                for (person, recipient) in recipients(audience, urgent: step.atAnyHour) {
                    let candidate = Candidate(
                        kind: step.kind, variant: step.variant, deadline: deadline.kind,
                        key: key(
                            deadline.kind.rawValue,
                            step: "\(step.phase.rawValue)/\(index)\(deadline.label.map { "/" + $0 } ?? "")",
                            anchor: deadline.anchor, slot: audience, person: person),
                        anchor: deadline.anchor, at: at,
                        window: step.atAnyHour ? .anyHour : .hours(policy.windows.staff),
                        usefulUntil: step.phase == .reminder && step.countsFrom == .due
                            ? min(lapse, deadline.due) : lapse,
                        reason: step.reason)
                    file(candidate, stop: stop, recipient: recipient, to: &plan) { _ in
                        content(of: step, owed: owed, at: at)
                    }
                }
            }
        }
    }

    private func content(of step: DeadlineRule.Step, owed: OwedDeadline, at: Instant) -> MessageContent {
        let deadline = owed.deadline
        switch step.kind {
        case .distressAlert:
            return .distressAlert(seen.ref, callBy: deadline.due)
        case .externalDateReminder:
            let today = policy.zone.day(at: now)
            if let date = seen.externalDates.first(where: { $0.label == deadline.label }) {
                return .externalDate(brief(), date, daysLeft: date.on - today)
            }
            return .deadlineReminder(brief(), deadline)
        case .deadlineOverdue:
            let next = owed.rule.steps.first { $0.phase == .escalation }
            let calendar = policy.calendars[deadline.calendar]
            let escalatesAt = next.flatMap { calendar?.instant($0.rule, from: deadline.due) }
            let lead = planner.directory.lead(ofSite: seen.site, named: seen.lead)
            return .deadlineOverdue(
                brief(), deadline, escalatesAt: escalatesAt,
                escalatesTo: escalatesAt == nil ? nil : lead?.fullName)
        case .escalation:
            return .escalation(brief(), deadline, at: at)
        default:
            return .deadlineReminder(brief(), deadline)
        }
    }

    /// Who is told, one entry a person where several are told at once, each with a way to find who it is on the day.
    private func recipients(_ audience: Audience, urgent: Bool) -> [(
        person: String?, at: (Instant) -> Recipient?
    )] {
        switch audience {
        case .advisor:
            [(nil, { staff(seen.advisor, .advisor, at: $0, atWork: !urgent) })]
        case .lead:
            [
                (
                    nil,
                    { instant in
                        staff(
                            planner.directory.lead(ofSite: seen.site, named: seen.lead)?.id, .lead,
                            at: instant,
                            atWork: false)
                    }
                )
            ]
        case .onCall:
            planner.directory.onCall(on: policy.zone.day(at: now)).map { person in
                (person.id, { _ in Recipient(person, as: .onCall) })
            }
        case .it:
            [(nil, { _ in planner.itRecipient })]
        case .business:
            []  // a business is never told of our own deadlines
        }
    }

    /// The person meant or who stands in, as of an instant.
    ///
    /// With `atWork`, somebody on a day off or outside her hours does not count as there: a message that cannot wait
    /// goes to her stand-in, since nobody is written to outside her hours (domain 1.5).
    func staff(_ id: String?, _ audience: Audience, at instant: Instant, atWork: Bool) -> Recipient? {
        let (day, time, _) = policy.zone.local(instant)
        let found = planner.directory.standIn(for: id, site: seen.site, lead: seen.lead, on: day) { advisor in
            !atWork || advisor.works(on: day, at: time)
        }
        switch found {
        case .person(let advisor):
            let instead = advisor.id == id ? nil : id.flatMap { planner.directory.advisors[$0]?.fullName }
            return Recipient(advisor, as: audience, insteadOf: instead)
        case .mailbox(let site):
            return Recipient(
                site, as: audience, insteadOf: id.flatMap { planner.directory.advisors[$0]?.fullName })
        case nil:
            return nil
        }
    }
}

extension DeadlineRule.Step {
    var reason: DueReason {
        switch phase {
        case .notice: kind == .distressAlert ? .distressFlagged : .deadlineNear
        case .reminder: kind == .externalDateReminder ? .externalDateNear : .deadlineNear
        case .overdue: .deadlinePassed
        case .escalation: .deadlineUnanswered
        }
    }
}

extension Recipient {
    package init(_ advisor: Advisor, as audience: Audience, insteadOf: String? = nil) {
        self.init(
            audience: audience, id: advisor.id, name: advisor.fullName, firstName: advisor.firstName,
            email: advisor.email, language: advisor.language, insteadOf: insteadOf)
    }

    package init(_ site: Site, as audience: Audience, insteadOf: String? = nil) {
        self.init(
            audience: audience, id: site.id, name: site.name, email: site.mailbox, language: .french,
            insteadOf: insteadOf)
    }
}

extension Planner {
    /// Where technical incidents go; nil when nobody was named.
    package var itRecipient: Recipient? {
        if let person = directory.advisors.values.filter({ $0.role == .it }).min(by: { $0.id < $1.id }) {
            return Recipient(person, as: .it)
        }
        return service.itMailbox.map {
            Recipient(audience: .it, id: "it", email: $0, language: .french)
        }
    }
}
