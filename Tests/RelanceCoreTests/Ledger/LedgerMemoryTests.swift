import RelanceCore
import RelanceTestSupport
import Testing

/// What planning asks of the ledger.
@Suite struct LedgerMemoryTests {
    static let ref = CaseReference.make("2020-7")
    static let taken = DeliveryOutcome.accepted(reply: "202")
    static let later = Instant(seconds: 1_604_310_000)

    struct Row: CustomTestStringConvertible {
        var testDescription: String
        var events: [LedgerEvent]
        var end: CaseMemory.Told.End

        init(_ name: String, _ events: [LedgerEvent], _ end: CaseMemory.Told.End) {
            (testDescription, self.events, self.end) = (name, events, end)
        }
    }

    static let rows: [Row] = [
        Row("planned", [], .open),
        Row("sending", LedgerEvent.texting(1), .open),
        Row(
            "deferred", LedgerEvent.texting(1) + [.result(1, 1, .deferred(.make()), retryAt: later)], .open),
        Row(
            "deferred in doubt",
            LedgerEvent.texting(1) + [.result(1, 1, .ambiguous(.make()), retryAt: later)], .doubtful),
        Row("sent", LedgerEvent.texting(1) + [.result(1, 1, taken)], .sent),
        Row(
            "delivered",
            LedgerEvent.texting(1) + [.result(1, 1, taken), .receipt(1, .make(.delivered))], .sent),
        Row(
            "refused", LedgerEvent.texting(1) + [.result(1, 1, .refused(.make(.badSender)))],
            .failed(detail: "try again later, s'il vous plaît")),
        Row(
            "undelivered",
            LedgerEvent.texting(1) + [.result(1, 1, taken), .receipt(1, .make(.undelivered))],
            .failed(detail: "type=undelivered")),
        Row("unknown", LedgerEvent.texting(1) + [.result(1, 1, .ambiguous(.make()))], .unknown),
        Row("cancelled", [.cancelled(.make(1), reason: "case_closed", by: nil)], .dropped),
        Row("expired", [.expired(.make(1), reason: "no_longer_useful")], .failed(detail: "")),
        Row("superseded", [.superseded(.make(1), by: .make(9))], .dropped),
    ]

    @Test(arguments: rows)
    func `a message to the business is told of as far as it got`(_ row: Row) throws {
        var script = LedgerScript()
        try script.add(
            .planned(.text(1, case: "2020-7", covers: [.make(2)])), .planned(.make(3, case: "2020-7")),
            .planned(.text(4, case: "2020-8")))
        let planned = script.now
        try script.add(row.events)
        let began = row.events.contains { event in
            if case .attempted = event { true } else { false }
        }
        let told = CaseMemory.Told(
            kind: .appointmentConfirmed, channel: .sms, end: row.end,
            leftAt: began ? planned + .milliseconds(1) : nil,
            endedAt: row.events.isEmpty ? planned - .milliseconds(2) : script.now)
        #expect(script.state.memory(onCase: Self.ref).told == [.make(1): told, .make(2): told])
    }

    @Test func `memory has the acts of people and leaves what is shared to the caller`() throws {
        var script = LedgerScript()
        try script.add(
            .caseHeld(Self.ref, until: nil, by: "claire", reason: "x"), .objected(.make(1), .told))
        #expect(script.state.memory(onCase: Self.ref) == CaseMemory(acts: CaseActs(isHeld: true)))
    }

    // MARK: - Ceilings and budget

    @Test func `messages count for their address once, and only what left or may have`() throws {
        var script = LedgerScript()
        try script.add(
            .planned(.text(1)), .planned(.make(2, addressee: .make(1))),
            .planned(.text(3, addressee: .make(2))),
            .planned(.make(4)), .planned(.text(5)))
        func count(_ mark: AddressMark, since: Instant = .distantPast, except key: MessageKey? = nil) -> Int {
            script.state.departuresByAddress.count(to: mark, since: since, except: key)
        }
        try script.add(LedgerEvent.texting(1))
        #expect(count(.make(1)) == 1)
        try script.add(.result(1, 1, .deferred(.make())))
        #expect(count(.make(1)) == 0, "it has not left")
        try script.add(LedgerEvent.texting(1, 2) + [.result(1, 2, .ambiguous(.make()), retryAt: Self.later)])
        let noon = script.now + .milliseconds(1)
        try script.add(LedgerEvent.texting(1, 3) + [.result(1, 3, .deferred(.make()))])
        #expect(count(.make(1)) == 1, "its second attempt may have left")
        try script.add(LedgerEvent.delivery(2) + LedgerEvent.texting(3) + LedgerEvent.delivery(4))
        #expect(count(.make(1)) == 2 && count(.make(2)) == 1)
        #expect(count(.make(1), since: noon) == 1 && count(.make(1), except: .make(2)) == 1)
        #expect(count(.make(1), since: script.now + .milliseconds(1)) == 0)
    }

    @Test func `parts that no gateway can mean are added up without an end of the program`() throws {
        var script = LedgerScript()
        try script.add((1...2).map { .planned(.text($0)) })
        for number in 1...2 {
            try script.add(
                LedgerEvent.texting(number, parts: 1)
                    + [.result(number, 1, .accepted(reply: "", proof: GatewayProof(parts: .max)))])
        }
        #expect(script.state.smsParts(since: .distantPast) == .max)
    }

    @Test
    func `parts count from the attempt on, as the gateway says, and not for what certainly did not leave`()
        throws
    {
        var script = LedgerScript()
        func parts() -> Int { script.state.smsParts(since: .distantPast) }
        try script.add((1...5).map { .planned(.text($0)) } + [.planned(.make(6))])
        try script.add(LedgerEvent.texting(1, parts: 2))
        #expect(parts() == 2)
        try script.add(.result(1, 1, .accepted(reply: "", proof: GatewayProof(parts: 3))))
        #expect(parts() == 3)
        try script.add(LedgerEvent.texting(2, parts: nil) + [.result(2, 1, Self.taken)])
        #expect(parts() == 4)
        try script.add(LedgerEvent.texting(3, parts: 2) + [.result(3, 1, .ambiguous(.make()))])
        #expect(parts() == 6)
        for (number, end) in [(4, DeliveryOutcome.refused(.make())), (5, .interrupted)] {
            try script.add(LedgerEvent.texting(number, parts: 7))
            #expect(parts() == 13)
            try script.add(.result(number, 1, end))
            #expect(parts() == 6)
        }
        try script.add(LedgerEvent.delivery(6))
        #expect(parts() == 6)
        let since = script.now + .milliseconds(1)
        try script.add(LedgerEvent.texting(5, 2, parts: 1))
        #expect(parts() == 7 && script.state.smsParts(since: since) == 1)
        // Undelivered ones cost as well; sent anew they cost again.
        try script.add(.receipt(1, .make(.undelivered)), .retried(.make(1), by: "marc", reason: "x"))
        try script.add(LedgerEvent.texting(1, 2, parts: 2))
        #expect(parts() == 9)
    }
}
