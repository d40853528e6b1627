/// What a source of cases has come to hold, and what it holds no more, since it was last written down.
package struct SourceReading: Hashable, Sendable {
    /// The folder.
    package var source: String
    package var added: [CaseReference]
    package var gone: [CaseReference]

    package init(source: String, added: [CaseReference] = [], gone: [CaseReference] = []) {
        self.source = source
        self.added = added
        self.gone = gone
    }
}

/// The cases each source was known to hold, by reference: so that a start, which has seen none of them yet, tells what
/// went missing while nobody was at work (reliability 2.8).
///
/// Messages do not tell: a case that owes nothing has none, and one that was closed long ago still has. Written down are
/// the differences, some bytes a case that comes or goes; whole sources are gathered again for a snapshot.
package struct SourceCases: Hashable, Sendable {
    /// Cases in one entry, so that none grows too long.
    package static let portion = 500

    private struct Holding: Hashable, Sendable {
        var cases: Set<CaseReference> = []
        /// Of the newest entries about it: as many as a snapshot needs to repeat it in.
        var stamps: [LedgerStamp] = []

        mutating func trim() {
            let needed = (cases.count + SourceCases.portion - 1) / SourceCases.portion
            stamps.removeFirst(max(0, stamps.count - needed))
        }
    }

    private var holdings: [String: Holding] = [:]

    package init() {}

    package var all: [String: Set<CaseReference>] { holdings.mapValues(\.cases) }

    mutating func apply(_ reading: SourceReading, _ stamp: LedgerStamp) {
        change(reading.source) { holding in
            holding.cases.formUnion(reading.added)
            holding.cases.subtract(reading.gone)
            holding.stamps.append(stamp)
        }
    }

    mutating func forget(_ ref: CaseReference) {
        for (source, holding) in holdings where holding.cases.contains(ref) {
            change(source) { $0.cases.remove(ref) }
        }
    }

    private mutating func change(_ source: String, _ body: (inout Holding) -> Void) {
        var holding = holdings.removeValue(forKey: source) ?? Holding()
        body(&holding)
        holding.trim()
        if !holding.cases.isEmpty { holdings[source] = holding }
    }

    /// The fewest entries that fold to this, for a snapshot.
    var entries: [LedgerEntry] {
        holdings.flatMap { source, holding in
            let cases = holding.cases.sorted()
            // More than a portion each where an entry had more.
            let size = max(Self.portion, (cases.count + holding.stamps.count - 1) / holding.stamps.count)
            return zip(holding.stamps, stride(from: 0, to: cases.count, by: size)).map { stamp, start in
                let portion = Array(cases[start..<min(start + size, cases.count)])
                return LedgerEntry(
                    stamp: stamp, event: .sourceRead(SourceReading(source: source, added: portion)))
            }
        }
    }

    /// What to write down when the sources hold these cases now; nothing when that is known.
    package func events(becoming now: [String: Set<CaseReference>]) -> [LedgerEvent] {
        var events: [LedgerEvent] = []
        for source in Set(holdings.keys).union(now.keys).sorted() {
            let (before, after) = (holdings[source]?.cases ?? [], now[source] ?? [])
            var added = after.subtracting(before).sorted()[...]
            var gone = before.subtracting(after).sorted()[...]
            while !added.isEmpty || !gone.isEmpty {
                let come = added.prefix(Self.portion)
                let left = gone.prefix(Self.portion - come.count)
                events.append(
                    .sourceRead(SourceReading(source: source, added: Array(come), gone: Array(left))))
                (added, gone) = (added.dropFirst(come.count), gone.dropFirst(left.count))
            }
        }
        return events
    }
}
