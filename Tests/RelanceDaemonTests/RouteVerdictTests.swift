import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What `send-test` says of how a message ended.
@Suite struct RouteVerdictTests {
    @Test func `what was accepted needs no advice`() {
        let verdict = RouteVerdict(.accepted(reply: "250 2.0.0 Ok"))
        #expect(verdict.isAccepted && verdict.outcome == "accepted")
        #expect(verdict.sentence == "accepted: 250 2.0.0 Ok")
        #expect(verdict.fault == nil && verdict.advice == nil)
    }

    @Test(arguments: DeliveryFailure.Kind.allCases)
    func `every failure says whose it is and what to do`(kind: DeliveryFailure.Kind) throws {
        let route = RouteVerdict(.deferred(.make(kind, scope: .route)))
        let message = RouteVerdict(.refused(.make(kind, scope: .message)))
        #expect(route.outcome == "deferred" && message.outcome == "refused")
        #expect(!route.isAccepted && !message.isAccepted)
        #expect(route.sentence == "not accepted: try again later, s'il vous plaît")
        #expect(route.fault == "the route's: every message on it would wait")
        #expect(message.fault == "this message's or its recipient's: others may leave by the route")
        #expect(try !#require(route.advice).isEmpty && route.advice == message.advice)
    }

    @Test func `what nobody can tell may have arrived, and is to be looked for first`() throws {
        let verdict = RouteVerdict(.ambiguous(.make(.timeout, scope: .route, code: 354)))
        #expect(verdict.outcome == "ambiguous" && !verdict.isAccepted)
        #expect(try #require(verdict.fault).hasPrefix("nobody can tell: "))
        #expect(verdict.sentence == "it may have arrived: try again later, s'il vous plaît")
        #expect(
            try #require(verdict.advice).hasPrefix("look whether it has arrived before you send another; "))
    }

    @Test func `advice is of its own for every kind`() {
        let advice = DeliveryFailure.Kind.allCases.map { RouteVerdict(.refused(.make($0))).advice }
        #expect(Set(advice).count == advice.count)
    }
}
