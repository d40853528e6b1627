import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A signed call that somebody keeps and sends again (reliability 2.11, K1).
@Suite(.timeLimit(.minutes(10))) struct ReplayedCallTests {
    private static func stop(_ id: String) -> String {
        #"{"event":"sms:received","payload":{"messageId":"\#(id)","sender":"+33639982014","message":"STOP"}}"#
    }

    @Test func `a STOP that was lifted does not close the address again, however often and late it comes`()
        async throws
    {
        let house = try ReceiptsFixture()
        let mark = AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: house.ledger.instance)
        func isClosed() -> Bool { house.ledger.withState { $0.closedAddresses[mark] } == .objection }
        let call = ReceiptsFixture.signedCall(Self.stop("in-1"), at: ReceiptsFixture.start)
        #expect(await house.desk.receive(call).status == 200)
        #expect(isClosed())
        try await house.ledger.append([.objectionLifted(mark, by: "anne", reason: "veut de nouveau")])
        let before = house.entries

        // At once, minutes later, and with an instant of its own, as a gateway calls again.
        for minutes in [0, 4] {
            house.clock.advance(to: ReceiptsFixture.start + .minutes(Int64(minutes)))
            #expect(await house.desk.receive(call).status == 200)
            #expect(
                await house.desk.receive(
                    ReceiptsFixture.signedCall(Self.stop("in-1"), at: house.clock.now())
                ).status == 200)
        }
        #expect(!isClosed() && house.entries == before)
        #expect(await house.desk.counts == [.taken: 1, .nothingNew: 4])
        #expect(await house.errands.take().changedAddresses == [mark])

        // Beyond its tolerance it is not even read.
        house.clock.advance(to: ReceiptsFixture.start + .minutes(6))
        #expect(await house.desk.receive(call).status == 403)

        // Whoever says STOP anew is heard.
        let anew = ReceiptsFixture.signedCall(Self.stop("in-2"), at: house.clock.now())
        #expect(await house.desk.receive(anew).status == 200)
        #expect(isClosed())
        try await house.ledger.close()
    }

    @Test func `the ledger remembers the call as long as the objection`() async throws {
        let house = try ReceiptsFixture()
        let mark = AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: house.ledger.instance)
        let call = ReceiptsFixture.signedCall(Self.stop("in-1"), at: ReceiptsFixture.start)
        _ = await house.desk.receive(call)
        try await house.ledger.append([.objectionLifted(mark, by: "anne", reason: "veut de nouveau")])
        _ = try await house.ledger.compact()
        try await house.ledger.close()
        let contents = try #require(try LedgerReading(path: house.statePath)?.contents)
        let objections = contents.state.trail(ofAddress: mark).compactMap { entry in
            if case .objected(_, let objection) = entry.event { objection.call } else { nil }
        }
        #expect(objections.map(\.count) == [32])
    }

    /// Its calls may be alike without being one: nothing but the token of the address proves them.
    @Test func `a gateway that does not sign is believed each time`() async throws {
        let house = try ReceiptsFixture()
        let mark = AddressMark(PhoneNumber.make("06 39 98 20 14"), instance: house.ledger.instance)
        let call = ReceiptsFixture.call(#"{"event":"answer","from":"+33639982014","text":"STOP"}"#)
        _ = await house.desk.receive(call)
        try await house.ledger.append([.objectionLifted(mark, by: "anne", reason: "veut de nouveau")])
        _ = await house.desk.receive(call)
        #expect(house.ledger.withState { $0.closedAddresses[mark] } == .objection)
        try await house.ledger.close()
    }
}
