import RelanceCore
import RelanceDelivery
import RelanceStore

/// Brings admitted messages to their couriers, a bounded number at a time, and writes down how each attempt ended.
///
/// Contract (reliability 2.2 to 2.4):
/// - Nothing is put on the wire before its attempt is durable in the ledger; the hand-over is durable before the last
///   byte without which nobody can deliver; the result is durable before the message's place is given up.
/// - The bytes of a message are frozen before its first attempt and are the same at every later one.
/// - Before each attempt the message is asked for anew: no longer owed is dropped with a reason, never sent.
/// - A failure of the route is not the message's: it goes to the next route at once, or waits for the breaker.
/// - Draining begins nothing new, lets what was handed over finish, and hands over nothing more.
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
        /// Index of the route to try next.
        var lane = 0
    }

    private let ledger: any LedgerStore
    private let frozen: FrozenMessages
    private let clock: any HouseClock
    private let random: @Sendable () -> Double
    private let observe: @Sendable (DaemonEvent) -> Void
    private var verdict: @Sendable (PlannedMessage) async -> Verdict = { .owed($0) }
    private var settings: Settings
    private var waiting: [MessageKey: Job] = [:]
    private var underWay: [MessageKey: Instant] = [:]
    private var isDraining = false
    private var failure: (any Error)?
    private let bell = Bell()

    init(
        ledger: any LedgerStore, frozen: FrozenMessages, settings: Settings, clock: any HouseClock,
        random: @escaping @Sendable () -> Double, observe: @escaping @Sendable (DaemonEvent) -> Void
    ) {
        self.ledger = ledger
        self.frozen = frozen
        self.settings = settings
        self.clock = clock
        self.random = random
        self.observe = observe
    }

    /// Who is asked just before each attempt.
    func ask(_ verdict: @escaping @Sendable (PlannedMessage) async -> Verdict) {
        self.verdict = verdict
    }

    /// Couriers, templates and schedule of a new configuration; attempts under way end on the old ones.
    func replace(_ settings: Settings) async {
        self.settings = settings
        for key in waiting.keys { waiting[key]?.lane = 0 }
        await bell.ring()
    }

    /// Takes in admitted messages; those it already has are left as they are.
    func offer(_ messages: [PlannedMessage], notBefore: [MessageKey: Instant] = [:]) async {
        for message in messages where waiting[message.key] == nil && underWay[message.key] == nil {
            waiting[message.key] = Job(message: message, notBefore: notBefore[message.key] ?? message.dueAt)
        }
        await bell.ring()
    }

    func has(_ key: MessageKey) -> Bool {
        waiting[key] != nil || underWay[key] != nil
    }

    /// Begins nothing new from now on.
    func drain() async {
        isDraining = true
        await bell.ring()
    }

    /// When the oldest attempt under way began; nil when there is none.
    var oldestUnderWay: Instant? { underWay.values.min() }

    var count: (waiting: Int, underWay: Int) { (waiting.count, underWay.count) }

    /// Whether something that is due by an instant has not left yet.
    func isBusy(at instant: Instant) -> Bool {
        !underWay.isEmpty || waiting.values.contains { $0.notBefore <= instant }
    }

    /// Works until drained; throws the ledger's error when something can no longer be written down.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while failure == nil {
                let now = clock.now()
                if !isDraining {
                    while let (job, lane) = takeReady(at: now) {
                        group.addTask { await self.attempt(job, lane: lane) }
                    }
                } else if underWay.isEmpty {
                    return
                }
                await clock.sleep(until: nextReady(after: now), or: bell)
                if Task.isCancelled {
                    isDraining = true
                    group.cancelAll()
                }
            }
        }
        if let failure { throw failure }
    }

    // MARK: - Which and when

    /// The waiting message due first whose route has a place, which it takes.
    private func takeReady(at now: Instant) -> (Job, lane: Int)? {
        let ready = waiting.values.filter { $0.notBefore <= now }
            .sorted { ($0.message.dueAt, $0.message.key) < ($1.message.dueAt, $1.message.key) }
        for job in ready {
            let index = min(job.lane, settings.lanes.count - 1)
            guard settings.lanes.indices.contains(index), settings.lanes[index].begin(at: now) else { continue }
            waiting[job.message.key] = nil
            underWay[job.message.key] = now
            return (job, index)
        }
        return nil
    }

    private func nextReady(after now: Instant) -> Instant {
        var next = now + .minutes(1)
        guard !isDraining else { return next }
        for job in waiting.values {
            let index = min(job.lane, settings.lanes.count - 1)
            guard settings.lanes.indices.contains(index), let opens = settings.lanes[index].opensAt(now) else {
                continue
            }
            next = min(next, max(job.notBefore, opens, now + .milliseconds(1)))
        }
        return next
    }

    // MARK: - One attempt

    private func attempt(_ job: Job, lane index: Int) async {
        let lane = settings.lanes[index]
        var outcome = DeliveryOutcome.interrupted
        do {
            outcome = try await settle(job, on: lane, index: index)
        } catch StoreError.diskFull {
            // Passing: nothing has left, and the message waits for room (reliability 2.6).
            waiting[job.message.key] = Job(message: job.message, notBefore: clock.now() + .seconds(30), lane: job.lane)
        } catch {
            failure = failure ?? error
        }
        underWay[job.message.key] = nil
        if settings.lanes.indices.contains(index), settings.lanes[index].route.name == lane.route.name {
            _ = settings.lanes[index].end(outcome, at: clock.now())
        }
        await bell.ring()
    }

    /// Asks, freezes, writes down, delivers, writes down.
    private func settle(_ job: Job, on lane: Lane, index: Int) async throws -> DeliveryOutcome {
        let key = job.message.key
        let now = clock.now()
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
            waiting[key] = Job(message: job.message, notBefore: until)
            return .interrupted
        }
        guard let letter = try await letter(for: message, at: now) else { return .interrupted }

        let number = (ledger.withState { $0.messages[key]?.attempts } ?? 0) + 1
        try await ledger.append([
            .attempted(
                key,
                Attempt(
                    number: number, route: lane.route.name, messageID: letter.messageID, sha256: letter.sha256))
        ])
        let outcome = await lane.courier.deliver(letter.parcel) { [self] in
            try await handOver(key, attempt: number)
        }
        try await record(outcome, of: message, letter: letter, attempt: number, lane: index)
        return outcome
    }

    private func handOver(_ key: MessageKey, attempt: Int) async throws {
        guard !isDraining else { throw CancellationError() }
        try await ledger.append([.handedOver(key, attempt: attempt)])
    }

    private func drop(_ event: LedgerEvent, at now: Instant) async throws {
        try await ledger.append([event])
        switch event {
        case .cancelled(let key, let reason, _), .expired(let key, let reason):
            try await frozen.discard(key)
            observe(.dropped(key, reason: reason, at: now))
        default: break
        }
    }

    private func record(
        _ outcome: DeliveryOutcome, of message: PlannedMessage, letter: Letter, attempt number: Int, lane: Int
    ) async throws {
        let now = clock.now()
        let (retryAt, next) = retry(after: outcome, key: message.key, at: now, lane: lane)
        try await ledger.append([
            .resulted(message.key, AttemptResult(number: number, outcome: outcome, retryAt: retryAt))
        ])
        if let retryAt {
            waiting[message.key] = Job(message: message, notBefore: retryAt, lane: next)
        } else if outcome.isFinal {
            try await frozen.discard(message.key)
        }
        observe(
            .attempted(
                DaemonEvent.Dispatch(
                    message: message, subject: letter.subject, route: settings.lanes[lane].route.name,
                    attempt: number, outcome: outcome, at: now)))
    }

    /// When and on which route a message is tried again; nil when it is not.
    private func retry(
        after outcome: DeliveryOutcome, key: MessageKey, at now: Instant, lane: Int
    ) -> (at: Instant?, lane: Int) {
        let known = ledger.withState { $0.messages[key] }
        switch outcome {
        case .accepted, .refused: return (nil, 0)
        case .interrupted: return (now, lane)
        case .ambiguous:
            // Never another route: the first one may have delivered.
            return (known?.retryAfterAmbiguity(at: now), lane)
        case .deferred(let failure):
            if failure.scope == .route, lane + 1 < settings.lanes.count { return (now, lane + 1) }
            let failures = (known?.failures ?? 0) + 1
            let attempt = failure.scope == .message ? failures : 1
            return (now + settings.retry.delay(afterAttempt: attempt, random: random()), 0)
        }
    }

    // MARK: - Frozen bytes

    private struct Letter: Sendable {
        var parcel: Parcel
        var subject: String
        var messageID: String
        var sha256: String
    }

    /// The message as it leaves: rendered and frozen at its first attempt, the very same bytes at every later one.
    ///
    /// Nil when it cannot be put into words or its frozen bytes are gone, which holds it for a person to look at.
    private func letter(for message: PlannedMessage, at now: Instant) async throws -> Letter? {
        let messageID = "\(message.key).0@\(settings.service.messageIDDomain)"
        let frozenBefore = ledger.withState { $0.messages[message.key]?.lastAttempt?.sha256 }
        do {
            let rendered = try settings.composer.compose(message, calendar: settings.calendar, now: now)
            let (bytes, sha256): ([UInt8], String)
            if let frozenBefore {
                (bytes, sha256) = (try await frozen.bytes(of: message.key, sha256: frozenBefore), frozenBefore)
            } else {
                bytes = try MIMEMessage.bytes(
                    of: rendered, zone: settings.calendar.zone, messageIDDomain: settings.service.messageIDDomain,
                    sender: settings.service.sender)
                sha256 = try await frozen.freeze(bytes, of: message.key)
            }
            return Letter(
                parcel: Parcel(
                    key: message.key, kind: message.kind, sender: settings.service.sender,
                    recipient: rendered.to.address, bytes: bytes),
                subject: rendered.subject, messageID: messageID, sha256: sha256)
        } catch let error as Composer.Problem {
            try await hold(message.key, because: "\(error)", at: now)
        } catch let error as MIMEProblem {
            try await hold(message.key, because: "\(error)", at: now)
        } catch let error as StoreError where error.isOfFrozenMessage {
            try await hold(message.key, because: "\(error)", at: now)
        }
        return nil
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

extension DeliveryOutcome {
    /// Whether nothing more happens to the message by itself.
    fileprivate var isFinal: Bool {
        switch self {
        case .accepted, .refused: true
        case .deferred, .ambiguous, .interrupted: false
        }
    }
}
