/// The attempts of all messages in the order they began, for ceilings and budgets: a part of `LedgerState`.
///
/// An answer costs time in proportion to the attempts it counts; a month of 50,000 texts takes a tenth of a millisecond
/// to add up, 50,000 addresses of one day some ten milliseconds to list.
struct Departures: Hashable, Sendable {
    private struct Departure: Hashable {
        var at: Instant
        var key: MessageKey
        var attempt: Int
        /// The address, at the first attempt; nil where none counts.
        var addressee: AddressMark?
        /// Parts of a text message that may cost something.
        var parts: Int
    }

    private var all: [Departure] = []

    mutating func begin(_ attempt: Attempt, of plan: PlanRecord, at now: Instant) {
        all.append(
            Departure(
                at: now, key: plan.key, attempt: attempt.number,
                addressee: attempt.number == 1 ? plan.addressee : nil,
                parts: plan.channel == .sms ? max(1, attempt.parts ?? 1) : 0))
    }

    /// Puts the parts right: a gateway counts them in its own way, and what certainly did not leave costs nothing.
    mutating func end(_ result: AttemptResult, of plan: PlanRecord) {
        guard plan.channel == .sms,
            let index = all.lastIndex(where: { $0.attempt == result.number && $0.key == plan.key })
        else { return }
        switch result.outcome {
        case .accepted(_, let proof):
            if let parts = proof?.parts, parts > 0 { all[index].parts = parts }
        case .deferred, .refused, .interrupted: all[index].parts = 0
        case .ambiguous: break
        }
    }

    mutating func forget(_ keys: Set<MessageKey>) {
        all.removeAll { keys.contains($0.key) }
    }

    func sent(since: Instant) -> [AddressMark: Int] {
        let later = all[start(since)...]
        var sent: [AddressMark: Int] = Dictionary(minimumCapacity: later.count)
        for departure in later {
            if let mark = departure.addressee { sent[mark, default: 0] += 1 }
        }
        return sent
    }

    func smsParts(since: Instant) -> Int {
        all[start(since)...].reduce(0) { sum, departure in
            let (next, isTooMuch) = sum.addingReportingOverflow(departure.parts)
            return isTooMuch ? .max : next
        }
    }

    /// The first attempt that did not begin before an instant; stamps never go back.
    private func start(_ since: Instant) -> Int {
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].at < since { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
