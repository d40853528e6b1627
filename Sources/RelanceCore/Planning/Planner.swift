/// Decides what a case owes, as a pure function of values (design D2).
///
/// Contract:
/// - The same case, directory, policy, acts and instant give the same plan; planning twice changes nothing.
/// - A message appears in ``CasePlan/messages`` from the moment it may leave until it is no longer useful, whether or
///   not it has already left: what has left is the ledger's to know, by its key.
/// - Keys do not depend on the recipient's person, on the instant of planning or on the order of cases.
/// - A moment in the past is not made up for: every message has an instant from which it is not worth sending, so that
///   a register read for the first time does not set off its past.
/// - Closed days and hours defer, never mute (design D6): the window is looked at again at every planning.
/// - A reminder never precedes the fact it reminds of; nothing automatic goes to a business in distress.
/// - ``CasePlan/nextWake`` is never later than the next instant at which the plan would differ.
///
/// Not promised: anything about delivery, the ledger, or messages that gather several cases (``DigestPlanner``).
package struct Planner: Sendable {
    /// Identifier of the ledger, part of every key.
    package let instance: String
    package let policies: Policies
    package let directory: Directory
    package let service: ServiceIdentity

    package init(instance: String, policies: Policies, directory: Directory, service: ServiceIdentity) {
        self.instance = instance
        self.policies = policies
        self.directory = directory
        self.service = service
    }

    /// What a plan is wanted for; the daemon's own tick needs no explanations.
    package enum Detail: Hashable, Sendable {
        case messages
        /// Also what is withheld, what lies ahead and every deadline.
        case everything
    }

    package func plan(
        _ whole: OpenCase, at now: Instant, acts: CaseActs = CaseActs(), detail: Detail = .messages
    )
        -> CasePlan
    {
        let policy = policies.policy(ofSite: whole.site)
        var plan = CasePlan()
        guard whole.exists(at: now) else {
            plan.wake(at: whole.openedAt)
            return plan
        }
        var seen = whole.asOf(now, day: policy.zone.day(at: now))
        if seen.distress?.acknowledgedAt == nil { seen.distress?.acknowledgedAt = acts.acknowledgedAt }
        plan.wake(at: whole.nextFact(after: now, in: policy.zone))

        let deadlines = self.deadlines(of: seen, policy: policy)
        let view = CaseView(planner: self, seen: seen, policy: policy, now: now, acts: acts, detail: detail)
        view.addCaseOpened(deadlines, to: &plan)
        view.addNewCase(deadlines, to: &plan)
        for owed in deadlines { view.addSteps(of: owed, to: &plan) }
        if detail == .everything { plan.deadlines = deadlines.map(\.deadline) }
        return plan
    }
}

/// One case as one planning looks at it.
struct CaseView {
    let planner: Planner
    let seen: OpenCase
    let policy: Policy
    let now: Instant
    let acts: CaseActs
    let detail: Planner.Detail

    /// Why nothing automatic leaves for the case, if so.
    var stopped: WithheldReason? {
        if seen.recordedStage == .suspended { return .caseSuspended }
        let today = policy.zone.day(at: now)
        if acts.isHeld { return .caseOnHold }
        if let until = acts.heldUntil, today < until { return .caseOnHold }
        if let hold = seen.hold, hold.until.map({ today < $0 }) ?? true { return .caseOnHold }
        return nil
    }

    /// A message some rule foresees, before it is known whether it leaves.
    struct Candidate {
        var kind: MessageKind
        var variant: String?
        var deadline: DeadlineKind?
        var key: MessageKey
        var anchor: Instant
        /// When the rule wants it.
        var at: Instant
        var window: Window
        var usefulUntil: Instant
        var channel = Channel.email
        var reason: DueReason

        enum Window {
            case anyHour
            case hours(WorkingCalendar)
        }
    }

    /// Files a candidate as due, ahead or withheld.
    ///
    /// - Parameters:
    ///   - candidate: what the rule foresees.
    ///   - stop: a reason that holds whatever the hour, if any.
    ///   - recipient: who would get it if it left at the given instant; nil withholds it.
    ///   - plan: where it is filed.
    ///   - content: asked for only when it is due.
    func file(
        _ candidate: Candidate, stop: WithheldReason?, recipient: (Instant) -> Recipient?,
        to plan: inout CasePlan,
        content: (Recipient) -> MessageContent
    ) {
        if let stop { return withhold(candidate, stop, in: &plan) }
        let leaves = opening(candidate.window, from: max(candidate.at, now))
        guard let leaves, leaves < candidate.usefulUntil else {
            return withhold(candidate, .noLongerUseful, in: &plan)
        }
        guard leaves <= now else {
            plan.wake(at: leaves)
            if detail == .everything {
                plan.upcoming.append(
                    UpcomingMessage(
                        key: candidate.key, kind: candidate.kind, variant: candidate.variant,
                        deadline: candidate.deadline, ref: seen.ref, at: leaves))
            }
            return
        }
        guard let recipient = recipient(leaves) else { return withhold(candidate, .noRecipient, in: &plan) }
        guard recipient.email != nil else { return withhold(candidate, .noAddress, in: &plan) }
        plan.messages.append(
            PlannedMessage(
                key: candidate.key, kind: candidate.kind, variant: candidate.variant,
                deadline: candidate.deadline,
                cases: [seen.ref], recipient: recipient, channel: candidate.channel, anchor: candidate.anchor,
                dueAt: opening(candidate.window, from: candidate.at) ?? candidate.at,
                usefulUntil: candidate.usefulUntil, reason: candidate.reason, content: content(recipient)))
    }

    private func withhold(_ candidate: Candidate, _ reason: WithheldReason, in plan: inout CasePlan) {
        guard detail == .everything else { return }
        plan.withheld.append(
            WithheldMessage(
                key: candidate.key, kind: candidate.kind, variant: candidate.variant,
                deadline: candidate.deadline,
                ref: seen.ref, at: candidate.at, reason: reason))
    }

    /// The first instant from `instant` on that lies in a window; an instant exactly at closing still belongs to it,
    /// since a deadline may end there (domain 3.4).
    private func opening(_ window: Candidate.Window, from instant: Instant) -> Instant? {
        switch window {
        case .anyHour: instant
        case .hours(let calendar):
            calendar.isOpen(at: instant) || calendar.previousClosing(atOrBefore: instant) == instant
                ? instant : calendar.nextOpening(atOrAfter: instant)
        }
    }

    func key(_ duty: String, step: String, anchor: Instant, slot: Audience, person: String? = nil)
        -> MessageKey
    {
        MessageKey(
            instance: planner.instance, subject: seen.ref.text, duty: duty, step: step, anchor: anchor,
            channel: .email, slot: person.map { slot.rawValue + "/" + $0 } ?? slot.rawValue)
    }
}
