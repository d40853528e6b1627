import RelanceCore
import RelanceTestSupport
import Testing

/// What the ledger tells of the routes, for `status`.
@Suite struct LedgerSumsTests {
    private let broken = DeliveryOutcome.deferred(.make(.connection, scope: .route, code: nil))
    private let greylisted = DeliveryOutcome.deferred(.make(.refused, scope: .message))
    private let accepted = DeliveryOutcome.accepted(reply: "250 Ok")

    /// A message that fails on one route and leaves by the next.
    private func detour(_ number: Int, _ script: inout LedgerScript) throws {
        try script.add(
            .planned(.make(number)), .attempt(number, route: "a"),
            .result(number, 1, broken, retryAt: script.now), .attempt(number, 2, route: "b"),
            .result(number, 2, accepted))
    }

    @Test
    func `a route fails since its first failure after its last success, though another took the messages`()
        throws
    {
        var script = LedgerScript()
        try script.add(
            .planned(.make(1)), .attempt(1, route: "a"), .result(1, 1, accepted))
        let before = script.now
        try detour(2, &script)
        try detour(3, &script)
        let routes = script.state.routes
        #expect(routes["a"]?.accepted == 1 && routes["b"]?.accepted == 2)
        // Of message 2: planned, attempted, failed.
        #expect(routes["a"]?.failingSince == before + .milliseconds(3))
        #expect(routes["a"]?.lastFailure?.at == before + .milliseconds(8))
        #expect(routes["b"]?.failingSince == nil && routes["b"]?.lastFailure == nil)

        try script.add(.planned(.make(4)), .attempt(4, route: "a"), .result(4, 1, accepted))
        #expect(script.state.routes["a"]?.failingSince == nil)
        #expect(try script.history.restored.state.routes == script.state.routes)
    }

    @Test func `what one message met is not the route's failure`() throws {
        var script = LedgerScript()
        try script.add(
            .planned(.make(1)), .attempt(1, route: "a"), .result(1, 1, greylisted, retryAt: script.now),
            .planned(.make(2)), .attempt(2, route: "a"),
            .result(2, 1, .refused(.make(.refused, code: 550))))
        #expect(script.state.routes["a"]?.failingSince == nil)
        #expect(script.state.messages[.make(1)]?.lastFailure?.route == nil)
    }

    @Test func `messages that wait for a case are those to leave yet`() throws {
        var script = LedgerScript()
        try script.add(.planned(.make(1)), .planned(.make(2)), .planned(.make(3)))
        try script.add(LedgerEvent.delivery(2))
        #expect(script.state.waiting(on: [.make("2020-1001"), .make("2020-1002")]) == 1)
        #expect(script.state.waiting(on: []) == 0)
    }
}
