import RelanceCore
import RelanceStore

/// Ticks: asks what is owed, has the ledger admit it, hands it to the outbox.
///
/// Contract: a key is admitted before its message reaches the outbox; ticking twice at one instant admits nothing twice;
/// after a start, what the ledger still holds open is taken up again or dropped with a reason, never forgotten;
/// what a full disk leaves no room to admit is admitted when there is some again, as expired if it is of no more use by
/// then; what is too much at once is written down behind a fence, and what a later step says as well after a downtime as
/// superseded, in the same breath as planned: until both are written down, none of them leaves.
actor FollowUpLoop {
    private(set) var followUps: FollowUps
    let ledger: any LedgerStore
    /// Parts of text messages that may leave in a month.
    private(set) var smsBudget: SMSBudgetRule
    /// What found no room on the disk, and when to try again.
    private var turnedAway: (messages: [PlannedMessage], until: Instant)?
    private var brake: Brake
    /// Set once there was a downtime.
    private var catchUp: CatchUp?
    /// Whether nothing was written for so long before the start that the ledger may be an old backup.
    private var mayBeOld = false
    /// Whether what the ledger held open through the downtime is still to be counted.
    private var countsOpen = false
    private let offer: @Sendable ([PlannedMessage], [MessageKey: Instant]) async -> Void

    init(
        followUps: FollowUps, ledger: any LedgerStore, smsBudget: SMSBudgetRule, brake: BrakeRule? = nil,
        offer: @escaping @Sendable ([PlannedMessage], [MessageKey: Instant]) async -> Void
    ) {
        self.followUps = followUps
        self.ledger = ledger
        self.smsBudget = smsBudget
        self.brake = Brake(rule: brake)
        self.offer = offer
    }

    var nextWake: Instant? {
        [followUps.nextWake, turnedAway?.until].compactMap { $0 }.min()
    }

    /// Whether the disk has no room for new duties.
    var isShortOfRoom: Bool { turnedAway != nil }
    var caseCount: Int { followUps.count }

    /// The case as it is recorded at present.
    func openCase(_ ref: CaseReference) -> OpenCase? { followUps.openCase(ref) }

    /// Changes what is followed.
    func change(_ body: @Sendable (inout FollowUps) -> Void) {
        body(&followUps)
    }

    /// Another house: everything is planned again.
    func replace(planner: Planner, smsBudget: SMSBudgetRule, brake: BrakeRule?, now: Instant) {
        self.smsBudget = smsBudget
        self.brake.rule = brake
        followUps.replace(planner: planner, now: now)
    }

    /// Nobody was at work for a while.
    func catchUp(after downtime: Downtime) {
        catchUp = CatchUp(since: downtime.until)
        mayBeOld = mayBeOld || downtime.mayBeOld
        countsOpen = countsOpen || !downtime.isConfirmed
    }

    /// The clock was set back to `now`.
    func setBack(to now: Instant) {
        followUps.setBack(to: now)
        brake.setBack(to: now)
        turnedAway?.until = now
        if let late = catchUp, now < late.since { catchUp = CatchUp(since: now) }
    }

    /// A person has looked at what was held: it may leave.
    func confirm(at now: Instant) {
        brake.confirm(at: now)
        mayBeOld = false
    }

    /// What one tick did.
    struct Ticked: Sendable {
        /// Newly admitted, in order.
        var admitted: [PlannedMessage]
        var plans: [(ref: CaseReference, plan: CasePlan)]
        /// Why everything it found was put behind a fence, if it was.
        var fence: FenceReason?
    }

    /// Plans what has woken, admits what is new and offers what is open.
    @discardableResult
    func tick(at now: Instant, detail: Planner.Detail = .messages) async throws -> Ticked {
        let found = followUps.tick(at: now, detail: detail, recalling: recollection(at: now))
        var fresh: [PlannedMessage] = []
        var resumed: [MessageKey: [PlannedMessage]] = [:]
        var lapsed: [PlannedMessage] = []
        let again = turnedAway?.messages ?? []
        turnedAway = nil
        var seen: Set<MessageKey> = []
        ledger.withState { state in
            for message in found.messages + again where seen.insert(message.key).inserted {
                if let known = state.message(for: message.key) {
                    if known.nextAttemptAt != nil { resumed[known.key, default: []].append(message) }
                } else if state.admits(message.key) {
                    if now < message.usefulUntil { fresh.append(message) } else { lapsed.append(message) }
                }
            }
        }
        var taken = resumed.compactMap { carrier, messages in
            PlannedMessage.gathered(messages).first.map { $0.carried(by: carrier) }
        }
        let intake = intake(of: fresh, lapsed, taken, at: now)
        var fence = intake.fence
        if intake.isEmpty { countsOpen = false }
        if !intake.isEmpty {
            let isHeldBack = fence != nil || !intake.superseded.isEmpty
            let undone = fresh + lapsed + (isHeldBack ? resumed.values.flatMap(\.self) : [])
            do {
                fresh = try await admit(intake)
                countsOpen = false
                taken.removeAll { intake.superseded[$0.key] != nil }
                // What was not told in its time another channel may have to tell.
                followUps.remember(lapsed.flatMap(\.cases), now: now)
            } catch let error as StoreError where error.isPassing {
                turnedAway = (undone, now + .seconds(30))
            } catch is IllegalTransition {
                // What was to give way has just begun to leave.
                turnedAway = (undone, now + .seconds(1))
            }
            if turnedAway != nil {
                (fresh, fence) = ([], nil)
                if isHeldBack { taken = [] }
            }
        }
        if !fresh.isEmpty || !taken.isEmpty {
            let notBefore = ledger.withState { state in
                Dictionary(
                    taken.compactMap { message in
                        state.messages[message.key]?.nextAttempt(at: now).map { (message.key, $0) }
                    }, uniquingKeysWith: { $1 })
            }
            await offer(fresh + taken.sorted { $0.key < $1.key }, notBefore)
        }
        return Ticked(admitted: fresh, plans: found.plans, fence: fence)
    }

    /// What a tick is about to write down.
    private struct Intake {
        var messages: [PlannedMessage]
        /// Planned only to be superseded; each is remembered, so that it never leaves.
        var gaveWay: [PlannedMessage] = []
        /// Those of the former and of what the ledger holds open, with what says it in their place.
        var superseded: [MessageKey: MessageKey] = [:]
        /// Planned only to be expired: they found no room while they were of use.
        var lapsed: [PlannedMessage] = []
        var fence: FenceReason?

        var isEmpty: Bool { messages.isEmpty && superseded.isEmpty && lapsed.isEmpty && fence == nil }
    }

    /// Takes what is new through what a downtime and the brake make of it.
    private func intake(
        of fresh: [PlannedMessage], _ lapsed: [PlannedMessage], _ taken: [PlannedMessage], at now: Instant
    ) -> Intake {
        let untried = ledger.withState { state in
            taken.filter { state.messages[$0.key]?.lastAttempt == nil }
        }
        let superseded = catchUp?.superseded(among: fresh + untried) ?? [:]
        var intake = Intake(
            messages: PlannedMessage.gathered(fresh.filter { superseded[$0.key] == nil }),
            gaveWay: fresh.filter { superseded[$0.key] != nil }, superseded: superseded, lapsed: lapsed)
        if ledger.withState({ $0.fence == nil }) {
            let kept = fresh.filter { superseded[$0.key] == nil }
            let open = countsOpen ? taken.filter { $0.wantedAt < downtimeEnd } : []
            intake.fence = fence(before: kept + open, at: now)
        }
        return intake
    }

    /// What was wanted before is late; the distant past when there was no downtime.
    private var downtimeEnd: Instant { catchUp?.since ?? .distantPast }

    /// Why a person has to look before these may leave; nil when they may.
    private func fence(before messages: [PlannedMessage], at now: Instant) -> FenceReason? {
        let isLate = messages.contains { $0.wantedAt < downtimeEnd }
        if mayBeOld, isLate { return .longSilence }
        let isTooMuch = brake.engages(
            on: messages, at: now,
            readAt: { [downtimeEnd] ref in followUps.changedAt(ref).map { max($0, downtimeEnd) } },
            openCases: { followUps.openCount })
        return isTooMuch ? isLate ? .catchUp : .massChange : nil
    }

    /// Writes down what is new, all of it or nothing, and returns what may be offered.
    private func admit(_ intake: Intake) async throws -> [PlannedMessage] {
        let plans = (intake.messages + intake.gaveWay).map { PlanRecord($0, instance: ledger.instance) }
        guard intake.fence != nil || !intake.superseded.isEmpty || !intake.lapsed.isEmpty else {
            let admitted = Set(try await ledger.admit(plans))
            return intake.messages.filter { admitted.contains($0.key) }
        }
        // The fence comes first: there is no moment in which they are planned and could leave.
        let fence = intake.fence.map { [LedgerEvent.fenced($0)] } ?? []
        let superseded = intake.superseded.sorted { $0.key < $1.key }
        let lapsed = intake.lapsed.flatMap { message in
            [
                .planned(PlanRecord(message, instance: ledger.instance)),
                LedgerEvent.expired(message.key, reason: WithheldReason.noLongerUseful.rawValue),
            ]
        }
        try await ledger.append(
            fence + plans.map { .planned($0) } + superseded.map { .superseded($0.key, by: $0.value) } + lapsed
        )
        return intake.messages
    }

    /// What the outbox asks just before an attempt.
    func verdict(on message: PlannedMessage, at now: Instant) -> Outbox.Verdict {
        switch message.content {
        case .technicalIncident: return .owed(message)
        case .digest, .weeklyReport: return verdict(onMorningMail: message, at: now)
        default: break
        }
        var current: [PlannedMessage] = []
        var reason: WithheldReason?
        let keys = Set([message.key] + message.covers)
        let memory = recollection(at: now).memory
        for ref in message.cases {
            guard let plan = followUps.plan(ref, at: now, detail: .everything, memory: memory) else {
                return .wait(until: now + .minutes(15))
            }
            current += plan.messages.filter { keys.contains($0.key) }
            reason = reason ?? plan.withheld.first { keys.contains($0.key) }?.reason
            if let later = plan.upcoming.first(where: { keys.contains($0.key) }) {
                return .wait(until: later.at)
            }
        }
        guard let owed = PlannedMessage.gathered(current).first else {
            return .notOwed((reason ?? .satisfied).rawValue)
        }
        return .owed(owed.carried(by: message.key))
    }

    /// How long a digest or report is as good as new: reading every case again has its price.
    private static let freshness = Elapsed.minutes(5)

    /// A digest or report that has waited for its first attempt says what is true now, or nothing; none leaves in the
    /// night, be it tried again.
    private func verdict(onMorningMail message: PlannedMessage, at now: Instant) -> Outbox.Verdict {
        if let opening = followUps.opening(for: message, at: now) { return .wait(until: opening) }
        let known = ledger.withState { $0.messages[message.key] }
        guard let known, known.lastAttempt == nil, now > known.planned.time + FollowUpLoop.freshness else {
            return .owed(message)
        }
        let renewed = followUps.renewed(message, at: now, recalling: recollection(at: now))
        return renewed.map { .owed($0) } ?? .notOwed(WithheldReason.satisfied.rawValue)
    }

    /// Drops what the ledger holds open and nothing asks for any more, and returns it; after a tick, whose offers are not
    /// asked for.
    ///
    /// What was planned at an instant that is still to come waits until it has: a clock that was set back does not see the
    /// facts it rests on (reliability 2.7).
    @discardableResult
    func reconcile(at now: Instant, except offered: Set<MessageKey>) async throws -> [MessageKey] {
        // Whatever the outbox had before this look is its own affair, even if it has just ended.
        let again = turnedAway?.messages.map(\.key) ?? []
        let left = ledger.withState { state in
            state.open.subtracting(offered).subtracting(again.compactMap { state.message(for: $0)?.key })
                .compactMap { state.messages[$0] }.filter {
                    $0.nextAttemptAt != nil && $0.planned.time <= now
                }
        }
        let memory = recollection(at: now).memory
        var dropped: [(key: MessageKey, event: LedgerEvent)] = []
        for message in left.sorted(by: { $0.key < $1.key }) {
            let plans = message.plan.cases.map {
                followUps.plan($0, at: now, detail: .everything, memory: memory)
            }
            if now >= message.plan.usefulUntil {
                dropped.append(
                    (message.key, .expired(message.key, reason: WithheldReason.noLongerUseful.rawValue)))
            } else if message.plan.kind.isOfTheMorning,
                !followUps.mayHaveMail(advisor: message.plan.recipientID, at: now)
            {
                continue  // asked for again when the hours for staff begin
            } else if plans.contains(where: { $0?.asksFor(message.key) == true }) {
                continue  // put off, not dropped: it is owed now or again when its hour comes
            } else if !plans.contains(where: { $0 == nil }) {
                let reason = plans.compactMap { $0 }.flatMap(\.withheld).first { $0.key == message.key }?
                    .reason
                dropped.append(
                    (message.key, .cancelled(message.key, reason: (reason ?? .satisfied).rawValue, by: nil)))
            }  // else it cannot be relied on at present, and the message waits
        }
        if !dropped.isEmpty { try await ledger.append(dropped.map(\.event)) }
        return dropped.map(\.key)
    }

    // MARK: - Incidents

    /// Tells whoever looks after the machine, once a day for each incident.
    func report(_ incident: Incident, at now: Instant) async throws {
        let day = followUps.planner.policies.house.zone.day(at: now)
        let messages = incident.messages(of: followUps.planner, on: day, at: now)
        let admitted = try await ledger.admit(messages.map { PlanRecord($0, instance: ledger.instance) })
        let fresh = messages.filter { admitted.contains($0.key) }
        if !fresh.isEmpty { await offer(fresh, [:]) }
    }

    /// Takes up the incidents the last run had no time to tell.
    func resume(_ incidents: [Incident], at now: Instant) async {
        let today = followUps.planner.policies.house.zone.day(at: now)
        var messages: [PlannedMessage] = []
        var notBefore: [MessageKey: Instant] = [:]
        for incident in incidents {
            for day in [today.adding(days: -1), today] {
                for var message in incident.messages(of: followUps.planner, on: day, at: now) {
                    guard let known = ledger.withState({ $0.messages[message.key] }),
                        let next = known.nextAttempt(at: now)
                    else { continue }
                    (message.dueAt, message.usefulUntil) = (known.plan.dueAt, known.plan.usefulUntil)
                    messages.append(message)
                    notBefore[message.key] = next
                }
            }
        }
        if !messages.isEmpty { await offer(messages, notBefore) }
    }
}

extension PlannedMessage {
    /// The same message under the key that carries it in the ledger.
    fileprivate func carried(by carrier: MessageKey) -> PlannedMessage {
        guard carrier != key else { return self }
        var message = self
        message.covers = ([key] + covers).filter { $0 != carrier }
        message.key = carrier
        return message
    }
}

extension MessageKind {
    /// Whether its planner is a morning's, not a case's.
    fileprivate var isOfTheMorning: Bool {
        switch self {
        case .digest, .returnDigest, .weeklyReport: true
        default: false
        }
    }
}

extension CasePlan {
    /// Whether a message is owed, now or later.
    fileprivate func asksFor(_ key: MessageKey) -> Bool {
        messages.contains { $0.key == key || $0.covers.contains(key) } || upcoming.contains { $0.key == key }
    }
}
