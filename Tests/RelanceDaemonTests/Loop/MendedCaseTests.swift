import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A case whose file is broken for a moment: what waits for it leaves as soon as it is mended.
@Suite(.timeLimit(.minutes(10))) struct MendedCaseTests {
    private let start = at("2020-11-02 09:30")
    private let flagged = at("2020-11-02 09:40")

    @Test func `an alert of distress waits no longer than its case cannot be read`() async throws {
        let distress = #", "distress": {"flagged_at": "2020-11-02T09:40:00+01:00"}"#
        let whole = "[" + TestHouse.newCase("2020-0301", more: distress) + "]"
        let house = try TestHouse(
            configuration: TestHouse.configuration().replacing(
                "policy:", with: "sources: {rescan: 10 s}\npolicy:"),
            cases: [TestHouse.newCase("2020-0301", more: distress)])
        let courier = ScriptedCourier()
        let life = try await house.run(at: start, courier: courier) { life in
            await life.log.waitForAttempts(1)
            await courier.play([.busyMailbox])
            await life.advance(to: flagged)
            await life.log.waitForAttempts(1, of: .distressAlert)
            let again = flagged + .minutes(5)
            // Nobody knows what stage that is.
            try house.folder.write(whole.replacing("listening", with: "listenning"), to: "cases/dieppe.json")
            await life.advance(to: again - .seconds(10))
            await life.clock.waitForSleeper(until: again)
            await life.advance(to: again)
            await life.clock.waitForSleeper(until: again + .minutes(1))
            try house.folder.write(whole, to: "cases/dieppe.json")
            await life.advance(to: again + .seconds(10))
            await life.log.waitForAttempts(2, of: .distressAlert)
        }
        let alerts = life.log.dispatches.filter { $0.message.kind == .distressAlert }
        #expect(alerts.map(\.attempt) == [1, 2])
        #expect(try #require(alerts.last).at <= flagged + .minutes(5) + .seconds(10))
    }

    @Test
    func `a message that waits for its case leaves when it is offered again, any other in its own time`()
        async throws
    {
        let (courier, readable) = (ScriptedCourier(), Guarded(false))
        let house = try OutboxFixture([courier])
        let (first, later) = (OutboxFixture.message(1), OutboxFixture.morning + .minutes(15))
        await house.outbox.ask { message in
            readable.withLock { $0 } || message.key != first.key ? .owed(message) : .wait(until: later)
        }
        try await house.atWork {
            try await house.take(first)
            await house.turn()
            while await house.outbox.count.underWay > 0 { await Task.yield() }
            #expect(await courier.parcels.isEmpty)
            readable.withLock { $0 = true }
            await courier.play([.init(), .busyMailbox])
            await house.outbox.offer([first])
            await courier.waitForParcels(1)
            try await house.take(OutboxFixture.message(2))
            await courier.waitForParcels(2)
            while await house.outbox.count.underWay > 0 { await Task.yield() }
            await house.outbox.offer([OutboxFixture.message(2)])
            await house.turn()
            while await house.outbox.count.underWay > 0 { await Task.yield() }
        }
        #expect(await courier.parcels.map(\.key) == [first.key, .make("message 2")])
        #expect(house.log.dispatches.first?.at == OutboxFixture.morning + .minutes(1))
    }
}
