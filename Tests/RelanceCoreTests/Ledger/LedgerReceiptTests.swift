import RelanceCore
import RelanceTestSupport
import Testing

/// Reliability 2.3, the rows of receipts; toolchain 6, what Kannel was seen to do.
@Suite struct LedgerReceiptTests {
    static let key = MessageKey.make(1)
    static let taken = DeliveryOutcome.accepted(reply: "0: Accepted for delivery")
    static let refusal = DeliveryOutcome.refused(.make(.refused, code: 403))
    static let texting = LedgerEvent.texting(1)
    static let later = Instant(seconds: 1_604_310_000)

    /// How an attempt ends, and where that leaves the message with no receipt, one of a failure, one of success.
    struct End: CustomTestStringConvertible {
        var testDescription: String
        var events: [LedgerEvent]
        var phase, undelivered: LedgerMessage.Phase
    }

    static let ends: [End] = [
        End(
            testDescription: "accepted", events: [.result(1, 1, taken)], phase: .sent,
            undelivered: .undelivered),
        End(
            testDescription: "refused", events: [.result(1, 1, refusal)], phase: .failed,
            undelivered: .failed),
        End(
            testDescription: "ambiguous", events: [.result(1, 1, .ambiguous(.make()))], phase: .unknown,
            undelivered: .undelivered),
        End(
            testDescription: "ambiguous, to be tried again",
            events: [.result(1, 1, .ambiguous(.make()), retryAt: later)], phase: .deferred(until: later),
            undelivered: .undelivered),
        End(
            testDescription: "deferred", events: [.result(1, 1, .deferred(.make()), retryAt: later)],
            phase: .deferred(until: later), undelivered: .deferred(until: later)),
        End(
            testDescription: "ambiguous, then looked up",
            events: [.result(1, 1, .ambiguous(.make())), .result(1, 1, taken)], phase: .sent,
            undelivered: .undelivered),
    ]

    static func phase(
        after events: [LedgerEvent], parts: Int? = 1
    ) throws -> LedgerMessage.Phase? {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + LedgerEvent.texting(1, parts: parts) + events)
        return script.state.messages[key]?.phase
    }

    @Test(arguments: ends)
    func `a receipt has the same effect before and after the answer`(_ end: End) throws {
        let pending = LedgerEvent.receipt(1, .make(.pending))
        let unknown = LedgerEvent.receipt(1, .make(.unknown))
        let bad = LedgerEvent.receipt(1, .make(.undelivered, .throttled))
        let good = LedgerEvent.receipt(1, .make(.delivered))
        for nothing in [[], [pending], [unknown]] {
            #expect(try Self.phase(after: end.events + nothing) == end.phase)
            #expect(try Self.phase(after: nothing + end.events) == end.phase)
        }
        for known in [[bad], [bad, unknown], [unknown, bad, pending], [bad, bad]] {
            #expect(try Self.phase(after: end.events + known) == end.undelivered)
            #expect(try Self.phase(after: known + end.events) == end.undelivered)
        }
        for known in [[good], [good, bad], [bad, good], [good, unknown, pending], [good, good]] {
            #expect(try Self.phase(after: end.events + known) == .delivered)
            #expect(try Self.phase(after: known + end.events) == .delivered)
        }
    }

    @Test(arguments: Seeds.or(first: 400))
    func `receipts in any order, any number of times, at any moment, come to the same`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let verdicts = Receipt.Verdict.allCases
        let end = Self.ends[Int(random.number(in: 0...Int64(Self.ends.count - 1)))]
        let parts = Int(random.number(in: 1...3))
        let receipts = (0..<random.number(in: 1...6)).map { _ in
            let part = Int(random.number(in: 0...Int64(parts)))
            return LedgerEvent.receipt(
                1,
                .make(
                    verdicts[Int(random.number(in: 0...3))], part: part == 0 ? nil : part,
                    of: random.number(in: 0...2) == 0 ? nil : parts,
                    random.number(in: 0...1) == 0 ? nil : .throttled))
        }
        let expected = try Self.phase(after: end.events + receipts, parts: parts)
        for _ in 1...20 {
            var events = end.events
            var said = receipts
            for _ in 0..<random.number(in: 0...3) {
                said.append(receipts[Int(random.number(in: 0...Int64(receipts.count - 1)))])
            }
            while let receipt = said.popLast() {
                events.insert(receipt, at: Int(random.number(in: 0...Int64(events.count))))
            }
            #expect(
                try Self.phase(after: events, parts: parts) == expected, "seed \(seed), \(end): \(events)")
        }
    }

    @Test(arguments: Seeds.or(first: 100))
    func `a receipt that would change nothing changes nothing`(seed: UInt64) throws {
        var random = RandomLedger(seed: seed)
        var script = LedgerScript()
        for _ in 1...150 {
            let event = random.next(after: script.state, at: script.now)
            let before = script.state
            try script.add(event)
            guard case .receipted(let key, let receipt) = event, !before.wouldChange(receipt, of: key) else {
                continue
            }
            #expect(script.state.messages[key]?.phase == before.messages[key]?.phase)
            #expect(!script.state.wouldChange(receipt, of: key))
        }
    }

    @Test func `once written down, a receipt would change nothing more`() throws {
        var script = LedgerScript()
        #expect(!script.state.wouldChange(.make(.delivered), of: Self.key))
        try script.add(.planned(.text(1)))
        #expect(!script.state.wouldChange(.make(.delivered), of: Self.key))
        #expect(throws: IllegalTransition.self) { try script.add(.receipt(1, .make(.delivered))) }
        try script.add(Self.texting + [.result(1, 1, Self.taken)])
        #expect(!script.state.wouldChange(.make(.pending), of: Self.key))
        for receipt in [
            Receipt.make(.unknown), .make(.delivered, part: 1, of: 2), .make(.undelivered, .throttled),
            .make(.undelivered, .badAddress), .make(.delivered),
        ] {
            #expect(script.state.wouldChange(receipt, of: Self.key))
            try script.add(.receipt(1, receipt))
            #expect(!script.state.wouldChange(receipt, of: Self.key))
        }
        // The final word: nothing adds to it.
        for verdict in Receipt.Verdict.allCases {
            #expect(!script.state.wouldChange(.make(verdict, part: 2, of: 2), of: Self.key))
        }
    }

    @Test
    func `a message in parts is delivered with the last of them and undelivered with the first that is not`()
        throws
    {
        func receipt(_ verdict: Receipt.Verdict, _ part: Int, of parts: Int?) -> LedgerEvent {
            .receipt(1, .make(verdict, part: part, of: parts))
        }
        func phase(_ receipts: LedgerEvent...) throws -> LedgerMessage.Phase? {
            try Self.phase(after: [.result(1, 1, Self.taken)] + receipts, parts: 3)
        }
        let first = receipt(.delivered, 1, of: 3)
        let second = receipt(.delivered, 2, of: 3)
        #expect(try phase(first, second) == .sent)
        #expect(try phase(first, second, first, second) == .sent)
        #expect(try phase(receipt(.delivered, 3, of: 3), first, second) == .delivered)
        #expect(try phase(first, receipt(.undelivered, 2, of: 3)) == .undelivered)
        #expect(
            try phase(first, receipt(.undelivered, 2, of: 3), second, receipt(.delivered, 3, of: 3))
                == .delivered)
        // A gateway that does not say how many: as many as we counted.
        let unsaid = (1...3).map { receipt(.delivered, $0, of: nil) }
        #expect(try phase(unsaid[0], unsaid[1]) == .sent)
        #expect(try phase(unsaid[0], unsaid[1], unsaid[2]) == .delivered)
        // Parts that cannot be.
        #expect(
            try phase(receipt(.delivered, 0, of: 3), first, second, receipt(.delivered, 4, of: 3)) == .sent)
        #expect(try phase(receipt(.delivered, 1, of: 1)) == .delivered)
    }

    @Test func `Kannel says type 16 although it refused, and type 8 after type 1`() throws {
        let late = [LedgerEvent.receipt(1, .make(.delivered)), .receipt(1, .make(.pending))]
        #expect(try Self.phase(after: [.result(1, 1, Self.taken)] + late) == .delivered)
        let denied = LedgerEvent.receipt(1, .make(.undelivered, .refused))
        #expect(try Self.phase(after: [.result(1, 1, Self.refusal), denied]) == .failed)
        #expect(try Self.phase(after: [denied, .result(1, 1, Self.refusal)]) == .failed)
    }

    @Test func `what arrived is not sent again, whatever was planned for it`() throws {
        var script = LedgerScript()
        try script.add(
            [.planned(.text(1))] + Self.texting + [.result(1, 1, .deferred(.make()), retryAt: Self.later)])
        try script.add(.held(Self.key, reason: "brake", by: nil), .receipt(1, .make(.delivered)))
        #expect(script.state.messages[Self.key]?.phase == .delivered)
        #expect(script.state.messages[Self.key]?.nextAttemptAt == nil)
        #expect(script.state.messages[Self.key]?.hold == nil)
        #expect(script.state.open.isEmpty)
        #expect(script.state.sums.counts == ["delivered": 1])
        let retry = LedgerEvent.retried(Self.key, by: "marc", reason: "asked for")
        #expect(throws: IllegalTransition.self) { try script.add(.attempt(1, 2)) }
        #expect(throws: IllegalTransition.self) { try script.add(retry) }
    }

    @Test func `a receipt of an attempt that certainly failed does not touch the next`() throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + Self.texting)
        try script.add(.receipt(1, .make(.undelivered)), .result(1, 1, .deferred(.make(scope: .route))))
        try script.add(.attempt(1, 2, route: "ovh", parts: 1), .handover(1, 2), .result(1, 2, Self.taken))
        #expect(script.state.messages[Self.key]?.phase == .sent)
        // Late, and from the route before.
        #expect(!script.state.wouldChange(.make(.undelivered), of: Self.key))
        try script.add(.receipt(1, .make(.undelivered)))
        #expect(script.state.messages[Self.key]?.phase == .sent)
        try script.add(.receipt(1, .make(.undelivered, route: "ovh")))
        #expect(script.state.messages[Self.key]?.phase == .undelivered)
        try script.add(.receipt(1, .make(.delivered)))
        #expect(script.state.messages[Self.key]?.phase == .delivered)
    }

    @Test func `a look-up that was slower than the receipt changes nothing`() throws {
        for (verdict, phase) in [
            (Receipt.Verdict.delivered, LedgerMessage.Phase.delivered), (.undelivered, .undelivered),
        ] {
            for found in [Self.taken, Self.refusal, .deferred(.make())] {
                let events = [
                    LedgerEvent.result(1, 1, .ambiguous(.make())), .receipt(1, .make(verdict)),
                    .result(1, 1, found),
                ]
                #expect(try Self.phase(after: events) == phase)
            }
        }
        #expect(throws: IllegalTransition.self) {
            try Self.phase(after: [
                .result(1, 1, Self.taken), .receipt(1, .make(.delivered)), .result(1, 1, Self.taken),
            ])
        }
    }

    @Test
    func `a person may have an undelivered message sent anew, and old receipts leave the new sending alone`()
        throws
    {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + Self.texting)
        try script.add(.result(1, 1, Self.taken), .receipt(1, .make(.undelivered, sending: 0)))
        #expect(script.state.messages[Self.key]?.reference == "\(Self.key).0")
        try script.add(.retried(Self.key, by: "marc", reason: "numéro corrigé"))
        #expect(script.state.messages[Self.key]?.reference == "\(Self.key).1")
        #expect(script.state.messages[Self.key]?.nextAttemptAt == script.now)
        try script.add(LedgerEvent.texting(1, 2) + [.result(1, 2, Self.taken)])
        #expect(!script.state.wouldChange(.make(.undelivered, .badAddress, sending: 0), of: Self.key))
        try script.add(.receipt(1, .make(.undelivered, .badAddress, sending: 0)))
        #expect(script.state.messages[Self.key]?.phase == .sent)
        #expect(script.state.wouldChange(.make(.delivered, sending: 0), of: Self.key))
        try script.add(.receipt(1, .make(.undelivered, sending: 1)))
        #expect(script.state.messages[Self.key]?.phase == .undelivered)
    }

    @Test func `a receipt after a person let go of an unknown message says whether it arrived`() throws {
        let letGo: [LedgerEvent] = [
            .result(1, 1, .ambiguous(.make())), .cancelled(Self.key, reason: "appelé", by: "claire"),
        ]
        #expect(try Self.phase(after: letGo + [.receipt(1, .make(.undelivered))]) == .cancelled)
        #expect(try Self.phase(after: letGo + [.receipt(1, .make(.delivered))]) == .delivered)
    }

    // MARK: - G4

    @Test
    func
        `a text message cut short after the handover is sent again by a person only, under another reference`()
        throws
    {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + Self.texting)
        let recovery = script.state.recovery(at: script.now)
        #expect(recovery.ambiguous == [Self.key])
        try script.add(recovery.events)
        #expect(script.state.messages[Self.key]?.phase == .unknown)
        #expect(script.state.messages[Self.key]?.nextAttemptAt == nil)
        #expect(script.state.open == [Self.key])
        #expect(throws: IllegalTransition.self) { try script.add(.attempt(1, 2)) }
        #expect(script.state.recovery(at: script.now + .days(1)).events.isEmpty)
        try script.add(.retried(Self.key, by: "marc", reason: "le client n’a rien reçu"))
        #expect(script.state.messages[Self.key]?.reference == "\(Self.key).1")
        try script.add(LedgerEvent.texting(1, 2))
        try script.add(script.state.recovery(at: script.now).events)
        #expect(script.state.messages[Self.key]?.phase == .unknown)
        try script.add(.receipt(1, .make(.delivered, sending: 0)))
        #expect(script.state.messages[Self.key]?.phase == .delivered)
    }

    @Test(arguments: Seeds.or(first: 100))
    func `whenever the program dies, at most one attempt of a sending may have delivered it`(seed: UInt64)
        throws
    {
        var random = SplitMix64(seed: seed)
        var script = LedgerScript()
        try script.add(.planned(.text(1)))
        var mayHaveLeft: [String: Int] = [:]
        for _ in 1...60 {
            guard let message = script.state.messages[Self.key] else { return }
            switch message.phase {
            case _ where random.number(in: 0...4) == 0:
                try script.add(script.state.recovery(at: script.now).events)
            case .planned, .deferred:
                try script.add(.attempt(1, message.attempts + 1, route: "kannel", parts: 1))
            case .sending(let attempt, false):
                try script.add(.handover(1, attempt))
                mayHaveLeft[message.reference, default: 0] += 1
            case .sending(let attempt, true):
                let end: [DeliveryOutcome] = [
                    Self.taken, Self.refusal, .deferred(.make()), .ambiguous(.make()),
                ]
                let outcome = end[Int(random.number(in: 0...3))]
                let isDefinite = outcome == end[1] || outcome == end[2]
                if isDefinite { mayHaveLeft[message.reference, default: 0] -= 1 }
                let retryAt =
                    outcome == end[3]
                    ? message.retryAfterAmbiguity(at: script.now, AmbiguityRule()) : script.now
                try script.add(.result(1, attempt, outcome, retryAt: retryAt))
            default:
                guard random.number(in: 0...2) == 0 else {
                    try script.add(.receipt(1, .make(.unknown)))
                    continue
                }
                guard message.phase == .unknown || message.phase == .failed else { return }
                try script.add(.retried(Self.key, by: "marc", reason: "asked for"))
            }
            #expect(mayHaveLeft.values.allSatisfy { $0 <= 1 }, "seed \(seed): \(mayHaveLeft)")
        }
    }

    @Test func `an early receipt settles what a crash left without an answer`() throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + Self.texting + [.receipt(1, .make(.delivered))])
        #expect(script.state.messages[Self.key]?.phase == .sending(attempt: 1, handedOver: true))
        try script.add(script.state.recovery(at: script.now).events)
        #expect(script.state.messages[Self.key]?.phase == .delivered)
    }

    // MARK: - References

    @Test func `a message is found by our reference on the routes it took, and by the gateway's on its own`()
        throws
    {
        var script = LedgerScript()
        let reference = "\(Self.key).0"
        try script.add(.planned(.text(1)), .planned(.text(2)))
        #expect(script.state.key(forReference: reference, on: "kannel") == nil)
        try script.add(Self.texting)
        #expect(script.state.key(forReference: reference, on: "kannel") == Self.key)
        #expect(script.state.key(forReference: reference, on: "ovh") == nil)
        for bad in [
            "\(Self.key).1", "\(Self.key)", "\(Self.key).", "\(Self.key).00", "\(Self.key).-0",
            "\(Self.key).0.0", "", ".",
        ] {
            #expect(script.state.key(forReference: bad, on: "kannel") == nil, "\(bad)")
        }
        let proof = GatewayProof(reference: "8812", parts: 1)
        try script.add(.result(1, 1, .accepted(reply: "202", proof: proof)))
        #expect(script.state.key(forReference: "8812", on: "kannel") == Self.key)
        #expect(script.state.key(forReference: "8812", on: "ovh") == nil)
        // A gateway that gives a name twice means the newest.
        try script.add(LedgerEvent.texting(2) + [.result(2, 1, .accepted(reply: "202", proof: proof))])
        #expect(script.state.key(forReference: "8812", on: "kannel") == .make(2))
        let ref = CaseReference.make("2020-1002")
        try script.add(.forgotten(.ofCase(ref)))
        #expect(script.state.key(forReference: "8812", on: "kannel") == Self.key)
        #expect(script.state.key(forReference: "\(MessageKey.make(2)).0", on: "kannel") == nil)
        try script.add(.receipt(1, .make(.undelivered)), .retried(Self.key, by: "marc", reason: "x"))
        try script.add(LedgerEvent.texting(1, 2))
        let second = GatewayProof(reference: "8813")
        try script.add(.result(1, 2, .accepted(reply: "202", proof: second)))
        for (text, number) in [("8812", 0), ("8813", 1), (reference, 0), ("\(Self.key).1", 1)] {
            #expect(
                script.state.sending(forReference: text, on: "kannel")
                    == Sending(key: Self.key, number: number))
        }
    }
}
