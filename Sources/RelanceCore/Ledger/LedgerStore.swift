/// All the daemon asks of its memory (design D14): what is known, admit duties once, write down what happened.
///
/// Opening a store replays it. `LedgerConformance` in the tests holds every conforming store to these sentences.
package protocol LedgerStore: Sendable {
    /// Identifier of this ledger, part of every key derived under it.
    var instance: String { get }

    /// Looks at the state.
    ///
    /// It shows what is durable and nothing else. It must not be kept: a copy makes the next change dear.
    func withState<T>(_ body: (LedgerState) throws -> T) rethrows -> T

    /// Writes events down together, in order; durable when it returns, and all or none of them stand in the ledger.
    ///
    /// Not cut short by cancellation, so that an outcome can always be recorded. Throws `IllegalTransition` when one
    /// of them cannot follow, and the store's own error when they cannot be made durable.
    @discardableResult
    func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry]

    /// Plans those messages whose keys are new, in one durable step, and returns their keys.
    func admit(_ plans: [PlanRecord]) async throws -> [MessageKey]

    /// Finishes what is being written and lets go of the store.
    func close() async throws
}
