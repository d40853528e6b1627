import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct LedgerStateTests {
    /// One row of the drawing at the head of LedgerState: what happened before, what happens, where it leads.
    struct Transition: CustomTestStringConvertible {
        var testDescription: String
        var before: [LedgerEvent]
        var event: LedgerEvent
        /// Nil when it cannot follow.
        var phase: LedgerMessage.Phase?

        init(
            _ name: String, _ before: [LedgerEvent], _ event: LedgerEvent, _ phase: LedgerMessage.Phase?
        ) {
            testDescription = name
            self.before = [.planned(.make(1))] + before
            self.event = event
            self.phase = phase
        }
    }

    static let key = MessageKey.make(1)
    static let later = Instant(seconds: 1_604_310_000)
    static let accepted = DeliveryOutcome.accepted(reply: "250 Ok")
    static let cancel = LedgerEvent.cancelled(key, reason: "case_closed", by: nil)
    static let expire = LedgerEvent.expired(key, reason: "no_longer_useful")
    static let supersede = LedgerEvent.superseded(key, by: .make(2))
    static let hold = LedgerEvent.held(key, reason: "brake", by: nil)
    static let release = LedgerEvent.released(key, reason: nil, by: "marc")
    static let retry = LedgerEvent.retried(key, by: "marc", reason: "asked for")
    static let sending: [LedgerEvent] = [.attempt(1), .handover(1)]
    static let sent = sending + [.result(1, 1, accepted)]
    static let failed = sending + [.result(1, 1, .refused(.make(.refused, code: 550)))]
    static let unknown = sending + [.result(1, 1, .ambiguous(.make()))]
    static let cancelByPerson = LedgerEvent.cancelled(key, reason: "called instead", by: "marc")
    static let doubtful = sending + [.result(1, 1, .ambiguous(.make()), retryAt: later)]
    static let deferred = [LedgerEvent.attempt(1), .result(1, 1, .deferred(.make()), retryAt: later)]

    static let legal: [Transition] = [
        Transition("planned, attempt", [], .attempt(1), .sending(attempt: 1, handedOver: false)),
        Transition("sending, handover", [.attempt(1)], .handover(1), .sending(attempt: 1, handedOver: true)),
        Transition("handed over, accepted", sending, .result(1, 1, accepted), .sent),
        Transition("sending, accepted without handover", [.attempt(1)], .result(1, 1, accepted), .sent),
        Transition("handed over, refused", sending, .result(1, 1, .refused(.make())), .failed),
        Transition(
            "sending, deferred", [.attempt(1)], .result(1, 1, .deferred(.make()), retryAt: later),
            .deferred(until: later)),
        Transition(
            "handed over, ambiguous with a retry", sending,
            .result(1, 1, .ambiguous(.make()), retryAt: later), .deferred(until: later)),
        Transition("handed over, ambiguous", sending, .result(1, 1, .ambiguous(.make())), .unknown),
        Transition(
            "sending, interrupted", [.attempt(1)], .result(1, 1, .interrupted, retryAt: later),
            .deferred(until: later)),
        Transition("deferred, attempt 2", deferred, .attempt(1, 2), .sending(attempt: 2, handedOver: false)),
        Transition("planned, cancel", [], cancel, .cancelled),
        Transition("deferred, cancel", deferred, cancel, .cancelled),
        Transition("unknown, cancel", unknown, cancel, .cancelled),
        Transition("planned, expire", [], expire, .expired),
        Transition("deferred, expire", deferred, expire, .expired),
        Transition("deferred in doubt, expire", doubtful, expire, .unknown),
        Transition("deferred in doubt, cancel by nobody", doubtful, cancel, .unknown),
        Transition("deferred in doubt, cancel by a person", doubtful, cancelByPerson, .cancelled),
        Transition("deferred in doubt, sent anew, expire", doubtful + [expire, retry], expire, .expired),
        Transition("planned, supersede", [], supersede, .superseded(by: .make(2))),
        Transition("planned, hold", [], hold, .planned),
        Transition("held, release", [hold], release, .planned),
        Transition("held, cancel", [hold], cancel, .cancelled),
        Transition("unknown, accepted after all", unknown, .result(1, 1, accepted), .sent),
        Transition("unknown, refused after all", unknown, .result(1, 1, .refused(.make())), .failed),
    ]

    static let illegal: [Transition] = [
        Transition("planned, handover", [], .handover(1), nil),
        Transition("planned, result", [], .result(1, 1, accepted), nil),
        Transition("planned, attempt 2 first", [], .attempt(1, 2), nil),
        Transition("planned, release without hold", [], release, nil),
        Transition("planned, retry", [], retry, nil),
        Transition("held, attempt", [hold], .attempt(1), nil),
        Transition("sending, attempt", [.attempt(1)], .attempt(1, 2), nil),
        Transition("sending, cancel", sending, cancel, nil),
        Transition("sending, expire", sending, expire, nil),
        Transition("sending, supersede", sending, supersede, nil),
        Transition("sending, hold", sending, hold, nil),
        Transition("sending, handover of another attempt", [.attempt(1)], .handover(1, 2), nil),
        Transition("sending, handover twice", sending, .handover(1), nil),
        Transition("sending, result of another attempt", sending, .result(1, 2, accepted), nil),
        Transition("sent, retry", sent, retry, nil),
        Transition("sent, attempt", sent, .attempt(1, 2), nil),
        Transition("sent, cancel", sent, cancel, nil),
        Transition("sent, hold", sent, hold, nil),
        Transition("failed, attempt without retry", failed, .attempt(1, 2), nil),
        Transition("unknown, attempt without retry", unknown, .attempt(1, 2), nil),
        Transition("unknown, expire", unknown, expire, nil),
        Transition("unknown, ambiguous again", unknown, .result(1, 1, .ambiguous(.make())), nil),
        Transition("cancelled, attempt", [cancel], .attempt(1), nil),
        Transition("expired, attempt", [expire], .attempt(1), nil),
        Transition("superseded, attempt", [supersede], .attempt(1), nil),
        Transition("planned twice", [], .planned(.make(1)), nil),
        Transition("unheard of", [], .attempt(9), nil),
    ]

    @Test(arguments: legal)
    func `what may happen leads where the drawing says`(_ row: Transition) throws {
        var script = LedgerScript()
        try script.add(row.before + [row.event])
        #expect(script.state.messages[Self.key]?.phase == row.phase)
        #expect(script.state.open.contains(Self.key) == (row.phase?.isTerminal == false))
    }

    @Test(arguments: illegal)
    func `what cannot happen is reported and changes nothing`(_ row: Transition) throws {
        var script = LedgerScript()
        try script.add(row.before)
        let before = script.state
        #expect(throws: IllegalTransition.self) { try script.add(row.event) }
        #expect(script.state == before)
        #expect(throws: IllegalTransition.self) {
            let stamp = LedgerStamp(sequence: 99, at: Self.later, bootMilliseconds: 0)
            var ahead = LedgerAhead(from: before)
            try ahead.take([LedgerEntry(stamp: stamp, event: row.event)], over: before)
        }
    }

    @Test func `the sentence of an illegal entry names the message and where it stands`() throws {
        var script = LedgerScript()
        try script.add([.planned(.make(1))] + Self.sent)
        let error = #expect(throws: IllegalTransition.self) { try script.add(Self.retry) }
        #expect(error?.description == "entry 5 cannot follow: message \(Self.key) is sent")
        let twice = #expect(throws: IllegalTransition.self) { try script.add(.planned(.make(1))) }
        #expect(twice?.description == "entry 5: message \(Self.key) has been planned before")
        let nobody = #expect(throws: IllegalTransition.self) { try script.add(.attempt(9)) }
        #expect(nobody?.description == "entry 5 cannot follow: message \(MessageKey.make(9)) is not known")
    }

    @Test func `entries out of order are refused`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(1)))
        var state = script.state
        #expect(throws: IllegalTransition.self) { try state.apply(script.entries[0]) }
    }

    @Test func `a deliberate sending anew counts, an automatic one does not`() throws {
        var script = LedgerScript()
        try script.add([.planned(.make(1))] + Self.deferred + [.attempt(1, 2), .handover(1, 2)])
        #expect(script.state.messages[Self.key]?.resends == 0)
        #expect(script.state.messages[Self.key]?.attempts == 2)
        try script.add(.result(1, 2, .ambiguous(.make())), Self.retry)
        #expect(script.state.messages[Self.key]?.resends == 1)
        #expect(script.state.messages[Self.key]?.ambiguousEnds == 0)
        #expect(script.state.messages[Self.key]?.lastAttempt == nil)
        #expect(script.state.messages[Self.key]?.nextAttemptAt == script.now)
    }

    @Test func `only what is the message's own fault burns an attempt`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(1)))
        let ends: [DeliveryOutcome] = [
            .deferred(.make(.connection, scope: .route, code: nil)), .interrupted, .deferred(.make()),
        ]
        for (index, end) in ends.enumerated() {
            try script.add(.attempt(1, index + 1), .result(1, index + 1, end))
        }
        #expect(script.state.messages[Self.key]?.attempts == 3)
        #expect(script.state.messages[Self.key]?.failures == 1)
    }

    @Test func `covered keys are taken with their carrier and share its fate`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(3)), .planned(.make(1, covers: [.make(2), .make(3)])))
        #expect(!script.state.admits(.make(2)))
        #expect(script.state.message(for: .make(2))?.key == Self.key)
        #expect(script.state.message(for: .make(3))?.key == .make(3))
        #expect(throws: IllegalTransition.self) { try script.add(.planned(.make(2))) }
        try script.add(Self.sent)
        #expect(script.state.message(for: .make(2))?.phase == .sent)
    }

    @Test func `messages and acts are found by their case`() throws {
        var script = LedgerScript()
        let ref = CaseReference.make("2020-0301")
        try script.add(
            .planned(.make(1, case: "2020-0301")), .planned(.make(2)), .planned(.make(3, case: "2020-0301")))
        #expect(script.state.messages(onCase: ref).map(\.key) == [.make(1), .make(3)])
        let day = LocalDay(daysSince1970: 18_600)
        try script.add(.caseHeld(ref, until: day, by: "claire", reason: "congés"))
        #expect(script.state.acts(onCase: ref) == CaseActs(heldUntil: day))
        try script.add(.caseHeld(ref, until: nil, by: "claire", reason: "à la demande du client"))
        #expect(script.state.acts(onCase: ref) == CaseActs(isHeld: true))
        try script.add(.caseResumed(ref, by: "marc", reason: nil), .acknowledged(ref, by: "marc"))
        #expect(script.state.acts(onCase: ref) == CaseActs(acknowledgedAt: script.now))
        #expect(script.state.acts == [ref: CaseActs(acknowledgedAt: script.now)])
        #expect(script.state.trail(ofCase: ref).count == 4)
    }

    @Test func `settled messages are forgotten but for their keys, and the keys later`() throws {
        var script = LedgerScript()
        let plan = PlanRecord.make(1, case: "2020-1", dueAt: script.now, covers: [.make(2)])
        try script.add([.planned(plan)] + Self.sent)
        try script.add(.planned(.make(3, case: "2020-1")))
        let after = script.now + .milliseconds(1)
        try script.add(.forgotten(.settled(details: after, keys: Instant(seconds: 0))))
        #expect(script.state.messages(onCase: .make("2020-1")).map(\.key) == [.make(3)])
        #expect(Set(script.state.remembered.keys) == [.make(1), .make(2)])
        #expect(!script.state.admits(.make(1)) && !script.state.admits(.make(2)))
        try script.add(.forgotten(.settled(details: after, keys: after)))
        #expect(script.state.admits(.make(1)) && script.state.admits(.make(2)))
        #expect(script.state.open == [.make(3)])
    }

    @Test func `forgetting a case keeps its keys and what is still open`() throws {
        var script = LedgerScript()
        let ref = CaseReference.make("2020-1")
        try script.add([.planned(.make(1, case: "2020-1"))] + Self.sent)
        try script.add(.planned(.make(3, case: "2020-1")), .acknowledged(ref, by: "claire"))
        try script.add(.forgotten(.ofCase(ref)))
        #expect(script.state.trail(ofCase: ref).isEmpty)
        #expect(script.state.messages(onCase: ref).map(\.key) == [.make(3)])
        #expect(!script.state.admits(.make(1)))
    }

    @Test func `sums count messages by phase, held ones apart`() throws {
        var script = LedgerScript()
        try script.add([.planned(.make(1))] + Self.sent)
        try script.add(.planned(.make(2)), .planned(.make(3)), .held(.make(3), reason: "brake", by: nil))
        let sums = script.state.sums
        #expect(sums.counts == ["sent": 1, "planned": 1, "held": 1])
        #expect(sums.oldestDue == Instant(seconds: 1_604_304_000))
    }

    @Test(arguments: Seeds.or(first: 40))
    func `live entries fold to the same state, from any point on`(seed: UInt64) throws {
        var random = RandomLedger(seed: seed)
        var script = LedgerScript()
        var restored = LedgerHistory(of: .everything)
        for step in 1...300 {
            let event = random.next(after: script.state, at: script.now)
            try script.add(event)
            try restored.apply(script.entries[step - 1])
            if step % 50 == 0 {
                restored = try restored.restored
                #expect(restored == script.history, "seed \(seed), step \(step)")
            }
        }
        #expect(restored == script.history, "seed \(seed)")
    }
}
