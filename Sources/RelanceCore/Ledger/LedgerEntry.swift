/// One line of the ledger: something that happened, and when it was written down.
package struct LedgerEntry: Hashable, Sendable {
    package var stamp: LedgerStamp
    package var event: LedgerEvent

    package init(stamp: LedgerStamp, event: LedgerEvent) {
        self.stamp = stamp
        self.event = event
    }
}

/// When an entry was written: its place in the order of all entries, and the clocks of that moment.
///
/// A clock that was wrong for a while leaves entries ahead of those that follow: `at` stays with them, so that it never
/// goes back, and `time` says when each was written. What is asked of time is asked of `time`.
package struct LedgerStamp: Hashable, Sendable {
    /// Counts entries from 1 without a gap; this, not the clock, is their order (reliability 2.7).
    package var sequence: UInt64
    /// Never before the entry in front of it.
    package var at: Instant
    /// What the wall clock said, where it stood behind an earlier entry.
    package var wallClock: Instant?
    /// Milliseconds since the machine booted, suspend included.
    package var bootMilliseconds: Int64

    package init(sequence: UInt64, at: Instant, wallClock: Instant? = nil, bootMilliseconds: Int64) {
        self.sequence = sequence
        self.at = at
        self.wallClock = wallClock
        self.bootMilliseconds = bootMilliseconds
    }

    /// The stamp of an entry written now, behind one that was written at `last`.
    package init(sequence: UInt64, now: Instant, behind last: Instant?, bootMilliseconds: Int64) {
        let at = max(now, last ?? now)
        self.init(
            sequence: sequence, at: at, wallClock: at == now ? nil : now, bootMilliseconds: bootMilliseconds)
    }

    /// When it was, as the clock of then had it.
    package var time: Instant { wallClock ?? at }
}
