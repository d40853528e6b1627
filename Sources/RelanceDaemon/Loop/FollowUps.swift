import RelanceCore
import RelanceIntake

/// The cases in sight and when each wants to be looked at again: time goes in, what is owed comes out.
///
/// Contract: holds no memory of what was sent or decided, which it asks for as it plans, and does no input or output. A
/// case is planned when its wake comes, when its record changes, when somebody says that its memory has, or when
/// everything is replaced; with nothing due, a tick costs one look at the heap.
/// A digest leaves at the hour its reader asked for; one that is late, and every report, only in the hours for staff.
package struct FollowUps {
    private(set) var planner: Planner
    /// The very records the intake holds: fifty thousand cases are kept once.
    private var records: [CaseReference: CaseRecord] = [:]
    /// When each record was last read new or otherwise than before.
    private var readAt: [CaseReference: Instant] = [:]
    /// When policy and people were last read anew, which changes every case.
    private var replacedAt: Instant
    /// Cases whose record cannot be relied on: nothing new is planned for them, nothing planned is dropped.
    private(set) var held: Set<CaseReference> = []
    private var wakes = WakeHeap<Sleeper>()

    private enum Sleeper: Hashable {
        case followUp(CaseReference)
        case morning(advisor: String)
        case weekly(lead: String)
    }

    /// What one tick found owed.
    package struct Found {
        package var messages: [PlannedMessage] = []
        /// One entry a case that was planned; empty unless every detail was asked for.
        package var plans: [(ref: CaseReference, plan: CasePlan)] = []
    }

    /// What the ledger knows and a digest or report repeats.
    package struct Deliveries: Sendable {
        package var undelivered: [DigestPlanner.Undelivered] = []
        package var sent = 0
        package var failed = 0

        package init() {}
    }

    /// What planning asks of the ledger while it looks at one instant.
    package struct Recollection {
        /// What it says of a case.
        package var memory: (CaseReference) -> CaseMemory
        /// What it says of a stretch of time.
        package var deliveries: (Range<Instant>) -> Deliveries

        package init(
            memory: @escaping (CaseReference) -> CaseMemory,
            deliveries: @escaping (Range<Instant>) -> Deliveries
        ) {
            self.memory = memory
            self.deliveries = deliveries
        }
    }

    package init(planner: Planner, now: Instant) {
        self.planner = planner
        replacedAt = now
        setMornings(from: now)
    }

    /// The earliest instant at which something may be owed that is not yet.
    package var nextWake: Instant? {
        mutating get { wakes.next }
    }

    // MARK: - What changes

    package var count: Int { records.count }

    /// Takes in cases as read; each is planned at the next tick.
    package mutating func update(_ changed: some Sequence<CaseRecord>, now: Instant) {
        for record in changed {
            let ref = record.openCase.ref
            records[ref] = record
            readAt[ref] = now
            wakes.set(.followUp(ref), to: now)
        }
    }

    /// Records that are gone from their source: no longer planned for.
    mutating func remove(_ refs: some Sequence<CaseReference>) {
        for ref in refs {
            records[ref] = nil
            readAt[ref] = nil
            wakes.set(.followUp(ref), to: nil)
        }
    }

    /// Holds these cases and no others.
    mutating func hold(_ refs: Set<CaseReference>, now: Instant) {
        for ref in held.subtracting(refs) where records[ref] != nil { wakes.set(.followUp(ref), to: now) }
        held = refs
    }

    /// The ledger has something new to say of these cases: each is planned again.
    mutating func remember(_ refs: some Sequence<CaseReference>, now: Instant) {
        for ref in refs where records[ref] != nil { wakes.set(.followUp(ref), to: now) }
    }

    /// The ledger has something new to say of addresses: every case of a business that has one is planned again.
    ///
    /// Marks are hashes, so every contact is looked at, but only once for all of them.
    mutating func remember(_ marks: Set<AddressMark>, now: Instant) {
        guard !marks.isEmpty else { return }
        let instance = planner.instance
        remember(
            records.values.lazy.map(\.openCase).filter { item in
                item.contact.email.map { marks.contains(AddressMark($0, instance: instance)) } == true
                    || item.contact.mobile.map { marks.contains(AddressMark($0, instance: instance)) } == true
            }.map(\.ref), now: now)
    }

    /// When a case last changed, by its own record or by what is read for all.
    func changedAt(_ ref: CaseReference) -> Instant? {
        readAt[ref].map { max($0, replacedAt) }
    }

    /// Cases that are not closed.
    var openCount: Int {
        records.values.count { $0.openCase.recordedStage != .closed }
    }

    /// The case as it is recorded at present.
    func openCase(_ ref: CaseReference) -> OpenCase? { records[ref]?.openCase }

    /// Has whatever asks for a message looked at again at the next tick.
    mutating func wake(for plan: PlanRecord, now: Instant) {
        for ref in plan.cases where records[ref] != nil { wakes.set(.followUp(ref), to: now) }
        switch plan.kind {
        case .digest, .returnDigest: wakes.set(.morning(advisor: plan.recipientID), to: now)
        case .weeklyReport: wakes.set(.weekly(lead: plan.recipientID), to: now)
        default: break
        }
    }

    /// Another policy or directory: everything is planned again.
    mutating func replace(planner: Planner, now: Instant) {
        self.planner = planner
        replacedAt = now
        wakeAll(at: now)
    }

    /// The clock was set back: what was seen to by the wrong one is looked at again, in its time.
    mutating func setBack(to now: Instant) {
        replacedAt = min(replacedAt, now)
        readAt = readAt.mapValues { min($0, now) }
        wakeAll(at: now)
    }

    private mutating func wakeAll(at now: Instant) {
        wakes = WakeHeap()
        for ref in records.keys { wakes.set(.followUp(ref), to: now) }
        setMornings(from: now)
    }

    // MARK: - Time

    /// Plans everything whose wake has come.
    package mutating func tick(
        at now: Instant, detail: Planner.Detail = .messages, recalling ledger: Recollection
    ) -> Found {
        var found = Found()
        var mornings: [Morning] = []
        for sleeper in wakes.take(until: now) {
            switch sleeper {
            case .followUp(let ref):
                guard let plan = plan(ref, at: now, detail: detail, memory: ledger.memory) else {
                    continue
                }
                found.messages += plan.messages
                if detail == .everything { found.plans.append((ref, plan)) }
                wakes.set(sleeper, to: plan.nextWake)
            case .morning(let id):
                guard let advisor = planner.directory.advisors[id] else { continue }
                let next = DigestPlanner(planner).nextMorning(of: advisor, after: now)
                guard let morning = morning(of: advisor, at: now) else {
                    wakes.set(sleeper, to: next)
                    continue
                }
                if now < morning + FollowUps.punctuality || mayHaveMail(advisor, at: now) {
                    mornings.append(Morning(advisor: advisor, at: morning))
                    wakes.set(sleeper, to: next)
                } else {
                    wakes.set(sleeper, to: [next, opening(for: advisor, after: now)].compactMap { $0 }.min())
                }
            case .weekly(let id):
                guard let lead = planner.directory.advisors[id] else { continue }
                guard mayHaveMail(lead, at: now) else {
                    wakes.set(sleeper, to: opening(for: lead, after: now))
                    continue
                }
                found.messages += report(for: lead, at: now, recalling: ledger).map { [$0] } ?? []
                wakes.set(sleeper, to: WeeklyPlanner(planner).nextReport(for: lead, after: now))
            }
        }
        if !mornings.isEmpty {
            found.messages += digests(for: mornings, at: now, recalling: ledger)
        }
        return found
    }

    /// The plan of one case as of an instant; nil when there is no such case or its record cannot be relied on.
    func plan(
        _ ref: CaseReference, at now: Instant, detail: Planner.Detail,
        memory: (CaseReference) -> CaseMemory
    ) -> CasePlan? {
        guard let item = records[ref]?.openCase, !held.contains(ref) else { return nil }
        return planner.plan(item, at: now, memory: memory(ref), detail: detail)
    }

    /// The digest or report of the same morning as it reads now; nil when there is nothing to say any more.
    func renewed(
        _ message: PlannedMessage, at now: Instant, recalling ledger: Recollection
    ) -> PlannedMessage? {
        let advisors = planner.directory.advisors
        let current: [PlannedMessage] =
            switch message.content {
            case .digest:
                advisors[message.recipient.id].map { advisor in
                    let morning = Morning(advisor: advisor, at: message.anchor)
                    return digests(for: [morning], at: now, recalling: ledger)
                } ?? []
            case .weeklyReport:
                advisors.values.filter { $0.role == .lead }.compactMap { lead in
                    report(for: lead, at: now, recalling: ledger)
                }
            default: [message]
            }
        return current.first { $0.key == message.key }
    }

    /// How long after its hour a digest is not late.
    private static let punctuality = Elapsed.minutes(15)

    private struct Morning {
        var advisor: Advisor
        var at: Instant
    }

    /// The advisor's morning of today once its hour has come.
    private func morning(of advisor: Advisor, at now: Instant) -> Instant? {
        let zone = planner.policies.policy(ofSite: advisor.site).zone
        let startOfToday = zone.startOfDay(zone.day(at: now)) - .milliseconds(1)
        return DigestPlanner(planner).nextMorning(of: advisor, after: startOfToday).flatMap {
            $0 <= now ? $0 : nil
        }
    }

    /// Whether the hours in which staff get mail are on; true for whoever is not known.
    func mayHaveMail(advisor id: String, at now: Instant) -> Bool {
        planner.directory.advisors[id].map { mayHaveMail($0, at: now) } ?? true
    }

    /// When a digest or report that missed its hour may leave; nil when it may now.
    func opening(for message: PlannedMessage, at now: Instant) -> Instant? {
        let isPunctual = message.kind != .weeklyReport && now < message.anchor + FollowUps.punctuality
        guard !isPunctual, let advisor = planner.directory.advisors[message.recipient.id],
            !mayHaveMail(advisor, at: now)
        else { return nil }
        return opening(for: advisor, after: now)
    }

    private func mayHaveMail(_ advisor: Advisor, at now: Instant) -> Bool {
        planner.policies.policy(ofSite: advisor.site).windows.staff.isOpen(at: now)
    }

    private func opening(for advisor: Advisor, after now: Instant) -> Instant? {
        planner.policies.policy(ofSite: advisor.site).windows.staff.nextOpening(atOrAfter: now)
    }

    /// Wakes everybody for the last morning and report as well: after a downtime they may still be worth sending.
    private mutating func setMornings(from now: Instant) {
        let weekly = WeeklyPlanner(planner)
        for advisor in planner.directory.advisors.values {
            let zone = planner.policies.policy(ofSite: advisor.site).zone
            let today = zone.startOfDay(zone.day(at: now)) - .milliseconds(1)
            wakes.set(
                .morning(advisor: advisor.id),
                to: DigestPlanner(planner).nextMorning(of: advisor, after: today))
            if advisor.role == .lead {
                wakes.set(
                    .weekly(lead: advisor.id),
                    to: weekly.currentReport(for: advisor, at: now)
                        ?? weekly.nextReport(for: advisor, after: now))
            }
        }
    }

    private func digests(
        for mornings: [Morning], at now: Instant, recalling ledger: Recollection
    ) -> [PlannedMessage] {
        let readers = Set(mornings.map(\.advisor.id))
        var byReader: [String: [OpenCase]] = [:]
        var days: [String: LocalDay] = [:]
        for item in records.values.lazy.map(\.openCase) {
            let site = item.site ?? ""
            let day = days[site] ?? planner.policies.policy(ofSite: item.site).zone.day(at: now)
            days[site] = day
            guard let reader = DigestPlanner(planner).reader(of: item, on: day)?.id, readers.contains(reader)
            else { continue }
            byReader[reader, default: []].append(item.with(ledger.memory(item.ref).acts))
        }
        let undelivered = ledger.deliveries((now - .days(4))..<now).undelivered
        return mornings.compactMap { morning in
            DigestPlanner(planner).digest(
                for: morning.advisor, at: morning.at, cases: byReader[morning.advisor.id] ?? [],
                undelivered: undelivered, memory: ledger.memory)
        }.filter { now < $0.usefulUntil }
    }

    private func report(
        for lead: Advisor, at now: Instant, recalling ledger: Recollection
    ) -> PlannedMessage? {
        let weekly = WeeklyPlanner(planner)
        guard let at = weekly.currentReport(for: lead, at: now) else { return nil }
        let past = ledger.deliveries(weekly.weekBefore(at, for: lead))
        let hers = records.values.map(\.openCase).filter {
            planner.directory.lead(ofSite: $0.site, named: $0.lead)?.id == lead.id
        }
        return weekly.report(for: lead, at: at, cases: hers, sent: past.sent, failed: past.failed)
    }
}
