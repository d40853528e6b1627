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

    @discardableResult
    package func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry] {
        try state.withLock { state in
            try events.map { event in
                let stamp = LedgerStamp(
                    sequence: state.lastSequence + 1, at: max(now(), state.lastInstant ?? .distantPast),
                    bootMilliseconds: 0)
                let entry = LedgerEntry(stamp: stamp, event: event)
                try state.apply(entry)
                return entry
            }
        }
    }

    package func admit(_ plans: [PlanRecord]) async throws -> [MessageKey] {
        let new = withState { state in plans.filter { state.admits($0.key) } }
        try await append(new.map { .planned($0) })
        return new.map(\.key)
    }

    package func close() async throws {}
}
