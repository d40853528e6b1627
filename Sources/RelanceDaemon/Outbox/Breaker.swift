import RelanceCore

/// Keeps a route that fails as a whole from being tried by every message in turn (reliability 2.10).
///
/// Opens after five failures of the route in a row, for one minute, twice as long after each failed probe, fifteen
/// minutes at most; one message at a time probes it, and one success closes it, while one probes that one's own.
struct Breaker: Hashable, Sendable {
    static let threshold = 5
    static let firstPause = Elapsed.minutes(1)
    static let longestPause = Elapsed.minutes(15)

    private(set) var failures = 0
    /// Nothing is tried before this instant.
    private(set) var pausedUntil: Instant?
    private var pause = Breaker.firstPause
    /// Whether a message is finding out if the route works again.
    private(set) var isProbing = false

    /// Whether the breaker has opened and no success has closed it since.
    var isOpen: Bool { pausedUntil != nil }

    /// What an attempt was let through as; its end is told with it, so that a straggler from before the breaker opened
    /// is not taken for the probe.
    enum Admission: Hashable, Sendable {
        case ordinary, probe
    }

    /// Lets an attempt begin, or not; while open, the one let through is the probe.
    mutating func admit(at now: Instant) -> Admission? {
        guard let pausedUntil else { return .ordinary }
        guard now >= pausedUntil, !isProbing else { return nil }
        isProbing = true
        return .probe
    }

    /// A straggler that succeeds while a message probes says nothing: that one is about to.
    mutating func succeeded(_ admission: Admission) {
        if isProbing, admission != .probe { return }
        self = Breaker()
    }

    mutating func failed(_ admission: Admission, at now: Instant) {
        failures += 1
        switch admission {
        case .probe:
            isProbing = false
            pause = min(.milliseconds(pause.milliseconds * 2), Breaker.longestPause)
            pausedUntil = now + pause
        case .ordinary where !isOpen && failures >= Breaker.threshold: pausedUntil = now + pause
        case .ordinary: break
        }
    }

    /// The clock was set back: it opens no later than it would have by the right one.
    mutating func setBack(to now: Instant) {
        pausedUntil = pausedUntil.map { min($0, now + pause) }
    }

    /// The attempt ended without saying anything of the route.
    mutating func abandoned(_ admission: Admission) {
        if admission == .probe { isProbing = false }
    }
}
