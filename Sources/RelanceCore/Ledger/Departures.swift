/// The attempts of messages and when they began, for ceilings and budgets: a part of `LedgerState`.
///
/// What one address had is answered in proportion to its own messages. Parts are added up attempt by attempt: a month of
/// 50,000 texts takes a tenth of a millisecond.
struct Departures: Hashable, Sendable {
    private struct Departure: Hashable {
        var at: Instant
        var key: MessageKey
        var attempt: Int
        /// Parts that may cost something.
        var parts: Int
    }

    /// By their instants; those of a clock that was set back later stand at the end, where no day and no month counts them.
    private var texts: [Departure] = []
    private(set) var byAddress = DeparturesByAddress()

    mutating func begin(_ attempt: Attempt, of plan: PlanRecord, at now: Instant) {
        if plan.channel == .sms {
            texts.insert(
                Departure(at: now, key: plan.key, attempt: attempt.number, parts: max(1, attempt.parts ?? 1)),
                at: first { now < $0 })
        }
        byAddress.begin(attempt, of: plan, at: now)
    }

    /// Puts things right: a gateway counts parts in its own way, and what certainly did not leave costs nothing and
    /// has bothered nobody.
    mutating func end(_ result: AttemptResult, of plan: PlanRecord) {
        let hasStayed =
            switch result.outcome {
            case .deferred, .refused, .interrupted: true
            case .accepted, .ambiguous: false
            }
        if hasStayed { byAddress.takeBack(attempt: result.number, of: plan) }
        guard plan.channel == .sms,
            let index = texts.lastIndex(where: { $0.attempt == result.number && $0.key == plan.key })
        else { return }
        if hasStayed {
            texts[index].parts = 0
        } else if case .accepted(_, let proof) = result.outcome, let parts = proof?.parts, parts > 0 {
            texts[index].parts = parts
        }
    }

    mutating func forget(_ messages: [PlanRecord]) {
        let keys = Set(messages.map(\.key))
        texts.removeAll { keys.contains($0.key) }
        for plan in messages { byAddress.forget(plan) }
    }

    func smsParts(since: Instant, before end: Instant) -> Int {
        texts[first { since <= $0 }...].prefix { $0.at < end }.reduce(0) { sum, departure in
            let (next, isTooMuch) = sum.addingReportingOverflow(departure.parts)
            return isTooMuch ? .max : next
        }
    }

    /// Where the attempts begin whose instants are as asked, as all later ones are.
    private func first(where isIt: (Instant) -> Bool) -> Int {
        var (low, high) = (0, texts.count)
        while low < high {
            let middle = (low + high) / 2
            if isIt(texts[middle].at) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The messages that left, or may have, by the address they went to, each once.
package struct DeparturesByAddress: Hashable, Sendable {
    private struct Departure: Hashable {
        var at: Instant
        var key: MessageKey
        var attempt: Int
    }

    /// Of each address in the order they were written down.
    private var departures: [AddressMark: [Departure]] = [:]

    package init() {}

    package var isEmpty: Bool { departures.isEmpty }

    /// How many messages began to leave for an address from an instant to before another, one message aside.
    package func count(
        to mark: AddressMark, since: Instant, before end: Instant = .distantFuture,
        except key: MessageKey? = nil
    ) -> Int {
        (departures[mark] ?? []).count { since <= $0.at && $0.at < end && $0.key != key }
    }

    /// Notes an attempt; one of a message that may have left before adds nothing.
    package mutating func begin(_ attempt: Attempt, of plan: PlanRecord, at now: Instant) {
        guard let mark = plan.addressee,
            departures[mark]?.contains(where: { $0.key == plan.key }) != true
        else { return }
        departures[mark, default: []].append(
            Departure(at: now, key: plan.key, attempt: attempt.number))
    }

    fileprivate mutating func takeBack(attempt: Int, of plan: PlanRecord) {
        remove(plan) { $0.attempt == attempt }
    }

    fileprivate mutating func forget(_ plan: PlanRecord) {
        remove(plan) { _ in true }
    }

    private mutating func remove(_ plan: PlanRecord, where isMeant: (Departure) -> Bool) {
        guard let mark = plan.addressee else { return }
        departures[mark]?.removeAll { $0.key == plan.key && isMeant($0) }
        if departures[mark]?.isEmpty == true { departures[mark] = nil }
    }
}
