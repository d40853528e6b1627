import Foundation
import RelanceCore
import RelanceDelivery
import RelanceIntake
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The loop closed: what one channel does not bring over goes to the other, then to a call (design 4, domain 2.4).
@Suite(.timeLimit(.minutes(10))) struct TwoChannelTests {
    private let start = at("2020-11-02 10:00")

    /// What the loop offered, in order.
    private actor Offers {
        private(set) var messages: [PlannedMessage] = []

        func add(_ new: [PlannedMessage]) {
            messages += new
        }
    }

    private struct Stage {
        var loop: FollowUpLoop
        var offers: Offers
        var ledger: MemoryLedger

        /// Writes down that a text message was taken, then what became of it.
        func deliver(_ key: MessageKey, _ outcome: DeliveryOutcome, then receipt: Receipt? = nil) async throws
        {
            try await ledger.append(
                [
                    .attempted(
                        key, Attempt(number: 1, route: "texts", messageID: "\(key).0", sha256: "", parts: 1)),
                    .handedOver(key, attempt: 1),
                    .resulted(key, AttemptResult(number: 1, outcome: outcome)),
                ] + [receipt].compactMap { $0 }.map { .receipted(key, $0) })
        }
    }

    private static let calledInVain = #", "unanswered_calls": ["2020-11-02T09:55:00+01:00"]"#
    private static let agreed =
        #", "appointments": [{"id": "1", "starts_at": "2020-11-06T10:00:00+01:00", "#
        + #""minutes": 45, "mode": "phone", "confirmed_at": "2020-11-02T09:55:00+01:00"}]"#

    /// One case of a business that prefers texts and has something to hear since a moment ago.
    private func stage(
        _ news: String = calledInVain,
        mobile: String? = "06 39 98 20 14", email: String? = "gerante@boulangerie.example",
        budget: SMSBudgetRule = SMSBudgetRule(soft: nil, hard: nil)
    ) throws -> Stage {
        let ways = [mobile.map { #""mobile": "\#($0)""# }, email.map { #""email": "\#($0)""# }].compactMap {
            $0
        }
        let contact = (ways + [#""prefers": "sms", "sms_consent": true"#]).joined(separator: ", ")
        let house = try TestHouse(cases: [
            TestHouse.followUpCase("2020-0301", more: news + #", "contact": {\#(contact)}"#)
        ])
        let loaded = try house.load(at: start)
        let start = start
        let ledger = MemoryLedger(instance: "tests") { start }
        var followUps = FollowUps(planner: loaded.planner(instance: ledger.instance), now: start)
        followUps.update(CaseRoom(loaded, now: start).cases.map { CaseRecord($0, at: .nowhere) }, now: start)
        let offers = Offers()
        let loop = FollowUpLoop(followUps: followUps, ledger: ledger, smsBudget: budget) { messages, _ in
            await offers.add(messages)
        }
        return Stage(loop: loop, offers: offers, ledger: ledger)
    }

    /// The next message to the business, as the loop finds it after the ledger changed.
    private func next(_ stage: Stage, after elapsed: Elapsed = .seconds(0)) async throws -> PlannedMessage? {
        let now = start + elapsed
        await stage.loop.change { $0.remember([.make("2020-0301")], now: now) }
        return try await stage.loop.tick(at: now).admitted.first { $0.recipient.audience == .business }
    }

    private static func undelivered(_ kind: DeliveryFailure.Kind = .badAddress) -> Receipt {
        Receipt(verdict: .undelivered, failure: kind, detail: "absent", route: "texts")
    }

    @Test func `an undelivered text goes on by mail`() async throws {
        let stage = try stage()
        let text = try #require(try await next(stage))
        #expect(text.channel == .sms)
        try await stage.deliver(text.key, .accepted(reply: "201"), then: Self.undelivered())
        let mail = try #require(try await next(stage, after: .minutes(60)))
        #expect((mail.kind, mail.channel) == (text.kind, .email))
    }

    @Test func `an appointment goes both ways, and one that arrives is enough`() async throws {
        let stage = try stage(Self.agreed)
        _ = try #require(try await next(stage))
        let told = await stage.offers.messages.filter { $0.kind == .appointmentConfirmed }
        #expect(Set(told.map(\.channel)) == [.email, .sms])
        for message in told {
            try await stage.deliver(
                message.key, .accepted(reply: "ok"),
                then: message.channel == .sms ? Self.undelivered() : nil)
        }
        #expect(try await next(stage, after: .minutes(60)) == nil)
        let half = await stage.loop.plan(of: .make("2020-0301"), at: start + .minutes(60))
        #expect(half?.callTasks.isEmpty == true, "the mail has arrived")
    }

    @Test func `what neither channel brings over becomes a call`() async throws {
        let stage = try stage(Self.agreed)
        _ = try #require(try await next(stage))
        for message in await stage.offers.messages.filter({ $0.kind == .appointmentConfirmed }) {
            try await stage.deliver(message.key, .refused(.make(.badAddress, code: 550)))
        }
        #expect(try await next(stage, after: .minutes(60)) == nil)
        let plan = try #require(
            await stage.loop.plan(of: .make("2020-0301"), at: start + .minutes(60)))
        #expect(plan.callTasks.map(\.kind) == [.appointmentConfirmed])
    }

    @Test func `an objection between planning and sending withholds the text and lets the mail go`()
        async throws
    {
        let stage = try stage()
        let text = try #require(try await next(stage))
        let mark = try #require(text.recipient.mark(for: .sms, instance: "tests"))
        try await stage.ledger.append([
            .objected(mark, Objection(source: .answer, by: "texts", proof: "STOP"))
        ])
        guard case .notOwed = await stage.loop.verdict(on: text, at: start) else {
            Issue.record("the text would still leave")
            return
        }
        try await stage.ledger.append([.cancelled(text.key, reason: "opted_out", by: nil)])
        #expect(try await next(stage)?.channel == .email)
    }

    @Test func `at the soft limit of the month only appointments are texts, at the hard one nothing is`()
        async throws
    {
        for budget in [SMSBudgetRule(soft: 1, hard: nil), SMSBudgetRule(soft: nil, hard: 1)] {
            let stage = try stage(budget: budget)
            let other = PlanRecord.make(1, channel: .sms)
            try await stage.ledger.append([.planned(other)])
            try await stage.deliver(other.key, .accepted(reply: "201"))
            #expect(try await next(stage)?.channel == .email)
            #expect(
                await stage.loop.smsBudget(at: start) == (budget.hard == nil ? .appointmentsOnly : .spent))
        }
    }

    @Test func `what went through on the other channel is not told as undelivered`() async throws {
        let stage = try stage()
        let text = try #require(try await next(stage))
        try await stage.deliver(text.key, .accepted(reply: "201"), then: Self.undelivered(.unknown))
        let range = (start - .hours(1))..<(start + .hours(1))
        #expect(await stage.loop.undelivered(in: range).map(\.channel) == [.sms])
        let mail = try #require(try await next(stage))
        try await stage.deliver(mail.key, .accepted(reply: "250"))
        #expect(await stage.loop.undelivered(in: range).isEmpty)
    }

    private static let prefersTexts =
        #", "contact": {"mobile": "06 39 98 20 14", "email": "gerante@boulangerie.example", "#
        + #""prefers": "sms", "sms_consent": true}"#

    @Test func `while the gateway is down a business hears of us by mail within the hour`() async throws {
        let house = try TestHouse(
            configuration: TestHouse.configuration(more: "sms: [t]")
                .replacingOccurrences(
                    of: "mail: [a]", with: "  t: {kind: spool, folder: texts, concurrency: 1}\nmail: [a]"),
            cases: [TestHouse.followUpCase("2020-0301", more: Self.calledInVain + Self.prefersTexts)])
        let life = try await house.run(
            at: start, onRoute: ["t": ScriptedCourier(otherwise: .routeIsDown)]
        ) { life in
            await life.log.waitForBusiness(1)
            await life.advance(to: start + .hours(1))
            await life.log.waitForBusiness(2)
        }
        let told = life.log.dispatches.filter { $0.message.recipient.audience == .business }
        #expect(told.map(\.message.channel) == [.sms, .email])
        #expect(told.last.map { $0.at == start + .hours(1) } == true)
        let phases = try house.state().messages.values.filter { $0.plan.role == .business }.map(\.phase)
        #expect(Set(phases) == [.expired, .sent])
    }

    /// Has a text message wait for its gateway until its twelve hours are over, as the outbox writes it down.
    private func expire(_ text: PlannedMessage, on stage: Stage) async throws {
        try await stage.deliver(text.key, .deferred(.make(.connection, scope: .route, code: 503)))
        try await stage.ledger.append([.expired(text.key, reason: "no_longer_useful")])
    }

    @Test func `without a mail address it becomes a call, and the digest tells of it`() async throws {
        let stage = try stage(Self.agreed, email: nil)
        let text = try #require(try await next(stage))
        try await expire(text, on: stage)
        #expect(try await next(stage, after: .hours(24)) == nil)
        let plan = try #require(await stage.loop.plan(of: .make("2020-0301"), at: start + .hours(24)))
        #expect(plan.callTasks.map(\.kind) == [text.kind])
        #expect(await stage.loop.undelivered(in: start..<(start + .hours(1))).map(\.kind) == [text.kind])
        guard
            case .digest(let digest)? = await stage.offers.messages.last(where: { $0.kind == .digest })?
                .content
        else {
            Issue.record("no digest")
            return
        }
        let undelivered = digest.lines.filter {
            if case .notDelivered(text.kind, .sms, _) = $0.item { true } else { false }
        }
        #expect(undelivered.map(\.brief.ref) == [.make("2020-0301")])
    }

    @Test func `a text nobody can tell the end of is told, and not said again`() async throws {
        let stage = try stage(email: nil)
        let text = try #require(try await next(stage))
        try await stage.deliver(text.key, .ambiguous(.make(.connection, scope: .route, code: nil)))
        #expect(try await next(stage) == nil)
        let range = (start - .hours(1))..<(start + .hours(1))
        #expect(await stage.loop.undelivered(in: range).count == 1)
    }
}

extension FollowUpLoop {
    /// Everything planning says of a case.
    fileprivate func plan(of ref: CaseReference, at now: Instant) -> CasePlan? {
        followUps.plan(ref, at: now, detail: .everything, memory: recollection(at: now).memory)
    }

    fileprivate func undelivered(in range: Range<Instant>) -> [DigestPlanner.Undelivered] {
        recollection(at: range.upperBound).deliveries(range).undelivered
    }
}
