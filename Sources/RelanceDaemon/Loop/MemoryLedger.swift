import RelanceCore
import Synchronization

/// A ledger that forgets everything at the end: for simulation, where nothing leaves and nothing must be kept.
package final class MemoryLedger: LedgerStore {
    package let instance: String
    private let now: @Sendable () -> Instant
    private let state = Mutex(LedgerState())

    package init(instance: String, now: @escaping @Sendable () -> Instant) {
        self.instance = instance
        self.now = now
    }

    package func withState<T>(_ body: (LedgerState) throws -> T) rethrows -> T {
        try state.withLock { try body($0) }
    }

    package func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry] {
        try state.withLock { state in
            var next = state
            let entries = try events.map { event in
                let stamp = LedgerStamp(
                    sequence: next.lastSequence + 1, at: max(now(), next.lastInstant ?? .distantPast),
                    bootMilliseconds: 0)
                let entry = LedgerEntry(stamp: stamp, event: event)
                try next.apply(entry)
                return entry
            }
            state = next
            return entries
        }
    }

    package func admit(_ plans: [PlanRecord]) async throws -> [MessageKey] {
        let new = withState { state in plans.filter { state.admits($0.key) } }
        try await append(new.map { .planned($0) })
        return new.map(\.key)
    }

    package func close() async throws {}
}
