import Foundation
import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

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

    @Test func `an attempt that has ended and waits for room on the disk is none that is stuck`() async throws
    {
        let saboteur = Saboteur()
        let (house, socket) = (try TestHouse(), try NotifySocket("@relance-tests-" + UUID().uuidString))
        let isFull = Guarded(false)
        let courier = ScriptedCourier { _, isHandedOver in
            if isHandedOver, isFull.turnsTrue() { saboteur.arm(.write, ENOSPC) }
        }
        let life = try await house.run(
            at: start, courier: courier, disk: saboteur.disk, notifier: socket.notifier()
        ) { life in
            await life.clock.waitForSleeper(until: start + .seconds(30))  // the result waits
            for minute in Int64(1)...20 {
                await life.advance(to: start + .minutes(minute))
                await life.clock.waitForSleeper(until: start + .minutes(minute) + .seconds(30))
                #expect(socket.received().contains { $0.hasPrefix("WATCHDOG=1") })
            }
            saboteur.disarm()
            await life.advance(to: start + .minutes(21))
            await life.log.waitForAttempts(1)
        }
        #expect(!life.lines.all.contains { $0.contains("an attempt is stuck") })
        #expect(life.log.dispatches.first?.outcome == .accepted(reply: "250 2.0.0 Ok"))
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

    @Test(arguments: [true, false])
    func `an attempt on the wire while the machine slept or its clock was set is not stuck`(slept: Bool)
        async throws
    {
        let answer = Latch()
        let (house, socket) = (try TestHouse(), try NotifySocket("@relance-tests-" + UUID().uuidString))
        let (clock, courier) = (
            ManualClock(start, uptime: .hours(1)), ScriptedCourier([.init(after: answer)])
        )
        let life = try await house.run(
            at: start, clock: clock, courier: courier, notifier: socket.notifier()
        ) { life in
            await courier.waitForParcels(1)
            await clock.waitForSleepers(2)
            _ = socket.received()
            let then = start + (slept ? .hours(3) : .minutes(20))
            if slept { clock.suspend(until: then) } else { clock.set(to: then) }
            await life.log.waitForTick(from: then)
            #expect(socket.received().contains { $0.hasPrefix("WATCHDOG=1") })
            answer.open()
        }
        #expect(!life.lines.all.contains { $0.contains("an attempt is stuck") })
    }

    @Test func `at the end what is on the wire has its time, whatever the clock says`() async throws {
        let (house, answer, wasCutShort) = (try TestHouse(), Latch(), Guarded(false))
        let courier = ScriptedCourier { _, isHandedOver in
            guard isHandedOver else { return }
            await answer.opened()
            wasCutShort.withLock { $0 = Task.isCancelled }
        }
        let clock = ManualClock(start, uptime: .hours(1))
        try await house.run(at: start, clock: clock, courier: courier) { life in
            await courier.waitForParcels(1)
            life.wishes.yield(.stop)
            await clock.waitForSleeper(until: start + .seconds(20))
            clock.set(to: start + .minutes(20))
            // Time enough to cut it short.
            for _ in 0..<10_000 { await Task.yield() }
            answer.open()
        }
        #expect(!wasCutShort.withLock { $0 })
        #expect(try house.state().messages.values.allSatisfy { $0.phase == .sent })
    }
}
