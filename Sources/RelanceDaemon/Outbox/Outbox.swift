import RelanceCore
import RelanceDelivery
import RelanceStore

/// Brings admitted messages to their couriers, a bounded number at a time, and writes down how each attempt ended.
///
/// Contract (reliability 2.2 to 2.4):
/// - Nothing is put on the wire before its attempt is durable in the ledger; the hand-over is durable before the last
///   byte without which nobody can deliver; the result is durable before the message's place is given up.
/// - The envelope and the bytes of a message are frozen together before its first attempt and are the same at every
///   later one, whatever templates and people have become.
/// - Before each attempt the message is asked for anew: no longer owed is dropped with a reason, never sent.
/// - A failure of the route is not the message's: it goes to the next route at once, or waits for the breaker.
/// - A message that may have left by a route never takes another one, and ends as `unknown` when its time is over or
///   it is no longer owed; a text message is not repeated at all (design D11).
/// - A message takes only routes that carry its channel, the first of them again as soon as that one works.
/// - One whose time is over ends as expired, whether or not its routes let anything begin; one that another channel
///   would carry does so after an hour in which no route worked.
/// - While the ledger is fenced no attempt is begun that the fence holds, nor is it given up; nothing is while the clock
///   is in doubt (reliability 2.7 to 2.9). What is late leaves at its own pace.
/// - Draining begins nothing new, hands over nothing more, and lets what was handed over finish until the time for it
///   is up; then it is cancelled, which is an end like any other and written down.
/// - An error of the ledger ends `run()`: what cannot be written down must not be sent.
actor Outbox {
    /// What is known, just before an attempt, of whether a message should still leave.
    enum Verdict: Sendable {
        case owed(PlannedMessage)
        /// The word of the reason.
        case notOwed(String)
        /// Its case cannot be read at present: it waits.
        case wait(until: Instant)
    }

    struct Settings: Sendable {
        var retry: RetrySchedule
        /// Whose clocks and hours the messages speak of.
        var calendar: WorkingCalendar
        var service: ServiceIdentity
        var composer: Composer
        /// Every route in use, by its name.
        var lanes: [String: Lane]
        /// The routes that carry a channel, in the order they are tried.
        var order: [Channel: [String]]
        var catchUp: CatchUpRule
    }

    /// What others want to hear of.
    struct Announcements: Sendable {
        var incident: @Sendable (Incident) async -> Void = { _ in }
        /// The ledger tells planning something new of these cases.
        var changed: @Sendable ([CaseReference]) async -> Void = { _ in }
        /// A text message has left, or may have: what became of it is to be found out.
        var left: @Sendable (MessageKey) async -> Void = { _ in }
    }

    private let ledger: any LedgerStore
    private let frozen: FrozenMessages
    private let clock: any HouseClock
    private let random: @Sendable () -> Double
    private let observe: @Sendable (DaemonEvent) -> Void
    private let announce: Announcements
    private var verdict: @Sendable (PlannedMessage) async -> Verdict = { .owed($0) }
    private var settings: Settings
    private let watch: ClockWatch?
    private var pace: Pace
    private var waiting: [MessageKey: OutboxJob] = [:]
    private var underWay: [MessageKey: Instant] = [:]
    /// When what is on the wire is given up; nil while new attempts may begin.
    private var drainsUntil: Instant?
    private var failure: (any Error)?
    private let bell = Bell()

    init(
        ledger: any LedgerStore, frozen: FrozenMessages, settings: Settings, clock: any HouseClock,
        random: @escaping @Sendable () -> Double, observe: @escaping @Sendable (DaemonEvent) -> Void,
        announce: Announcements, watch: ClockWatch? = nil
    ) {
        self.watch = watch
        pace = Pace(rule: settings.catchUp)
        self.ledger = ledger
        self.frozen = frozen
        self.settings = settings
        self.clock = clock
        self.random = random
        self.observe = observe
        self.announce = announce
    }

    /// Who is asked just before each attempt.
    func ask(_ verdict: @escaping @Sendable (PlannedMessage) async -> Verdict) {
        self.verdict = verdict
    }

    /// Couriers, templates and schedule of a new configuration; attempts under way end on the old ones.
    func replace(_ settings: Settings) async {
        let old = self.settings.lanes
        self.settings = settings
        pace.rule = settings.catchUp
        self.settings.lanes = settings.lanes.mapValues { new in
            old[new.route.name]?.replaced(by: new) ?? new
        }
        await bell.ring()
    }

    /// Takes in admitted messages; those it already has are left as they are.
    func offer(_ messages: [PlannedMessage], notBefore: [MessageKey: Instant] = [:]) async {
        for message in messages where waiting[message.key] == nil && underWay[message.key] == nil {
            // Counted from here even if it was due before: the time nobody was at work is no jam of the outbox.
            let earliest = max(notBefore[message.key] ?? message.dueAt, clock.now())
            waiting[message.key] = job(message, notBefore: earliest, since: earliest)
        }
        await bell.ring()
    }

    /// Lets go of a message a person has decided on, to be offered again if it is still to leave; an attempt under way
    /// ends by itself.
    func letGo(_ key: MessageKey) async throws {
        waiting[key] = nil
        if ledger.withState({ $0.messages[key]?.phase.isTerminal != false }) { try await discard(key) }
    }

    /// What was due before is late, and leaves at its own pace from now on.
    func catchUp(before instant: Instant) async {
        pace.catchUp(before: instant)
        await bell.ring()
    }

    /// Has it look at the ledger anew.
    func wake() async { await bell.ring() }

    /// What carries a route's messages; nil when the configuration uses no such route.
    func courier(ofRoute name: String) -> (any Courier)? { settings.lanes[name]?.courier }

    /// Every message it has, waiting or under way.
    var keys: Set<MessageKey> { Set(waiting.keys).union(underWay.keys) }

    /// Begins nothing new from now on and gives what is on the wire this long to finish; asked again, the earlier end
    /// counts.
    func drain(for time: Elapsed) async {
        let end = clock.now() + time
        drainsUntil = min(drainsUntil ?? end, end)
        await bell.ring()
    }

    /// When the oldest attempt under way began; nil when there is none.
    var oldestUnderWay: Instant? { underWay.values.min() }

    /// Since when the first of the waiting messages could have left, but for those that are late anyway; nil when none
    /// waits.
    var oldestReady: Instant? {
        waiting.values.lazy.filter { !self.pace.isLate($0.message) }.map(\.notBefore).min()
    }

    var count: (waiting: Int, underWay: Int) { (waiting.count, underWay.count) }

    /// Whether something is on the wire, or could be by an instant: due, on a route that lets it begin by then.
    func isBusy(at instant: Instant) -> Bool {
        let fence = fence
        return !underWay.isEmpty || waiting.values.contains { canBegin($0, by: instant, behind: fence) }
    }

    private func canBegin(_ job: OutboxJob, by instant: Instant, behind fence: FenceReason?) -> Bool {
        guard job.mayBegin(at: instant), !isHeld(job, by: fence), let lane = lane(for: job, at: instant)
        else {
            return false
        }
        return opening(of: lane, for: job, at: instant).map { $0 <= instant } ?? true
    }

    private var fence: FenceReason? { ledger.withState { $0.fenceReason } }

    private func isHeld(_ job: OutboxJob, by fence: FenceReason?) -> Bool {
        fence?.holds(job.message.kind) == true
    }

    /// When an attempt of it may begin on a lane; nil while that depends on one under way.
    private func opening(of lane: Lane, for job: OutboxJob, at now: Instant) -> Instant? {
        lane.opensAt(now).map { pace.isLate(job.message) ? max($0, pace.opens(lane.route.name)) : $0 }
    }

    /// Works until drained; throws the ledger's error when something can no longer be written down.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while failure == nil, !Task.isCancelled {
                let now = clock.now()
                if let drainsUntil {
                    if underWay.isEmpty { return }
                    if now >= drainsUntil { break }
                } else if watch?.doubt() == nil {
                    noteLate(at: now)
                    let overdue = takeOverdue(at: now)
                    if !overdue.isEmpty { group.addTask { await self.giveUp(overdue) } }
                    while let (job, lane, admission) = takeReady(at: now) {
                        group.addTask { await self.attempt(job, on: lane, as: admission) }
                    }
                }
                await clock.sleep(until: nextReady(after: now), or: bell)
            }
            drainsUntil = drainsUntil ?? clock.now()
            group.cancelAll()
        }
        if let failure { throw failure }
    }

    // MARK: - Which and when

    /// Those whose time is over, which no longer wait.
    private func takeOverdue(at now: Instant) -> [OutboxJob] {
        let fence = fence
        let overdue = waiting.values.filter { !isHeld($0, by: fence) && givesUpAt($0, at: now) <= now }
        for job in overdue {
            waiting[job.message.key] = nil
            underWay[job.message.key] = now
        }
        return overdue
    }

    /// When a waiting message ends without having left, as things stand: earlier while no route works and another
    /// channel would carry it.
    private func givesUpAt(_ job: OutboxJob, at now: Instant) -> Instant {
        var end = job.usefulUntil
        if let early = job.changesChannelAt, lane(for: job, at: now).map({ $0.breaker.failures > 0 }) ?? true
        {
            end = min(end, early)
        }
        return max(end, job.endsNotBefore)
    }

    /// The waiting message due first whose route has a place, which it takes.
    private func takeReady(at now: Instant) -> (OutboxJob, Lane, Breaker.Admission)? {
        var best: (job: OutboxJob, lane: Lane)?
        let fence = fence
        for job in waiting.values where job.mayBegin(at: now) && !isHeld(job, by: fence) {
            if let best, (best.job.message.dueAt, best.job.message.key) < (job.message.dueAt, job.message.key)
            {
                continue
            }
            guard let lane = lane(for: job, at: now), let opens = opening(of: lane, for: job, at: now),
                opens <= now
            else { continue }
            best = (job, lane)
        }
        guard let (job, lane) = best, let admission = settings.lanes[lane.route.name]?.begin(at: now) else {
            return nil
        }
        if pace.isLate(job.message) { pace.begin(on: lane.route.name, at: now, random: random()) }
        waiting[job.message.key] = nil
        underWay[job.message.key] = now
        return (job, lane, admission)
    }

    /// How much is late decides whether it is paced.
    private func noteLate(at now: Instant) {
        let fence = fence
        pace.adjust(
            waiting: waiting.values.count {
                $0.notBefore <= now && pace.isLate($0.message) && !isHeld($0, by: fence)
            })
    }

    private func nextReady(after now: Instant) -> Instant {
        var next = now + .minutes(1)
        if let drainsUntil { return min(next, max(drainsUntil, now + .milliseconds(1))) }
        guard watch?.doubt() == nil else { return now + .seconds(30) }
        let fence = fence
        for job in waiting.values where !isHeld(job, by: fence) {
            next = min(next, max(givesUpAt(job, at: now), now + .milliseconds(1)))
            guard job.notBefore < next, now < job.usefulUntil, let lane = lane(for: job, at: now),
                let opens = opening(of: lane, for: job, at: now)
            else { continue }
            next = min(next, max(job.notBefore, opens, now + .milliseconds(1)))
        }
        return next
    }

    /// The route a message takes next, of those that carry its channel: its own, or while that one is paused the first
    /// behind it that is not.
    private func lane(for job: OutboxJob, at now: Instant) -> Lane? {
        let lanes = lanes(of: job.message.channel)
        let own = lanes.firstIndex { $0.route.name == job.route } ?? lanes.startIndex
        let open = job.isPinned ? nil : lanes[own...].first { !$0.isPaused(at: now) }
        return open ?? lanes[own...].first
    }

    /// The routes that carry a channel, in the order they are tried.
    private func lanes(of channel: Channel) -> [Lane] {
        (settings.order[channel] ?? []).compactMap { settings.lanes[$0] }
    }

    private func job(
        _ message: PlannedMessage, notBefore: Instant, route: String? = nil, since: Instant
    ) -> OutboxJob {
        OutboxJob(
            message, known: ledger.withState { $0.messages[message.key] }, notBefore: notBefore,
            route: route, since: since, schedule: settings.retry)
    }

    // MARK: - One attempt

    private func attempt(_ job: OutboxJob, on lane: Lane, as admission: Breaker.Admission) async {
        let key = job.message.key
        var outcome = DeliveryOutcome.interrupted
        do {
            outcome = try await settle(job, on: lane)
        } catch let error as StoreError where error.isPassing && !isBeingSent(key) {
            // Nothing has left, and the message waits for room (reliability 2.6).
            waiting[key] = self.job(
                job.message, notBefore: clock.now() + .seconds(30), route: job.route, since: job.since)
        } catch is IllegalTransition where !isBeingSent(key) {
            // A person decided otherwise while it was made ready.
        } catch {
            failure = failure ?? error
            // Still ours: nobody is to take it for one that nothing asks for.
            waiting[key] = job
        }
        underWay[key] = nil
        let name = lane.route.name
        if settings.lanes[name]?.end(admission, outcome, at: clock.now()) == true {
            await announce.incident(.routeFails(name))
        }
        if let failure = outcome.failure, failure.alert {
            await announce.incident(.routeNeedsCare(name, failure.kind))
        }
        await bell.ring()
    }

    /// Ends messages whose time is over, one after the other: a disk without room is asked once.
    private func giveUp(_ jobs: [OutboxJob]) async {
        var left = jobs[...]
        while failure == nil, let job = left.first {
            do {
                try await end(job)
                underWay[job.message.key] = nil
                left.removeFirst()
            } catch let error as StoreError where error.isPassing {
                for index in left.indices { left[index].endsNotBefore = clock.now() + .seconds(30) }
                break
            } catch {
                failure = error
            }
        }
        // Still ours: nobody is to take them for what nothing asks for.
        for job in left { (waiting[job.message.key], underWay[job.message.key]) = (job, nil) }
        await bell.ring()
    }

    private func end(_ job: OutboxJob) async throws {
        let (key, now) = (job.message.key, clock.now())
        let reason: WithheldReason = now < job.usefulUntil ? .routeDown : .noLongerUseful
        // Offered again just as it was settled, or held by a person meanwhile.
        guard ledger.withState({ $0.messages[key]?.nextAttemptAt }) != nil else { return }
        do {
            try await drop(.expired(key, reason: reason.rawValue), job.message, at: now)
        } catch is IllegalTransition {
            // A person decided otherwise.
        }
    }

    /// Whether the ledger has an attempt without an end: then nothing may be taken for passing.
    private func isBeingSent(_ key: MessageKey) -> Bool {
        ledger.withState { state in
            if case .sending = state.messages[key]?.phase { true } else { false }
        }
    }

    /// Asks, freezes, writes down, delivers, writes down.
    private func settle(_ job: OutboxJob, on lane: Lane) async throws -> DeliveryOutcome {
        let key = job.message.key
        let now = clock.now()
        // Offered again just as it was settled, or held by a person meanwhile.
        guard let known = ledger.withState({ $0.messages[key] }), known.nextAttemptAt != nil else {
            return .interrupted
        }
        guard now < job.usefulUntil else {
            waiting[key] = job  // time has passed since it was taken: it ends with the next turn
            return .interrupted
        }
        let message: PlannedMessage
        switch await verdict(job.message) {
        case .owed(let current): message = current
        case .notOwed(let reason):
            try await drop(.cancelled(key, reason: reason, by: nil), job.message, at: now)
            return .interrupted
        case .wait(let until):
            waiting[key] = self.job(
                job.message, notBefore: until, route: job.route, since: job.since)
            return .interrupted
        }
        let letter: Letter
        do {
            letter = try await writer.letter(
                for: message, known: known, usefulUntil: job.usefulUntil, at: now)
        } catch let error as LetterWriter.Unwritable {
            try await ledger.append([.held(key, reason: error.reason, by: nil)])
            observe(.dropped(key, reason: error.reason, at: now))
            return .interrupted
        }
        guard drainsUntil == nil else {
            waiting[key] = job
            return .interrupted
        }

        let attempt = Attempt(
            number: known.attempts + 1, route: lane.route.name, messageID: letter.messageID,
            sha256: letter.sha256, parts: letter.parts)
        try await ledger.append([.attempted(key, attempt)])
        let outcome = await lane.courier.deliver(letter.parcel(of: message)) { [self] in
            try await handOver(key, attempt: attempt.number)
        }
        try await record(outcome, of: message, letter: letter, attempt, job)
        return outcome
    }

    private var writer: LetterWriter {
        LetterWriter(
            composer: settings.composer, calendar: settings.calendar, service: settings.service,
            frozen: frozen)
    }

    private func handOver(_ key: MessageKey, attempt: Int) async throws {
        guard drainsUntil == nil else { throw CancellationError() }
        try await ledger.append([.handedOver(key, attempt: attempt)])
    }

    /// Writes down how an attempt ended, however long the disk is full: unwritten, it is in doubt at the next start.
    private func writeDown(_ result: LedgerEvent) async throws {
        while true {
            do {
                try await ledger.append([result])
                return
            } catch let error as StoreError where error.isPassing && !Task.isCancelled {
                // Cut short when draining takes too long, for one last try.
                try? await clock.sleep(until: clock.now() + .seconds(30))
            }
        }
    }

    /// Lets go of the bytes of a settled message; those that a full disk keeps go at the next start.
    private func discard(_ key: MessageKey) async throws {
        do {
            try await frozen.discard(key)
        } catch let error as StoreError where error.isPassing {}
    }

    private func drop(_ event: LedgerEvent, _ message: PlannedMessage, at now: Instant) async throws {
        try await ledger.append([event])
        switch event {
        case .cancelled(let key, let reason, _), .expired(let key, let reason):
            // One that may have left is unknown now, and a person may still want it looked at.
            if ledger.withState({ $0.messages[key]?.phase.isTerminal != false }) {
                try await discard(key)
            }
            observe(.dropped(key, reason: reason, at: now))
        default: break
        }
        await announceChange(of: message)
    }

    private func record(
        _ outcome: DeliveryOutcome, of message: PlannedMessage, letter: Letter, _ attempt: Attempt,
        _ job: OutboxJob
    ) async throws {
        let (key, now) = (message.key, clock.now())
        let (retryAt, next) = retry(after: outcome, key: key, at: now, route: attempt.route)
        try await writeDown(
            .resulted(key, AttemptResult(number: attempt.number, outcome: outcome, retryAt: retryAt)))
        if let retryAt {
            waiting[key] = self.job(message, notBefore: retryAt, route: next, since: job.since)
        } else if outcome.isFinal {
            try await discard(key)
        }
        observe(
            .attempted(
                DaemonEvent.Dispatch(
                    message: message, words: letter.words, parts: letter.parts, route: attempt.route,
                    attempt: attempt.number, outcome: outcome, at: now)))
        guard retryAt == nil else { return }
        switch outcome {
        case .accepted:
            if message.channel == .sms { await announce.left(key) }
            await announceChange(of: message)
        case .refused: await announceChange(of: message)
        case .ambiguous:
            if message.channel == .sms { await announce.left(key) }
            await announceChange(of: message)
        case .deferred, .interrupted: break
        }
    }

    /// What a business was told may be followed by a text; what it was not told, another channel may have to tell it.
    private func announceChange(of message: PlannedMessage) async {
        if message.recipient.audience == .business { await announce.changed(message.cases) }
    }

    /// When a message is tried again, nil when it is not, and on which route, nil being the first.
    private func retry(
        after outcome: DeliveryOutcome, key: MessageKey, at now: Instant, route: String
    ) -> (at: Instant?, route: String?) {
        let known = ledger.withState { $0.messages[key] }
        switch outcome {
        case .accepted, .refused: return (nil, nil)
        case .interrupted: return (now, route)
        case .ambiguous: return (known?.retryAfterAmbiguity(at: now), route)
        case .deferred(let failure):
            if failure.scope == .route, let known, known.doubtfulRoute == nil,
                let next = self.route(after: route, for: known.plan.channel)
            {
                return (now, next)
            }
            let failures = (known?.failures ?? 0) + 1
            let attempt = failure.scope == .message ? failures : 1
            let delay = settings.retry.delay(afterAttempt: attempt, random: random())
            return (now + (failure.retryAfter ?? delay), nil)
        }
    }

    private func route(after name: String, for channel: Channel) -> String? {
        lanes(of: channel).drop { $0.route.name != name }.dropFirst().first?.route.name
    }
}

extension DeliveryOutcome {
    /// Whether nothing more happens to the message by itself.
    fileprivate var isFinal: Bool {
        switch self {
        case .accepted, .refused: true
        case .deferred, .ambiguous, .interrupted: false
        }
    }
}
