import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct ClosedAddressTests {
    static let mark = AddressMark.make(1)
    static let taken = DeliveryOutcome.accepted(reply: "202")
    static let lift = LedgerEvent.objectionLifted(mark, by: "marc", reason: "demandé par écrit")
    static let restore = LedgerEvent.addressRestored(mark, by: "marc", reason: "numéro corrigé")

    static func closed(_ script: LedgerScript) -> CaseMemory.ClosedAddress? {
        script.state.closedAddresses[mark]
    }

    /// A state as a snapshot of it comes back.
    static func restored(_ history: LedgerHistory) throws -> LedgerState {
        try history.restored.state
    }

    @Test func `an objection closes an address until it is lifted, a death until it is put right`() throws {
        var script = LedgerScript()
        try script.add(.objected(Self.mark, .told))
        #expect(script.state.closedAddresses == [Self.mark: .objection])
        try script.add(Self.restore)
        #expect(Self.closed(script) == .objection)
        try script.add(Self.lift)
        #expect(script.state.closedAddresses.isEmpty)
        try script.add(.addressDied(Self.mark, detail: "inconnu"))
        #expect(Self.closed(script) == .dead(since: script.now, detail: "inconnu"))
        try script.add(Self.lift)
        #expect(Self.closed(script) != nil)
        try script.add(Self.restore)
        #expect(script.state.closedAddresses.isEmpty)
        #expect(script.state.trail(ofAddress: Self.mark).count == 6)
    }

    @Test(
        arguments: [
            (.refused(.make(.badAddress)), nil, true), (.refused(.make(.blacklisted)), nil, true),
            (.refused(.make(.refused)), nil, false),
            (.refused(.make(.badAddress, scope: .route)), nil, false),
            (.deferred(.make(.badAddress)), nil, false), (taken, .make(.undelivered, .badAddress), true),
            (taken, .make(.undelivered, .blacklisted), true), (taken, .make(.undelivered, .throttled), false),
            (taken, .make(.undelivered), false), (taken, .make(.unknown, .badAddress), false),
        ] as [(DeliveryOutcome, Receipt?, Bool)])
    func `refusals and receipts that speak of the address close it`(
        _ outcome: DeliveryOutcome, _ receipt: Receipt?, _ isClosed: Bool
    ) throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + LedgerEvent.texting(1) + [.result(1, 1, outcome)])
        if let receipt { try script.add(.receipt(1, receipt)) }
        #expect((Self.closed(script) != nil) == isClosed)
        let isBlacklisted = receipt?.failure == .blacklisted || outcome.failure?.kind == .blacklisted
        #expect((Self.closed(script) == .objection) == isBlacklisted)
        #expect(script.state.closedAddresses.count <= 1)
    }

    @Test func `a message without an address closes none`() throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1, addressee: nil))] + LedgerEvent.texting(1))
        try script.add(.result(1, 1, .refused(.make(.badAddress))))
        #expect(script.state.closedAddresses.isEmpty)
    }

    @Test func `an address to which the message was delivered after all is not dead`() throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + LedgerEvent.texting(1) + [.result(1, 1, Self.taken)])
        try script.add(.receipt(1, .make(.undelivered, .badAddress)))
        #expect(Self.closed(script) != nil)
        try script.add(.receipt(1, .make(.delivered)), .receipt(1, .make(.undelivered, .badAddress)))
        #expect(script.state.closedAddresses.isEmpty)
        // What a person said stays.
        try script.add(.objected(Self.mark, .told), .receipt(1, .make(.delivered)))
        #expect(Self.closed(script) == .objection)
    }

    @Test func `what a message showed of its address outlives it, its case and every snapshot`() throws {
        for (kind, isObjection) in [(DeliveryFailure.Kind.badAddress, false), (.blacklisted, true)] {
            var script = LedgerScript()
            try script.add([.planned(.text(1, case: "2020-7"))] + LedgerEvent.texting(1))
            try script.add(.result(1, 1, Self.taken), .receipt(1, .make(.undelivered, kind)))
            let closed = try #require(Self.closed(script))
            #expect(script.state.trail(ofAddress: Self.mark).isEmpty)
            let at = script.now
            try script.add(.forgotten(.ofCase(.make("2020-7"))))
            #expect(script.state.messages.isEmpty)
            #expect(Self.closed(script) == closed)
            #expect(try Self.restored(script.history) == script.state)
            let told: LedgerEvent =
                isObjection
                ? .objected(
                    Self.mark, Objection(source: .gateway, by: "kannel", proof: "type=undelivered"))
                : .addressDied(Self.mark, detail: "type=undelivered")
            #expect(script.state.trail(ofAddress: Self.mark).map(\.event) == [told])
            // As long as keys are remembered, an objection for good.
            try script.add(.forgotten(.settled(details: script.now, keys: at)))
            #expect(Self.closed(script) == closed)
            try script.add(.forgotten(.settled(details: script.now, keys: at + .milliseconds(1))))
            #expect(Self.closed(script) == (isObjection ? closed : nil))
            #expect(try Self.restored(script.history) == script.state)
        }
    }

    @Test func `several messages that show the same leave one entry behind`() throws {
        var script = LedgerScript()
        for number in 1...3 {
            try script.add([.planned(.text(number))] + LedgerEvent.texting(number))
            try script.add(.result(number, 1, .refused(.make(.badAddress))))
        }
        let closed = Self.closed(script)
        try script.add(.forgotten(.settled(details: script.now + .seconds(1), keys: .distantPast)))
        #expect(Self.closed(script) == closed)
        #expect(script.state.trail(ofAddress: Self.mark).count == 1)
        #expect(try Self.restored(script.history) == script.state)
    }

    @Test func `what was put right before a message is forgotten stays right`() throws {
        var script = LedgerScript()
        try script.add([.planned(.text(1))] + LedgerEvent.texting(1))
        try script.add(.result(1, 1, .refused(.make(.badAddress))), Self.restore)
        #expect(script.state.closedAddresses.isEmpty)
        #expect(try Self.restored(script.history) == script.state)
        try script.add(.forgotten(.settled(details: script.now + .seconds(1), keys: .distantPast)))
        #expect(script.state.closedAddresses.isEmpty)
        #expect(try Self.restored(script.history) == script.state)
    }
}
