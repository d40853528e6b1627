/// Decides what a case owes, as a pure function of values (design D2).
///
/// Contract:
/// - The same case, directory, policy, memory and instant give the same plan; planning twice changes nothing.
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
        /// Only the calls to make, for a digest.
        case calls
        /// Also what is withheld, what lies ahead and every deadline.
        case everything
    }

    package func plan(
        _ item: OpenCase, at now: Instant, memory: CaseMemory = CaseMemory(), detail: Detail = .messages
    ) -> CasePlan {
        let whole = item.with(memory.acts)
        let policy = policies.policy(ofSite: whole.site)
        var plan = CasePlan()
        guard whole.exists(at: now) else {
            plan.wake(at: whole.openedAt)
            return plan
        }
        let seen = whole.asOf(now, day: policy.zone.day(at: now))
        plan.wake(at: whole.nextFact(after: now, in: policy.zone))
        if memory.smsBudget != .open { plan.wake(at: policy.zone.startOfNextMonth(after: now)) }

        let deadlines = self.deadlines(of: seen, policy: policy)
        let view = CaseView(
            planner: self, seen: seen, policy: policy, now: now, memory: memory, detail: detail)
        view.addBusinessMessages(deadlines, to: &plan)
        view.addNewCase(deadlines, to: &plan)
        view.addInvitations(to: &plan)
        for owed in deadlines { view.addSteps(of: owed, to: &plan) }
        if detail == .everything { plan.deadlines = deadlines.map(\.deadline) }
        return plan
    }

    /// The calls to make in place of messages, of a case as seen with its deadlines; see ``CasePlan/callTasks``.
    func callTasks(
        of seen: OpenCase, _ deadlines: [OwedDeadline], at now: Instant, memory: CaseMemory
    ) -> [CallTask] {
        let policy = policies.policy(ofSite: seen.site)
        var plan = CasePlan()
        CaseView(planner: self, seen: seen, policy: policy, now: now, memory: memory, detail: .calls)
            .addBusinessMessages(deadlines, to: &plan)
        return plan.callTasks
    }
}

/// One case as one planning looks at it.
struct CaseView {
    let planner: Planner
    let seen: OpenCase
    let policy: Policy
    let now: Instant
    let memory: CaseMemory
    let detail: Planner.Detail

    /// Why nothing automatic leaves for the case, if so.
    var stopped: WithheldReason? {
        if seen.recordedStage == .suspended { return .caseSuspended }
        return seen.isHeld(on: policy.zone.day(at: now)) ? .caseOnHold : nil
    }

    /// A message some rule foresees, before it is known whether it leaves.
    struct Candidate {
        var kind: MessageKind
        var variant: String?
        var deadline: DeadlineKind?
        var anchor: Instant
        /// When the rule wants it.
        var at: Instant
        /// Put off until then: its recipient has had as much as is good for today.
        var notBefore: Instant?
        var window: Window
        var usefulUntil: Instant
        var channel = Channel.email
        var hasOtherChannel = false
        var reason: DueReason

        enum Window {
            case anyHour
            case hours(WorkingCalendar)
            /// The same for what a deadline sends: one that ends at closing still has the minute of closing to be told.
            case throughClosing(WorkingCalendar)
        }

        /// Whether the rule wants it at the very instant a calendar closes.
        func isAtClosing(of calendar: WorkingCalendar) -> Bool {
            !calendar.isOpen(at: at) && calendar.previousClosing(atOrBefore: at) == at
        }
    }

    /// Files a candidate as due, ahead or withheld.
    ///
    /// - Parameters:
    ///   - candidate: what the rule foresees.
    ///   - key: its key, derived only when it is filed anywhere.
    ///   - stop: a reason that holds whatever the hour, if any.
    ///   - recipient: who would get it if it left at the given instant; nil withholds it.
    ///   - plan: where it is filed.
    ///   - content: asked for only when it is due.
    func file(
        _ candidate: Candidate, key: @autoclosure () -> MessageKey, stop: WithheldReason?,
        recipient: (Instant) -> Recipient?, to plan: inout CasePlan,
        content: (Recipient) -> MessageContent
    ) {
        if let stop { return withhold(candidate, key(), stop, in: &plan) }
        let leaves = opening(for: candidate, from: max(candidate.at, now))
        guard let leaves, leaves < candidate.usefulUntil else {
            return withhold(candidate, key(), .noLongerUseful, in: &plan)
        }
        if let tomorrow = candidate.notBefore {
            return putOff(candidate, key(), until: tomorrow, in: &plan)
        }
        guard leaves <= now else { return foresee(candidate, key(), at: leaves, in: &plan) }
        plan.wake(at: dropsOut(candidate))
        guard let recipient = recipient(leaves) else {
            return withhold(candidate, key(), .noRecipient, in: &plan)
        }
        guard recipient.hasAddress(for: candidate.channel) else {
            return withhold(candidate, key(), .noAddress, in: &plan)
        }
        if hasHadEnough(recipient, candidate, key()) {
            return putOff(candidate, key(), until: startOfTomorrow, in: &plan)
        }
        plan.messages.append(
            PlannedMessage(
                key: key(), kind: candidate.kind, variant: candidate.variant,
                deadline: candidate.deadline,
                cases: [seen.ref], recipient: recipient, channel: candidate.channel, anchor: candidate.anchor,
                dueAt: opening(for: candidate, from: candidate.at) ?? candidate.at,
                usefulUntil: candidate.usefulUntil, reason: candidate.reason,
                hasOtherChannel: candidate.hasOtherChannel, content: content(recipient),
                wantedAt: candidate.at))
    }

    /// Whether a recipient has had as many messages as are good for one day; the message itself is not counted, which may
    /// be on its way or due again, and what has left for a business already is not asked about.
    ///
    /// Distress does not wait, nor an appointment: told the day after, it sends somebody to a closed door.
    private func hasHadEnough(
        _ recipient: Recipient, _ candidate: Candidate, _ key: @autoclosure () -> MessageKey
    ) -> Bool {
        guard !memory.departures.isEmpty, candidate.kind != .distressAlert, !candidate.kind.isOfAppointment,
            let mark = recipient.mark(for: candidate.channel, instance: planner.instance)
        else { return false }
        let today = policy.zone.startOfDay(policy.zone.day(at: now))
        guard memory.departures.count(to: mark, since: today, before: startOfTomorrow) > 0 else {
            return false
        }
        let key = key()
        let count = memory.departures.count(
            to: mark, since: today, before: startOfTomorrow, except: key)
        let ceilings = policy.business.ceilings
        let ceiling = recipient.audience == .business ? ceilings.businessPerDay : ceilings.staffPerDay
        return count >= ceiling && memory.told[key]?.leftAt == nil
    }

    var startOfTomorrow: Instant {
        policy.zone.startOfDay(policy.zone.day(at: now).adding(days: 1))
    }

    /// Files a candidate for the first opening of another day, when it is looked at again; D6: deferred, not muted.
    private func putOff(
        _ candidate: Candidate, _ key: @autoclosure () -> MessageKey, until instant: Instant,
        in plan: inout CasePlan
    ) {
        withhold(candidate, key(), .recipientCeiling, in: &plan)
        guard let leaves = opening(for: candidate, from: instant), leaves < candidate.usefulUntil else {
            return
        }
        foresee(candidate, key(), at: leaves, in: &plan)
    }

    private func foresee(
        _ candidate: Candidate, _ key: @autoclosure () -> MessageKey, at leaves: Instant,
        in plan: inout CasePlan
    ) {
        plan.wake(at: leaves)
        guard detail == .everything else { return }
        plan.upcoming.append(
            UpcomingMessage(
                key: key(), kind: candidate.kind, variant: candidate.variant,
                deadline: candidate.deadline, ref: seen.ref, at: leaves))
    }

    func withhold(
        _ candidate: Candidate, _ key: @autoclosure () -> MessageKey, _ reason: WithheldReason,
        in plan: inout CasePlan
    ) {
        guard detail == .everything else { return }
        plan.withheld.append(
            WithheldMessage(
                key: key(), kind: candidate.kind, variant: candidate.variant,
                deadline: candidate.deadline,
                ref: seen.ref, at: candidate.at, reason: reason))
    }

    /// The first instant from `instant` on that lies in the candidate's window (domain 3.5: half-open).
    func opening(for candidate: Candidate, from instant: Instant) -> Instant? {
        switch candidate.window {
        case .anyHour: instant
        case .hours(let calendar): calendar.nextOpening(atOrAfter: instant)
        case .throughClosing(let calendar):
            candidate.isAtClosing(of: calendar) && instant < candidate.at + CaseView.minuteOfClosing
                ? instant : calendar.nextOpening(atOrAfter: instant)
        }
    }

    /// When a candidate that may leave now no longer may: its use ends, its window closes, or its reader may be gone.
    private func dropsOut(_ candidate: Candidate) -> Instant {
        var end = candidate.usefulUntil
        switch candidate.window {
        case .anyHour: break
        case .hours(let calendar), .throughClosing(let calendar):
            let closing = calendar.isOpen(at: now) ? calendar.nextClosing(after: now) : nil
            end = min(end, closing ?? candidate.at + CaseView.minuteOfClosing)
        }
        // Without a mailbox as last resort, whether there is a reader at all depends on who is there.
        if planner.directory.sites.isEmpty {
            end = min(end, planner.directory.nextChange(after: now, in: policy.zone))
        }
        return end
    }

    /// A wake is never met to the millisecond, so the instant of closing is taken for its whole minute.
    private static let minuteOfClosing = Elapsed.minutes(1)

    func key(
        _ duty: String, step: String, anchor: Instant, channel: Channel = .email, slot: Audience,
        person: String? = nil
    ) -> MessageKey {
        MessageKey(
            instance: planner.instance, subject: seen.ref.text, duty: duty, step: step, anchor: anchor,
            channel: channel, slot: person.map { slot.rawValue + "/" + $0 } ?? slot.rawValue)
    }
}
