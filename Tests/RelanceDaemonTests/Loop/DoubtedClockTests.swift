import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A daemon on a machine whose clock is wrong (reliability 2.7 and 3.10 F17): it holds, drops nothing, and tells.
@Suite(.timeLimit(.minutes(10))) struct DoubtedClockTests {
    private let start = at("2020-11-02 09:30")
    private let built = at("2020-10-01 12:00")

    /// A house with one message put off to 09:35, on a machine that has been up for a hundred hours.
    private func house() async throws -> TestHouse {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let clock = ManualClock(start, uptime: .hours(100))
        try await house.run(at: start, clock: clock, courier: ScriptedCourier([.busyMailbox])) { life in
            await life.log.waitForAttempts(1)
        }
        return house
    }

    private func doubts(_ life: TestHouse.Life) -> Int {
        life.log.events.count { if case .clockDoubted = $0 { true } else { false } }
    }

    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2020-11-02 08:35", "2020-11-05 09:35", "2038-01-19T03:14:07Z",
        "2106-02-07T06:28:15Z",
    ])
    func `F17 started with a wrong clock it writes, drops and sends nothing until it is right`(now: String)
        async throws
    {
        let house = try await house()
        let before = try house.state()
        let clock = ManualClock(at(now), uptime: .hours(100) + .minutes(10))
        let life = try await house.run(at: at(now), clock: clock, builtAt: built) { life in
            await life.advance(to: at(now) + .minutes(5))
            await life.clock.waitForSleepers(1)
            #expect(life.log.dispatches.isEmpty && life.log.drops.isEmpty)
            let held = try house.state()
            #expect(held == before)
            clock.set(to: start + .minutes(15))
            await life.log.waitForAttempts(2)
        }
        #expect(doubts(life) >= 2)
        #expect(Set(life.log.dispatches.map(\.message.kind)) == [.newCase, .technicalIncident])
        #expect(life.log.dispatches.allSatisfy { $0.at == start + .minutes(15) })
        #expect(try house.state().messages.values.allSatisfy { $0.phase == .sent })
        #expect(life.lines.all.contains { $0.hasPrefix("<3>nothing is sent: the clock ") })
    }

    @Test func `stopped while it doubts the clock it leaves everything as it was`() async throws {
        let house = try await house()
        let before = try house.state()
        let clock = ManualClock(at("1970-01-01T00:00:00Z"), uptime: .hours(101))
        try await house.run(at: clock.now(), clock: clock, builtAt: built) { life in
            await life.advance(to: clock.now() + .days(1))
        }
        #expect(try house.state() == before)
    }

    @Test(arguments: [Elapsed.days(3), .days(30_000)])
    func `a clock set forward while it runs sends and expires nothing, set back it goes on`(step: Elapsed)
        async throws
    {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301"), TestHouse.followUpCase()])
        let clock = ManualClock(start, uptime: .hours(100))
        let courier = ScriptedCourier(otherwise: .busyMailbox)
        let life = try await house.run(at: start, clock: clock, builtAt: built, courier: courier) { life in
            await life.log.waitForAttempts(2)
            await life.clock.waitForSleepers(2)
            let before = try house.state()
            clock.set(to: start + step)
            await life.log.waitForTurn(from: start + step)
            await life.advance(to: start + step + .minutes(4))
            await life.clock.waitForSleepers(2)
            let held = try house.state()
            #expect(held == before)
            clock.set(to: start + .minutes(6))
            await life.log.waitForAttempts(3)
        }
        #expect(life.log.drops.isEmpty)
        #expect(
            try house.state().messages.values.allSatisfy { $0.phase != .expired && $0.phase != .cancelled })
    }

    @Test func `a clock set forward for good is believed after ten minutes, and the step is told`()
        async throws
    {
        let house = try TestHouse(cases: [])
        let clock = ManualClock(start, uptime: .hours(100))
        let life = try await house.run(at: start, clock: clock, builtAt: built) { life in
            await life.clock.waitForSleepers(2)
            clock.set(to: start + .hours(3))
            for minute in 0...9 { await life.advance(to: start + .hours(3) + .minutes(Int64(minute))) }
            #expect(life.log.dispatches.isEmpty)
            await life.advance(to: start + .hours(3) + .minutes(10))
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.technicalIncident])
        #expect(life.log.dispatches.first?.message.recipient.id == "it")
    }

    @Test func `a clock set back while it runs sends nothing again, and the ledger's time never goes back`()
        async throws
    {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let clock = ManualClock(start, uptime: .hours(100))
        let life = try await house.run(at: start, clock: clock, builtAt: built) { life in
            await life.log.waitForAttempts(1)
            await life.clock.waitForSleepers(2)
            clock.set(to: start - .hours(1))
            await life.log.wait { events in
                events.contains { if case .clockDoubted = $0 { true } else { false } }
            }
            for minute in 0...10 { await life.advance(to: start - .hours(1) + .minutes(Int64(minute))) }
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.newCase, .technicalIncident])
        let history = try house.history()
        let stamps = history.state.messages.values.flatMap { message in
            [message.planned.at] + history.trail(of: message.key).map(\.stamp.at)
        }
        #expect(stamps.allSatisfy { $0 >= start })
    }

    private static let farAhead = at("2038-01-19T03:14:07Z")

    @Test func `what ends while the clock is in doubt bears the time that was believed last`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let (clock, handedOver, answer) = (ManualClock(start, uptime: .hours(100)), Latch(), Latch())
        let busy = ScriptedCourier.Act(outcome: .deferred(.make(.refused, code: 450)), after: answer)
        let courier = ScriptedCourier([busy]) { _, isHandedOver in if isHandedOver { handedOver.open() } }
        let life = try await house.run(at: start, clock: clock, builtAt: built, courier: courier) { life in
            await handedOver.opened()
            await life.clock.waitForSleepers(3)
            clock.set(to: Self.farAhead)
            await life.log.waitForTurn(from: Self.farAhead)
            answer.open()
            await life.log.waitForAttempts(1, of: .newCase)
            await life.clock.waitForSleepers(3)
            clock.set(to: start + .minutes(1))
            await life.log.waitForAttempts(1, of: .technicalIncident)
            await life.advance(to: start + .minutes(5))
            await life.log.waitForAttempts(2, of: .newCase)
        }
        #expect(life.log.dispatches.filter { $0.message.kind == .newCase }.map(\.attempt) == [1, 2])
        #expect(try #require(house.state().lastInstant) == start + .minutes(5))
    }

    /// The business whose cases were called in vain at 09:55, each on its day.
    private func calledInVain(on days: [String]) throws -> TestHouse {
        try TestHouse(
            cases: days.enumerated().map { number, day in
                TestHouse.followUpCase(
                    "2020-030\(number)",
                    more: #", "unanswered_calls": ["\#(day)T09:55:00+01:00"], "#
                        + #""contact": {"email": "gerante@boulangerie.example"}"#)
            })
    }

    @Test func `a wrong year that was believed for a while leaves nothing behind once the clock is right`()
        async throws
    {
        let days = [2, 3, 4, 5, 6, 9, 10].map { "2020-11-" + ($0 < 10 ? "0\($0)" : "\($0)") }
        let house = try calledInVain(on: days)
        let clock = ManualClock(start, uptime: .hours(100))
        let life = try await house.run(at: start, clock: clock, builtAt: built) { life in
            await life.clock.waitForSleepers(3)
            clock.set(to: Self.farAhead)
            await TestHouse.settle(life, from: Self.farAhead)
            await life.log.waitForAttempts(1, of: .technicalIncident)
            await life.clock.waitForSleepers(3)
            clock.set(to: start + .minutes(12))
            await life.log.wait { events in
                events.contains {
                    if case .clockDoubted(let now) = $0 { now == start + .minutes(12) } else { false }
                }
            }
            for minute in 13...22 {
                await life.clock.waitForSleepers(3)
                clock.advance(to: start + .minutes(Int64(minute)))
            }
            for (number, day) in days.enumerated() {
                clock.advance(to: at(day + " 10:00"))
                await life.log.waitForBusiness(number + 1)
            }
        }
        let told = life.log.dispatches.filter { $0.message.recipient.audience == .business }
        #expect(told.map(\.at) == days.map { at($0 + " 10:00") })
        #expect(try #require(house.state().lastInstant) >= Self.farAhead, "the order never goes back")

        let key = try #require(told.last?.message.key)
        let (ended, again) = (at("2020-11-10 10:05"), at("2020-11-10 13:10"))
        let receipt = Receipt(verdict: .undelivered, failure: .refused, detail: "absent", route: "a")
        try await house.write(
            [.receipted(key, receipt), .retried(key, by: "anne.delmas", reason: "asked for")], at: ended)
        let next = try await house.run(at: again) { life in await life.log.waitForBusiness(1) }
        let anew = try #require(next.log.dispatches.first { $0.message.key == key })
        #expect(anew.at == again && anew.attempt == 2)
        guard case .downtime(let downtime)? = try house.state().lastDowntime?.event else {
            Issue.record("three hours are no downtime")
            return
        }
        #expect(downtime.until == again)
    }

    @Test func `a clock set right after a day ahead was believed brings today's digest once, at its hour`()
        async throws
    {
        let (house, early) = (try TestHouse(), at("2020-11-02 07:00"))
        let clock = ManualClock(early, uptime: .hours(100))
        let life = try await house.run(at: early, clock: clock, builtAt: built) { life in
            await life.clock.waitForSleepers(3)
            clock.set(to: early + .days(1))
            await TestHouse.settle(life, from: early + .days(1))
            await life.clock.waitForSleepers(3)
            clock.set(to: early + .minutes(12))
            for minute in 13...22 {
                await life.clock.waitForSleepers(3)
                clock.advance(to: early + .minutes(Int64(minute)))
            }
            for time in ["07:50", "08:29", "08:30"] {
                await life.clock.waitForSleepers(3)
                clock.advance(to: at("2020-11-02 " + time))
            }
            await life.log.waitForAttempts(1, of: .digest)
            for time in ["2020-11-02 09:00", "2020-11-03 08:30"] {
                await life.clock.waitForSleepers(3)
                clock.advance(to: at(time))
            }
            await life.log.waitForAttempts(2, of: .digest)
        }
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        #expect(digests.map(\.at) == [at("2020-11-02 08:30"), at("2020-11-03 08:30")])
    }

    @Test func `what a wrong clock put off leaves within a quarter of an hour of the right one`() async throws
    {
        let late = TestHouse.newCase("2020-0399").replacing("T09:20", with: "T10:05")
        let house = try TestHouse(cases: (1...5).map { TestHouse.followUpCase("2020-030\($0)") } + [late])
        let (clock, courier) = (ManualClock(start, uptime: .hours(100)), ScriptedCourier())
        let wrong = start + .days(30)
        let life = try await house.run(at: start, clock: clock, builtAt: built, courier: courier) { life in
            await life.log.waitForAttempts(1, of: .digest)
            await life.clock.waitForSleepers(3)
            await courier.play(Array(repeating: .routeIsDown, count: Breaker.threshold))
            clock.set(to: wrong)
            await TestHouse.settle(life, from: wrong)
            // A digest and the news of the clock, until the breaker opens.
            for (minutes, failures) in [(10, 2), (15, 4), (20, Breaker.threshold)] {
                clock.advance(to: wrong + .minutes(Int64(minutes)))
                await life.log.waitForAttempts(1 + failures)
                await life.clock.waitForSleepers(3)
            }
            clock.set(to: start + .minutes(20))
            for minute in 21...30 {
                await life.clock.waitForSleepers(3)
                clock.advance(to: start + .minutes(Int64(minute)))
            }
            await life.log.wait { events in
                events.contains { if case .ticked(start + .minutes(30), _) = $0 { true } else { false } }
            }
            clock.advance(to: start + .minutes(35))
            await life.log.waitForAttempts(1, of: .newCase)
        }
        #expect(life.log.dispatches.last { $0.message.kind == .newCase }?.at == start + .minutes(35))
    }

    @Test func `the kernel's word ends the doubt`() async throws {
        let house = try await house()
        let clock = ManualClock(start + .days(3), uptime: .minutes(2), isSynchronised: true)
        let life = try await house.run(at: clock.now(), clock: clock, builtAt: built) { _ in }
        #expect(doubts(life) == 0)
    }
}
