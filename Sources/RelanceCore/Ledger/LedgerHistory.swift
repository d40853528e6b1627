/// The ledger's state and how messages came to where they stand: for whoever explains, copies or repairs a ledger.
package struct LedgerHistory: Hashable, Sendable {
    /// Of which messages the trails are kept; what is kept of all takes ten times the memory.
    package enum Scope: Hashable, Sendable {
        case nothing
        case about(cases: Set<CaseReference>, messages: Set<MessageKey>)
        case everything
    }

    package let scope: Scope
    /// What was written later is passed over; nil takes in everything.
    package let asOf: Instant?
    package private(set) var state = LedgerState()
    private var trails: [MessageKey: [LedgerEntry]] = [:]

    package init(of scope: Scope = .nothing, asOf: Instant? = nil) {
        self.scope = scope
        self.asOf = asOf
    }

    /// What a snapshot stands for; its entries may leave gaps in the sequence.
    package init(
        of scope: Scope = .nothing, snapshot entries: some Sequence<LedgerEntry>, lastSequence: UInt64,
        lastInstant: Instant?, lastTime: Instant? = nil
    ) throws(IllegalTransition) {
        self.init(of: scope)
        for entry in entries {
            try apply(entry)
        }
        endSnapshot(lastSequence: lastSequence, lastInstant: lastInstant, lastTime: lastTime)
    }

    /// Takes in the next entry, or leaves everything untouched and says why it cannot follow.
    package mutating func apply(_ entry: LedgerEntry) throws(IllegalTransition) {
        if let asOf, entry.stamp.time > asOf { return }
        try state.apply(entry)
        if let key = entry.event.message {
            if isWanted(key) { trails[key, default: []].append(entry) }
        } else if case .forgotten = entry.event {
            trails = trails.filter { state.messages[$0.key] != nil }
        }
    }

    /// All entries of a snapshot have been taken in.
    package mutating func endSnapshot(lastSequence: UInt64, lastInstant: Instant?, lastTime: Instant?) {
        if let asOf, let lastTime = lastTime ?? lastInstant, lastTime > asOf { return }
        state.endSnapshot(lastSequence: lastSequence, lastInstant: lastInstant, lastTime: lastTime)
    }

    /// Everything that happened to a message after it was planned, in order; empty outside the scope.
    package func trail(of key: MessageKey) -> [LedgerEntry] {
        Array((trails[key] ?? []).dropFirst())
    }

    /// The fewest entries that fold to this state, in order; with the last sequence and instant they are a snapshot.
    ///
    /// Whole only when the scope is everything.
    package var liveEntries: [LedgerEntry] {
        var entries = state.entriesBesideMessages
        let start = entries.firstIndex { $0.stamp.sequence > 0 } ?? entries.endIndex
        entries.append(contentsOf: trails.values.joined().lazy.compactMap { state.remnant(of: $0) })
        entries[start...].sort { $0.stamp.sequence < $1.stamp.sequence }
        return entries
    }

    private func isWanted(_ key: MessageKey) -> Bool {
        switch scope {
        case .nothing: false
        case .about(let cases, let messages):
            messages.contains(key) || state.messages[key]?.plan.cases.contains(where: cases.contains) == true
        case .everything: true
        }
    }
}
