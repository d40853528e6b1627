import RelanceCore

/// Keeps a route that fails as a whole from being tried by every message in turn (reliability 2.10).
///
/// Opens after five failures of the route in a row, for one minute, twice as long after each failed probe, fifteen
/// minutes at most; one message at a time probes it, and one success closes it.
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

    /// Whether an attempt may begin; asking for one while open makes it the probe.
    mutating func admits(at now: Instant) -> Bool {
        guard let pausedUntil else { return true }
        guard now >= pausedUntil, !isProbing else { return false }
        isProbing = true
        return true
    }

    mutating func succeeded() {
        self = Breaker()
    }

    mutating func failed(at now: Instant) {
        failures += 1
        if isProbing {
            isProbing = false
            pause = min(.milliseconds(pause.milliseconds * 2), Breaker.longestPause)
        }
        if failures >= Breaker.threshold { pausedUntil = now + pause }
    }

    /// The attempt ended without saying anything of the route.
    mutating func abandoned() {
        isProbing = false
    }
}
