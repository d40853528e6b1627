import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What whoever looks after the machine is told of (domain 2.4, internal extras).
@Suite(.timeLimit(.minutes(10))) struct IncidentTests {
    private let start = at("2020-11-02 09:30")

    @Test func `a case that cannot be read is told once a day, in the words of the recipient`() async throws {
        let house = try TestHouse(cases: ["{\"ref\": \"2020-0301\"}"])
        let first = try await house.run(at: start) { life in await life.log.waitForAttempts(1) }
        let again = try await house.run(at: start + .hours(1)) { _ in }
        #expect(first.log.dispatches.map(\.message.kind) == [.technicalIncident])
        #expect(again.log.dispatches.isEmpty)
        guard case .technicalIncident(let text)? = first.log.dispatches.first?.message.content else { return }
        #expect(text.contains("n'ont pas pu être lus"))

        let nextDay = try await house.run(at: start + .days(1)) { life in await life.log.waitForAttempts(1) }
        #expect(nextDay.log.dispatches.map(\.message.kind) == [.technicalIncident])
    }

    @Test func `many cases gone at once are told, and what is planned for them stays`() async throws {
        let house = try TestHouse(cases: (10...20).map { TestHouse.followUpCase("2020-02\($0)") })
        let life = try await house.run(at: at("2020-11-02 08:00")) { life in
            try house.folder.remove("cases/dieppe.json")
            await life.log.waitForAttempts(1)
            await life.advance(to: at("2020-11-02 08:30"))
            await life.log.waitForAttempts(2)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.technicalIncident, .digest])
    }

    @Test
    func `a queue that has been ready for more than fifteen minutes is told in the log and planned for IT`()
        async throws
    {
        let answer = Latch()
        let house = try TestHouse(cases: [
            TestHouse.followUpCase(), TestHouse.followUpCase("2020-0260", advisor: "nadia.perrin"),
        ])
        let courier = ScriptedCourier([.init(after: answer)])
        let life = try await house.run(at: at("2020-11-02 08:30"), courier: courier) { life in
            await courier.waitForParcels(1)
            await life.advance(to: at("2020-11-02 08:45"))
            await life.advance(to: at("2020-11-02 08:46"))
            answer.open()
            await life.log.waitForAttempts(3)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.digest, .digest, .technicalIncident])
        #expect(life.lines.all.filter { $0.contains("Messages have been waiting") }.count == 1)
    }

    @Test func `a route whose breaker opened is told by the route that still works`() async throws {
        let house = try TestHouse(
            cases: (1...5).map {
                TestHouse.newCase(
                    "2020-030\($0)", more: ", \"contact\": {\"email\": \"x\($0)@shop.example\"}")
            })
        let courier = ScriptedCourier(Array(repeating: .routeIsDown, count: 5))
        let life = try await house.run(at: start, courier: courier) { life in
            await life.log.waitForAttempts(5)
            // The breaker opens a moment after the fifth attempt was told, for a minute of whatever time it is then.
            for minutes in [5, 7, 9] as [Int64] { await life.advance(to: start + .minutes(minutes)) }
            await life.log.wait { events in
                events.contains {
                    if case .attempted(let one) = $0 { one.message.kind == .technicalIncident } else { false }
                }
            }
        }
        #expect(life.lines.all.contains { $0.hasPrefix("<3>Route “a” fails") })
    }

    @Test func `an incident the last run had no time to tell is told by the next`() async throws {
        let house = try TestHouse(cases: [])
        let loaded = try house.load(at: start)
        try await house.write([], at: start)
        let instance = try house.instance()
        let message = Incident.routeFails("a").messages(
            of: loaded.planner(instance: instance), on: date("2020-11-02"), at: start
        ).first
        let plan = try #require(message.map { PlanRecord($0, instance: "test") })
        try await house.write([.planned(plan)], at: start)
        let life = try await house.run(at: start + .minutes(10)) { life in await life.log.waitForAttempts(1) }
        #expect(life.log.dispatches.map(\.message.key) == [plan.key])
    }

    @Test(arguments: Language.allCases)
    func `each incident has words that name nobody`(language: Language) {
        let sentences = Incident.all(routes: ["relay"]).map { $0.sentence(in: language) }
        // What is not a matter of its own at a provider is told in the same words.
        #expect(Set(sentences).count == 18)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") && $0.count < 120 })
    }
}
