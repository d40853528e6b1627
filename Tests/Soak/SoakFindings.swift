import RelanceCore
import RelanceStore

/// What the ledger and the far side together say of everything the line owed.
///
/// Nothing is taken on the daemon's word alone: what it calls sent must have arrived, and what arrived must be known.
struct SoakFindings {
    private(set) var planned = 0
    private(set) var sent = 0
    private(set) var open = 0
    private(set) var unknown = 0
    /// How late each message left that was due while the program was up and that its route took at the first attempt, by
    /// the machine's time, in order.
    private(set) var lateness: [Duration] = []
    private(set) var twice = 0
    /// Broken promises, each in a sentence.
    private(set) var lost: [String] = []
    private(set) var duplicates: [String] = []
    private(set) var ambiguousEnds = 0

    init(
        _ history: LedgerHistory, mails: [String: Peers.Arrival], texts: [String: Peers.Arrival],
        cases: [SoakCase], downtimes: [Range<Instant>], speed: Double, now: Instant, isOver: Bool
    ) {
        var known: Set<String> = []
        var kinds: [String: Set<String>] = [:]
        for message in history.state.messages.values {
            planned += 1
            known.insert(message.key.text)
            for ref in message.plan.cases { kinds[ref.text, default: []].insert(message.plan.kind.rawValue) }
            let arrival = (message.plan.channel == .sms ? texts : mails)[message.key.text] ?? Peers.Arrival()
            judge(message, history.trail(of: message.key), arrival, downtimes, speed: speed, now: now)
        }
        for item in cases {
            let missing = item.expected(by: now - .minutes(10)).subtracting(kinds[item.reference] ?? [])
            if !missing.isEmpty { lost.append("\(item.reference) was never told \(missing.sorted())") }
        }
        // Before, what arrived just now may have been planned behind the ledger's reading.
        for stranger in Set(mails.keys).union(texts.keys).subtracting(known) where isOver {
            lost.append("\(stranger) arrived and is not in the ledger")
        }
        lateness.sort()
    }

    func lateness(percentile: Int) -> Duration {
        lateness.isEmpty ? .zero : lateness[min(lateness.count - 1, lateness.count * percentile / 100)]
    }

    private mutating func judge(
        _ message: LedgerMessage, _ trail: [LedgerEntry], _ arrival: Peers.Arrival,
        _ downtimes: [Range<Instant>], speed: Double, now: Instant
    ) {
        var (ambiguous, hasLeft) = (0, false)
        for entry in trail {
            guard case .resulted(_, let result) = entry.event else { continue }
            switch result.outcome {
            case .ambiguous: ambiguous += 1
            case .accepted:
                hasLeft = true
                if message.attempts == 1, ambiguous == 0,
                    !downtimes.contains(where: { $0.contains(message.plan.dueAt) })
                {
                    let late = Double((entry.stamp.at - message.plan.dueAt).milliseconds) / speed
                    lateness.append(.milliseconds(late))
                }
            default: break
            }
        }
        ambiguousEnds += ambiguous
        let name = "\(message.plan.kind.rawValue) \(message.key)"
        if hasLeft {
            sent += 1
            if arrival.copies == 0 { lost.append("\(name) is sent and has not arrived") }
        } else if !message.phase.isTerminal {
            switch message.phase {
            case .unknown: unknown += 1
            case .planned where message.hold == nil && message.plan.dueAt + .minutes(30) < now:
                lost.append("\(name) was due \(message.plan.dueAt) and nobody has tried to send it")
            default: open += 1
            }
        }
        if arrival.copies > 1 { twice += 1 }
        let most = message.plan.channel == .sms ? 1 : min(2, 1 + ambiguous)
        if arrival.copies > most {
            duplicates.append("\(name) arrived \(arrival.copies) times with \(ambiguous) ambiguous ends")
        }
        if !arrival.isAlike { duplicates.append("the copies of \(name) differ") }
    }
}
