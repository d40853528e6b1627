import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Random walks of the clock of a daemon at work, by up to a day both ways (reliability 3.7 and 4, row 14).
///
/// A failure names its seed. `RELANCE_WALKS=n` walks n new seeds instead of the usual ones, `RELANCE_WALKS=#seed` that one.
@Suite(.timeLimit(.minutes(60))) struct ClockWalkTests {
    private static let seeds: [UInt64] = {
        let wish = ProcessInfo.processInfo.environment["RELANCE_WALKS"] ?? ""
        if wish.hasPrefix("#"), let seed = UInt64(wish.dropFirst()) { return [seed] }
        guard let count = UInt64(wish) else { return Array(1...6) }
        let first = UInt64.random(in: 0..<1 << 40)
        return Array(first..<first + count)
    }()

    @Test(arguments: seeds)
    func `however the clock walks, nothing leaves twice, nothing ends in doubt, and life goes on`(
        seed: UInt64
    )
        async throws
    {
        var walk = try Walk(seed: seed)
        let house = walk.house
        let life = try await house.run(
            at: Walk.start, clock: walk.clock, builtAt: Walk.start - .days(90), courier: walk.courier
        ) { life in
            await walk.clock.waitForSleepers(3)
            for _ in 0..<12 { try await walk.step(life) }
            try await walk.goOn(life)
        }
        let taken = life.log.dispatches.filter { if case .accepted = $0.outcome { true } else { false } }
        for (key, copies) in Dictionary(grouping: taken, by: \.message.key) where copies.count > 1 {
            Issue.record("seed \(seed): \(key) left at \(copies.map(\.at))")
        }
        let history = try house.history()
        for message in history.state.messages.values {
            for entry in history.trail(of: message.key) where entry.event.endsUnsent {
                let uptime = Elapsed.milliseconds(entry.stamp.bootMilliseconds)
                #expect(!walk.doubted.contains(uptime), "seed \(seed): \(entry.event) in doubt")
            }
        }
        #expect(!walk.doubted.isEmpty, "seed \(seed): the clock was never doubted")
    }
}

/// One walk: what becomes of the clock, and when it was in doubt.
private struct Walk {
    static let start = at("2020-11-02 09:30")

    let clock = ManualClock(start, uptime: .hours(100))
    /// Says, beside the daemon's own, when the clock is in doubt.
    private let watch: ClockWatch
    let house: TestHouse
    /// Two attempts in three put the mail off, so that there is always one that waits.
    let courier: ScriptedCourier
    private let seed: UInt64
    private var random: SplitMix64
    /// The machine's own time of every moment in which the clock was in doubt and nobody set it.
    private(set) var doubted: Set<Elapsed> = []

    init(seed: UInt64) throws {
        self.seed = seed
        watch = ClockWatch(clock, builtAt: .distantPast)
        watch.begin(latest: nil, lastStart: nil)
        _ = watch.doubt()
        var random = SplitMix64(seed: seed)
        courier = ScriptedCourier((0..<200).map { _ in random.chance(66) ? .busyMailbox : .init() })
        self.random = random
        // Every two hours somebody calls, who is to be called back within four: reminders are of use for an hour.
        let calls = (0..<24).map { number in
            let (day, hour) = (2 + number / 4, ["09", "11", "13", "15"][number % 4])
            return TestHouse.newCase("2020-03\(10 + number)").replacing(
                "2020-11-02T09:20", with: "2020-11-0\(day)T\(hour):10")
        }
        house = try TestHouse(
            cases: calls + [
                TestHouse.followUpCase("2020-0302"),
                TestHouse.followUpCase("2020-0303", more: Walk.calls(on: 2...6)),
                TestHouse.newCase(
                    "2020-0304", more: #", "distress": {"flagged_at": "2020-11-03T11:00:00+01:00"}"#),
            ])
    }

    private static func calls(on days: ClosedRange<Int>) -> String {
        let calls = days.map { #""2020-11-0\#($0)T09:55:00+01:00""# }.joined(separator: ", ")
        return #", "unanswered_calls": [\#(calls)], "contact": {"email": "gerante@boulangerie.example"}"#
    }

    /// The clock is set, as often as not, and time passes: a little in doubt, or until there is none.
    mutating func step(_ life: TestHouse.Life) async throws {
        if random.chance(60) {
            await set(to: clock.now() + .minutes(random.number(in: -1440...1440)), life)
        }
        for _ in 0..<random.number(in: 1...14) { await pass(.minutes(1), life) }
        if random.chance(40) {
            for _ in 0..<random.number(in: 1...8) { await pass(.minutes(random.number(in: 5...50)), life) }
        }
    }

    /// Set right at last, it announces what comes in from then on.
    mutating func goOn(_ life: TestHouse.Life) async throws {
        let morning = at("2020-11-09 10:00")
        await set(to: morning, life)
        for _ in 0..<11 { await pass(.minutes(1), life) }
        let ref = "2020-0399"
        try house.folder.write(
            "[\(TestHouse.newCase(ref).replacing("2020-11-02T09:20", with: "2020-11-09T10:15"))]",
            to: "cases/anew.json")
        clock.advance(to: morning + .minutes(20))
        await life.log.wait { events in
            events.contains {
                if case .attempted(let one) = $0 { one.message.cases == [.make(ref)] } else { false }
            }
        }
    }

    private mutating func set(to instant: Instant, _ life: TestHouse.Life) async {
        if let uptime = clock.reading?.uptime { doubted.remove(uptime) }
        clock.set(to: instant)
        await rest(life)
    }

    private mutating func pass(_ time: Elapsed, _ life: TestHouse.Life) async {
        clock.advance(to: clock.now() + time)
        await rest(life)
        if let uptime = clock.reading?.uptime, watch.doubt() != nil { doubted.insert(uptime) }
    }

    /// Returns once the loop has looked at the clock where it stands, and everybody sleeps; it works when there is no doubt.
    private func rest(_ life: TestHouse.Life) async {
        let now = clock.now()
        await life.log.wait { events in
            events.last { $0.turn != nil }.map { $0.turn == .doubted(now) || $0.turn == .ticked(now) } == true
        }
        await clock.waitForSleepers(3)
        let turn = life.log.events.last { $0.turn != nil }?.turn
        #expect(turn == (watch.doubt() == nil ? .ticked(now) : .doubted(now)), "seed \(seed)")
    }
}

/// A turn of the loop, as it is told.
private enum Turn: Hashable {
    case ticked(Instant), doubted(Instant)
}

extension DaemonEvent {
    fileprivate var turn: Turn? {
        switch self {
        case .ticked(let at, _): .ticked(at)
        case .clockDoubted(let at): .doubted(at)
        default: nil
        }
    }
}

extension LedgerEvent {
    /// Whether a message ends by it without having left.
    fileprivate var endsUnsent: Bool {
        switch self {
        case .expired, .cancelled, .superseded: true
        default: false
        }
    }
}
