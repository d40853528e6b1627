import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Synchronization
import Testing

@testable import RelanceDaemon

/// The loop over one ledger through several lives, and what it admits (reliability 3.7); the argument of a failing test is
/// its seed.
@Suite(.timeLimit(.minutes(10))) struct RestartPropertyTests {
    private static let start = at("2020-10-23 06:00")
    private static let end = at("2020-11-12 06:00")

    private func draw(_ count: Int, _ random: inout SplitMix64) -> [OpenCase] {
        (0..<count).map { random.drawCase(number: $0, from: Self.start) }
    }

    @Test(arguments: Seeds.or(first: 4))
    func `restarts at any instants leave the keys that a run without them has`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let cases = draw(12, &random)
        let undisturbed = LivesOfALoop(cases, from: Self.start)
        try await undisturbed.live(until: Self.end)
        #expect(undisturbed.keys.count > 20, "seed \(seed)")
        for _ in 0..<3 {
            let length = (Self.end - Self.start).milliseconds
            let restarts = (0..<random.number(in: 1...25)).map { _ in
                Self.start + .milliseconds(random.number(in: 1...length))
            }
            let lives = LivesOfALoop(cases, from: Self.start, dyingAtDeliveries: 10, seed: random.next())
            for restart in restarts.sorted() {
                try await lives.live(until: restart)
                try await lives.restart()
            }
            try await lives.live(until: Self.end)
            let difference = lives.keys.symmetricDifference(undisturbed.keys)
            #expect(
                difference.isEmpty,
                "seed \(seed): \(difference.map { lives.names[$0] ?? undisturbed.names[$0] ?? "" })")
        }
    }

    /// What a gateway's call comes to, for an answer of STOP, and a call to an advisor.
    private static func objection(_ channel: Channel, _ instance: String) -> LedgerEvent {
        switch channel {
        case .sms:
            .objected(
                AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: instance),
                Objection(source: .answer, by: "texts", proof: "STOP"))
        case .email:
            .objected(
                AddressMark(EmailAddress.make("contact@boulangerie.example"), instance: instance),
                Objection(source: .person, by: "nadia.perrin", proof: "au téléphone"))
        }
    }

    @Test(arguments: Seeds.or(first: 4), Channel.allCases)
    func `who objects, by STOP or by word, is told nothing more`(seed: UInt64, channel: Channel) async throws
    {
        var random = SplitMix64(seed: seed)
        let cases = draw(40, &random)
        let undisturbed = LivesOfALoop(cases, from: Self.start)
        try await undisturbed.live(until: Self.end)
        let messages = undisturbed.admitted.filter { $0.message.isToBusiness(by: channel) }
        try #require(!messages.isEmpty, "seed \(seed)")
        let instant = random.pick(messages).at - .milliseconds(1)
        let lives = LivesOfALoop(cases, from: Self.start)
        try await lives.live(until: instant)
        let before = lives.admitted.count
        try await lives.take(Self.objection(channel, lives.instance))
        try await lives.live(until: Self.end)
        for (message, now) in lives.admitted.dropFirst(before) where message.isToBusiness(by: channel) {
            Issue.record("seed \(seed): \(message.kind) \(message.cases) at \(now)")
        }
    }

    @Test(arguments: Seeds.or(first: 4), Channel.allCases)
    func `what waits to leave does not once its reader objects`(seed: UInt64, channel: Channel) async throws {
        var random = SplitMix64(seed: seed)
        let cases = draw(40, &random)
        let whole = LivesOfALoop(cases, from: Self.start, delivers: false)
        try await whole.live(until: Self.end)
        let messages = whole.admitted.filter { $0.message.isToBusiness(by: channel) }
        try #require(!messages.isEmpty, "seed \(seed)")
        let waiting = random.pick(messages)
        let lives = LivesOfALoop(cases, from: Self.start, delivers: false)
        try await lives.live(until: waiting.at)
        guard case .owed = await lives.verdict(on: waiting.message) else {
            Issue.record("seed \(seed): \(waiting.message.kind) is not owed at \(waiting.at)")
            return
        }
        try await lives.take(Self.objection(channel, lives.instance))
        if case .owed = await lives.verdict(on: waiting.message) {
            Issue.record("seed \(seed): \(waiting.message.kind) \(waiting.message.cases) may still leave")
        }
    }
}

extension PlannedMessage {
    fileprivate func isToBusiness(by channel: Channel) -> Bool {
        recipient.audience == .business && self.channel == channel
    }
}

/// One ledger, and one loop after the other over it; what a loop offers is delivered at once, or never.
private final class LivesOfALoop {
    private let cases: [OpenCase]
    private let ledger: MemoryLedger
    private let clock: Guarded<Instant>
    private let fate: Guarded<Fate>
    private let planner: Planner
    private var loop: FollowUpLoop
    /// In their order, with when.
    private(set) var admitted: [(message: PlannedMessage, at: Instant)] = []
    private(set) var keys: Set<MessageKey> = []
    private(set) var names: [MessageKey: String] = [:]

    /// What deliveries come to: some die with the process, after the attempt was written down and before anything left.
    private struct Fate {
        var random: SplitMix64
        let percent: Int64
        let delivers: Bool
        var isDead = false
        /// Cases whose business was told something.
        var told: [CaseReference] = []
    }

    init(
        _ cases: [OpenCase], from start: Instant, dyingAtDeliveries percent: Int64 = 0, seed: UInt64 = 0,
        delivers: Bool = true
    ) {
        self.cases = cases
        let clock = Guarded(start)
        self.clock = clock
        fate = Guarded(Fate(random: SplitMix64(seed: seed), percent: percent, delivers: delivers))
        planner = SimulatedHouse.first.planner(instance: "restarts")
        ledger = MemoryLedger(instance: "restarts", now: { clock.withLock { $0 } })
        loop = Self.begin(cases, planner, ledger, fate, at: start)
    }

    var instance: String { ledger.instance }
    private var now: Instant { clock.withLock { $0 } }

    private static func begin(
        _ cases: [OpenCase], _ planner: Planner, _ ledger: MemoryLedger, _ fate: Guarded<Fate>,
        at now: Instant
    ) -> FollowUpLoop {
        var followUps = FollowUps(planner: planner, now: now)
        followUps.update(cases.map { CaseRecord($0, at: .nowhere) }, now: now)
        return FollowUpLoop(
            followUps: followUps, ledger: ledger, smsBudget: SMSBudgetRule(soft: nil, hard: nil)
        ) { messages, _ in
            for message in messages { await deliver(message, ledger, fate) }
        }
    }

    private static func deliver(
        _ message: PlannedMessage, _ ledger: MemoryLedger, _ fate: Guarded<Fate>
    ) async {
        guard let known = ledger.withState({ $0.messages[message.key] }), known.nextAttemptAt != nil else {
            return
        }
        guard fate.withLock({ $0.delivers }) else { return }
        let dies = fate.withLock { fate in
            fate.isDead = fate.isDead || fate.percent > 0 && fate.random.chance(fate.percent)
            return fate.isDead
        }
        let number = known.attempts + 1
        let attempt = Attempt(number: number, route: "a", messageID: "", sha256: "")
        var events: [LedgerEvent] = [.attempted(message.key, attempt)]
        if !dies {
            events += [
                .handedOver(message.key, attempt: number),
                .resulted(message.key, AttemptResult(number: number, outcome: .accepted(reply: ""))),
            ]
        }
        // In memory and in order: there is nothing that could fail.
        _ = try? await ledger.append(events)
        if message.recipient.audience == .business { fate.withLock { $0.told += message.cases } }
    }

    /// The process ends here, and the next one begins at the same instant.
    func restart() async throws {
        let now = now
        fate.withLock { $0.isDead = false }
        try await ledger.append(
            ledger.withState { $0.recovery(starting: ProgramStart(version: "1", machine: "here"), at: now) }
                .events)
        loop = Self.begin(cases, planner, ledger, fate, at: now)
        try await tick()
    }

    /// From wake to wake, the end included.
    func live(until end: Instant) async throws {
        while true {
            try await tick()
            let next = max(await loop.nextWake ?? end, now + .milliseconds(1))
            guard now < end else { return }
            clock.withLock { $0 = min(next, end) }
        }
    }

    func take(_ event: LedgerEvent) async throws {
        try await ledger.append([event])
        let (refs, now) = (cases.map(\.ref), now)
        await loop.change { $0.remember(refs, now: now) }
        try await tick()
    }

    func verdict(on message: PlannedMessage) async -> Outbox.Verdict {
        await loop.verdict(on: message, at: now)
    }

    private func tick() async throws {
        while true {
            let now = now
            let ticked = try await loop.tick(at: now)
            for message in ticked.admitted {
                admitted.append((message, now))
                for key in [message.key] + message.covers where keys.insert(key).inserted {
                    names[key] = "\(message.kind) \(message.cases) \(message.recipient.id) \(now)"
                }
            }
            if fate.withLock({ $0.isDead }) { return try await restart() }
            // What has left may be followed by more, such as the text that says to look at the mail.
            let told = fate.withLock { fate in
                defer { fate.told = [] }
                return fate.told
            }
            guard !told.isEmpty else { return }
            await loop.change { $0.remember(told, now: now) }
        }
    }
}
