import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// One reading of the cases that would set off more than anybody meant is held until somebody looked (reliability 2.8).
@Suite(.timeLimit(.minutes(10))) struct MassChangeTests {
    private let opened = at("2020-10-30 10:30")

    private func list(_ cases: some Sequence<String>) -> String { "[" + cases.joined(separator: ",") + "]" }

    /// The case as a broken export has it: somebody else's since a moment ago.
    private func reassigned(_ number: Int) -> String {
        TestHouse.fridayCase(number, advisor: "nadia.perrin").replacing(
            "\"assigned_at\": \"2020-10-30T10:00:00+01:00\"",
            with: "\"assigned_at\": \"2020-10-30T10:40:00+01:00\"")
    }

    private func incidents(_ life: TestHouse.Life) -> [String] {
        life.log.dispatches.filter { $0.message.kind == .technicalIncident }.map(\.message.recipient.id)
            .sorted()
    }

    /// A house at work whose sixty cases have been announced already.
    private func house() async throws -> TestHouse {
        let house = try TestHouse.withCasesOfFriday(
            60, configuration: TestHouse.configuration(more: "brakes: none"))
        try await house.run(at: opened) { life in await life.log.waitForAttempts(1) }
        try house.folder.write(TestHouse.configuration(), to: "relance.yaml")
        house.forget()
        return house
    }

    @Test func `every case given to somebody else at once is held, and told to IT and the leads`()
        async throws
    {
        let house = try await house()
        let life = try await house.run(at: opened + .minutes(20)) { life in
            await life.clock.waitForSleepers(2)
            try house.folder.write(list((0..<60).map(reassigned)), to: "cases/dieppe.json")
            await life.log.waitForAttempts(2)
            await life.advance(to: opened + .hours(1))
            await life.clock.waitForSleepers(2)
        }
        #expect(incidents(life) == ["it", "marc.lefevre"])
        #expect(life.log.dispatches.count == 2)
        #expect(try house.state().fenceReason == .massChange)
        #expect(try house.phases()["new_case planned"] == 1, "sixty announcements in one mail")

        // Once the export is mended and the brake released, what nobody wants any more is dropped, not sent.
        try house.folder.write(list((0..<60).map { TestHouse.fridayCase($0) }), to: "cases/dieppe.json")
        try await house.write([.fenceLifted(by: "anne.delmas", reason: "mended")], at: opened + .hours(1))
        let mended = try await house.run(at: opened + .hours(1) + .minutes(1)) { life in
            await life.clock.waitForSleepers(2)
            await life.advance(to: opened + .hours(1) + .minutes(2))
        }
        #expect(mended.log.dispatches.isEmpty)
        #expect(try house.phases()["new_case cancelled"] == 1)
    }

    @Test func `a policy that sets off too much at a reload is held as well`() async throws {
        let house = try await house()
        let life = try await house.run(at: opened + .minutes(20)) { life in
            await life.clock.waitForSleepers(2)
            try house.folder.write(
                TestHouse.configuration().replacing(
                    "policy: {", with: "policy: {deadlines: {first_call: {due: 30 working minutes}}, "),
                to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == true)
            await life.log.waitForAttempts(2)
        }
        #expect(incidents(life) == ["it", "marc.lefevre"])
        #expect(try house.state().fenceReason == .massChange)
    }

    @Test func `a few cases given to somebody else are announced`() async throws {
        let house = try await house()
        let life = try await house.run(at: opened + .minutes(20)) { life in
            await life.clock.waitForSleepers(2)
            let all = (0..<60).map { $0 < 10 ? reassigned($0) : TestHouse.fridayCase($0) }
            try house.folder.write(list(all), to: "cases/dieppe.json")
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.newCase])
        #expect(try house.state().fence == nil)
    }
}
