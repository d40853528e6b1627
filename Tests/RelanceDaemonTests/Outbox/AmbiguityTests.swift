import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What the house wants done with messages nobody can tell of (reliability 2.2, G3 and G4).
@Suite(.timeLimit(.minutes(10))) struct AmbiguityTests {
    private let start = OutboxFixture.morning

    @Test func `a text of a kind that has to arrive leaves once more, on its route, and never a third time`()
        async throws
    {
        let (first, second) = (ScriptedCourier(otherwise: .breaksOff), ScriptedCourier())
        let rule = AmbiguityRule(of: [.unreachable: [.sms: .retryAnyway]])
        let house = try OutboxFixture([first, second], onAmbiguous: rule)
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
            #expect(house.phase() == .deferred(until: start + .minutes(15)))
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForAttempts(2)
            await house.turn()
        }
        #expect(house.phase() == .unknown)
        #expect(house.log.dispatches.map(\.route) == ["a", "a"])
        #expect(Set(await first.parcels).count == 1)
        #expect(await second.parcels.isEmpty)
    }

    @Test func `a text of another kind stays one copy`() async throws {
        let rule = AmbiguityRule(of: [.referred: [.sms: .retryAnyway]])
        let house = try OutboxFixture([ScriptedCourier(otherwise: .breaksOff)], onAmbiguous: rule)
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .unknown)
    }

    @Test func `a mail that is to be held in doubt is unknown at once`() async throws {
        let house = try OutboxFixture(
            [ScriptedCourier(otherwise: .breaksOff)], onAmbiguous: AmbiguityRule([.email: .hold]))
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .unknown)
    }

    @Test func `a house that has other texts repeated than before takes up what it left in the same way`()
        async throws
    {
        let house = try OutboxFixture(
            [ScriptedCourier([.breaksOff])], onAmbiguous: AmbiguityRule([.sms: .retryAnyway]))
        try await house.atWork {
            try await house.take(OutboxFixture.text())
            await house.log.waitForAttempts(1)
            await house.outbox.replace(OutboxFixture.settings([ScriptedCourier()]))
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForAttempts(2)
        }
        #expect(house.phase() == .sent)
    }
}
