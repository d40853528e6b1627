/// How many messages stand where, for `status`.
package struct LedgerSums: Hashable, Sendable {
    /// Messages by the word of their phase, held ones as `held`; words that count nothing are missing.
    package var counts: [String: Int] = [:]
    /// Keys of which nothing else is known any more.
    package var remembered = 0
    /// The instant the longest waiting message was or is due.
    package var oldestDue: Instant?

    package init() {}
}

extension LedgerState {
    package var sums: LedgerSums {
        var sums = LedgerSums()
        sums.remembered = remembered.count
        for message in messages.values {
            sums.counts[message.hold == nil ? message.phase.word : "held", default: 0] += 1
            if let due = message.nextAttemptAt {
                sums.oldestDue = min(sums.oldestDue ?? due, due)
            }
        }
        return sums
    }
}
