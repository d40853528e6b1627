import RelanceCore

/// The line's time, which the daemon's virtual clock follows: it begins on a Monday morning, whenever the soak is run,
/// and passes some times faster than the machine's.
///
/// On the real clock a soak started in the evening or on a Sunday would find every window closed and send nothing.
struct SoakClock: Sendable {
    let speed: Double
    private let origin = ContinuousClock.now

    /// Monday 2 November 2020, 08:20 in Paris: digests leave at 08:30, the service opens at 09:00.
    static let start = Instant(milliseconds: 1_604_301_600_000)

    var now: Instant { SoakClock.start + .milliseconds(Int64(elapsed / .milliseconds(1) * speed)) }

    /// How long the soak has been running, by the machine.
    var elapsed: Duration { ContinuousClock.now - origin }

    /// Whether businesses call at that instant: from Monday to Friday, 08:00 to 19:00 in Paris, in winter.
    static func isBusy(at instant: Instant) -> Bool {
        let monday = Int64(1_604_271_600_000)
        let hours = (instant.milliseconds - monday) / 3_600_000
        return hours / 24 % 7 < 5 && (8..<19).contains(hours % 24)
    }
}
