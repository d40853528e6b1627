import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Cases that went missing while nobody was at work (reliability 2.8).
@Suite(.timeLimit(.minutes(10))) struct MissingCasesTests {
    private let opened = at("2020-11-02 09:20")

    /// The first ten are Claire's, the others Nadia's.
    private func list(_ numbers: Range<Int>) -> String {
        let cases = numbers.map { number in
            TestHouse.newCase("2020-03\(10 + number)").replacing(
                "claire.duval", with: number < 10 ? "claire.duval" : "nadia.perrin")
        }
        return "[" + cases.joined(separator: ",") + "]"
    }

    /// Twenty cases, whose announcement to either waits in the ledger.
    private func house() async throws -> TestHouse {
        let house = try TestHouse(cases: [])
        try house.folder.write(list(0..<20), to: "cases/dieppe.json")
        try await house.run(at: opened, courier: ScriptedCourier(otherwise: .busyMailbox)) { life in
            await life.log.waitForAttempts(2)
        }
        return house
    }

    /// How a source comes to lack cases, and how many.
    enum Loss: String, CaseIterable, CustomTestStringConvertible {
        case emptied, removed, halved, folderGone

        var missing: Int { self == .halved ? 10 : 20 }
        /// Announcements that wait.
        var waiting: Int { self == .halved ? 1 : 2 }
        var testDescription: String { rawValue }
    }

    private func lose(_ loss: Loss, of house: TestHouse) throws {
        switch loss {
        case .emptied: try house.folder.write("[]", to: "cases/dieppe.json")
        case .removed: try house.folder.remove("cases/dieppe.json")
        case .halved: try house.folder.write(list(0..<10), to: "cases/dieppe.json")
        case .folderGone: try house.folder.remove("cases")
        }
    }

    private func kinds(_ life: TestHouse.Life) -> [MessageKind] {
        life.log.dispatches.map(\.message.kind)
    }

    @Test(arguments: Loss.allCases)
    func `are told at the start, and nothing of theirs is dropped, over as many starts as it takes`(
        loss: Loss
    ) async throws {
        let house = try await house()
        try lose(loss, of: house)
        for start in 1...3 as ClosedRange<Int64> {
            let now = opened + .minutes(30 * start)
            let life = try await house.run(at: now) { life in
                if start == 1 {
                    await life.log.waitForAttempts(1, of: .technicalIncident)
                    await life.log.waitForAttempts(2 - loss.waiting, of: .newCase)
                }
                await life.advance(to: now + .minutes(1))
            }
            #expect(
                kinds(life).count { $0 == .newCase } == (start == 1 ? 2 - loss.waiting : 0), "start \(start)")
            #expect(
                life.lines.all.contains { line in
                    line.contains("cases are missing from a source")
                        && line.contains("missing=\(loss.missing) of=20")
                }, "start \(start)")
            #expect(try house.phases()["new_case deferred"] == loss.waiting, "start \(start)")
            #expect(try house.state().sources.all.values.map(\.count) == [20])
        }
        let told = try house.phases()["technical_incident sent"]
        #expect(told == (loss == .folderGone ? 2 : 1))

        // Once the export is mended, what waited leaves.
        try house.folder.write(list(0..<20), to: "cases/dieppe.json")
        let mended = try await house.run(at: opened + .hours(3)) { life in
            await life.log.waitForAttempts(loss.waiting)
        }
        #expect(kinds(mended) == Array(repeating: .newCase, count: loss.waiting))
        #expect(!mended.lines.all.contains { $0.contains("cases are missing") })
    }

    @Test func `are gone once somebody says so, also after the next start`() async throws {
        let house = try await house()
        try lose(.halved, of: house)
        try await house.run(at: opened + .minutes(30)) { life in
            await life.log.waitForAttempts(1, of: .technicalIncident)
            let (status, sentence) = try await house.order(.acceptSources, life)
            #expect(status == 200 && sentence == "10 missing cases are let go")
            await life.advance(to: opened + .minutes(31))
        }
        #expect(try house.state().sources.all.values.map(\.count) == [10])
        let after = try await house.run(at: opened + .hours(1)) { life in
            let (status, sentence) = try await house.order(.acceptSources, life)
            #expect(status == 409 && sentence == "no case is missing from its source")
        }
        #expect(!after.lines.all.contains { $0.contains("cases are missing") })
    }

    @Test func `a few are gone, as they are while it is at work`() async throws {
        let house = try await house()
        try house.folder.write(list(0..<15), to: "cases/dieppe.json")
        let life = try await house.run(at: opened + .minutes(30)) { life in
            await life.advance(to: opened + .minutes(31))
        }
        #expect(!life.lines.all.contains { $0.contains("cases are missing") })
        #expect(try house.state().sources.all.values.map(\.count) == [15])
    }

    @Test func `a ledger from before sources were remembered takes them as they are`() async throws {
        let house = try TestHouse(cases: [])
        try await house.start(at: opened - .minutes(5))
        let life = try await house.run(at: opened) { life in await life.advance(to: opened + .minutes(1)) }
        #expect(!life.lines.all.contains { $0.contains("cases are missing") })
    }

    @Test func `a busy export writes down what came at most every ten minutes, and at the end`() async throws
    {
        let house = try TestHouse(cases: [])
        try await house.run(at: opened) { life in
            for minute in 1...25 as ClosedRange<Int64> {
                try house.folder.write(list(0..<Int(minute)), to: "cases/dieppe.json")
                await life.advance(to: opened + .minutes(minute))
                await life.clock.waitForSleepers(2)
            }
        }
        let segment = try String(
            contentsOfFile: house.statePath + "/ledger-0000000000000001.jsonl", encoding: .utf8)
        #expect(segment.split(separator: "\n").count { $0.contains(#""k":"source_read","crit":0,"#) } == 3)
        #expect(try house.state().sources.all.values.map(\.count) == [25])
    }
}
