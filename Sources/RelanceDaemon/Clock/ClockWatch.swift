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
    /// Before the newest record of the ledger.
    case behindLedger
    /// Ahead of where the machine's own time would have brought it.
    case jumped
}

/// Tells whether the wall clock can be believed (reliability 2.7): planning by a wrong one would send what is not due,
/// and drop what is.
///
/// Doubted is a clock that stands before the program was built or five minutes behind the ledger, and one that went an
/// hour further than the machine was up; the machine's sleep counts as up, so it is a downtime and no doubt. A doubt ends
/// when the kernel vouches for the clock, or after ten minutes without another step, since then nobody seems to be
/// setting it right; a clock before the program's own time is never right. A clock that keeps no other (a virtual one)
/// is always believed.
package final class ClockWatch: Sendable {
    private let clock: any HouseClock
    private let builtAt: Instant
    private let state: Mutex<State>

    private struct State {
        /// The reading before, or what the ledger knows of the last run's.
        var last: (now: Instant, uptime: Elapsed)?
        /// The latest time that was lived by: the ledger's newest record, later the last reading that was believed.
        var latest: Instant?
        var isFirst = true
        var doubt: ClockDoubt?
        /// Since when, by the machine's own time, the doubted clock has run evenly.
        var evenSince = Elapsed.milliseconds(0)
    }

    /// What the ledger says of the run before.
    package struct Past: Sendable {
        /// Its newest record.
        package var newest: Instant?
        /// Its start, by both clocks.
        package var start: (now: Instant, uptime: Elapsed)?

        package init(newest: Instant?, start: (now: Instant, uptime: Elapsed)? = nil) {
            self.newest = newest
            self.start = start
        }
    }

    package init(_ clock: any HouseClock, builtAt: Instant, past: Past) {
        self.clock = clock
        self.builtAt = builtAt
        state = Mutex(State(last: past.start, latest: past.newest))
    }

    /// A step is told from the drift that keeping time involves.
    private static let step = Elapsed.minutes(5)
    private static let jump = Elapsed.hours(1)
    private static let patience = Elapsed.minutes(10)

    /// Why the clock is not to be believed now; nil when it is.
    package func doubt() -> ClockDoubt? {
        guard let reading = clock.reading else { return nil }
        return state.withLock { look(at: reading, &$0) }
    }

    private func look(at reading: ClockReading, _ state: inout State) -> ClockDoubt? {
        let step = stepSince(state, reading)
        let hasStepped = max(step, .milliseconds(0) - step) > ClockWatch.step
        if state.isFirst || hasStepped {
            state.evenSince = reading.uptime
            state.doubt = judge(reading, step: step, state)
        }
        (state.isFirst, state.last) = (false, (reading.now, reading.uptime))
        switch state.doubt {
        case nil, .beforeBuild: break
        case .behindLedger, .jumped:
            if reading.isSynchronised || reading.uptime - state.evenSince >= ClockWatch.patience {
                state.doubt = nil
            }
        }
        if state.doubt == nil { state.latest = reading.now }
        return state.doubt
    }

    /// How far the wall clock went beyond what the machine was up; all of it after a restart of the machine, which tells
    /// nothing of the time it was off.
    private func stepSince(_ state: State, _ reading: ClockReading) -> Elapsed {
        guard let last = state.last else { return .milliseconds(0) }
        let wasRestarted = reading.uptime < last.uptime
        let explained = wasRestarted ? .milliseconds(0) : reading.uptime - last.uptime
        let from = wasRestarted ? max(last.now, state.latest ?? last.now) : last.now
        return reading.now - from - explained
    }

    private func judge(_ reading: ClockReading, step: Elapsed, _ state: State) -> ClockDoubt? {
        if reading.now < builtAt - ClockWatch.step { return .beforeBuild }
        if let latest = state.latest, reading.now < latest - ClockWatch.step { return .behindLedger }
        if step > ClockWatch.jump { return .jumped }
        return nil
    }
}

extension Elapsed {
    fileprivate static func - (a: Elapsed, b: Elapsed) -> Elapsed {
        .milliseconds(a.milliseconds - b.milliseconds)
    }
}

extension ClockDoubt {
    /// For the log and the service's status.
    var sentence: String {
        switch self {
        case .beforeBuild: "the clock stands before the program was built"
        case .behindLedger: "the clock stands behind the newest record of the ledger"
        case .jumped: "the clock went further than the machine was up"
        }
    }
}
