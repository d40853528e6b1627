import RelanceCore
import Synchronization

/// A ledger that forgets everything at the end: for simulation, where nothing leaves and nothing must be kept.
package final class MemoryLedger: LedgerStore {
    package let instance: String
    private let now: @Sendable () -> Instant
    private let held: Mutex<LedgerHistory>

    /// `scope` says which trails `history` has.
    package init(
        instance: String, trailsOf scope: LedgerHistory.Scope = .nothing,
        now: @escaping @Sendable () -> Instant
    ) {
        self.instance = instance
        self.now = now
        held = Mutex(LedgerHistory(of: scope))
    }

    package var history: LedgerHistory { held.withLock { $0 } }

    package func withState<T>(_ body: (LedgerState) throws -> T) rethrows -> T {
        try held.withLock { try body($0.state) }
    }

    @discardableResult
    package func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry] {
        try held.withLock { history in
            let state = history.state
            let now = now()
            let entries = events.enumerated().map { offset, event in
                let sequence = state.lastSequence + UInt64(offset) + 1
                return LedgerEntry(
                    stamp: LedgerStamp(
                        sequence: sequence, now: now, behind: state.lastInstant, bootMilliseconds: 0),
                    event: event)
            }
            var ahead = LedgerAhead(from: state)
            try ahead.take(entries, over: state)
            for entry in entries { try history.apply(entry) }
            return entries
        }
    }

    package func admit(_ plans: [PlanRecord]) async throws -> [MessageKey] {
        var taken: Set<MessageKey> = []
        let new = withState { state in
            plans.filter { state.admits($0.key) && taken.insert($0.key).inserted }
        }
        try await append(new.map { .planned($0) })
        return new.map(\.key)
    }

    package func close() async throws {}
}
