import RelanceCore
import Synchronization

/// What a machine's clocks say at one moment.
package struct ClockReading: Hashable, Sendable {
    package var now: Instant
    /// How long the machine has been up, its sleep included (CLOCK_BOOTTIME): nobody can set it.
    package var uptime: Elapsed
    /// Whether the kernel says that the wall clock is kept by somebody who knows the time (adjtimex).
    package var isSynchronised: Bool

    package init(now: Instant, uptime: Elapsed, isSynchronised: Bool) {
        self.now = now
        self.uptime = uptime
        self.isSynchronised = isSynchronised
    }
}

/// Why the wall clock is not believed.
package enum ClockDoubt: Hashable, Sendable {
    /// Before the program was built.
    case beforeBuild
    /// Before the time that was lived by last.
    case behind
    /// Ahead of where the machine's own time would have brought it.
    case jumped
}

/// The clock the house lives by, which tells whether the machine's can be believed (reliability 2.7): planning by a wrong
/// one would send what is not due, and drop what is.
///
/// Doubted is a clock that stands before the program was built, five minutes behind the ledger or the time lived by
/// last, or an hour ahead of where the machine's own time brings it. The machine's sleep counts as its own time, so it
/// is a downtime and no doubt; after a restart of the machine nobody can tell how long it was off, so any hour is
/// doubted. A doubt ends when the clock is set right, when the kernel vouches for it, or after ten minutes without
/// another step, since then nobody is setting it. A clock before the program's own time is never right. One that keeps no
/// other time (a virtual one) is always believed.
///
/// While it doubts, its own time is the one that was believed last, gone on by the machine's: whatever has to be written
/// down meanwhile bears no time that nobody believes.
package final class ClockWatch: HouseClock {
    private let clock: any HouseClock
    private let builtAt: Instant
    /// Nil until it knows what the ledger says.
    private let state = Mutex<State?>(nil)

    private struct State {
        /// The reading that was believed last, at first the ledger's of the last start; nil believes the first.
        var believed: Moment?
        /// The latest time that was lived by: the ledger's newest record, later the last reading that was believed.
        var latest: Instant?
        var previous: Moment?
        /// Since when, by the machine's own time, the clock has made no step.
        var evenSince: Elapsed?
    }

    /// The wall clock and the machine's own at one moment.
    package struct Moment: Sendable {
        package var now: Instant
        package var uptime: Elapsed

        package init(now: Instant, uptime: Elapsed) {
            self.now = now
            self.uptime = uptime
        }

        /// How far the wall clock has gone beyond the machine's own time since.
        fileprivate func step(to reading: ClockReading) -> Elapsed {
            (reading.now - now) - (reading.uptime - uptime)
        }
    }

    /// Believes every time until it begins.
    package init(_ clock: any HouseClock, builtAt: Instant) {
        self.clock = clock
        self.builtAt = builtAt
    }

    /// `latest` is when the ledger's newest record was written and `lastStart` what it says of the last start; nil where it
    /// is new.
    package func begin(latest: Instant?, lastStart: Moment?) {
        state.withLock { $0 = State(believed: lastStart, latest: latest) }
    }

    /// A step is told from the drift that keeping time involves.
    static let step = Elapsed.minutes(5)
    private static let jump = Elapsed.hours(1)
    private static let patience = Elapsed.minutes(10)

    /// Why the clock is not to be believed now; nil when it is.
    package func doubt() -> ClockDoubt? {
        clock.reading.flatMap { look(at: $0).doubt }
    }

    package func now() -> Instant {
        clock.reading.map { look(at: $0).now } ?? clock.now()
    }

    package func sleep(until instant: Instant) async throws {
        // An instant of its own time is another one of a clock that is doubted.
        let error = clock.reading.map { $0.now - look(at: $0).now } ?? .seconds(0)
        try await clock.sleep(until: instant + error)
    }

    package var reading: ClockReading? { clock.reading }
    package var awake: Elapsed { clock.awake }
    package var speed: Double { clock.speed }

    /// Why a reading is not to be believed, and what time it is as far as anybody knows.
    private func look(at reading: ClockReading) -> (doubt: ClockDoubt?, now: Instant) {
        state.withLock { state in
            guard var begun = state else { return (nil, reading.now) }
            defer { state = begun }
            guard let doubt = look(at: reading, &begun) else { return (nil, reading.now) }
            let believed = begun.believed.map { $0.now + (reading.uptime - $0.uptime) }
            return (doubt, believed ?? reading.now)
        }
    }

    private func look(at reading: ClockReading, _ state: inout State) -> ClockDoubt? {
        let moment = Moment(now: reading.now, uptime: reading.uptime)
        if let believed = state.believed, reading.uptime < believed.uptime {
            state.believed = Moment(now: state.latest ?? believed.now, uptime: reading.uptime)
        }
        let isEven = state.previous.map { $0.step(to: reading).magnitude <= ClockWatch.step } ?? false
        if !isEven { state.evenSince = nil }
        let evenSince = state.evenSince ?? reading.uptime
        (state.evenSince, state.previous) = (evenSince, moment)

        if let doubt = judge(reading, state) {
            let isSettled = reading.isSynchronised || reading.uptime - evenSince >= ClockWatch.patience
            guard doubt != .beforeBuild, isSettled else { return doubt }
        }
        (state.believed, state.latest) = (moment, reading.now)
        return nil
    }

    private func judge(_ reading: ClockReading, _ state: State) -> ClockDoubt? {
        if reading.now + ClockWatch.step < builtAt { return .beforeBuild }
        if let latest = state.latest, reading.now + ClockWatch.step < latest { return .behind }
        if let believed = state.believed, believed.step(to: reading) > ClockWatch.jump { return .jumped }
        return nil
    }
}

extension Elapsed {
    fileprivate var magnitude: Elapsed { .milliseconds(abs(milliseconds)) }
}

extension ClockDoubt {
    /// For the log and the service's status.
    package var sentence: String {
        switch self {
        case .beforeBuild: "the clock stands before the program was built"
        case .behind: "the clock stands behind the time of the ledger"
        case .jumped: "the clock went further than the machine was up"
        }
    }
}
