import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct LedgerRepairTests {
    static let now = Instant(seconds: 1_604_500_000)

    @Test func `a sound ledger is left alone`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await LedgerDamageTests.small(fixture)
        let repair = try LedgerRepair(try fixture.directory(), at: Self.now)
        #expect(repair.quarantine == nil)
        #expect(try fixture.bytes(firstSegment) == whole)
    }

    @Test func `whatever single line is hit, nothing that was sent or lost is ever sent again`() async throws
    {
        let fixture = try LedgerFixture()
        let whole = try await LedgerDamageTests.small(fixture)
        let starts = LedgerDamageTests.lineStarts(whole)
        for line in 0..<starts.count - 2 {
            var bytes = whole
            // The middle of a line, so that the line itself is what is lost.
            bytes[(starts[line] + starts[line + 1]) / 2] = 0
            try fixture.restore([firstSegment: bytes])
            #expect(!LedgerVerification(try fixture.directory()).isSound)
            guard line > 0 else {
                // The name of the ledger is gone with the header: no key could ever be derived again.
                #expect(throws: StoreError.self) { try LedgerRepair(try fixture.directory(), at: Self.now) }
                continue
            }
            let repair = try LedgerRepair(try fixture.directory(), at: Self.now)
            #expect(repair.linesLost >= 1)
            let copy = repair.quarantine.map { String($0.dropFirst(fixture.path.utf8.count + 1)) } ?? ""
            #expect(try fixture.bytes(copy + "/" + firstSegment) == bytes)
            #expect(LedgerVerification(try fixture.directory()).isSound, "line \(line + 1)")
            try await fixture.use { ledger in
                let again = try await ledger.admit([.make(1), .make(2)])
                #expect(again.isEmpty, "line \(line + 1)")
                ledger.withState { state in
                    #expect(state.messages.values.allSatisfy { $0.nextAttemptAt == nil }, "line \(line + 1)")
                    #expect(!state.open.contains(.make(1)) || line < 5, "line \(line + 1)")
                    #expect(state.fence?.event == .fenced(.repaired))
                }
            }
        }
    }

    @Test func `a snapshot that is left is built upon`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.make(1), .make(2)])
            try await ledger.append(LedgerEvent.delivery(1))
            try await ledger.compact()
            for number in 3...6 { _ = try await ledger.admit([.make(number)]) }
        }
        let segment = try #require(try fixture.names.last { $0.hasPrefix("ledger-") })
        var bytes = try fixture.bytes(segment)
        bytes[LedgerDamageTests.lineStarts(bytes)[2] + 40] ^= 1
        try fixture.write(bytes, to: segment)
        let repair = try LedgerRepair(try fixture.directory(), at: Self.now)
        #expect(repair.recordsKept == 3 && repair.linesLost == 1)
        #expect(repair.waiting == [2, 3, 5, 6].map(MessageKey.make).sorted())
        try await fixture.use { ledger in
            #expect(ledger.withState { $0.messages[.make(1)]?.phase } == .sent)
            let again = try await ledger.admit([.make(4), .make(5), .make(6)])
            #expect(again.isEmpty)
            try await ledger.append([
                .fenceLifted(by: "marc", reason: "looked at"), .released(.make(2), reason: nil, by: "marc"),
            ])
            #expect(ledger.withState { $0.messages[.make(2)]?.nextAttemptAt } != nil)
        }
    }

    @Test func `a ledger in use is not repaired`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        let error = #expect(throws: StoreError.self) {
            try LedgerRepair(try fixture.directory(), at: Self.now)
        }
        #expect(error?.exitStatus == 75)
        try await ledger.close()
    }
}
