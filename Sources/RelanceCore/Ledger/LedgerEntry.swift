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
}
