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
///   it is no longer owed.
/// - While the ledger is fenced no attempt is begun (reliability 2.9).
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
        /// In the order they are tried.
        var lanes: [Lane]
    }

    private struct Job {
        var message: PlannedMessage
        var notBefore: Instant
        /// The route to try next; nil is the first.
        var route: String?
        /// Whether it may already have left by that route, and so takes no other.
        var isPinned = false
    }

    private let ledger: any LedgerStore
    private let frozen: FrozenMessages
    private let clock: any HouseClock
    private let random: @Sendable () -> Double
    private let observe: @Sendable (DaemonEvent) -> Void
    private let tell: @Sendable (Incident) async -> Void
    private var verdict: @Sendable (PlannedMessage) async -> Verdict = { .owed($0) }
    private var settings: Settings
    private var waiting: [MessageKey: Job] = [:]
    private var underWay: [MessageKey: Instant] = [:]
    /// When what is on the wire is given up; nil while new attempts may begin.
    private var drainsUntil: Instant?
    private var failure: (any Error)?
    private let bell = Bell()

    init(
        ledger: any LedgerStore, frozen: FrozenMessages, settings: Settings, clock: any HouseClock,
        random: @escaping @Sendable () -> Double, observe: @escaping @Sendable (DaemonEvent) -> Void,
        tell: @escaping @Sendable (Incident) async -> Void
    ) {
        self.ledger = ledger
        self.frozen = frozen
        self.settings = settings
        self.clock = clock
        self.random = random
        self.observe = observe
        self.tell = tell
    }

    /// Who is asked just before each attempt.
    func ask(_ verdict: @escaping @Sendable (PlannedMessage) async -> Verdict) {
        self.verdict = verdict
    }

    /// Couriers, templates and schedule of a new configuration; attempts under way end on the old ones.
    func replace(_ settings: Settings) async {
        let old = self.settings.lanes
        self.settings = settings
        self.settings.lanes = settings.lanes.map { new in
            old.first { $0.route.name == new.route.name }?.replaced(by: new) ?? new
        }
        await bell.ring()
    }

    /// Takes in admitted messages; those it already has are left as they are.
    func offer(_ messages: [PlannedMessage], notBefore: [MessageKey: Instant] = [:]) async {
        for message in messages where waiting[message.key] == nil && underWay[message.key] == nil {
            // Counted from here even if it was due before: the time nobody was at work is no jam of the outbox.
            let earliest = max(notBefore[message.key] ?? message.dueAt, clock.now())
            waiting[message.key] = job(message, notBefore: earliest)
        }
        await bell.ring()
    }

    /// Lets go of a message a person has decided on, to be offered again if it is still to leave; an attempt under way
    /// ends by itself.
    func letGo(_ key: MessageKey) async throws {
        waiting[key] = nil
        if ledger.withState({ $0.messages[key]?.phase.isTerminal != false }) { try await frozen.discard(key) }
    }

    /// Has it look at the ledger anew.
    func wake() async { await bell.ring() }

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

    /// Since when the first of the waiting messages could have left; nil when none waits.
    var oldestReady: Instant? { waiting.values.lazy.map(\.notBefore).min() }

    var count: (waiting: Int, underWay: Int) { (waiting.count, underWay.count) }

    /// Whether something is on the wire, or could be by an instant: due, on a route that lets it begin by then.
    func isBusy(at instant: Instant) -> Bool {
        !underWay.isEmpty || !isFenced && waiting.values.contains { canBegin($0, by: instant) }
    }

    private func canBegin(_ job: Job, by instant: Instant) -> Bool {
        guard job.notBefore <= instant, let index = lane(for: job, at: instant) else { return false }
        return settings.lanes[index].opensAt(instant).map { $0 <= instant } ?? true
    }

    private var isFenced: Bool { ledger.withState { $0.fence != nil } }

    /// Works until drained; throws the ledger's error when something can no longer be written down.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while failure == nil, !Task.isCancelled {
                let now = clock.now()
                if let drainsUntil {
                    if underWay.isEmpty { return }
                    if now >= drainsUntil { break }
                } else if !isFenced {
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

    /// The waiting message due first whose route has a place, which it takes.
    private func takeReady(at now: Instant) -> (Job, Lane, Breaker.Admission)? {
        var best: (job: Job, index: Int)?
        for job in waiting.values where job.notBefore <= now {
            if let best, (best.job.message.dueAt, best.job.message.key) < (job.message.dueAt, job.message.key)
            {
                continue
            }
            guard let index = lane(for: job, at: now), let opens = settings.lanes[index].opensAt(now),
                opens <= now
            else { continue }
            best = (job, index)
        }
        guard let (job, index) = best, let admission = settings.lanes[index].begin(at: now) else {
            return nil
        }
        waiting[job.message.key] = nil
        underWay[job.message.key] = now
        return (job, settings.lanes[index], admission)
    }

    private func nextReady(after now: Instant) -> Instant {
        var next = now + .minutes(1)
        if let drainsUntil { return min(next, max(drainsUntil, now + .milliseconds(1))) }
        guard !isFenced else { return next }
        for job in waiting.values where job.notBefore < next {
            guard let index = lane(for: job, at: now), let opens = settings.lanes[index].opensAt(now) else {
                continue
            }
            next = min(next, max(job.notBefore, opens, now + .milliseconds(1)))
        }
        return next
    }

    /// The route a message takes next: its own, or while that one is paused the first behind it that is not.
    private func lane(for job: Job, at now: Instant) -> Int? {
        let lanes = settings.lanes
        guard !lanes.isEmpty else { return nil }
        let own = lanes.firstIndex { $0.route.name == job.route } ?? lanes.startIndex
        return job.isPinned ? own : lanes[own...].firstIndex { !$0.isPaused(at: now) } ?? own
    }

    private func job(_ message: PlannedMessage, notBefore: Instant, route: String? = nil) -> Job {
        let doubtful = ledger.withState { $0.messages[message.key]?.doubtfulRoute }
        return Job(
            message: message, notBefore: notBefore, route: doubtful ?? route, isPinned: doubtful != nil)
    }

    // MARK: - One attempt

    private func attempt(_ job: Job, on lane: Lane, as admission: Breaker.Admission) async {
        let key = job.message.key
        var outcome = DeliveryOutcome.interrupted
        do {
            outcome = try await settle(job, on: lane)
        } catch let error as StoreError where error.isPassing && !isBeingSent(key) {
            // Nothing has left, and the message waits for room (reliability 2.6).
            waiting[key] = self.job(job.message, notBefore: clock.now() + .seconds(30), route: job.route)
        } catch is IllegalTransition where !isBeingSent(key) {
            // A person decided otherwise while it was made ready.
        } catch {
            failure = failure ?? error
        }
        underWay[key] = nil
        if let index = settings.lanes.firstIndex(where: { $0.route.name == lane.route.name }),
            settings.lanes[index].end(admission, outcome, at: clock.now())
        {
            await tell(.routeFails(lane.route.name))
        }
        await bell.ring()
    }

    /// Whether the ledger has an attempt without an end: then nothing may be taken for passing.
    private func isBeingSent(_ key: MessageKey) -> Bool {
        ledger.withState { state in
            if case .sending = state.messages[key]?.phase { true } else { false }
        }
    }

    /// Asks, freezes, writes down, delivers, writes down.
    private func settle(_ job: Job, on lane: Lane) async throws -> DeliveryOutcome {
        let key = job.message.key
        let now = clock.now()
        // Offered again just as it was settled, or held by a person meanwhile.
        guard ledger.withState({ $0.messages[key]?.nextAttemptAt != nil }) else { return .interrupted }
        guard now < min(job.message.usefulUntil, job.message.dueAt + settings.retry.expiresAfter) else {
            try await drop(.expired(key, reason: WithheldReason.noLongerUseful.rawValue), at: now)
            return .interrupted
        }
        let message: PlannedMessage
        switch await verdict(job.message) {
        case .owed(let current): message = current
        case .notOwed(let reason):
            try await drop(.cancelled(key, reason: reason, by: nil), at: now)
            return .interrupted
        case .wait(let until):
            waiting[key] = self.job(job.message, notBefore: until, route: job.route)
            return .interrupted
        }
        guard let letter = try await letter(for: message, at: now) else { return .interrupted }
        guard drainsUntil == nil else {
            waiting[key] = job
            return .interrupted
        }

        let number = (ledger.withState { $0.messages[key]?.attempts } ?? 0) + 1
        try await ledger.append([
            .attempted(
                key,
                Attempt(
                    number: number, route: lane.route.name, messageID: letter.messageID, sha256: letter.sha256
                ))
        ])
        let outcome = await lane.courier.deliver(letter.parcel(of: message)) { [self] in
            try await handOver(key, attempt: number)
        }
        try await record(outcome, of: message, letter: letter, attempt: number, route: lane.route.name)
        return outcome
    }

    private func handOver(_ key: MessageKey, attempt: Int) async throws {
        guard drainsUntil == nil else { throw CancellationError() }
        try await ledger.append([.handedOver(key, attempt: attempt)])
    }

    private func drop(_ event: LedgerEvent, at now: Instant) async throws {
        try await ledger.append([event])
        switch event {
        case .cancelled(let key, let reason, _), .expired(let key, let reason):
            // One that may have left is unknown now, and a person may still want it looked at.
            if ledger.withState({ $0.messages[key]?.phase.isTerminal != false }) {
                try await frozen.discard(key)
            }
            observe(.dropped(key, reason: reason, at: now))
        default: break
        }
    }

    private func record(
        _ outcome: DeliveryOutcome, of message: PlannedMessage, letter: Letter, attempt number: Int,
        route: String
    ) async throws {
        let now = clock.now()
        let (retryAt, next) = retry(after: outcome, key: message.key, at: now, route: route)
        try await ledger.append([
            .resulted(message.key, AttemptResult(number: number, outcome: outcome, retryAt: retryAt))
        ])
        if let retryAt {
            waiting[message.key] = job(message, notBefore: retryAt, route: next)
        } else if outcome.isFinal {
            try await frozen.discard(message.key)
        }
        observe(
            .attempted(
                DaemonEvent.Dispatch(
                    message: message, subject: letter.frozen.subject, route: route, attempt: number,
                    outcome: outcome, at: now)))
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
            if failure.scope == .route, known?.doubtfulRoute == nil, let next = self.route(after: route) {
                return (now, next)
            }
            let failures = (known?.failures ?? 0) + 1
            let attempt = failure.scope == .message ? failures : 1
            return (now + settings.retry.delay(afterAttempt: attempt, random: random()), nil)
        }
    }

    private func route(after name: String) -> String? {
        settings.lanes.drop { $0.route.name != name }.dropFirst().first?.route.name
    }

    // MARK: - Frozen messages

    private struct Letter: Sendable {
        var frozen: FrozenMessage
        /// Of this sending ("KEY.n").
        var reference: String
        var messageID: String
        var sha256: String

        func parcel(of message: PlannedMessage) -> Parcel {
            let content: Parcel.Content =
                switch frozen.envelope {
                case .mail(let sender, let recipient, _):
                    .mail(Parcel.Mail(sender: sender, recipient: recipient, bytes: frozen.bytes))
                case .text(let recipient):
                    .text(
                        Parcel.TextMessage(
                            recipient: recipient, text: String(decoding: frozen.bytes, as: UTF8.self),
                            reference: reference, usefulUntil: message.usefulUntil))
                }
            return Parcel(key: message.key, kind: message.kind, content: content)
        }
    }

    /// The message as it leaves: composed and frozen at its first attempt, read back at every later one.
    ///
    /// Nil when it cannot be put into words or what was frozen is gone, which holds it for a person to look at.
    private func letter(for message: PlannedMessage, at now: Instant) async throws -> Letter? {
        let known = ledger.withState { $0.messages[message.key] }
        let reference = known?.reference ?? "\(message.key).0"
        do {
            if let before = known?.lastAttempt {
                return Letter(
                    frozen: try await frozen.message(of: message.key, sha256: before.sha256),
                    reference: reference, messageID: before.messageID, sha256: before.sha256)
            }
            let new = try compose(message, reference: reference, at: now)
            return Letter(
                frozen: new, reference: reference,
                messageID: "\(reference)@\(settings.service.messageIDDomain)",
                sha256: try await frozen.freeze(new, of: message.key))
        } catch let error as Composer.Problem {
            try await hold(message.key, because: "\(error)", at: now)
        } catch let error as MIMEProblem {
            try await hold(message.key, because: "\(error)", at: now)
        } catch let error as StoreError where error.isOfFrozenMessage {
            try await hold(message.key, because: "\(error)", at: now)
        }
        return nil
    }

    private func compose(
        _ message: PlannedMessage, reference: String, at now: Instant
    ) throws -> FrozenMessage {
        let rendered = try settings.composer.compose(message, calendar: settings.calendar, now: now)
        let service = settings.service
        return FrozenMessage(
            envelope: .mail(
                sender: service.sender, recipient: rendered.to.address, subject: rendered.subject),
            bytes: try MIMEMessage.bytes(
                of: rendered, zone: settings.calendar.zone, messageIDDomain: service.messageIDDomain,
                sender: service.sender, reference: reference))
    }

    private func hold(_ key: MessageKey, because reason: String, at now: Instant) async throws {
        try await ledger.append([.held(key, reason: reason, by: nil)])
        observe(.dropped(key, reason: reason, at: now))
    }
}

extension StoreError {
    /// Whether it concerns the bytes of one message and not the ledger.
    fileprivate var isOfFrozenMessage: Bool {
        switch self {
        case .frozenMessageMissing, .frozenMessageDamaged: true
        default: false
        }
    }
}

extension LedgerMessage {
    /// The route by which it may have left without anybody knowing; nil when there is no such doubt.
    fileprivate var doubtfulRoute: String? {
        ambiguousEnds > 0 ? lastAttempt?.route : nil
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
