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

    @Test func `whatever single line is hit, nobody who objects and no dead number is written to again`()
        async throws
    {
        let fixture = try LedgerFixture(beside: "/dev/shm")
        _ = try await LedgerDamageTests.business(fixture)
        let whole = try fixture.bytes(firstSegment)
        let starts = LedgerDamageTests.lineStarts(whole)
        let told = whole.firstRange(of: Array(#""k":"objection","#.utf8))?.lowerBound ?? 0
        for line in 1..<starts.count - 2 {
            for place in [starts[line] + 40, (starts[line] + starts[line + 1]) / 2, starts[line + 1] - 20] {
                var bytes = whole
                bytes[place] ^= 1
                try fixture.restore([firstSegment: bytes])
                _ = try LedgerRepair(try fixture.directory(), at: Self.now)
                try await fixture.use { ledger in
                    let (closed, isSilent) = ledger.withState { state in
                        (state.closedAddresses, state.messages.values.allSatisfy { $0.nextAttemptAt == nil })
                    }
                    #expect(isSilent, "line \(line + 1)")
                    let isHit = { (offset: Int) in starts[line] <= offset && offset < starts[line + 1] }
                    #expect(closed[.make(3)] == .objection || isHit(told), "line \(line + 1)")
                    let again = try await ledger.admit([.text(1), .text(2)])
                    #expect(again.isEmpty, "line \(line + 1)")
                }
            }
        }
    }

    @Test func `what a message showed of its address is kept when the message is given up`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.text(1)])
            for event in LedgerEvent.texting(1) + [
                .receipt(1, .make(.undelivered, .blacklisted)), .result(1, 1, .accepted(reply: "Accepted")),
                .acknowledged(.make("2020-1"), by: "claire"),
            ] { try await ledger.append([event]) }
        }
        var bytes = try fixture.bytes(firstSegment)
        let reply = try #require(bytes.firstRange(of: Array("Accepted".utf8)))
        bytes[reply.lowerBound] ^= 1
        try fixture.write(bytes, to: firstSegment)
        _ = try LedgerRepair(try fixture.directory(), at: Self.now)
        try await fixture.use { ledger in
            ledger.withState { state in
                #expect(state.messages.isEmpty && !state.admits(.make(1)))
                #expect(state.closedAddresses == [.make(1): .objection])
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
