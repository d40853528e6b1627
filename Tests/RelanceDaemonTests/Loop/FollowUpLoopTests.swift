import Glibc
import RelanceCore
import RelanceIntake
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

@Suite struct FollowUpLoopTests {
    private let start = at("2020-11-02 09:30")

    /// What the loop handed to the outbox.
    private actor Offers {
        private(set) var messages: [PlannedMessage] = []

        func add(_ new: [PlannedMessage]) {
            messages += new
        }
    }

    /// A loop over the cases of a house as read now; another call is another start.
    private func loop(
        _ house: TestHouse, _ ledger: any LedgerStore, at now: Instant, brake: BrakeRule? = nil
    ) throws -> (FollowUpLoop, Offers) {
        let loaded = try house.load(at: now)
        var followUps = FollowUps(planner: loaded.planner(instance: ledger.instance), now: now)
        followUps.update(CaseRoom(loaded, now: now).cases.map { CaseRecord($0, at: .nowhere) }, now: now)
        let offers = Offers()
        return (
            FollowUpLoop(
                followUps: followUps, ledger: ledger, smsBudget: SMSBudgetRule(soft: nil, hard: nil),
                brake: brake
            ) { messages, _ in await offers.add(messages) },
            offers
        )
    }

    private func ledger() -> MemoryLedger {
        MemoryLedger(instance: "tests") { start }
    }

    @Test func `ticking twice at one instant admits once`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (loop, offers) = try loop(house, ledger, at: start)
        let first = try await loop.tick(at: start)
        let second = try await loop.tick(at: start)
        #expect(first.admitted.map(\.kind) == [.newCase])
        #expect(second.admitted.isEmpty)
        #expect(await offers.messages.count == 1)
    }

    @Test func `new cases gathered into one mail are taken up under its key after a restart`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301"), TestHouse.newCase("2020-0302")])
        let ledger = ledger()
        let (first, before) = try loop(house, ledger, at: start)
        try await first.tick(at: start)
        let (second, after) = try loop(house, ledger, at: start)
        let ticked = try await second.tick(at: start)
        #expect(ticked.admitted.isEmpty)
        #expect(await after.messages.map(\.key) == before.messages.map(\.key))
        #expect(await after.messages.map(\.cases) == [[.make("2020-0301"), .make("2020-0302")]])
    }

    @Test func `a message put off is taken up after a restart, one that was sent is not`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (first, offers) = try loop(house, ledger, at: start)
        try await first.tick(at: start)
        let key = try #require(await offers.messages.first?.key)
        let attempt = Attempt(number: 1, route: "a", messageID: "", sha256: "")
        let later = start + .minutes(5)
        try await ledger.append([
            .attempted(key, attempt),
            .resulted(key, AttemptResult(number: 1, outcome: .deferred(.make()), retryAt: later)),
        ])
        let (second, again) = try loop(house, ledger, at: start)
        try await second.tick(at: start)
        #expect(await again.messages.map(\.key) == [key])
        let next = Attempt(number: 2, route: "a", messageID: "", sha256: "")
        try await ledger.append([
            .attempted(key, next), .resulted(key, AttemptResult(number: 2, outcome: .accepted(reply: ""))),
        ])
        let (third, none) = try loop(house, ledger, at: later)
        try await third.tick(at: later)
        #expect(await none.messages.isEmpty)
    }

    @Test func `what nothing asks for any more is cancelled with its reason`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (first, _) = try loop(house, ledger, at: start)
        let key = try #require(try await first.tick(at: start).admitted.first?.key)
        try house.folder.write(
            TestHouse.newCase("2020-0301").replacing(
                "\"listening\"", with: "\"closed\", \"closed_at\": \"2020-11-02T09:25:00+01:00\""),
            to: "cases/dieppe.json")
        let (second, _) = try loop(house, ledger, at: start)
        try await second.tick(at: start)
        #expect(try await second.reconcile(at: start, except: []) == [key])
        let message = try #require(ledger.withState { $0.messages[key] })
        #expect(message.phase == .cancelled)
        guard case .cancelled(_, let reason, _)? = try house.history().trail(of: key).last?.event else {
            return
        }
        #expect(reason == WithheldReason.caseClosed.rawValue)
    }

    @Test func `what planning still asks for is not dropped, though the outbox has it not`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (loop, _) = try loop(house, ledger, at: start)
        let key = try #require(try await loop.tick(at: start).admitted.first?.key)
        #expect(try await loop.reconcile(at: start, except: []).isEmpty)
        #expect(ledger.withState { $0.messages[key]?.phase } == .planned)
    }

    @Test func `a clock that was set back to before a case was opened drops nothing`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (first, _) = try loop(house, ledger, at: start)
        let key = try #require(try await first.tick(at: start).admitted.first?.key)
        let before = start - .days(20)
        let (second, offers) = try loop(house, ledger, at: before)
        try await second.tick(at: before)
        #expect(try await second.reconcile(at: before, except: []).isEmpty)
        try await second.tick(at: start)
        #expect(await offers.messages.map(\.key) == [key])
    }

    @Test func `what the outbox has is never dropped, whatever the cases say`() async throws {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (first, _) = try loop(house, ledger, at: start)
        let key = try #require(try await first.tick(at: start).admitted.first?.key)
        try await first.reconcile(at: start + .days(30), except: [key])
        #expect(ledger.withState { $0.messages[key]?.phase } == .planned)
    }

    @Test func `of a case that is not to be seen at present nothing is dropped until it is of no more use`()
        async throws
    {
        let (house, ledger) = (try TestHouse(cases: [TestHouse.newCase("2020-0301")]), ledger())
        let (first, _) = try loop(house, ledger, at: start)
        let key = try #require(try await first.tick(at: start).admitted.first?.key)
        try house.folder.write("[]", to: "cases/dieppe.json")
        let (second, _) = try loop(house, ledger, at: start)
        try await second.reconcile(at: start, except: [])
        #expect(ledger.withState { $0.messages[key]?.phase } == .planned)
        try await second.reconcile(at: start + .days(30), except: [])
        #expect(ledger.withState { $0.messages[key]?.phase } == .expired)
    }

    @Test func `a digest that waited for its first attempt says what is true by then, or is not owed`()
        async throws
    {
        let (house, ledger) = (try TestHouse(), ledger())
        let (loop, _) = try loop(house, ledger, at: start)
        let digest = try #require(try await loop.tick(at: start).admitted.first { $0.kind == .digest })
        try house.folder.write(
            "[" + TestHouse.followUpCase() + "," + TestHouse.followUpCase("2020-0260") + "]",
            to: "cases/dieppe.json")
        let cases = CaseRoom(try house.load(at: start), now: start).cases
        await loop.change { $0.update(cases.map { CaseRecord($0, at: .nowhere) }, now: start) }
        let (soon, later) = (start + .minutes(4), start + .minutes(10))
        guard case .owed(let same) = await loop.verdict(on: digest, at: soon),
            case .owed(let renewed) = await loop.verdict(on: digest, at: later)
        else {
            Issue.record("not owed")
            return
        }
        #expect(same == digest)
        #expect(renewed.key == digest.key && renewed.dueAt == digest.dueAt)
        #expect(Set(renewed.cases) == [.make("2020-0259"), .make("2020-0260")])

        await loop.change { $0.remove(cases.map(\.ref)) }
        guard case .notOwed = await loop.verdict(on: digest, at: later) else {
            Issue.record("owed")
            return
        }
        // Once frozen it is what it was.
        try await ledger.append([
            .attempted(digest.key, Attempt(number: 1, route: "a", messageID: "", sha256: ""))
        ])
        guard case .owed = await loop.verdict(on: digest, at: later) else {
            Issue.record("not owed")
            return
        }
    }

    /// A team lead, and an advisor who wants her digest at half past six.
    private func earlyHouse() throws -> TestHouse {
        let house = try TestHouse()
        try house.folder.write(
            """
            [{"id": "claire.duval", "first_name": "Claire", "last_name": "Duval", "site": "dieppe",
              "email": "claire.duval@cci.example", "role": "advisor", "digest_at": "06:30"},
             {"id": "anne.delmas", "first_name": "Anne", "last_name": "Delmas", "site": "dieppe",
              "email": "anne.delmas@cci.example", "role": "lead"}]
            """, to: "advisors.json")
        return house
    }

    private func kinds(_ messages: [PlannedMessage]) -> [MessageKind] {
        messages.map(\.kind).filter { $0 == .digest || $0 == .weeklyReport }
    }

    @Test func `no report leaves in the night; it waits for the hours of the staff, then leaves once`()
        async throws
    {
        let (house, night) = (try earlyHouse(), at("2020-11-02 22:00"))
        let ledger = MemoryLedger(instance: "tests") { night }
        let (loop, _) = try loop(house, ledger, at: night)
        #expect(kinds(try await loop.tick(at: night).admitted) == [])
        let opening = at("2020-11-03 08:30")
        #expect(kinds(try await loop.tick(at: opening).admitted).contains(.weeklyReport))
        #expect(kinds(try await loop.tick(at: opening + .minutes(1)).admitted) == [])
    }

    @Test(arguments: [MessageKind.weeklyReport, .digest])
    func `what did not leave by day is not tried again in the night`(_ kind: MessageKind) async throws {
        let (house, morning) = (try earlyHouse(), at("2020-11-03 08:30"))
        let ledger = MemoryLedger(instance: "tests") { morning }
        let (loop, _) = try loop(house, ledger, at: morning)
        let message = try #require(try await loop.tick(at: morning).admitted.first { $0.kind == kind })
        guard case .owed = await loop.verdict(on: message, at: morning) else {
            Issue.record("it does not leave in the hours of the staff")
            return
        }
        guard case .wait(let until) = await loop.verdict(on: message, at: at("2020-11-03 22:00")) else {
            Issue.record("it leaves in the night")
            return
        }
        #expect(until == at("2020-11-04 08:30"))
    }

    @Test func `a digest leaves at the hour its reader wished, and when late in the hours of the staff`()
        async throws
    {
        let (house, wished) = (try earlyHouse(), at("2020-11-03 06:30"))
        let ledger = MemoryLedger(instance: "tests") { wished }
        let (punctual, _) = try loop(house, ledger, at: wished)
        #expect(kinds(try await punctual.tick(at: wished).admitted) == [.digest])

        // A later start finds it open still, and neither sends nor drops it before the hours begin.
        let late = wished + .minutes(45)
        let (loop, offers) = try loop(house, ledger, at: late)
        try await loop.tick(at: late)
        try await loop.reconcile(at: late, except: [])
        #expect(kinds(await offers.messages) == [])
        #expect(await loop.nextWake == at("2020-11-03 08:30"))
        try await loop.tick(at: at("2020-11-03 08:30"))
        #expect(kinds(await offers.messages).contains(.digest))
    }

    // MARK: - A full disk

    /// A ledger on a disk that fails as it is told.
    private func ledger(_ saboteur: Saboteur, _ folder: TemporaryFolder) throws -> LedgerFile {
        let state = try StateDirectory(path: folder.path + "/state", disk: saboteur.disk)
        return try LedgerFile(state, clock: LedgerFile.Clock(ManualClock(start)))
    }

    @Test func `what found no room while it was of use is written down as expired`() async throws {
        // Due at 13:20, with a reminder an hour before.
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let (saboteur, folder) = (Saboteur(), try TemporaryFolder())
        let ledger = try ledger(saboteur, folder)
        let (loop, offers) = try loop(house, ledger, at: start)
        try await loop.tick(at: start)
        saboteur.arm(.write, ENOSPC)
        let reminded = at("2020-11-02 12:20")
        try await loop.tick(at: reminded)
        #expect(await loop.isShortOfRoom)
        saboteur.disarm()
        try await loop.tick(at: reminded + .hours(2))
        #expect(await !loop.isShortOfRoom)
        let left = ledger.withState { $0.messages.values.filter { $0.plan.kind == .deadlineReminder } }
        #expect(left.map(\.phase) == [.expired])
        #expect(await !offers.messages.contains { $0.kind == .deadlineReminder })
        try await ledger.close()
    }

    @Test func `what is late at a start waits for the fence that a full disk has no room for`() async throws {
        let house = try TestHouse.withCasesOfFriday(60)
        let (saboteur, folder) = (Saboteur(), try TemporaryFolder())
        let ledger = try ledger(saboteur, folder)
        let (friday, monday) = (at("2020-10-30 14:01"), at("2020-11-02 10:00"))
        let (before, admitted) = try loop(house, ledger, at: friday)
        try await before.tick(at: friday)
        #expect(await admitted.messages.count >= 60)

        let brake = try house.load(at: monday).configuration.brakes
        let (loop, offers) = try loop(house, ledger, at: monday, brake: brake)
        await loop.catchUp(after: Downtime(since: friday, until: monday))
        saboteur.arm(.write, ENOSPC)
        #expect(try await loop.tick(at: monday).fence == nil)
        #expect(await offers.messages.isEmpty)
        saboteur.disarm()
        #expect(try await loop.tick(at: monday + .seconds(30)).fence == .catchUp)
        #expect(ledger.withState { $0.fenceReason } == .catchUp)
        let open = ledger.withState { $0.open }
        #expect(await Set(offers.messages.map(\.key)).isSubset(of: open))
        try await ledger.close()
    }

    @Test func `another downtime does not make it forget that the ledger may be an old backup`() async throws
    {
        let (house, ledger) = (try TestHouse.withCasesOfFriday(1), ledger())
        let (loop, _) = try loop(house, ledger, at: start)
        await loop.catchUp(after: Downtime(since: start - .days(9), until: start, mayBeOld: true))
        await loop.catchUp(after: Downtime(since: start, until: start + .hours(3)))
        #expect(try await loop.tick(at: start + .hours(3)).fence == .longSilence)
    }

    @Test func `what a full disk turns away is admitted when there is room`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let (saboteur, folder) = (Saboteur(), try TemporaryFolder())
        let ledger = try ledger(saboteur, folder)
        let (loop, offers) = try loop(house, ledger, at: start)
        saboteur.arm(.write, ENOSPC)
        try await loop.tick(at: start)
        #expect(await loop.isShortOfRoom)
        #expect(await loop.nextWake == start + .seconds(30))
        #expect(await offers.messages.isEmpty)
        saboteur.disarm()
        try await loop.tick(at: start + .seconds(30))
        #expect(await !loop.isShortOfRoom)
        #expect(await offers.messages.map(\.kind) == [.newCase])
        try await ledger.close()
    }
}
