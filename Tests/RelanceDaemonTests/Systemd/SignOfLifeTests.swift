import Foundation
import RelanceCore
import RelanceDaemon
import RelanceTestSupport
import Testing

/// What systemd is told by a daemon at work.
@Suite(.timeLimit(.minutes(10))) struct SignOfLifeTests {
    private let start = at("2020-11-02 08:30")

    @Test func `it says that it is ready, alive after each tick, reloading and stopping`() async throws {
        let (house, socket) = (
            try TestHouse(cases: []), try NotifySocket("@relance-tests-" + UUID().uuidString)
        )
        try await house.run(at: start, notifier: socket.notifier(watchdogMicroseconds: 30_000_000)) { life in
            let first = socket.received()
            #expect(first.first == "READY=1\nSTATUS=following 0 cases")
            #expect(first.last?.hasPrefix("WATCHDOG=1\nSTATUS=") == true)
            await life.clock.waitForSleeper(until: start + .seconds(15))
            life.wishes.yield(.reload)
            _ = await life.log.waitForReload(1)
        }
        let rest = socket.received()
        #expect(rest.contains { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
        #expect(rest.contains("READY=1"))
        #expect(rest.last == "STOPPING=1\nSTATUS=finishing what is on the wire")
    }

    @Test func `a tick with an attempt stuck on the wire feeds no watchdog`() async throws {
        let answer = Latch()
        let (house, socket) = (try TestHouse(), try NotifySocket("@relance-tests-" + UUID().uuidString))
        let courier = ScriptedCourier([.init(after: answer)])
        let life = try await house.run(at: start, courier: courier, notifier: socket.notifier()) { life in
            await courier.waitForParcels(1)
            await life.advance(to: start + .minutes(15))
            #expect(socket.received().contains { $0.hasPrefix("WATCHDOG=1") })
            await life.advance(to: start + .minutes(17))
            #expect(!socket.received().contains { $0.hasPrefix("WATCHDOG=1") })
            answer.open()
        }
        #expect(life.lines.all.contains { $0.contains("an attempt is stuck") })
    }
}
