import RelanceCore

/// Ticks: asks what is owed, has the ledger admit it, hands it to the outbox.
///
/// Contract: a key is admitted before its message reaches the outbox; ticking twice at one instant admits nothing twice;
/// after a start, what the ledger still holds open is taken up again or dropped with a reason, never forgotten.
actor FollowUpLoop {
    private var followUps: FollowUps
    private let ledger: any LedgerStore
    private let offer: @Sendable ([PlannedMessage], [MessageKey: Instant]) async -> Void

    init(
        followUps: FollowUps, ledger: any LedgerStore,
        offer: @escaping @Sendable ([PlannedMessage], [MessageKey: Instant]) async -> Void
    ) {
        self.followUps = followUps
        self.ledger = ledger
        self.offer = offer
    }

    var nextWake: Instant? { followUps.nextWake }
    var caseCount: Int { followUps.cases.count }

    /// Changes what is followed.
    func change(_ body: @Sendable (inout FollowUps) -> Void) {
        body(&followUps)
    }

    /// What one tick did.
    struct Ticked: Sendable {
        /// Newly admitted, in order.
        var admitted: [PlannedMessage]
        var plans: [(ref: CaseReference, plan: CasePlan)]
    }

    /// Plans what has woken, admits what is new and offers what is open.
    @discardableResult
    func tick(at now: Instant, detail: Planner.Detail = .messages) async throws -> Ticked {
        let found = followUps.tick(at: now, detail: detail) { range in deliveries(in: range) }
        var fresh: [PlannedMessage] = []
        var resumed: [MessageKey: [PlannedMessage]] = [:]
        ledger.withState { state in
            for message in found.messages {
                if let known = state.message(for: message.key) {
                    if known.nextAttemptAt != nil { resumed[known.key, default: []].append(message) }
                } else if state.admits(message.key) {
                    fresh.append(message)
                }
            }
        }
        let gathered = PlannedMessage.gathered(fresh)
        if !gathered.isEmpty {
            let admitted = Set(try await ledger.admit(gathered.map { PlanRecord($0) }))
            fresh = gathered.filter { admitted.contains($0.key) }
        }
        let taken = resumed.compactMap { carrier, messages in
            PlannedMessage.gathered(messages).first.map { $0.carried(by: carrier) }
        }
        if !fresh.isEmpty || !taken.isEmpty {
            let notBefore = ledger.withState { state in
                Dictionary(
                    taken.compactMap { message in
                        state.messages[message.key]?.nextAttemptAt.map { (message.key, $0) }
                    }, uniquingKeysWith: { $1 })
            }
            await offer(fresh + taken.sorted { $0.key < $1.key }, notBefore)
        }
        return Ticked(admitted: fresh, plans: found.plans)
    }

    /// What the outbox asks just before an attempt.
    func verdict(on message: PlannedMessage, at now: Instant) -> Outbox.Verdict {
        let isOfCases =
            switch message.content {
            case .digest, .weeklyReport, .technicalIncident: false
            default: true
            }
        guard isOfCases else { return .owed(message) }
        var current: [PlannedMessage] = []
        var reason: WithheldReason?
        let keys = Set([message.key] + message.covers)
        for ref in message.cases {
            guard let plan = followUps.plan(ref, at: now, detail: .everything) else {
                return .wait(until: now + .minutes(15))
            }
            current += plan.messages.filter { keys.contains($0.key) }
            reason = reason ?? plan.withheld.first { keys.contains($0.key) }?.reason
            if let later = plan.upcoming.first(where: { keys.contains($0.key) }) { return .wait(until: later.at) }
        }
        guard let owed = PlannedMessage.gathered(current).first else {
            return .notOwed((reason ?? .satisfied).rawValue)
        }
        return .owed(owed.carried(by: message.key))
    }

    /// Drops what the ledger holds open and nothing asks for any more; after the first tick of a start.
    func reconcile(at now: Instant, has: @Sendable (MessageKey) async -> Bool) async throws {
        let open = ledger.withState { state in
            state.open.compactMap { state.messages[$0] }.filter { $0.nextAttemptAt != nil }
        }
        var events: [LedgerEvent] = []
        for message in open.sorted(by: { $0.key < $1.key }) where await !has(message.key) {
            let plans = message.plan.cases.map { followUps.plan($0, at: now, detail: .everything) }
            if plans.contains(where: { $0 == nil }) { continue }  // not to be relied on at present: it waits
            if now >= message.plan.usefulUntil {
                events.append(.expired(message.key, reason: WithheldReason.noLongerUseful.rawValue))
            } else {
                let reason = plans.compactMap { $0 }.flatMap(\.withheld).first { $0.key == message.key }?.reason ?? .satisfied
                events.append(.cancelled(message.key, reason: reason.rawValue, by: nil))
            }
        }
        if !events.isEmpty { try await ledger.append(events) }
    }

    /// What the ledger says of a stretch of time, for digests and reports.
    private func deliveries(in range: Range<Instant>) -> FollowUps.Deliveries {
        ledger.withState { state in
            var deliveries = FollowUps.Deliveries()
            for message in state.messages.values where range.contains(message.changedAt) {
                switch message.phase {
                case .sent: deliveries.sent += 1
                case .failed, .unknown:
                    deliveries.failed += 1
                    guard message.plan.role == .business, let ref = message.plan.cases.first else { continue }
                    deliveries.undelivered.append(
                        DigestPlanner.Undelivered(
                            ref: ref, kind: message.plan.kind, channel: message.plan.channel, at: message.changedAt,
                            detail: message.lastDetail))
                default: break
                }
            }
            deliveries.undelivered.sort { ($0.at, $0.ref) < ($1.at, $1.ref) }
            return deliveries
        }
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

extension LedgerMessage {
    /// What the far side said last.
    fileprivate var lastDetail: String {
        for entry in trail.reversed() {
            if case .resulted(_, let result) = entry.event, let failure = result.outcome.failure {
                return failure.detail
            }
        }
        return ""
    }
}

extension DeliveryOutcome {
    /// What went wrong, if something did.
    package var failure: DeliveryFailure? {
        switch self {
        case .deferred(let failure), .refused(let failure), .ambiguous(let failure): failure
        case .accepted, .interrupted: nil
        }
    }
}
