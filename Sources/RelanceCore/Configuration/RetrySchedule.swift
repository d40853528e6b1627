/// When a message that did not leave is tried again (reliability 2.10), as a curve and a jitter kept apart.
package struct RetrySchedule: Hashable, Sendable {
    /// The wait after the first failed attempt, after the second, and so on.
    package var delays: [Elapsed]
    /// The wait after every further one.
    package var then: Elapsed
    /// How far a wait may stray either way, in percent, so that a crowd does not come back together.
    package var jitterPercent: Int
    /// Counted from the instant a message was due: after it, it is expired instead of tried.
    package var expiresAfter: Elapsed
    /// How long a message waits while no route of its channel works before another channel takes over.
    package var otherChannelAfter: Elapsed

    package init(
        delays: [Elapsed], then: Elapsed, jitterPercent: Int, expiresAfter: Elapsed,
        otherChannelAfter: Elapsed
    ) {
        self.delays = delays
        self.then = then
        self.jitterPercent = jitterPercent
        self.expiresAfter = expiresAfter
        self.otherChannelAfter = otherChannelAfter
    }

    /// How long to wait after attempt `attempt` (from 1) failed; `random` is in 0 ..< 1.
    package func delay(afterAttempt attempt: Int, random: Double) -> Elapsed {
        let wait = delays.indices.contains(attempt - 1) ? delays[attempt - 1] : then
        let factor = 1 + Double(jitterPercent) / 100 * (2 * random - 1)
        return .milliseconds(Int64((Double(wait.milliseconds) * factor).rounded()))
    }
}
