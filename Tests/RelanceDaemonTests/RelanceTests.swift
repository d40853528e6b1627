import CurlClient
import RelanceConsole
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The program as a value, run whole on a clock that stands until it is moved.
@Suite(.timeLimit(.minutes(10))) struct RelanceTests {
    private let eight = at("2020-11-02 08:00")
    private let digestTime = at("2020-11-02 08:30")
    private let later = at("2020-11-02 09:30")

    @Test func `the digest leaves at 08:30, once`() async throws {
        let house = try TestHouse()
        let life = try await house.run(at: eight) { life in
            await life.advance(to: digestTime - .seconds(1))
            #expect(life.log.dispatches.isEmpty)
            await life.advance(to: digestTime)
            await life.log.waitForAttempts(1)
            await life.advance(to: later)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.digest])
        #expect(life.log.dispatches.map(\.at) == [digestTime])
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
    }

    @Test func `the age of the library that carries messages is told once, where one leaves the house`()
        async throws
    {
        for leavesHouse in [false, true] {
            let house = try TestHouse()
            if leavesHouse {
                try house.folder.write(
                    """
                    routes:
                      a: {kind: spool, folder: spool}
                      relay: {kind: smtp, host: relay.cci.example, tls: starttls}
                    mail: [a]
                    """, to: "relance.yaml")
            }
            let life = try await house.run(at: eight) { _ in }
            let notice = CurlLibrary.warning(for: CurlLibrary.version).map { "<5>\($0)\n" }
            #expect(
                life.lines.all.filter { $0.contains("libcurl") }
                    == [notice].compactMap { leavesHouse ? $0 : nil })
        }
    }

    @Test func `stopped and started at any instant it sends nothing twice and forgets nothing`() async throws
    {
        let house = try TestHouse(cases: [
            TestHouse.followUpCase(), TestHouse.followUpCase("2020-0260", advisor: "nadia.perrin"),
        ])
        let handedOver = Guarded<[MessageKey]>([])
        func courier() -> ScriptedCourier {
            ScriptedCourier { parcel, isHandedOver in
                if isHandedOver { handedOver.withLock { $0.append(parcel.key) } }
            }
        }
        for time in ["08:00", "08:29", "08:30", "08:31", "09:00", "12:00"] {
            try await house.run(at: at("2020-11-02 \(time)"), courier: courier()) { _ in }
        }
        // What the stops cut short is still there, and is sent by whoever lets it.
        let left = try house.state().open.count
        try await house.run(at: at("2020-11-02 12:01"), courier: courier()) { life in
            await life.log.waitForAttempts(left)
        }
        try await house.run(at: at("2020-11-02 12:02"), courier: courier()) { _ in }
        let keys = handedOver.withLock { $0 }
        #expect(Set(keys).count == keys.count)
        let messages = try house.state().messages
        #expect(messages.values.map(\.phase) == [.sent, .sent])
        #expect(Set(keys) == Set(messages.keys))
    }

    @Test func `a second request to stop waits no longer for what is on the wire`() async throws {
        let (house, clock) = (try TestHouse(), ManualClock(digestTime))
        let endless = EndlessCourier(clock: clock, until: digestTime + .days(1))
        // The second one comes when the body is over.
        try await house.run(at: digestTime, clock: clock, onRoute: ["a": endless]) { life in
            await clock.waitForSleeper(until: digestTime + .days(1))
            life.wishes.yield(.stop)
            await clock.waitForSleeper(until: digestTime + .seconds(20))
        }
        let message = try #require(house.state().messages.values.first)
        #expect(message.phase == .deferred(until: digestTime + .minutes(15)))
        #expect(message.ambiguousEnds == 1)
        #expect(clock.now() == digestTime)
    }

    @Test func `a door that closes by itself is opened again a minute later, not at once`() async {
        let (clock, opened) = (ManualClock(eight), Guarded(0))
        let lines = LogLines()
        await withTaskGroup { group in
            group.addTask {
                await clock.keepOpen(.orders(socket: "/nowhere"), lines.logger()) {
                    opened.withLock { $0 += 1 }
                }
            }
            await clock.waitForSleeper(until: eight + .minutes(1))
            #expect(opened.withLock { $0 } == 1)
            clock.advance(to: eight + .minutes(1))
            await clock.waitForSleeper(until: eight + .minutes(2))
            #expect(opened.withLock { $0 } == 2)
            group.cancelAll()
        }
    }

    @Test func `started after the morning it sends the digest that may still be of use`() async throws {
        let life = try await TestHouse().run(at: at("2020-11-02 10:00")) { life in
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.digest])
    }

    @Test func `a case written while it runs is announced as soon as the kernel tells of its file`()
        async throws
    {
        let house = try TestHouse(cases: [])
        let life = try await house.run(at: later) { life in
            try house.folder.write(TestHouse.newCase("2020-0301"), to: "cases/new.json")
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.newCase])
        #expect(life.log.dispatches.first?.message.cases == [.make("2020-0301")])
    }

    @Test func `a wrong configuration changes nothing, is named in the log and told to IT`() async throws {
        let house = try TestHouse()
        let life = try await house.run(at: eight) { life in
            try house.folder.write("policy: {digset: {at: 09:00}}\nmail: [nowhere]\n", to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == false)
            await life.log.waitForAttempts(1)
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(2) == false)
            await life.advance(to: digestTime)
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.technicalIncident, .digest])
        #expect(life.log.dispatches.first?.message.recipient.email == .make("informatique@cci.example"))
        #expect(life.lines.all.contains { $0.contains("relance.yaml:2") && $0.contains("nowhere") })
    }

    @Test func `a right configuration takes effect at once`() async throws {
        let house = try TestHouse()
        let life = try await house.run(at: eight) { life in
            try house.folder.write(TestHouse.configuration(digestAt: "09:15"), to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == true)
            await life.advance(to: digestTime)
            await life.advance(to: at("2020-11-02 09:15"))
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.at) == [at("2020-11-02 09:15")])
    }

    @Test func `a stop lets what was handed over finish and writes its end down`() async throws {
        let (answer, handedOver, house) = (Latch(), Latch(), try TestHouse())
        let courier = ScriptedCourier(otherwise: .init(after: answer)) { _, isHandedOver in
            if isHandedOver { handedOver.open() }
        }
        try await house.run(at: digestTime, courier: courier) { life in
            await handedOver.opened()
            life.wishes.yield(.stop)
            answer.open()
        }
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
    }

    @Test func `a stop ends the wait for what is on the wire at the end that was set`() async throws {
        let (answer, handedOver, house) = (Latch(), Latch(), try TestHouse())
        let courier = ScriptedCourier(otherwise: .init(after: answer)) { _, isHandedOver in
            if isHandedOver { handedOver.open() }
        }
        let notice = try NotifySocket("@relance-tests-stop-\(UInt64.random(in: 0...UInt64.max))")
        try await house.run(
            at: digestTime, until: digestTime, courier: courier, notifier: notice.notifier()
        ) { life in
            await handedOver.opened()
            await life.clock.waitForSleeper(until: digestTime + .seconds(10))
            life.wishes.yield(.stop)
            // Draining, which only the end of the desk begins, gives up after twenty seconds.
            await life.clock.waitForSleeper(until: digestTime + .seconds(20))
            answer.open()
        }
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
    }

    @Test func `what a person decided on a case before the start is heeded`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        try await house.write(
            [.caseHeld(.make("2020-0301"), until: nil, by: "anne.delmas", reason: "asked for")], at: eight)
        let life = try await house.run(at: later) { life in await life.clock.waitForSleepers(2) }
        #expect(life.log.dispatches.isEmpty)
        #expect(try house.state().messages.isEmpty)
    }

    @Test func `a reload names what takes effect only at the next start`() async throws {
        let house = try TestHouse()
        let life = try await house.run(at: eight) { life in
            try house.folder.write(
                TestHouse.configuration().replacing(
                    "policy: {", with: "policy: {zone: Indian/Reunion, "), to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == true)
        }
        #expect(life.lines.all.contains { $0.contains("the zone") && $0.contains("next start") })
    }

    @Test(arguments: [
        LedgerEvent.started(ProgramStart(version: "1", machine: "elsewhere")), .fenced(.repaired),
    ])
    func `a ledger that may be a copy or was repaired holds everything until somebody lifts the fence`(
        event: LedgerEvent
    ) async throws {
        let house = try TestHouse()
        try await house.write([event], at: eight)
        let held = try await house.run(at: eight + .minutes(1)) { life in
            await life.advance(to: digestTime)
            await life.clock.waitForSleepers(2)
            await life.advance(to: digestTime + .minutes(2))
        }
        #expect(held.log.dispatches.isEmpty)
        #expect(try house.state().messages.values.map(\.phase) == [.planned])
        #expect(
            held.lines.all.contains { $0.hasPrefix("<3>nothing is sent") && $0.contains("relance resume") })

        try await house.write([.fenceLifted(by: "anne.delmas", reason: "the other one is gone")], at: later)
        let free = try await house.run(at: later) { life in await life.log.waitForAttempts(1) }
        #expect(free.log.dispatches.map(\.message.kind) == [.digest])
    }

    @Test func `a ledger that can no longer be written ends the run`() async throws {
        let house = try TestHouse()
        await #expect(throws: (any Error).self) {
            try await house.run(at: digestTime - .minutes(1)) { life in
                // A foreign file where the frozen bytes belong: they can be neither written nor replaced.
                try house.folder.remove("state/outbox")
                life.clock.advance(to: digestTime)
                await life.log.wait { _ in false }
            }
        }
    }
}
