import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What may have left by a route that is taken away: it takes no other (reliability 2.8).
@Suite(.timeLimit(.minutes(10))) struct StrandedMessageTests {
    private let start = OutboxFixture.morning
    private let nine = at("2020-11-02 09:20")

    private func key(_ number: Int = 1) -> MessageKey { .make("message \(number)") }

    @Test func `a mail that may have left by a route that is gone is held, and leaves by that one or none`()
        async throws
    {
        let (first, second) = (ScriptedCourier([.breaksOff]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            await house.outbox.replace(
                OutboxFixture.settings([first, second], order: [.email: ["b"], .sms: ["b"]]))
            await house.log.waitForDrops(1)
            let hold = house.ledger.withState { $0.messages[key()]?.hold }
            #expect(hold?.by == nil && hold?.reason.contains("may have left by a ") == true)
            #expect(await second.parcels.isEmpty)

            await house.outbox.replace(OutboxFixture.settings([first, second]))
            try await house.ledger.append([.released(key(), reason: nil, by: "anne")])
            await house.outbox.offer([OutboxFixture.message()], notBefore: [key(): start + .minutes(15)])
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForAttempts(2)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "a"])
        #expect(house.phase() == .sent)
        #expect(await second.parcels.isEmpty)
    }

    @Test func `an attempt that ends in doubt on a route taken away meanwhile is held`() async throws {
        let answer = Latch()
        let first = ScriptedCourier([.init(outcome: .ambiguous(.make(.connection, code: 354)), after: answer)]
        )
        let (second, house) = (ScriptedCourier(), try OutboxFixture([first]))
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await first.waitForParcels(1)
            await house.outbox.replace(
                OutboxFixture.settings([first, second], order: [.email: ["b"], .sms: ["b"]]))
            answer.open()
            await house.log.waitForDrops(1)
        }
        #expect(house.ledger.withState { $0.messages[key()]?.hold } != nil)
        #expect(await second.parcels.isEmpty)
    }

    private static func configuration(mail: String) -> String {
        """
        service: {it_mailbox: informatique@cci.example}
        sites:
          dieppe: {name: Dieppe, mailbox: dieppe@cci.example, phone: 02 61 91 00 76}
        routes:
          a: {kind: spool, folder: spool}
          b: {kind: spool, folder: spool}
        mail: \(mail)
        sms: [b]
        """
    }

    @Test func `a reload does not take a route away by which a message may have left, and says whose`()
        async throws
    {
        let house = try TestHouse(
            configuration: Self.configuration(mail: "[a, b]"), cases: [TestHouse.newCase("2020-0301")])
        let (first, second) = (ScriptedCourier([.breaksOff]), ScriptedCourier())
        let life = try await house.run(at: nine, onRoute: ["a": first, "b": second]) { life in
            await life.log.waitForAttempts(1)
            try house.folder.write(Self.configuration(mail: "[b]"), to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == false)
            life.clock.advance(to: nine + .minutes(15))
            await life.log.wait { events in
                events.contains { if case .attempted(let one) = $0 { one.attempt == 2 } else { false } }
            }
            life.wishes.yield(.reload)  // it has ended: nothing stands in the way any more
            #expect(await life.log.waitForReload(2) == true)
        }
        let dispatches = life.log.dispatches.filter { $0.message.kind == .newCase }
        #expect(dispatches.map(\.route) == ["a", "a"])
        let key = try #require(dispatches.first?.message.key)
        #expect(
            life.lines.all.contains {
                $0.contains("the route a is still needed: 1 message may have left by it")
                    && $0.contains(key.text)
            })
    }

    @Test func `a start without the route holds what may have left by it`() async throws {
        let house = try TestHouse(
            configuration: Self.configuration(mail: "[a, b]"), cases: [TestHouse.newCase("2020-0301")])
        try await house.run(at: nine, onRoute: ["a": ScriptedCourier([.breaksOff])]) { life in
            await life.log.waitForAttempts(1)
        }
        try house.folder.write(Self.configuration(mail: "[b]"), to: "relance.yaml")
        house.forget()
        let second = ScriptedCourier()
        try await house.run(at: nine + .minutes(20), onRoute: ["b": second]) { life in
            await life.log.waitForDrops(1)
        }
        let message = try #require(house.state().messages.values.first { $0.plan.kind == .newCase })
        #expect(message.hold?.reason.contains("may have left by a ") == true)
        #expect(await !second.parcels.contains { $0.key == message.key })
    }
}
