import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What the outbox does otherwise with text messages: routes of their own, at most one copy, a short life (design D11).
@Suite(.timeLimit(.minutes(10))) struct TextMessageTests {
    private let start = OutboxFixture.morning

    private func settings(
        mail: [any Courier] = [], sms: [any Courier], concurrency: Int = 2
    ) -> Outbox.Settings {
        var settings = OutboxFixture.settings(mail + sms, concurrency: concurrency)
        let names = settings.lanes.keys.sorted()
        settings.order = [
            .email: Array(names.prefix(mail.count)), .sms: Array(names.dropFirst(mail.count)),
        ]
        return settings
    }

    @Test func `a message takes only the routes that carry its channel`() async throws {
        let (relay, gateway) = (ScriptedCourier(), ScriptedCourier())
        let house = try OutboxFixture([])
        await house.outbox.replace(settings(mail: [relay], sms: [gateway]))
        try await house.atWork {
            try await house.take(OutboxFixture.text(1), OutboxFixture.message(2))
            await house.log.waitForAttempts(2)
        }
        #expect(await relay.parcels.map(\.key) == [.make("message 2")])
        #expect(await gateway.parcels.map(\.key) == [.make("message 1")])
    }

    @Test func `with no route for its channel a text message waits and takes none of the mail's`()
        async throws
    {
        let relay = ScriptedCourier()
        let house = try OutboxFixture([])
        await house.outbox.replace(settings(mail: [relay], sms: []))
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.turn()
        }
        #expect(await relay.parcels.isEmpty)
        #expect(house.phase() == .planned)
    }

    @Test func `F13 a text of more than ten parts never leaves, and its case is looked at for another way`()
        async throws
    {
        let words = String(repeating: "Merci bien ", count: 160) + "{{service_phone}}"
        var settings = settings(sms: [ScriptedCourier()])
        settings.composer = Composer(
            templates: try TemplateLibrary(
                TemplateSource.shipped,
                overrides: [TemplateSource(name: "fr/unreachable.sms.txt", text: words)]),
            service: .make())
        let house = try OutboxFixture([])
        await house.outbox.replace(settings)
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.wait { !$0.isEmpty }
        }
        #expect(house.log.drops == ["the text makes 12 parts, and a text message has 10 at most"])
        #expect(house.log.dispatches.isEmpty)
        // As what was never brought over on this channel: planning goes on to the other, or to a call.
        #expect(house.phase() == .expired)
        #expect(await house.tellings.changed == [.make("2020-0301")])
    }

    @Test func `it travels with its reference, its end of use and its parts`() async throws {
        let gateway = ScriptedCourier()
        let house = try OutboxFixture([gateway])
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
        }
        let parcels = await gateway.parcels
        guard case .text(let text)? = parcels.first?.content else {
            Issue.record("no text message: \(parcels)")
            return
        }
        let reference = "\(MessageKey.make("message 1")).0"
        #expect(text.reference == reference)
        #expect(text.recipient == .make("06 39 98 20 14"))
        #expect(text.usefulUntil == start + .hours(12))  // not its own two days
        #expect(SMSText(text.text).isOneSegment)
        let known = house.ledger.withState { $0.messages[.make("message 1")] }
        guard case .attempted(_, let attempt)? = try house.trail(of: .make("message 1")).first?.event else {
            Issue.record("no attempt is written down")
            return
        }
        #expect(attempt.messageID == reference)
        #expect(known?.lastAttempt?.parts == 1)
        #expect(await house.tellings.left == [.make("message 1")])
        #expect(house.log.dispatches.map(\.parts) == [1])
    }

    @Test
    func `the next gateway takes over at once after a failure of the route, and the first takes up again`()
        async throws
    {
        let (first, second) = (ScriptedCourier([.routeIsDown]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.text(1))
            await house.log.waitForAttempts(2)
            try await house.take(OutboxFixture.text(2))
            await house.log.waitForAttempts(3)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "b", "a"])
    }

    @Test func `what the gateway refuses for the message's sake goes to no other gateway`() async throws {
        let refusal = ScriptedCourier.Act(outcome: .refused(.make(.badAddress, code: 400)))
        let (first, second) = (ScriptedCourier([refusal]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
            await house.turn()
        }
        #expect(house.phase() == .failed)
        #expect(await second.parcels.isEmpty)
        #expect(await house.tellings.changed == [.make("2020-0301")])
    }

    @Test func `one that may have left is unknown at once and never leaves again, nor after a restart`()
        async throws
    {
        let (first, second) = (ScriptedCourier([.breaksOff]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
            #expect(house.phase() == .unknown)
            await house.outbox.offer([OutboxFixture.text()])  // as a start would
            await house.turn()
        }
        #expect(house.log.dispatches.map(\.route) == ["a"])
        #expect(await second.parcels.isEmpty)
        #expect(await house.tellings.changed == [.make("2020-0301")])
        #expect(await house.tellings.left == [.make("message 1")])
    }

    @Test func `a gateway that is down for two days lets nothing stale leave`() async throws {
        let (gateway, mended) = (ScriptedCourier(otherwise: .routeIsDown), ScriptedCourier())
        let house = try OutboxFixture([gateway])
        try await house.atWork {
            try await house.take(OutboxFixture.text(1), OutboxFixture.text(2, usefulUntil: start + .hours(2)))
            for hour in stride(from: Int64(1), through: 48, by: 1) {
                await house.clock.waitForSleepers()
                house.clock.advance(to: start + .hours(hour))
            }
            await house.log.waitForDrops(2)
            await house.outbox.replace(OutboxFixture.settings([mended]))
            await house.turn()
        }
        #expect(house.phase(1) == .expired && house.phase(2) == .expired)
        #expect(await mended.parcels.isEmpty)
    }

    @Test(arguments: [1, 8])  // with eight the breaker keeps the gateway closed
    func `one the mail could carry gives way after an hour in which the gateway did not work`(count: Int)
        async throws
    {
        let house = try OutboxFixture([ScriptedCourier(otherwise: .routeIsDown)], concurrency: 1)
        let texts = (1...count).map { number in
            var text = OutboxFixture.text(number)
            text.hasOtherChannel = true
            return text
        }
        try await house.atWork {
            try await house.take(texts)
            await house.log.waitForAttempts(min(count, Breaker.threshold))
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .hours(1) - .milliseconds(1))
            await house.clock.waitForSleepers()
            #expect(house.phase()?.isTerminal == false)
            house.clock.advance(to: start + .hours(1))
            await house.log.waitForDrops(count)
        }
        #expect((1...count).allSatisfy { house.phase($0) == .expired })
        #expect(await house.tellings.changed.count == count)
    }

    @Test func `one that only waits its turn on a gateway that works stays a text`() async throws {
        let gateway = ScriptedCourier()
        let house = try OutboxFixture([gateway], concurrency: 1, perMinute: 1)
        var texts = (1...80).map { OutboxFixture.text($0) }
        for index in texts.indices { texts[index].hasOtherChannel = true }
        try await house.atWork {
            try await house.take(texts)
            for sent in 1...80 {
                await house.log.waitForAttempts(sent)
                await house.turn()
            }
        }
        #expect(await gateway.parcels.count == 80)
    }

    @Test(arguments: [DeliveryFailure.Kind.credit, .authentication, .badSender])
    func `what a person has to mend at the provider is told of at once`(kind: DeliveryFailure.Kind)
        async throws
    {
        var failure = DeliveryFailure.make(kind, scope: .route, code: 402)
        failure.alert = true
        let house = try OutboxFixture([ScriptedCourier([.fails(failure)]), ScriptedCourier()])
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(2)
        }
        #expect(await house.incidents == [.routeNeedsCare("a", kind)])
        #expect(house.phase() == .sent)
    }
}
