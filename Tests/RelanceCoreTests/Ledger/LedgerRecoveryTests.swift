import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct LedgerRecoveryTests {
    static let now = Instant(seconds: 1_604_400_000)
    static let start = ProgramStart(version: "1.0", machine: "here")

    @Test func `an attempt without handover is retried at once`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(1)), .attempt(1))
        let recovery = script.state.recovery(at: Self.now)
        #expect(recovery.definite == [.make(1)] && recovery.ambiguous.isEmpty)
        try script.add(recovery.events)
        #expect(script.state.messages[.make(1)]?.nextAttemptAt == Self.now)
        #expect(script.state.messages[.make(1)]?.failures == 0)
    }

    @Test func `an e-mail handed over without an answer is retried once, a quarter of an hour later`() throws
    {
        var script = LedgerScript()
        try script.add(.planned(.make(1)), .attempt(1), .handover(1))
        let first = script.state.recovery(at: Self.now)
        #expect(first.ambiguous == [.make(1)] && first.definite.isEmpty)
        try script.add(first.events)
        #expect(script.state.messages[.make(1)]?.nextAttemptAt == Self.now + .minutes(15))
        try script.add(.attempt(1, 2), .handover(1, 2))
        try script.add(script.state.recovery(at: Self.now).events)
        #expect(script.state.messages[.make(1)]?.phase == .unknown)
        #expect(script.state.messages[.make(1)]?.ambiguousEnds == 2)
    }

    @Test func `a text message handed over without an answer is never retried by itself`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(1, channel: .sms)), .attempt(1), .handover(1))
        try script.add(script.state.recovery(at: Self.now).events)
        #expect(script.state.messages[.make(1)]?.phase == .unknown)
    }

    @Test(arguments: [Channel.email, .sms])
    func `what the house says of ambiguous ends is asked once, and stands in the ledger from then on`(
        channel: Channel
    ) throws {
        let rules: [AmbiguityRule] = [
            AmbiguityRule([.email: .hold, .sms: .retryAnyway]), AmbiguityRule([.email: .retry, .sms: .hold]),
        ]
        for (rule, isRepeated) in zip(rules, channel == .sms ? [true, false] : [false, true]) {
            var script = LedgerScript()
            try script.add(.planned(.make(1, channel: channel)), .attempt(1), .handover(1))
            try script.add(script.state.recovery(at: Self.now, onAmbiguous: rule).events)
            let message = script.state.messages[.make(1)]
            #expect(message?.nextAttemptAt == (isRepeated ? Self.now + .minutes(15) : nil))
            #expect((message?.phase == .unknown) == !isRepeated)
            // A third copy is nobody's wish but a person's.
            guard isRepeated else { continue }
            try script.add(.attempt(1, 2), .handover(1, 2))
            try script.add(script.state.recovery(at: Self.now, onAmbiguous: rule).events)
            #expect(script.state.messages[.make(1)]?.phase == .unknown)
        }
    }

    @Test func `a start with nothing in flight writes itself down and nothing else`() throws {
        var script = LedgerScript()
        try script.add([.planned(.make(1))] + LedgerEvent.delivery(1))
        let recovery = script.state.recovery(starting: Self.start, at: Self.now)
        #expect(recovery.events == [.started(Self.start)])
        #expect(recovery.fence == nil)
    }

    @Test func `another machine raises a fence until somebody lifts it`() throws {
        var script = LedgerScript()
        try script.add(.started(Self.start), .planned(.make(1)))
        let clone = ProgramStart(version: "1.0", machine: "elsewhere")
        let recovery = script.state.recovery(starting: clone, at: script.now)
        #expect(recovery.fence == .otherMachine)
        try script.add(recovery.events)
        #expect(script.state.fence != nil)
        // A second start on the new machine does not make it forget.
        try script.add(script.state.recovery(starting: clone, at: script.now).events)
        #expect(script.state.fence != nil)
        try script.add(.fenceLifted(by: "marc", reason: "moved to the new server"))
        #expect(script.state.fence == nil)
    }

    @Test func `a week of silence with work due raises a fence, without work due it does not`() throws {
        var script = LedgerScript()
        try script.add(.started(Self.start), .planned(.make(1, dueAt: Self.now)))
        let week = script.now + .days(7)
        #expect(script.state.fenceReason(startingOn: "here", at: week) == nil)
        #expect(script.state.fenceReason(startingOn: "here", at: week + .seconds(1)) == .longSilence)
        try script.add(LedgerEvent.delivery(1))
        #expect(script.state.fenceReason(startingOn: "here", at: week + .days(30)) == nil)
    }
}
