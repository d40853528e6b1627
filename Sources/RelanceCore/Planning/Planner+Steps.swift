extension CaseView {
    /// The messages a deadline sends on its way.
    func addSteps(of owed: OwedDeadline, to plan: inout CasePlan) {
        let deadline = owed.deadline
        guard let calendar = policy.calendars[deadline.calendar] else { return }
        let moments = owed.rule.steps.map { moment(of: $0, owed, calendar) }
        for (index, step) in owed.rule.steps.enumerated() {
            guard let at = moments[index], var lapse = calendar.instant(step.usefulFor, from: at) else {
                continue
            }
            if step.phase == .reminder {
                if step.countsFrom == .due { lapse = min(lapse, deadline.due) }
                // The next reminder says it better, also when both roll onto one moment.
                for (later, moment) in zip(owed.rule.steps, moments).dropFirst(index + 1)
                where later.phase == .reminder && later.audience == step.audience {
                    if let moment, moment >= at { lapse = min(lapse, moment) }
                }
            }
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
                if audience == .onCall, stop == nil, now < lapse {  // the roster changes with the date
                    plan.wake(at: policy.zone.startOfDay(policy.zone.day(at: now).adding(days: 1)))
                }
                for (person, recipient) in recipients(audience, of: step) {
                    let candidate = Candidate(
                        kind: step.kind, variant: step.variant, deadline: deadline.kind,
                        key: key(
                            deadline.kind.rawValue, step: owed.name(ofStep: index), anchor: deadline.anchor,
                            slot: audience, person: person),
                        anchor: deadline.anchor, at: at,
                        window: step.atAnyHour ? .anyHour : .throughClosing(policy.windows.staff),
                        usefulUntil: lapse, reason: step.reason)
                    file(candidate, stop: stop, recipient: recipient, to: &plan) { _ in
                        content(of: step, owed: owed, at: at)
                    }
                }
            }
        }
    }

    /// When a step's rule wants it.
    ///
    /// A reminder counted in dates comes on a day its reader works, earlier rather than on a day off (domain 1.5),
    /// unless nothing was known by then; an absence is her stand-in's to bridge.
    private func moment(of step: DeadlineRule.Step, _ owed: OwedDeadline, _ calendar: WorkingCalendar)
        -> Instant?
    {
        let base = step.countsFrom == .due ? owed.deadline.due : owed.deadline.anchor
        // No time at all after a deadline is the deadline, also where it ends at closing.
        if step.rule.count == 0, step.rule.working != nil { return base }
        guard let at = calendar.instant(step.rule, from: base) else { return nil }
        guard step.phase == .reminder, step.rule.unit.countsDates, step.audience == [.advisor],
            let advisor = seen.advisor.flatMap({ planner.directory.advisors[$0] })
        else { return at }
        let (day, time, _) = policy.zone.local(at)
        let worked = (0..<14).lazy.map { day.adding(days: -$0) }
            .first { advisor.works(on: $0) && policy.service.isWorked($0) }
        guard let worked, planner.directory.isPresent(advisor, on: day),
            planner.directory.isPresent(advisor, on: worked)
        else { return at }
        let earlier = policy.zone.instant(worked, time)
        return earlier > owed.knownFrom ? earlier : at
    }

    private func content(of step: DeadlineRule.Step, owed: OwedDeadline, at: Instant) -> MessageContent {
        let deadline = owed.deadline
        switch step.kind {
        case .distressAlert:
            return .distressAlert(seen.ref, callBy: deadline.due)
        case .externalDateReminder:
            let today = policy.zone.day(at: now)
            if let date = seen.externalDates.first(where: { deadline.isOf($0, in: policy.zone) }) {
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
    private func recipients(
        _ audience: Audience, of step: DeadlineRule.Step
    ) -> [(person: String?, at: (Instant) -> Recipient?)] {
        switch audience {
        case .advisor:
            let presence: Presence =
                step.atAnyHour ? .anyHour : step.rule.unit.countsDates ? .thatDay : .thatHour
            return [(nil, { staff(seen.advisor, .advisor, at: $0, presence) })]
        case .lead:
            let lead = planner.directory.lead(ofSite: seen.site, named: seen.lead)?.id
            return [(nil, { staff(lead, .lead, at: $0, .anyHour) })]
        case .onCall:
            return planner.directory.onCall(on: policy.zone.day(at: now)).map { person in
                (person.id, { _ in Recipient(person, as: .onCall) })
            }
        case .it:
            return [(nil, { _ in planner.itRecipient })]
        case .business:
            return []  // a business is never told of our own deadlines
        }
    }

    /// What somebody's part-time week has to say of an instant for her to be written to; absences always count.
    enum Presence {
        case anyHour, thatDay, thatHour
    }

    /// The person meant or who stands in, as of an instant.
    ///
    /// Somebody who is not there does not get it: a message that cannot wait goes to her stand-in, since nobody is
    /// written to outside her hours (domain 1.5).
    func staff(_ id: String?, _ audience: Audience, at instant: Instant, _ presence: Presence) -> Recipient? {
        let (day, time, _) = policy.zone.local(instant)
        let found = planner.directory.standIn(for: id, site: seen.site, lead: seen.lead, on: day) { advisor in
            switch presence {
            case .anyHour: true
            case .thatDay: advisor.works(on: day)
            case .thatHour: advisor.works(on: day, at: time)
            }
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

extension OwedDeadline {
    /// Which message of the deadline a step is, for its key.
    func name(ofStep index: Int) -> String {
        let step = rule.steps[index]
        let parts = [
            step.phase.rawValue, step.kind.rawValue, step.variant, step.rule.description, deadline.label,
            round == 0 ? nil : String(round),
        ]
        return parts.compactMap { $0 }.joined(separator: "/")
    }
}

extension Deadline {
    /// Whether it is the deadline of this external date; two dates may bear one label.
    func isOf(_ date: ExternalDate, in zone: Zone) -> Bool {
        label == date.label && anchor == zone.startOfDay(date.on)
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
