/// What would be if entries that are not durable yet were: enough of it to judge the entries that are to follow them.
///
/// It holds the messages those entries touch and nothing else, so a look ahead costs as much as what is pending.
package struct LedgerAhead: Sendable {
    /// Of the last entry that is pending, or else that is durable.
    package private(set) var lastInstant: Instant?
    private var touched = LedgerState()
    private var forgettings: [Forgetting] = []

    /// `durable` is the state all pending entries follow, which every call below has to be given unchanged.
    package init(from durable: LedgerState) {
        lastInstant = durable.lastInstant
    }

    /// Whether a key is new to the durable state and to what is pending.
    package func admits(_ key: MessageKey, over durable: LedgerState) -> Bool {
        durable.admits(key) && touched.admits(key)
    }

    /// Takes in entries that are to follow one another from here, all or none; says why when one cannot.
    package mutating func take(_ entries: [LedgerEntry], over durable: LedgerState) throws(IllegalTransition)
    {
        // One alone is all or none by itself.
        if entries.count == 1 { return try take(entries[0], over: durable) }
        var after = self
        for entry in entries {
            try after.take(entry, over: durable)
        }
        self = after
    }

    private mutating func take(_ entry: LedgerEntry, over durable: LedgerState) throws(IllegalTransition) {
        if entry.event.message != nil {
            for key in entry.event.keys where !durable.admits(key) {
                touched.adopt(key, from: durable)
            }
            // What is to be forgotten by then is forgotten.
            for forgetting in forgettings { touched.forget(forgetting) }
            try touched.apply(entry)
        } else if case .forgotten(let forgetting) = entry.event {
            forgettings.append(forgetting)
            touched.forget(forgetting)
        }
        lastInstant = entry.stamp.at
    }
}

extension LedgerEvent {
    /// The message it is about, and those it would carry.
    fileprivate var keys: [MessageKey] {
        if case .planned(let plan) = self { return [plan.key] + plan.covers }
        return message.map { [$0] } ?? []
    }
}
