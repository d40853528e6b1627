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
/// - Before each attempt the message is asked for anew: no longer owed is dropped with a reason, never sent. What
///   counts towards one ceiling is asked for one after the other; what took long to be written down is asked for again.
/// - A failure of the route is not the message's: it goes to the next route at once, or waits for the breaker.
/// - A message that may have left by a route never takes another one, and ends as `unknown` when its time is over or
///   it is no longer owed; once its route carries nothing any more, it is held and a person decides. A text message is
///   not repeated at all, unless the house wants its kind repeated (design D11).
/// - A message takes only routes that carry its channel, the first of them again as soon as that one works.
/// - One whose time is over ends as expired, whether or not its routes let anything begin; one that another channel
///   would carry does so after an hour in which no route worked.
/// - While the ledger is fenced no attempt is begun that the fence holds, nor is it given up; nothing is while the clock
///   is in doubt (reliability 2.7 to 2.9). What is late leaves at its own pace.
/// - Draining begins nothing new, hands over nothing more, and lets what was handed over finish until the time for it
///   is up; then it is cancelled, which is an end like any other and written down.
/// - An error of the ledger ends `run()`: what cannot be written down must not be sent. What was handed over by then has
///   ten seconds to finish, and its end is told of by key since it stands nowhere else (reliability 2.6).
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
        var onAmbiguous = AmbiguityRule()
        /// Whether the parts of text messages are counted against a budget.
        var countsTexts = false
    }

    /// What others want to hear of.
    struct Announcements: Sendable {
        var incident: @Sendable (Incident) async -> Void = { _ in }
        /// The ledger tells planning something new of these cases.
        var changed: @Sendable ([CaseReference]) async -> Void = { _ in }
        /// A text message has left, or may have: what became of it is to be found out.
        var left: @Sendable (MessageKey) async -> Void = { _ in }
    }

    let ledger: any LedgerStore
    let frozen: FrozenMessages
    let clock: any HouseClock
    let random: @Sendable () -> Double
    let observe: @Sendable (DaemonEvent) -> Void
    let announce: Announcements
    var verdict: @Sendable (PlannedMessage) async -> Verdict = { .owed($0) }
    var settings: Settings
    /// Routes that carry nothing any more, while attempts of before are on them.
    var formerLanes: [String: Lane] = [:]
    let watch: ClockWatch?
    var pace: Pace
    var waiting: [MessageKey: OutboxJob] = [:]
    var underWay: [MessageKey: UnderWay] = [:]
    /// Whether the last turn left something because another message was being counted.
    var waitsForCount = false
    /// How long the machine will have been awake when what is on the wire is given up; nil while new attempts may begin.
    var drainsUntil: Elapsed?
    var failure: (any Error)?
    let bell = Bell()

    /// How long what was handed over may take to finish once nothing can be written down any more.
    static let grace = Elapsed.seconds(10)

    /// How long it is as good as asked whether a message is owed.
    static let freshness = Elapsed.seconds(10)

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
        let old = self.settings.lanes.merging(formerLanes) { current, _ in current }
        self.settings = settings
        pace.rule = settings.catchUp
        self.settings.lanes = settings.lanes.mapValues { new in
            old[new.route.name]?.replaced(by: new) ?? new
        }
        formerLanes = old.filter { settings.lanes[$0.key] == nil && $0.value.onTheWire > 0 }
        await bell.ring()
    }

    /// Takes in admitted messages; those that wait already are left as they are, but for one that waits for its case and is
    /// owed now, those under way looked at when they end.
    func offer(_ messages: [PlannedMessage], notBefore: [MessageKey: Instant] = [:]) async {
        for message in messages {
            guard underWay[message.key] == nil else {
                underWay[message.key]?.offered = message
                continue
            }
            // Counted from here even if it was due before: the time nobody was at work is no jam of the outbox.
            let earliest = max(notBefore[message.key] ?? message.dueAt, clock.now())
            if let job = waiting[message.key] {
                guard job.waitsForCase else { continue }
                waiting[message.key]?.notBefore = min(job.notBefore, earliest)
            } else {
                waiting[message.key] = job(message, notBefore: earliest, since: earliest)
            }
        }
        await bell.ring()
    }

    /// Lets go of a message a person has decided on, to be offered again if it is still to leave; an attempt under way
    /// ends by itself.
    func letGo(_ key: MessageKey) async throws {
        waiting[key] = nil
        try await discardIfSettled(key)
    }

    /// What was due before is late, and leaves at its own pace from now on.
    func catchUp(before instant: Instant) async {
        pace.catchUp(before: instant)
        await bell.ring()
    }

    /// The clock was set back to `now`.
    func setBack(to now: Instant) async {
        for key in waiting.keys { waiting[key]?.setBack(to: now, settings.retry) }
        for name in settings.lanes.keys { settings.lanes[name]?.setBack(to: now) }
        pace.setBack(to: now)
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
        let end = clock.awake + time
        drainsUntil = min(drainsUntil ?? end, end)
        await bell.ring()
    }

    /// Ends the work with an error behind which nothing can be written down any more; the first one counts.
    ///
    /// What is handed over has a little time to finish, the rest is cut at once.
    func fail(_ error: any Error) async {
        failure = failure ?? error
        await drain(for: Outbox.grace)
    }

    /// For how long, while the machine was awake, the slowest of what is under way has got no further; nil when nothing is.
    var oldestUnderWay: Elapsed? { underWay.values.map(\.movedAt).min().map { clock.awake - $0 } }

    /// Since when the first of the waiting messages could have left, but for those that are late anyway; nil when none
    /// waits.
    var oldestReady: Instant? {
        waiting.values.lazy.filter { !self.pace.isLate($0.message) }.map(\.notBefore).min()
    }

    var count: (waiting: Int, underWay: Int) { (waiting.count, underWay.count) }

    /// Whether something is on the wire, or could be by an instant: due, on a route that lets it begin by then; or whether
    /// a message's time is over by then and nobody has ended it yet.
    func isBusy(at instant: Instant) -> Bool {
        let fence = fence
        return !underWay.isEmpty
            || waiting.values.contains {
                canBegin($0, by: instant, behind: fence) || isOverdue($0, at: instant, behind: fence)
            }
    }

    /// Works until drained; throws the ledger's error when something can no longer be written down.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let now = clock.now()
                if let drainsUntil {
                    if underWay.isEmpty { return }
                    if clock.awake >= drainsUntil { break }
                    if failure != nil, !underWay.values.contains(where: \.isHandedOver) { break }
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
            drainsUntil = drainsUntil ?? clock.awake
            group.cancelAll()
        }
        if let failure { throw failure }
    }
}
