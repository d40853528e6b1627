import CurlClient
import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What a daemon at work tells of itself by its socket, and what is told in its place.
@Suite(.timeLimit(.minutes(10))) struct LiveStatusTests {
    private let nine = at("2020-11-02 09:00")
    private let opened = at("2020-11-02 09:20")

    private func status(_ house: TestHouse, _ life: TestHouse.Life) async throws -> HouseStatus {
        let result = try await house.ask(HTTPRequest("GET", "/status"), life)
        #expect(result.responseCode == 200)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(HouseStatus.self, from: Data(result.body))
    }

    /// What ledger and files tell of it.
    private func found(_ house: TestHouse, at now: Instant) throws -> HouseStatus {
        let state = try house.state()
        let room = CaseRoom(try house.load(at: now), now: now, recalling: state)
        return HouseStatus(room, state, isDiskFull: false, clock: nil)
    }

    private func list(_ numbers: Range<Int>) -> String {
        "[" + numbers.map { TestHouse.newCase("2020-03\(10 + $0)") }.joined(separator: ",") + "]"
    }

    @Test func `a house that is well has its sources and routes, and nothing to complain of`() async throws {
        let house = try TestHouse(cases: [])
        try house.folder.write(list(0..<3), to: "cases/dieppe.json")
        try await house.run(at: nine) { life in
            let status = try await status(house, life)
            var well = HouseStatus()
            well.sources = [.init(folder: house.folder.path + "/cases", cases: 3, readAt: nine)]
            well.routes = [.init(name: "a"), .init(name: "spool")]  // texts lie in the spool
            #expect(status == well)
        }
    }

    @Test func `a route that fails is told with since when, though the next one takes its messages`()
        async throws
    {
        let configuration = TestHouse.configuration().replacing("mail: [a]", with: "mail: [a, b]").replacing(
            "  a: {kind", with: "  b: {kind: spool, folder: spool}\n  a: {kind")
        let house = try TestHouse(
            configuration: configuration,
            cases: (1...5).map {
                TestHouse.newCase(
                    "2020-030\($0)", more: ", \"contact\": {\"email\": \"x\($0)@shop.example\"}")
            })
        let sick = ScriptedCourier(otherwise: .routeIsDown)
        let times = try await house.run(at: opened, onRoute: ["a": sick]) { life in
            // Six mails, five of which meet the sick route before its breaker opens.
            await life.log.waitForAttempts(11)
            let routes = try await status(house, life).routes
            #expect(routes.map(\.name) == ["a", "b", "spool"])
            #expect(routes.first?.failingSince == opened)
            #expect(routes.first?.failure == "try again later, s'il vous plaît")
            #expect(routes.first?.pausedUntil == opened + .minutes(1))
            #expect(routes.contains(HouseStatus.Route(name: "b")))
        }.log.dispatches.map(\.at)
        #expect(times.allSatisfy { $0 == opened })
        let routes = try found(house, at: opened + .minutes(1)).routes
        #expect(routes.map(\.name) == ["a", "b"])
        #expect(routes.first?.failingSince == opened && routes.first?.failure != nil)
        #expect(routes.first?.pausedUntil == nil && routes.last?.failingSince == nil)
    }

    @Test func `what is missing, unreadable or not reloaded is told while it lasts`() async throws {
        let house = try TestHouse(cases: [])
        try house.folder.write(list(0..<20), to: "cases/dieppe.json")
        try await house.run(at: opened, courier: ScriptedCourier(otherwise: .busyMailbox)) { life in
            await life.log.waitForAttempts(1)
            try house.folder.write(list(0..<10), to: "cases/dieppe.json")
            await life.log.waitForAttempts(2)  // IT is told
            let lost = try await status(house, life)
            #expect(lost.sources.map(\.missing) == [10] && lost.sources.map(\.of) == [20])
            #expect(lost.waitingForCases == 0, "they are as they were last seen")

            try house.folder.write(
                list(0..<20).replacing("listening", with: "Closed "), to: "cases/dieppe.json")
            await life.log.waitForAttempts(3)
            let unreadable = try await status(house, life)
            #expect(unreadable.sources.map(\.missing) == [0])
            #expect(unreadable.waitingForCases == 1, "one mail announces all of them")

            try house.folder.write("policy: 7", to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == false)
            let failed = try await status(house, life).failedReload
            #expect(failed?.at == opened)
            #expect(failed?.problems.first?.contains("relance.yaml:1") == true, "\(failed?.problems ?? [])")
            try house.folder.write(TestHouse.configuration(), to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(2) == true)
            #expect(try await status(house, life).failedReload == nil)

            try house.folder.write("[,]", to: "cases/dieppe.json")
            await life.advance(to: opened + .hours(1))  // read again by then, whatever the watch has told
            let source = try await status(house, life).sources.first
            #expect(source?.problems.count == 1 && source?.copyOf == opened)
            #expect(source?.problems.first?.contains("expected a value") == true)
        }
    }

    @Test func `after a start without its cases what waits for them is told, by a daemon or without one`()
        async throws
    {
        let house = try TestHouse(cases: [])
        try house.folder.write(list(0..<20), to: "cases/dieppe.json")
        try await house.run(at: opened, courier: ScriptedCourier(otherwise: .busyMailbox)) { life in
            await life.log.waitForAttempts(1)
        }
        try house.folder.write("[]", to: "cases/dieppe.json")
        let before = try found(house, at: opened + .minutes(1))
        #expect(before.sources.map(\.missing) == [20] && before.waitingForCases == 1)
        try await house.run(at: opened + .minutes(2)) { life in
            let status = try await status(house, life)
            #expect(status.sources.map(\.missing) == [20] && status.sources.map(\.cases) == [0])
            #expect(status.waitingForCases == 1)
            let (accepted, _) = try await house.order(.acceptSources, life)
            #expect(accepted == 200)
            await life.advance(to: opened + .minutes(3))
            await life.clock.waitForSleepers(2)
            let after = try await self.status(house, life)
            #expect(after.sources.map(\.missing) == [0] && after.waitingForCases == 0)
        }
    }

    @Test func `a clock that is not believed is told for as long as it is not`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let clock = ManualClock(nine, uptime: .hours(100))
        try await house.run(at: nine, clock: clock, builtAt: at("2020-10-01 12:00")) { life in
            let before = try await status(house, life)
            #expect(before.clock == nil)
            clock.set(to: nine + .days(3))
            await life.log.wait { events in
                events.contains { if case .clockDoubted = $0 { true } else { false } }
            }
            let doubted = try await status(house, life)
            #expect(doubted.clock == "the clock went further than the machine was up")
            clock.set(to: nine + .minutes(1))
            await life.log.waitForTick(from: nine + .minutes(1))
            let after = try await status(house, life)
            #expect(after.clock == nil)
        }
    }
}
