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

    /// What nobody honest sends, with the status it gets and the count it is found under.
    struct Hostile: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let call: RelanceCore.GatewayCallback
        let status: Int
        let kind: ReceiptsDesk.Kind

        init(_ name: String, _ call: RelanceCore.GatewayCallback, _ status: Int, _ kind: ReceiptsDesk.Kind) {
            (testDescription, self.call, self.status, self.kind) = (name, call, status, kind)
        }
    }

    static let hostile: [Hostile] = [
        Hostile(
            "K1 unsigned", ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), token: nil), 403,
            .forbidden),
        Hostile(
            "K1 wrong token", ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), token: "0123"), 403,
            .forbidden
        ),
        Hostile(
            "K2 unknown route", ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), route: "nowhere"),
            404,
            .unknownRoute
        ),
        Hostile(
            "K2 a mail route", ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), route: "spool"),
            404,
            .unknownRoute
        ),
        Hostile(
            "K2 a gateway without receipts",
            ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), route: "quiet"), 404, .unknownRoute
        ),
        Hostile(
            "K2 unknown reference",
            ReceiptsFixture.call(
                ReceiptsFixture.receipt("delivered", of: "\(MessageKey.make("another")).0")), 404,
            .unknownReference
        ),
        Hostile(
            "K2 a sending that never was",
            ReceiptsFixture.call(ReceiptsFixture.receipt("delivered", of: "\(ReceiptsFixture.key).7")), 404,
            .unknownReference
        ),
        Hostile("K5 malformed", ReceiptsFixture.call("{"), 400, .malformed),
        Hostile("K5 empty", ReceiptsFixture.call(""), 400, .malformed),
        Hostile(
            "K5 nested without end",
            ReceiptsFixture.call(String(repeating: "[", count: 60_000)), 400, .malformed
        ),
        Hostile(
            "K5 the status twice",
            ReceiptsFixture.call(ReceiptsFixture.receipt("failed", more: #","status":"delivered""#)), 400,
            .malformed
        ),
        Hostile(
            "K5 an identifier of 5000 digits",
            ReceiptsFixture.call(
                ReceiptsFixture.receipt("delivered", of: String(repeating: "9", count: 5000))),
            400, .malformed
        ),
        Hostile(
            "K5 invalid UTF-8",
            ReceiptsFixture.call(
                bytes: Array(ReceiptsFixture.receipt("delivered", more: #","by":""#).utf8.dropLast()) + [
                    0xC3, 0x28, 0x22, 0x7D,
                ]), 400, .malformed
        ),
        Hostile(
            "K2 a sending of another route",
            ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), route: "other"), 404, .unknownReference
        ),
        Hostile(
            "K5 another method", ReceiptsFixture.call(ReceiptsFixture.receipt("delivered"), method: .get),
            405,
            .malformed
        ),
    ]

    @Test(arguments: hostile) func `a hostile call changes nothing, gets its status and is counted`(
        row: Hostile
    ) async throws {
        let house = try ReceiptsFixture()
        try await house.send()
        let before = house.entries
        let answer = await house.desk.receive(row.call)
        #expect(answer == CallbackAnswer(status: row.status))
        #expect(house.entries == before && house.phase == .sent)
        #expect(await house.desk.counts == [row.kind: 1])
        #expect(await house.errands.take().changed.isEmpty)
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

    @Test func `a flood of wrong calls leaves one line in the log every five minutes`() async throws {
        let house = try ReceiptsFixture()
        for _ in 0..<100 {
            _ = await house.desk.receive(ReceiptsFixture.call("{}", token: "wrong"))
        }
        #expect(house.lines.all.count == 1)
        house.clock.advance(to: ReceiptsFixture.start + .minutes(5))
        _ = await house.desk.receive(ReceiptsFixture.call("{}", token: "wrong"))
        #expect(house.lines.all.count == 2)
        #expect(await house.desk.counts == [.forbidden: 101])
        try await house.ledger.close()
    }
}
