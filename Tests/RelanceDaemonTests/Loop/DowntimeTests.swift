import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What becomes of all that piled up while nobody was at work (reliability 2.7 and 4, row 15).
@Suite(.timeLimit(.minutes(10))) struct DowntimeTests {
    private let monday = at("2020-11-02 10:00")
    private let aWeekBefore = at("2020-10-26 10:00")

    private func kinds(_ life: TestHouse.Life) -> [String: Int] {
        life.log.dispatches.reduce(into: [:]) { $0[$1.message.kind.rawValue, default: 0] += 1 }
    }

    /// Lets time pass as it does for a machine that is awake.
    private func wake(_ life: TestHouse.Life, until end: Instant) async {
        while life.clock.now() < end {
            await life.advance(to: min(end, life.clock.now() + .minutes(45)))
            await life.clock.waitForSleepers(2)
        }
    }

    /// Lets so many late messages leave, each at its own instant.
    private func leave(_ count: Int, of kinds: Set<MessageKind>, _ life: TestHouse.Life) async {
        let rule = CatchUpRule(downtime: .hours(1), perMinute: 30, ramp: .minutes(10), jitterPercent: 20)
        let start = life.clock.now()
        for number in 1...count {
            await life.log.wait { events in
                events.count {
                    if case .attempted(let one) = $0 { kinds.contains(one.message.kind) } else { false }
                }
                    >= number
            }
            let now = life.clock.now()
            life.clock.advance(to: now + rule.pause(after: now - start, random: 0.5))
        }
    }

    @Test func `after seven days 5,000 late cases are held, IT and the leads told, digests sent`()
        async throws
    {
        let house = try TestHouse.withCasesOfFriday(5000)
        try await house.start(at: aWeekBefore)
        let life = try await house.run(at: monday) { life in
            await life.log.waitForAttempts(2, of: .technicalIncident)
            await life.log.waitForAttempts(1, of: .digest)
            await life.advance(to: monday + .hours(1))
            await life.clock.waitForSleepers(2)
        }
        let passed = Set(life.log.dispatches.map(\.message.kind))
        #expect(passed.isSubset(of: [.technicalIncident, .digest, .weeklyReport]))
        let told = life.log.dispatches.filter { $0.message.kind == .technicalIncident }
        #expect(Set(told.map(\.message.recipient.id)) == ["it", "marc.lefevre"])
        let state = try house.state()
        #expect(state.fenceReason == .catchUp)
        // One message a case and channel: the announcement gives way to the escalation, by key.
        #expect(try house.phases()["escalation planned"] == 5000)
        #expect(try house.phases()["new_case superseded"] == 5000)
        let successors = state.messages.values.compactMap { message -> MessageKey? in
            if case .superseded(let successor) = message.phase { successor } else { nil }
        }
        #expect(
            Set(successors) == Set(state.messages.values.filter { $0.plan.kind == .escalation }.map(\.key)))
        #expect(
            life.lines.all.contains { $0.hasPrefix("<3>messages are held") && $0.contains("relance resume") })
    }

    @Test func `what was held leaves after relance resume, slowly at first, once and inside the hours`()
        async throws
    {
        let house = try TestHouse.withCasesOfFriday(60)
        try await house.start(at: aWeekBefore)
        let held = try await house.run(at: monday) { life in
            await life.log.waitForAttempts(2, of: .technicalIncident)
        }
        #expect(kinds(held)["escalation"] == nil)
        try await house.write([.fenceLifted(by: "anne.delmas", reason: "looked at")], at: monday)
        let life = try await house.run(at: monday + .minutes(5)) { life in
            await leave(60, of: [.escalation], life)
        }
        let departures = life.log.dispatches.filter { $0.message.kind == .escalation }.map(\.at)
        #expect(departures.count == 60)
        #expect(departures.filter { $0 < monday + .minutes(6) }.count <= 3)
        for first in departures {
            #expect(departures.count { first <= $0 && $0 < first + .minutes(1) } <= 30)
        }
        #expect(try house.phases()["escalation sent"] == 60)
        #expect(try house.phases()["new_case superseded"] == 60)
    }

    @Test func `a few late messages leave at once`() async throws {
        let house = try TestHouse.withCasesOfFriday(5)
        try await house.start(at: aWeekBefore)
        let life = try await house.run(at: monday) { life in
            await life.log.waitForAttempts(5, of: .escalation)
        }
        #expect(kinds(life)["new_case"] == nil && kinds(life)["technical_incident"] == nil)
        #expect(life.log.dispatches.allSatisfy { $0.at == monday })
        #expect(try house.phases()["new_case superseded"] == 5)
    }

    @Test(arguments: [1, 2]) func `a start in the night waits for the hours of staff, be there another`(
        starts: Int
    ) async throws {
        let house = try TestHouse.withCasesOfFriday(5)
        try await house.start(at: at("2020-10-26 10:00"))
        let night = at("2020-11-01 03:00")
        if starts > 1 { try await house.run(at: night - .minutes(5)) { _ in } }
        let life = try await house.run(at: night) { life in
            await wake(life, until: at("2020-11-02 08:29"))
            #expect(life.log.dispatches.isEmpty)
            await life.advance(to: at("2020-11-02 08:30"))
            await life.log.waitForAttempts(5, of: .escalation)
            await life.advance(to: at("2020-11-02 09:00"))
            await life.clock.waitForSleepers(2)
        }
        let perCase = Dictionary(
            grouping: life.log.dispatches.filter { $0.message.kind != .digest }.flatMap(\.message.cases),
            by: { $0 })
        #expect(perCase.values.allSatisfy { $0.count == 1 })
        #expect(life.log.dispatches.allSatisfy { $0.at >= at("2020-11-02 08:30") })
        #expect(try house.phases()["new_case superseded"] == 5)
    }

    @Test
    func `ten days of silence ask for a person at the second start too, though nothing was due at the first`()
        async throws
    {
        let house = try TestHouse.withCasesOfFriday(3)
        try await house.start(at: at("2020-10-23 02:00"))
        let night = at("2020-11-02 02:00")
        for start in [night, night + .minutes(5)] {
            try await house.run(at: start) { life in await life.clock.waitForSleepers(2) }
            #expect(try house.state().fence == nil)
        }
        let life = try await house.run(at: night + .minutes(10)) { life in
            await wake(life, until: at("2020-11-02 08:30"))
            await life.log.waitForAttempts(1, of: .technicalIncident)
        }
        #expect(Set(life.log.dispatches.map(\.message.kind)) == [.technicalIncident])
        #expect(try house.state().fenceReason == .longSilence)
    }

    @Test func `what a machine that slept has late is late at the next start as well`() async throws {
        let house = try TestHouse.withCasesOfFriday(5)
        let clock = ManualClock(at("2020-10-30 09:00"), uptime: .hours(1))
        let night = at("2020-11-02 02:00")
        try await house.run(at: clock.now(), clock: clock) { life in
            await life.clock.waitForSleepers(2)
            clock.suspend(until: night)
            await life.log.waitForTick(from: night)
        }
        #expect(
            try house.state().lastDowntime?.event
                == .downtime(Downtime(since: at("2020-10-30 09:00"), until: night)))
        let life = try await house.run(at: night + .minutes(5)) { life in
            await wake(life, until: at("2020-11-02 08:30"))
            await life.log.waitForAttempts(5, of: .escalation)
            await life.advance(to: at("2020-11-02 09:00"))
            await life.clock.waitForSleepers(2)
        }
        #expect(kinds(life)["new_case"] == nil)
        #expect(try house.phases()["new_case superseded"] == 5)
    }

    @Test func `what was planned before and is of no more use is expired, never sent`() async throws {
        let house = try TestHouse.withCasesOfFriday(1)
        let busy = ScriptedCourier(otherwise: .busyMailbox)
        try await house.run(at: at("2020-10-30 14:30"), courier: busy) { life in
            await life.log.waitForAttempts(1)
        }
        let open = try house.state().open
        #expect(!open.isEmpty)
        let life = try await house.run(at: at("2020-11-06 10:00")) { life in
            await life.clock.waitForSleepers(2)
        }
        let state = try house.state()
        #expect(open.allSatisfy { state.messages[$0]?.phase == .expired })
        #expect(life.log.dispatches.allSatisfy { !open.contains($0.message.key) })
    }

    @Test func `a machine that slept over the weekend is a downtime, not a doubt`() async throws {
        let house = try TestHouse.withCasesOfFriday(60)
        let clock = ManualClock(at("2020-10-29 17:45"), uptime: .hours(1))
        let life = try await house.run(at: clock.now(), clock: clock) { life in
            await life.clock.waitForSleepers(2)
            await life.advance(to: monday)
            await life.log.waitForAttempts(2, of: .technicalIncident)
        }
        #expect(try house.state().fenceReason == .catchUp)
        #expect(kinds(life)["escalation"] == nil)
        #expect(!life.log.events.contains { if case .clockDoubted = $0 { true } else { false } })
    }

    @Test func `a crash in the middle of a busy hour is no downtime`() async throws {
        let house = try TestHouse.withCasesOfFriday(60)
        let before = at("2020-10-30 09:59")
        let answer = Latch()
        // Announced in one mail at 10:00, when the relay hangs; at 14:00 sixty first calls are overdue.
        let slow = ScriptedCourier(otherwise: .init(before: answer))
        try await house.run(at: before, courier: slow) { life in
            for time in ["10:00", "10:50", "11:40", "12:30", "13:20", "14:00"] {
                await life.advance(to: at("2020-10-30 \(time)"))
            }
            await slow.waitForParcels(1)
            answer.open()
        }
        let left = try house.state().messages.values.count {
            $0.nextAttemptAt != nil && [.newCase, .deadlineOverdue].contains($0.plan.kind)
        }
        try await house.run(at: at("2020-10-30 14:01")) { life in
            await leave(left, of: [.newCase, .deadlineOverdue], life)
        }
        #expect(try house.state().fence == nil)
        #expect(left >= 60)
        #expect(try house.phases()["deadline_overdue sent"] == 60)
    }
}
