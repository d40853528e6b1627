import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Asking gateways what became of text messages, on a clock that a test moves.
@Suite(.timeLimit(.minutes(10))) struct InquiriesTests {
    /// A gateway that answers by script: what it says last it goes on saying.
    private actor Gateway: AskableGateway {
        private(set) var asked: [Instant] = []
        private(set) var names: [String?] = []
        private(set) var lookUps: [Instant] = []
        /// Happens while it looks for the message the first time.
        private var meanwhile: (@Sendable () -> Void)?
        private let clock: ManualClock
        private var receipts: [Receipt?]
        private var findings: [GatewayFinding?]

        init(
            _ clock: ManualClock, receipts: [Receipt?] = [nil], findings: [GatewayFinding?] = [nil],
            meanwhile: (@Sendable () -> Void)? = nil
        ) {
            self.clock = clock
            self.meanwhile = meanwhile
            self.receipts = receipts
            self.findings = findings
        }

        func poll(id: String?, reference: String) async -> Receipt? {
            asked.append(clock.now())
            names.append(id)
            return receipts.count > 1 ? receipts.removeFirst() : receipts[0]
        }

        func lookUp(reference: String) async -> GatewayFinding? {
            lookUps.append(clock.now())
            meanwhile?()
            meanwhile = nil
            return findings.count > 1 ? findings.removeFirst() : findings[0]
        }
    }

    private let start = ReceiptsFixture.start

    /// Has the questions asked while the body moves the clock.
    private func atWork(
        _ house: ReceiptsFixture, _ gateway: Gateway?, _ body: () async throws -> Void
    ) async throws {
        let working = Task { await house.inquiries.run { _ in gateway } }
        try await body()
        working.cancel()
        await working.value
        try await house.ledger.close()
    }

    private func advance(_ house: ReceiptsFixture, to times: Elapsed...) async {
        for time in times {
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + time)
            await house.clock.waitForSleepers()
            while await !house.inquiries.current.isEmpty { await Task.yield() }
        }
    }

    private static func receipt(_ verdict: Receipt.Verdict) -> Receipt {
        Receipt(verdict: verdict, detail: "\(verdict)", route: "texts")
    }

    @Test func `a message without a word is asked for at six moments of a day, then given up`() async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let gateway = Gateway(house.clock, receipts: [Self.receipt(.pending)])
        try await atWork(house, gateway) {
            await advance(
                house, to: .seconds(59), .minutes(1), .minutes(5), .minutes(30), .hours(2), .hours(12),
                .hours(24), .hours(36), .hours(48))
        }
        #expect(
            await gateway.asked
                == [.minutes(1), .minutes(5), .minutes(30), .hours(2), .hours(12), .hours(24)].map {
                    start + $0
                })
        #expect(Set(await gateway.names) == ["g-1"])
        #expect(house.phase == .sent)
    }

    @Test(arguments: [Receipt.Verdict.delivered, .undelivered])
    func `the first final word ends the questions`(verdict: Receipt.Verdict) async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let gateway = Gateway(house.clock, receipts: [nil, Self.receipt(verdict)])
        try await atWork(house, gateway) {
            await advance(house, to: .minutes(1), .minutes(5), .minutes(30), .hours(2))
        }
        #expect(await gateway.asked.count == 2)
        #expect(house.phase == (verdict == .delivered ? .delivered : .undelivered))
        #expect(await house.errands.take().changed == [.make("2020-0301")])
    }

    @Test func `an ambiguous end is plain once the gateway has the message`() async throws {
        let house = try ReceiptsFixture()
        try await house.send(.ambiguous(.make(.connection, scope: .route, code: nil)))
        let gateway = Gateway(
            house.clock, findings: [.undecided("500"), .taken(GatewayProof(reference: "g-9"))])
        try await atWork(house, gateway) {
            await advance(house, to: .minutes(1))
            #expect(house.phase == .unknown)
            await advance(house, to: .minutes(5))
        }
        #expect(house.phase == .sent)
        #expect(
            house.ledger.withState { $0.key(forReference: "g-9", on: "texts") } == ReceiptsFixture.key)
    }

    @Test func `what the gateway never had may be sent, but not on the word of its first minutes`()
        async throws
    {
        let house = try ReceiptsFixture()
        try await house.send(.ambiguous(.make(.connection, scope: .route, code: nil)))
        let gateway = Gateway(house.clock, findings: [.absent])
        try await atWork(house, gateway) {
            await advance(house, to: .minutes(1))
            #expect(house.phase == .unknown)
            await advance(house, to: .minutes(5))
        }
        #expect(house.phase == .deferred(until: start + .minutes(5)))
        #expect(await house.errands.take().changed == [.make("2020-0301")])
    }

    // MARK: - The clock

    private static let nobodyKnows = DeliveryOutcome.ambiguous(.make(.connection, scope: .route, code: nil))

    /// The clock is set, and stands so for nine minutes.
    private func doubt(_ house: ReceiptsFixture, at wrong: Instant) async {
        house.clock.set(to: wrong)
        for minute in 1...9 {
            await house.clock.waitForSleepers()
            house.clock.advance(to: wrong + .minutes(Int64(minute)))
        }
        await house.clock.waitForSleepers()
    }

    @Test func `while the clock is in doubt nothing is asked, and what no gateway has is not given up`()
        async throws
    {
        let house = try ReceiptsFixture()
        try await house.send(Self.nobodyKnows)
        let gateway = Gateway(house.clock, findings: [.absent])
        try await atWork(house, gateway) {
            await house.clock.waitForSleepers()
            await doubt(house, at: start + .days(30))
            #expect(await gateway.lookUps.isEmpty)
            #expect(house.phase == .unknown)
            house.clock.set(to: start + .minutes(9))
            while house.phase == .unknown { await Task.yield() }
        }
        #expect(house.phase == .deferred(until: start + .minutes(9)))
    }

    @Test(arguments: [GatewayFinding.absent, .taken(GatewayProof(reference: "g-9"))])
    func `an answer given while the clock jumps counts if it is plain, else it is asked for again`(
        _ finding: GatewayFinding
    ) async throws {
        let house = try ReceiptsFixture()
        try await house.send(Self.nobodyKnows)
        let (clock, start) = (house.clock, start)
        let gateway = Gateway(clock, findings: [finding]) { clock.set(to: start + .days(30)) }
        try await atWork(house, gateway) {
            await clock.waitForSleepers()
            clock.advance(to: start + .minutes(6))
            while await gateway.lookUps.isEmpty { await Task.yield() }
            await clock.waitForSleepers()
            while await !house.inquiries.current.isEmpty { await Task.yield() }
            #expect(house.phase == (finding == .absent ? .unknown : .sent))
            clock.set(to: start + .minutes(7))
            while house.phase == .unknown { await Task.yield() }
        }
        #expect(await gateway.lookUps.count == (finding == .absent ? 2 : 1))
    }

    @Test func `what a wrong clock was to ask in a month is asked in its minute once it is set right`()
        async throws
    {
        let house = try ReceiptsFixture()
        let gateway = Gateway(house.clock, findings: [.absent])
        try await atWork(house, gateway) {
            await house.clock.waitForSleepers()
            await doubt(house, at: start + .days(30))
            house.clock.advance(to: start + .days(30) + .minutes(10))
            try await house.send(Self.nobodyKnows)
            await house.inquiries.follow(ReceiptsFixture.key)
            await doubt(house, at: start + .minutes(11))
            house.clock.advance(to: start + .minutes(21))
            #expect(house.watch.doubt() == nil)
            await house.inquiries.setBack(to: start + .minutes(21))
            await house.clock.waitForSleeper(until: start + .minutes(22))
            await advance(house, to: .minutes(22))
            #expect(await gateway.lookUps == [start + .minutes(22)])
            #expect(house.phase == .unknown, "too early to be plain")
            await advance(house, to: .minutes(26))
        }
        #expect(house.phase == .deferred(until: start + .minutes(26)))
    }

    @Test func `a route that answers no questions is asked none`() async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        try await atWork(house, nil) {
            await advance(house, to: .minutes(1), .hours(2))
        }
        #expect(house.phase == .sent)
    }

    @Test func `a sending is never asked for by the name the gateway gave an earlier one`() async throws {
        let house = try ReceiptsFixture()
        let key = ReceiptsFixture.key
        try await house.send()
        try await house.ledger.append([
            .receipted(key, Self.receipt(.undelivered)), .retried(key, by: "marc", reason: "x"),
            .attempted(
                key, Attempt(number: 2, route: "texts", messageID: "\(key).1", sha256: "", parts: 1)),
            .handedOver(key, attempt: 2),
            .resulted(key, AttemptResult(number: 2, outcome: .ambiguous(.make(.connection, scope: .route)))),
        ])
        #expect(house.phase == .unknown)
        let gateway = Gateway(house.clock)
        try await atWork(house, gateway) { await advance(house, to: .minutes(1)) }
        #expect(await gateway.names == [nil])
    }

    /// A gateway that answers at the end of the test alone.
    private actor SilentGateway: AskableGateway {
        private(set) var asked = 0
        let end = Latch()

        func poll(id: String?, reference: String) async -> Receipt? {
            asked += 1
            await end.opened()
            return nil
        }

        func lookUp(reference: String) async -> GatewayFinding? { nil }
    }

    @Test func `a silent gateway is asked four things at once and holds up no other`() async throws {
        let house = try ReceiptsFixture()
        for number in 1...9 { try await house.send(.make("silent \(number)"), on: "quiet") }
        try await house.send()
        let (silent, texts) = (SilentGateway(), Gateway(house.clock, receipts: [Self.receipt(.delivered)]))
        let working = Task {
            await house.inquiries.run { route in
                if route == "quiet" { silent } else { texts }
            }
        }
        await house.clock.waitForSleepers()
        house.clock.advance(to: start + .minutes(1))
        await house.clock.waitForSleepers()
        while house.phase != .delivered { await Task.yield() }
        while await house.inquiries.current.count > 9 { await Task.yield() }
        while await silent.asked < Inquiries.atOnce { await Task.yield() }
        #expect(await silent.asked == Inquiries.atOnce)
        working.cancel()
        silent.end.open()
        await working.value
        try await house.ledger.close()
    }

    @Test func `what has just left is followed from then on`() async throws {
        let house = try ReceiptsFixture()
        let gateway = Gateway(house.clock, receipts: [Self.receipt(.delivered)])
        try await atWork(house, gateway) {
            await house.clock.waitForSleepers()
            try await house.send()
            await house.inquiries.follow(ReceiptsFixture.key)
            await house.clock.waitForSleeper(until: start + .minutes(1))
            await advance(house, to: .minutes(1))
        }
        #expect(house.phase == .delivered)
    }
}
