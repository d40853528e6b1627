import RelanceCore
import RelanceTestSupport
import Testing

/// What a clock that was wrong for a while has written stands ahead in the order, and nowhere else (reliability 2.7).
@Suite struct LedgerTimeTests {
    private static let now = Instant(seconds: 1_604_300_000)
    private static let wrong = now + .days(6000)

    /// A ledger to which a wrong clock added something, set right since.
    private func script(_ events: [LedgerEvent] = []) throws -> LedgerScript {
        var script = LedgerScript(from: Self.wrong)
        try script.add(events + [.acknowledged(.make("2020-1"), by: "claire")])
        script.now = Self.now
        return script
    }

    @Test func `the order never goes back, and each entry says when it was written`() throws {
        var script = try script()
        try script.add(.planned(.text(1)))
        #expect(zip(script.entries, script.entries.dropFirst()).allSatisfy { $0.stamp.at <= $1.stamp.at })
        #expect(script.state.lastTime == script.now)
        #expect(try script.history.restored.state == script.state)
    }

    @Test func `a message knows when it was planned, left, ended, and is sent anew at once`() throws {
        var script = try script()
        try script.add(.planned(.text(1)))
        let planned = script.now
        try script.add(LedgerEvent.texting(1) + [.result(1, 1, .refused(.make(.refused, code: 550)))])
        let message = try #require(script.state.messages[.make(1)])
        #expect(message.planned.time == planned)
        #expect(message.firstAttemptAt == planned + .milliseconds(1))
        #expect(message.lastAttempt?.at == planned + .milliseconds(1))
        #expect(message.changedAt == script.now && message.lastFailure?.at == script.now)
        try script.add(.retried(.make(1), by: "marc", reason: "x"))
        #expect(script.state.messages[.make(1)]?.nextAttemptAt == script.now)
        let told = script.state.memory(onCase: .make("2020-1001")).told[.make(1)]
        #expect(told?.leftAt == planned + .milliseconds(1) && told?.endedAt == script.now)
    }

    @Test func `a day's messages and a month's parts are those of the day and the month`() throws {
        var script = try script([.planned(.text(1))] + LedgerEvent.texting(1, parts: 3))
        func count() -> Int {
            let (start, end) = (script.now - .hours(9), script.now + .hours(15))
            return script.state.departuresByAddress.count(to: .make(1), since: start, before: end)
        }
        func parts() -> Int {
            script.state.smsParts(since: script.now - .days(2), before: script.now + .days(28))
        }
        #expect(count() == 0 && parts() == 0, "what left in the wrong year has its own day")
        try script.add([.planned(.text(2))] + LedgerEvent.texting(2, parts: 2))
        #expect(count() == 1 && parts() == 2)
        script.now = script.now + .days(1)
        #expect(count() == 0 && parts() == 2)
        // Set back by an hour, a departure stands before one that is written down already.
        script.now = script.now - .days(1) - .hours(1)
        try script.add([.planned(.text(3))] + LedgerEvent.texting(3, parts: 4))
        #expect(count() == 2 && parts() == 6)
        let between = script.now + .minutes(1)
        #expect(script.state.smsParts(since: between, before: Self.wrong) == 2)
        #expect(try script.history.restored.state == script.state)
    }

    @Test func `what was put off by a wrong clock is tried within a quarter of an hour of the right one`()
        throws
    {
        var script = LedgerScript(from: Self.wrong)
        try script.add(
            .planned(.make(1, dueAt: Self.now)), .attempt(1),
            .result(1, 1, .deferred(.make()), retryAt: Self.wrong + .hours(4)))
        let message = try #require(script.state.messages[.make(1)])
        #expect(message.nextAttempt(at: Self.wrong + .hours(1)) == Self.wrong + .hours(4))
        #expect(message.nextAttempt(at: Self.now) == Self.now + .minutes(15))
        #expect(message.nextAttempt(at: Self.now - .hours(1)) == Self.now, "not before it is due")
    }

    @Test func `a key is kept for as long as its duty, whatever the clock said when it was settled`() throws {
        var script = LedgerScript()
        let due = script.now
        try script.add(.planned(.make(1, dueAt: due)))
        script.now = due - .days(500)
        try script.add(LedgerEvent.delivery(1))
        script.now = due + .hours(1)
        try script.add(
            .forgotten(.settled(details: script.now - .days(90), keys: script.now - .days(400))))
        #expect(script.state.messages[.make(1)] == nil)
        #expect(!script.state.admits(.make(1)))
    }

    // MARK: - Starts

    private static let start = ProgramStart(version: "1.0", machine: "here")

    private func downtime(_ script: LedgerScript) -> Downtime? {
        script.state.recovery(starting: Self.start, at: script.now, silence: .hours(1)).downtime
    }

    private func start(_ script: inout LedgerScript) throws {
        try script.add(
            script.state.recovery(starting: Self.start, at: script.now, silence: .hours(1)).events)
    }

    @Test func `silence and downtime are told by the right clock`() throws {
        var script = try script()
        try script.add(.started(Self.start), .planned(.make(1, dueAt: script.now)))
        let last = script.now
        script.now = last + .hours(3)
        #expect(downtime(script) == Downtime(since: last, until: script.now))
        script.now = last + .days(7) + .seconds(1)
        #expect(script.state.fenceReason(startingOn: "here", at: script.now) == .longSilence)
        #expect(downtime(script)?.mayBeOld == true)
    }

    @Test func `a downtime is known to every start of a day, until a person has looked`() throws {
        var script = LedgerScript()
        try start(&script)
        #expect(downtime(script) == nil)
        let last = script.now
        script.now = last + .days(10)
        try start(&script)
        let (end, known) = (last + .days(10), downtime(script))
        #expect(known == Downtime(since: last, until: end, mayBeOld: true))
        script.now = end + .minutes(5)
        try start(&script)
        #expect(downtime(script) == known)
        // Another one takes it up.
        script.now = end + .hours(3)
        #expect(downtime(script) == Downtime(since: last, until: script.now, mayBeOld: true))
        script.now = end + .minutes(6)
        try script.add(.fenced(.longSilence), .fenceLifted(by: "anne", reason: "looked at"))
        #expect(downtime(script) == Downtime(since: last, until: end, isConfirmed: true))
        #expect(try script.history.restored.state == script.state)
        for hour in 1...24 {
            script.now = end + .minutes(6) + .hours(Int64(hour)) - .milliseconds(5)
            #expect((downtime(script) == nil) == (hour == 24))
            try start(&script)
        }
    }

    @Test func `a downtime that ends in a time to come is none`() throws {
        var script = LedgerScript()
        try script.add(.downtime(Downtime(since: script.now, until: script.now + .days(1))))
        #expect(downtime(script) == nil)
    }
}
