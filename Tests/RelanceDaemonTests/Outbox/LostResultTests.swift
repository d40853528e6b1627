import Glibc
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A disk that fails for good while messages are on the wire (reliability 2.6).
@Suite(.timeLimit(.minutes(10))) struct LostResultTests {
    private let start = OutboxFixture.morning

    /// The courier of `a`, whose messages are taken just as the disk fails.
    private func courier(_ saboteur: Saboteur) -> ScriptedCourier {
        ScriptedCourier { _, isHandedOver in
            if isHandedOver { saboteur.arm(.sync, EIO) }
        }
    }

    @Test(arguments: [5, 60])
    func `ends that cannot be written down are told, and what was handed over has ten seconds to come to its`(
        seconds: Int64
    ) async throws {
        let (saboteur, mail, text) = (Saboteur(), OutboxFixture.message(1), OutboxFixture.text(2))
        let house = try OutboxFixture([], disk: saboteur.disk)
        let answer = start + .seconds(seconds)
        await house.outbox.replace(
            OutboxFixture.settings(
                [courier(saboteur), EndlessCourier(clock: house.clock, until: answer)],
                order: [.email: ["a"], .sms: ["b"]]))
        await #expect(throws: StoreError.self) {
            try await house.atWork {
                try await house.take(text)
                await house.clock.waitForSleeper(until: answer)
                try await house.take(mail)
                await house.log.waitForUnwritten(1)
                #expect(house.log.unwritten == [mail.key: .accepted(reply: "250 2.0.0 Ok")])
                await house.clock.waitForSleeper(until: start + .seconds(10))
                house.clock.advance(to: start + .seconds(min(seconds, 10)))
                await house.log.waitForUnwritten(2)
            }
        }
        let accepted = DeliveryOutcome.accepted(reply: "250 2.0.0 Ok")
        #expect(house.log.unwritten[text.key] == (seconds < 10 ? accepted : .ambiguous(.make())))
        #expect(house.log.dispatches.isEmpty)
    }

    @Test func `what is not handed over is cut at once`() async throws {
        let (saboteur, connected) = (Saboteur(), Latch())
        let house = try OutboxFixture([], disk: saboteur.disk)
        let slow = ScriptedCourier([.init(before: connected)])
        await house.outbox.replace(
            OutboxFixture.settings([courier(saboteur), slow], order: [.email: ["a"], .sms: ["b"]]))
        await #expect(throws: StoreError.self) {
            try await house.atWork {
                try await house.take(OutboxFixture.text(2))
                await slow.waitForParcels(1)
                try await house.take(OutboxFixture.message(1))
                await house.log.waitForUnwritten(1)
                connected.open()
            }
        }
        #expect(house.phase(2) == .sending(attempt: 1, handedOver: false))
        #expect(house.clock.now() == start)
    }

    @Test func `the journal has what stands nowhere else, and the daemon ends with the disk's error`()
        async throws
    {
        let (saboteur, seen) = (Saboteur(), Guarded<TestHouse.Life?>(nil))
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let error = await #expect(throws: StoreError.self) {
            try await house.run(
                at: at("2020-11-02 09:20"), courier: courier(saboteur), disk: saboteur.disk
            ) { life in
                seen.withLock { $0 = life }
                await life.log.waitForUnwritten(1)
            }
        }
        #expect(error?.exitStatus == 74)
        let life = try #require(seen.withLock { $0 })
        let key = try #require(life.log.unwritten.keys.first)
        #expect(
            life.lines.all.contains {
                $0.hasPrefix("<3>the end of an attempt is not written down") && $0.contains("key=\(key)")
                    && $0.contains(#"outcome="accepted: 250 2.0.0 Ok""#)
            })
    }
}
