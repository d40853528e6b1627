import RelanceCore
import RelanceStore

/// A ledger that lets a test in just before and just after an event is written down, or refused.
final class AttendedLedger: LedgerStore {
    enum Moment: Hashable, Sendable {
        case before, written, refused
    }

    private let ledger: LedgerFile
    private let attend: @Sendable (LedgerEvent, Moment) async -> Void

    init(_ ledger: LedgerFile, attend: @escaping @Sendable (LedgerEvent, Moment) async -> Void) {
        self.ledger = ledger
        self.attend = attend
    }

    var instance: String { ledger.instance }

    func withState<T>(_ body: (LedgerState) throws -> T) rethrows -> T {
        try ledger.withState(body)
    }

    @discardableResult
    func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry] {
        for event in events { await attend(event, .before) }
        do {
            let entries = try await ledger.append(events)
            for event in events { await attend(event, .written) }
            return entries
        } catch {
            for event in events { await attend(event, .refused) }
            throw error
        }
    }

    func admit(_ plans: [PlanRecord]) async throws -> [MessageKey] {
        try await ledger.admit(plans)
    }

    func close() async throws {
        try await ledger.close()
    }
}
