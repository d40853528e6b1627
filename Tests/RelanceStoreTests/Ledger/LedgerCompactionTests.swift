import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct LedgerCompactionTests {
    static let first = Instant(seconds: 1_604_300_000)

    static func snapshots(_ fixture: LedgerFixture) throws -> [String] {
        try fixture.names.filter { $0.hasPrefix("snapshot-") }
    }

    static func segments(_ fixture: LedgerFixture) throws -> [String] {
        try fixture.names.filter { $0.hasPrefix("ledger-") }
    }

    @Test(arguments: Seeds.or(first: 6))
    func `a snapshot and its tail say the same as all entries`(seed: UInt64) async throws {
        let fixture = try LedgerFixture()
        var random = RandomLedger(seed: seed)
        var all = LedgerState()
        for _ in 1...4 {
            try await fixture.use { ledger in
                for _ in 1...40 {
                    let event = ledger.withState { random.next(after: $0, at: $0.lastInstant ?? Self.first) }
                    for entry in try await ledger.append([event]) { try all.apply(entry) }
                }
                if random.random.number(in: 0...2) > 0 {
                    try await ledger.compact(
                        retention: LedgerRetention(details: .seconds(60), keys: .seconds(90)))
                    // The forgetting is an entry like any other.
                    let forgetting = ledger.withState { state in
                        LedgerStamp(
                            sequence: state.lastSequence, at: state.lastInstant ?? .distantPast,
                            bootMilliseconds: 0)
                    }
                    try all.apply(
                        LedgerEntry(
                            stamp: forgetting,
                            event: .forgotten(
                                .settled(
                                    details: forgetting.at - .seconds(61), keys: forgetting.at - .seconds(91))
                            )))
                }
            }
            let replayed = try await fixture.use { ledger in ledger.withState { $0 } }
            #expect(replayed == all, "seed \(seed)")
        }
        #expect(LedgerVerification(try fixture.directory()).isSound)
    }

    @Test func `what was written by a wrong clock and a downtime stand in a snapshot as they were`()
        async throws
    {
        let fixture = try LedgerFixture()
        fixture.turnClock(by: .days(6000))
        try await fixture.use { try await $0.append([.acknowledged(.make("2020-1"), by: "claire")]) }
        fixture.turnClock(by: .days(-6000))
        let downtime = Downtime(since: Self.first, until: Self.first + .days(9), mayBeOld: true)
        let before = try await fixture.use { ledger in
            try await ledger.append([.downtime(downtime), .fenced(.longSilence), .planned(.make(1))])
            try await ledger.compact()
            return ledger.withState { $0 }
        }
        let time = try #require(before.lastTime)
        #expect(try time + .days(5999) < #require(before.lastInstant))
        #expect(before.messages[.make(1)].map { $0.changedAt < time } == true)
        let after = try await fixture.use { ledger in
            let replayed = ledger.withState { $0 }
            try await ledger.append([.fenceLifted(by: "marc", reason: "vérifié")])
            try await ledger.compact()
            return replayed
        }
        #expect(after == before)
        let confirmed = try await fixture.use { ledger in ledger.withState { $0.lastDowntime?.event } }
        #expect(
            confirmed
                == .downtime(Downtime(since: downtime.since, until: downtime.until, isConfirmed: true)))
    }

    @Test func `two generations stay and older files go`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        for number in 1...3 {
            try await ledger.append([.planned(.make(number))])
            try await ledger.compact()
        }
        // Each round wrote two records: the plan and the forgetting.
        #expect(
            try Self.snapshots(fixture) == [
                "snapshot-0000000000000004.json", "snapshot-0000000000000006.json",
            ])
        #expect(
            try Self.segments(fixture) == [
                "ledger-0000000000000005.jsonl", "ledger-0000000000000007.jsonl",
            ])
        try await ledger.close()
        try await fixture.use { ledger in #expect(ledger.withState { $0.messages.count } == 3) }
    }

    @Test func `a damaged snapshot is passed over for the one before, with a warning`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await fixture.use { ledger in
            for number in 1...3 {
                try await ledger.append([.planned(.make(number))])
                try await ledger.compact()
            }
            try await ledger.append([.planned(.make(4))])
            return ledger.withState { $0 }
        }
        let newest = try Self.snapshots(fixture)[1]
        let bytes = try fixture.bytes(newest)
        for offset in stride(from: 0, to: bytes.count, by: 37) {
            var damaged = bytes
            damaged[offset] ^= 4
            try fixture.write(damaged, to: newest)
            try await fixture.use { ledger in
                #expect(ledger.withState { $0 } == whole, "byte \(offset)")
                #expect(ledger.warnings == ["\(newest): cannot be used; the one before it was"])
            }
        }
        try fixture.write(bytes.dropLast(40), to: newest)
        try await fixture.use { ledger in #expect(ledger.withState { $0 } == whole) }
        try fixture.write([], to: newest)
        try await fixture.use { ledger in
            #expect(ledger.withState { $0 } == whole)
            try await ledger.compact()
        }
        #expect(try !Self.snapshots(fixture).contains(newest))
    }

    @Test func `without any sound snapshot and without its segments the start is refused`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            for number in 1...3 {
                try await ledger.append([.planned(.make(number))])
                try await ledger.compact()
            }
        }
        for name in try Self.snapshots(fixture) { try fixture.write([], to: name) }
        let error = #expect(throws: StoreError.self) { try fixture.open() }
        #expect(error?.exitStatus == 65)
        #expect(error == .damaged(LedgerDamage(file: firstSegment, line: 1, offset: 0, kind: .missing)))
    }

    @Test func `a key outlives its details and is not admitted again`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.make(1), .make(2)])
            try await ledger.append(LedgerEvent.delivery(1))
            fixture.turnClock(by: .days(91))
            let report = try await ledger.compact()
            #expect(report.entries == 2)
        }
        try await fixture.use { ledger in
            #expect(ledger.withState { $0.messages[.make(1)] } == nil)
            let again = try await ledger.admit([.make(1)])
            #expect(again.isEmpty)
            fixture.turnClock(by: .days(310))
            try await ledger.compact()
            let forgotten = try await ledger.admit([.make(1)])
            #expect(forgotten == [.make(1)])
        }
    }

    @Test func `objections outlive everything, dead addresses their messages, and texts their receipts`()
        async throws
    {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.text(1, case: "2020-7"), .text(2, addressee: .make(2)), .text(3)])
            for number in 1...3 { try await ledger.append(LedgerEvent.texting(number)) }
            try await ledger.append([
                .objected(.make(3), .told), .result(1, 1, .refused(.make(.blacklisted))),
                .result(2, 1, .accepted(reply: "202", proof: GatewayProof(reference: "77"))),
                .receipt(2, .make(.undelivered, .badAddress)),
            ])
            try await ledger.append([
                .result(3, 1, .ambiguous(.make())), .forgotten(.ofCase(.make("2020-7"))),
            ])
        }
        let closed = try await fixture.use { ledger in
            try await ledger.compact()
            return ledger.withState { state in
                #expect(state.key(forReference: "77", on: "kannel") == .make(2))
                return state.closedAddresses
            }
        }
        #expect(Set(closed.keys) == [.make(1), .make(2), .make(3)])
        fixture.turnClock(by: .days(91))
        for _ in 1...3 {
            try await fixture.use { ledger in
                try await ledger.compact()
                ledger.withState { state in
                    #expect(state.closedAddresses == closed)
                    // The unknown one is open and still waits for its receipt.
                    #expect(state.messages.keys.map { $0 } == [.make(3)])
                    #expect(state.key(forReference: "77", on: "kannel") == nil)
                }
            }
        }
        fixture.turnClock(by: .days(310))
        for _ in 1...2 {
            try await fixture.use { ledger in
                try await ledger.compact()
                #expect(
                    ledger.withState { $0.closedAddresses } == [.make(1): .objection, .make(3): .objection])
                try await ledger.append([.receipt(3, .make(.delivered))])
            }
        }
        #expect(LedgerVerification(try fixture.directory()).isSound)
    }

    @Test func `the ledger goes on over many segments`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open(options: LedgerFixture.options(segmentBytes: 1000))
        for number in 1...30 { try await ledger.append([.planned(.make(number))]) }
        let state = ledger.withState { $0 }
        try await ledger.close()
        #expect(try Self.segments(fixture).count > 5)
        try await fixture.use { again in #expect(again.withState { $0 } == state) }
        #expect(LedgerVerification(try fixture.directory()).records == 30)
    }

    @Test func `an export holds every live entry, one object a line`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1, case: "Été"))] + LedgerEvent.delivery(1))
        }
        var lines: [String] = []
        try LedgerFile.export(try fixture.directory()) { lines.append(String(decoding: $0, as: UTF8.self)) }
        #expect(lines.count == 4)
        #expect(
            lines.first == """
                {"s":1,"t":"2020-11-02T06:53:23.000Z","b":1000,"k":"plan","key":"\(MessageKey.make(1))",\
                "kind":"deadline_reminder","deadline":"first_call","cases":["\\u00c9t\\u00e9"],\
                "to":{"role":"advisor","id":"claire"},"channel":"email","anchor":"2020-11-02T04:00:00.000Z",\
                "due":"2020-11-02T08:00:00.000Z","useful_until":"2020-11-05T08:00:00.000Z","reason":"deadline_near"}

                """)
    }

    @Test func `parts that no gateway can mean are read back as the most there are`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.text(1)])
            try await ledger.append(
                LedgerEvent.texting(1, parts: 2)
                    + [.result(1, 1, .accepted(reply: "", proof: GatewayProof(parts: .max)))])
        }
        try await fixture.use { ledger in
            #expect(ledger.withState { $0.smsParts(since: .distantPast) } == 255)
        }
    }

    @Test func `an export shows receipts and what was said of addresses`() async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            _ = try await ledger.admit([.text(1)])
            try await ledger.append(LedgerEvent.texting(1, parts: 2))
            try await ledger.append([.receipt(1, .make(.undelivered, part: 1, of: 2, .throttled, sending: 0))]
            )
            try await ledger.append([.objected(.make(2), .told), .addressDied(.make(3), detail: "inconnu")])
        }
        var lines: [String] = []
        try LedgerFile.export(try fixture.directory()) { lines.append(String(decoding: $0, as: UTF8.self)) }
        let key = MessageKey.make(1)
        for (line, members) in zip(
            lines.dropFirst(),
            [
                #""k":"attempt","key":"\#(key)","n":1,"route":"kannel","message_id":"<\#(key).0@relance.example>","#
                    + #""sha256":"\#(String(repeating: "ab", count: 32))","parts":2}"#,
                #""k":"handover","key":"\#(key)","n":1}"#,
                #""k":"receipt","key":"\#(key)","verdict":"undelivered","part":1,"parts":2,"failure":"throttled","#
                    + #""detail":"type=undelivered","route":"kannel","n":0}"#,
                #""k":"objection","address":"\#(AddressMark.make(2))","source":"person","by":"claire","#
                    + #""proof":"au t\u00e9l\u00e9phone"}"#,
                #""k":"address_death","address":"\#(AddressMark.make(3))","detail":"inconnu"}"#,
            ])
        {
            #expect(line.hasSuffix(members + "\n"), "\(line)")
        }
        #expect(lines.count == 6)
    }
}
