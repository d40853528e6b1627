import Glibc
import RelanceCore

/// The clock the whole program lives by, handed in: the machine's, a virtual one, or a test's (design D12).
package protocol HouseClock: Sendable {
    func now() -> Instant

    /// Returns at the instant or a little later, and no later by the machine's own time than it seemed at the beginning,
    /// so that a clock that is set back keeps nobody asleep; throws only when cancelled.
    func sleep(until instant: Instant) async throws

    /// What it says beside the machine's own time, so that a clock somebody has set can be told; nil where it keeps no
    /// other time, as a virtual one.
    var reading: ClockReading? { get }

    /// How long the machine has been awake since some beginning, in the clock's seconds: nobody can set it, and it stands
    /// while the machine sleeps, as what is on the wire does.
    var awake: Elapsed { get }

    /// How many of its seconds pass in one of the machine's: what the disk and the wire do takes so much longer by it.
    var speed: Double { get }
}

extension HouseClock {
    package var speed: Double { 1 }
    package var reading: ClockReading? { nil }
}

/// The machine's wall clock.
///
/// Sleeps are cut into pieces of at most a minute, because a wall clock can be set forward while one sleeps.
package struct SystemClock: HouseClock {
    package init() {}

    package func now() -> Instant {
        Instant.now
    }

    package var reading: ClockReading? {
        ClockReading(
            now: now(), uptime: .milliseconds(MachineClock.bootMilliseconds()),
            isSynchronised: MachineClock.isSynchronised)
    }

    package var awake: Elapsed { .milliseconds(MachineClock.milliseconds(CLOCK_MONOTONIC)) }

    package func sleep(until instant: Instant) async throws {
        let end = ContinuousClock.now + .milliseconds(min((instant - now()).milliseconds, 1 << 40))
        while instant > now() {
            let left = end - ContinuousClock.now
            guard left > .zero else { return }
            try await Task.sleep(for: min(left, .seconds(60)))
        }
    }
}

/// A clock that starts where it is told and runs faster than the real one.
package struct VirtualClock: HouseClock {
    private let start: Instant
    package let speed: Double
    private let origin = ContinuousClock.now

    /// Starts at once; `speed` is how many seconds pass in one.
    package init(start: Instant, speed: Double) {
        self.start = start
        self.speed = speed
    }

    package func now() -> Instant {
        let elapsed = ContinuousClock.now - origin
        let (seconds, attoseconds) = elapsed.components
        let real = Double(seconds) * 1000 + Double(attoseconds) / 1e15
        return start + .milliseconds(Int64(real * speed))
    }

    package var awake: Elapsed {
        .milliseconds(Int64(Double(MachineClock.milliseconds(CLOCK_MONOTONIC)) * speed))
    }

    package func sleep(until instant: Instant) async throws {
        while true {
            let left = instant - now()
            guard left > .seconds(0) else { return }
            try await Task.sleep(
                for: .milliseconds(Int64(min(60_000, (Double(left.milliseconds) / speed).rounded(.up)))))
        }
    }
}
