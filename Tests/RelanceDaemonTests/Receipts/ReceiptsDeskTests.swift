import Glibc
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Receipts as gateways call them in, honest and hostile (reliability 2.3, 2.11).
@Suite(.timeLimit(.minutes(10))) struct ReceiptsDeskTests {
    @Test(arguments: [
        ("delivered", LedgerMessage.Phase.delivered), ("failed", .undelivered), ("queued", .sent),
        ("a word nobody knows", .sent),
    ])
    func `what a receipt says is in the ledger before it is acknowledged`(
        status: String, phase: LedgerMessage.Phase
    ) async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let answer = await house.desk.receive(ReceiptsFixture.call(ReceiptsFixture.receipt(status)))
        #expect(answer == CallbackAnswer(status: 200, contentType: "application/json", body: #"{"ok":true}"#))
        #expect(house.phase == phase)
        #expect(await house.errands.take().changed == (phase == .sent ? [] : [.make("2020-0301")]))
        try await house.ledger.close()
    }

    @Test
    func
        `K1 and K2 the same receipt again, and older news after the last word, are acknowledged and change nothing`()
        async throws
    {
        let house = try ReceiptsFixture()
        try await house.send()
        for status in ["failed", "delivered"] {
            _ = await house.desk.receive(ReceiptsFixture.call(ReceiptsFixture.receipt(status)))
        }
        #expect(house.phase == .delivered)
        let before = house.entries
        for status in ["delivered", "failed", "queued", "unknown"] {
            let answer = await house.desk.receive(
                ReceiptsFixture.call(ReceiptsFixture.receipt(status)))
            #expect(answer.status == 200)
        }
        #expect(house.entries == before && house.phase == .delivered)
        #expect(await house.desk.counts == [.taken: 2, .nothingNew: 4])
        try await house.ledger.close()
    }

    @Test func `a receipt settles what nobody could tell`() async throws {
        let house = try ReceiptsFixture()
        try await house.send(.ambiguous(.make(.connection, scope: .route, code: nil)))
        #expect(house.phase == .unknown)
        _ = await house.desk.receive(ReceiptsFixture.call(ReceiptsFixture.receipt("delivered")))
        #expect(house.phase == .delivered)
        try await house.ledger.close()
    }

    @Test func `a number that does not exist is closed, and every case of its business is looked at`()
        async throws
    {
        let house = try ReceiptsFixture()
        try await house.send()
        let call = ReceiptsFixture.receipt("failed", more: #","error":"absent_subscriber""#)
        #expect(await house.desk.receive(ReceiptsFixture.call(call)).status == 200)
        let mark = AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: house.ledger.instance)
        #expect(house.ledger.withState { $0.closedAddresses[mark] } != nil)
        #expect(await house.errands.take().changedAddresses == [mark])
        try await house.ledger.close()
    }

    @Test func `who answers STOP is written to no more, and says so once`() async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let call = ReceiptsFixture.call(#"{"event":"answer","from":"+33639982014","text":"STOP"}"#)
        #expect(await house.desk.receive(call).status == 200)
        let mark = AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: house.ledger.instance)
        #expect(house.ledger.withState { $0.closedAddresses[mark] } == .objection)
        #expect(await house.errands.take().changedAddresses == [mark])
        let before = house.entries
        #expect(await house.desk.receive(call).status == 200)
        #expect(house.entries == before)
        try await house.ledger.close()
    }

    @Test func `what cannot be written down is not acknowledged, and is taken when it comes again`()
        async throws
    {
        let saboteur = Saboteur()
        let house = try ReceiptsFixture(disk: saboteur.disk)
        try await house.send()
        saboteur.arm(.write, ENOSPC)
        let call = ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"))
        #expect(await house.desk.receive(call) == CallbackAnswer(status: 503))
        saboteur.disarm()
        #expect(await house.desk.receive(call).status == 200)
        #expect(house.phase == .delivered)
        try await house.ledger.close()
    }

    @Test(.timeLimit(.minutes(10)))
    func `a disk that fails under a receipt is seen by the loop at once`() async throws {
        let saboteur = Saboteur()
        let house = try ReceiptsFixture(disk: saboteur.disk)
        try await house.send()
        _ = await house.errands.take()
        saboteur.arm(.sync, EIO)
        let call = ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"))
        #expect(await house.desk.receive(call) == CallbackAnswer(status: 503))
        await house.errands.bell.wait()
        #expect(house.ledger.failure?.exitStatus == 74)
        try await house.ledger.close()
    }

    @Test func `words that cannot be let go of hold up neither the answer nor the planning`() async throws {
        for (error, lines) in [(ENOSPC, 1), (EIO, 0)] {
            let saboteur = Saboteur()
            let house = try ReceiptsFixture(disk: saboteur.disk)
            try await house.send()
            saboteur.arm(.unlink, error)
            let call = ReceiptsFixture.call(ReceiptsFixture.receipt("failed"))
            #expect(await house.desk.receive(call).status == 200)
            #expect(house.phase == .undelivered)
            #expect(house.lines.all.count == lines)
            let list = await house.errands.take()
            #expect(list.changed == [.make("2020-0301")])
            // A disk that fails ends the daemon, after the answer.
            #expect((list.failure as? StoreError)?.exitStatus == (error == EIO ? 74 : nil))
            saboteur.disarm()
            try await house.ledger.close()
        }
    }

    @Test func `what the console refuses is told of under the same brake, and only by a route we have`()
        async throws
    {
        let house = try ReceiptsFixture()
        for route in ["texts", "texts", ReceiptsFixture.token] {
            await house.desk.refused(route: route, status: 413)
        }
        house.clock.advance(to: ReceiptsFixture.start + .minutes(5))
        await house.desk.refused(route: ReceiptsFixture.token, status: 413)
        #expect(house.lines.all.count == 2)
        #expect(!house.lines.all.contains { $0.contains(ReceiptsFixture.token) })
        #expect(await house.desk.counts == [.malformed: 4])
        try await house.ledger.close()
    }
}
