import RelanceCore
import RelanceTestSupport
import Testing

/// Whatever a ledger says when the program dies, the next start can take it up (reliability 3.7).
@Suite struct LedgerRecoveryPropertyTests {
    private static let start = ProgramStart(version: "1.0", machine: "here")

    /// A history, and what it came to after each of its entries.
    private func histories(_ seed: UInt64) throws -> [LedgerState] {
        var (script, drawn) = (LedgerScript(), RandomLedger(seed: seed))
        var states: [LedgerState] = []
        for _ in 0..<250 {
            do throws(IllegalTransition) {
                try script.add(drawn.next(after: script.state, at: script.now))
            } catch {
                continue  // a phase a receipt has changed meanwhile
            }
            states.append(script.state)
        }
        return states
    }

    private func recovered(_ state: LedgerState, at now: Instant) throws -> LedgerState {
        var state = state
        for event in state.recovery(starting: Self.start, at: now).events {
            let stamp = LedgerStamp(sequence: state.lastSequence + 1, at: now, bootMilliseconds: 0)
            try state.apply(LedgerEntry(stamp: stamp, event: event))
        }
        return state
    }

    @Test(arguments: Seeds.or(first: 20))
    func `after a start from any beginning of a history nothing is being sent and nothing is gone`(
        seed: UInt64
    )
        throws
    {
        for before in try histories(seed) {
            let now = (before.lastInstant ?? .distantPast) + .seconds(1)
            let after = try recovered(before, at: now)
            #expect(Set(after.messages.keys) == Set(before.messages.keys))
            for message in after.messages.values {
                let key = message.key
                if case .sending = message.phase {
                    Issue.record("seed \(seed): \(key) is being sent by nobody")
                }
                guard case .sending(_, let handedOver)? = before.messages[key]?.phase else {
                    #expect(message == before.messages[key], "seed \(seed)")
                    continue
                }
                // Handed over means that it may be there: a text never again, a mail not at once.
                let isAtOnce = message.nextAttemptAt.map { $0 <= now } == true
                if handedOver { #expect(!isAtOnce, "seed \(seed)") }
                if handedOver, message.plan.channel == .sms {
                    #expect(message.nextAttemptAt == nil, "seed \(seed)")
                }
            }
        }
    }

    @Test(arguments: Seeds.or(first: 20))
    func `a start after a start finds nothing more to settle`(seed: UInt64) throws {
        for before in try histories(seed) {
            let now = (before.lastInstant ?? .distantPast) + .seconds(1)
            let after = try recovered(before, at: now)
            #expect(after.recovery(starting: Self.start, at: now).events == [.started(Self.start)])
        }
    }
}
