import RelanceCore
import RelanceTestSupport
import Testing

/// What the ledger remembers of the sources of cases.
@Suite struct SourceCasesTests {
    private func cases(_ numbers: Range<Int>) -> Set<CaseReference> {
        Set(numbers.map { CaseReference.make("2020-\(10_000 + $0)") })
    }

    /// Has a source come to hold these cases, and says in how many entries.
    private func read(_ cases: [String: Set<CaseReference>], _ script: inout LedgerScript) throws -> Int {
        let events = script.state.sources.events(becoming: cases)
        try script.add(events)
        return events.count
    }

    @Test func `what is written down are the differences`() throws {
        var script = LedgerScript()
        #expect(try read(["a": cases(0..<3)], &script) == 1)
        #expect(try read(["a": cases(0..<3)], &script) == 0)
        #expect(try read(["a": cases(1..<4), "b": cases(7..<8)], &script) == 2)
        #expect(
            script.entries.last?.event
                == .sourceRead(
                    SourceReading(source: "b", added: [.make("2020-10007")])))
        #expect(
            script.entries.dropLast().last?.event
                == .sourceRead(
                    SourceReading(source: "a", added: [.make("2020-10003")], gone: [.make("2020-10000")])))
        #expect(script.state.sources.all == ["a": cases(1..<4), "b": cases(7..<8)])
        #expect(try read(["b": cases(7..<8)], &script) == 1)
        #expect(script.state.sources.all == ["b": cases(7..<8)])
    }

    @Test func `fifty thousand cases are a hundred entries, and again as many in a snapshot`() throws {
        var script = LedgerScript()
        #expect(try read(["a": cases(0..<50_000)], &script) == 100)
        for day in 1...20 { #expect(try read(["a": cases(day..<50_000 + day)], &script) == 1) }
        let restored = try script.history.restored
        #expect(restored.state == script.state)
        #expect(restored.liveEntries.count == 100)
        #expect(try restored.restored.state == script.state)
    }

    @Test func `a source that shrinks and grows folds the same from a snapshot`() throws {
        var script = LedgerScript()
        var snapshot = script.history
        for held in [1203, 2, 700, 0, 1, 501, 500, 1500] {
            _ = try read(["a": cases(0..<held), "b": cases(2000..<2003)], &script)
            for entry in script.entries where entry.stamp.sequence > snapshot.state.lastSequence {
                try snapshot.apply(entry)
            }
            snapshot = try snapshot.restored
            #expect(snapshot.state == script.state, "\(held)")
            #expect(snapshot.state.sources.all["a"]?.count ?? 0 == held)
        }
    }

    @Test func `a case that is forgotten is no longer known to its source`() throws {
        var script = LedgerScript()
        _ = try read(["a": cases(0..<501)], &script)
        try script.add(.forgotten(.ofCase(.make("2020-10000"))))
        #expect(script.state.sources.all == ["a": cases(1..<501)])
        #expect(try script.history.restored.state == script.state)
    }
}
