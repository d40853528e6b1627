import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// The demonstration's own day, Mon 2 Nov 2020, through the real loop.
@Suite struct SimulationTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().path
    private let start = at("2020-11-02 08:00")
    private let end = at("2020-11-03 20:00")

    private func demonstration() throws -> (planner: Planner, room: CaseRoom) {
        let house = try House.load(
            House.Source(
                configuration: Self.root + "/Config/demo/relance.yaml",
                shippedTemplates: Self.root + "/Templates"),
            now: start)
        return (house.planner(instance: "simulation"), CaseRoom(house, now: start))
    }

    private func messages(_ lines: [Simulation.Line]) -> [(message: PlannedMessage, at: Instant)] {
        lines.compactMap { if case .message(let message, let at) = $0 { (message, at) } else { nil } }
    }

    @Test func `each key leaves once`() async throws {
        let (planner, room) = try demonstration()
        let lines = try await Simulation(planner: planner, cases: room.cases, held: room.held).run(
            from: start, to: end)
        let keys = messages(lines).flatMap { [$0.message.key] + $0.message.covers }
        #expect(keys.count > 30)
        #expect(Set(keys).count == keys.count)
    }

    @Test(arguments: Seeds.or(first: 3))
    func `shuffled cases give the same lines`(seed: UInt64) async throws {
        let (planner, room) = try demonstration()
        var random = SplitMix64(seed: seed)
        let lines = try await Simulation(planner: planner, cases: room.cases, held: room.held).run(
            from: start, to: end)
        let shuffled = try await Simulation(
            planner: planner, cases: room.cases.shuffled(using: &random), held: room.held
        ).run(from: start, to: end)
        #expect(zip(lines, shuffled).first { $0 != $1 }.map { "\($0)\n\($1)" } == nil)
        #expect(lines.count == shuffled.count)
    }

    @Test func `lines come in order of time and inside the span`() async throws {
        let (planner, room) = try demonstration()
        let lines = try await Simulation(planner: planner, cases: room.cases, held: room.held).run(
            from: start, to: end)
        #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(lines.allSatisfy { start <= $0.at && $0.at <= end })
    }

    @Test func `a run cut in two sends what one run sends, the ledger's memory aside`() async throws {
        let (planner, room) = try demonstration()
        let simulation = Simulation(planner: planner, cases: room.cases, held: room.held)
        let whole = try await simulation.run(from: start, to: end)
        let noon = at("2020-11-02 12:00")
        let morning = try await simulation.run(from: start, to: noon)
        let rest = try await simulation.run(from: noon, to: end)
        // What a business is told depends on what it was told before: that memory is not cut with the run.
        let keys = { (lines: [Simulation.Line]) in
            Set(
                self.messages(lines).filter { $0.message.recipient.audience != .business }.flatMap {
                    [$0.message.key] + $0.message.covers
                })
        }
        #expect(keys(morning).union(keys(rest)) == keys(whole))
        // What the second run sends again is what was still useful at noon, at noon.
        for message in messages(rest) where keys(morning).contains(message.message.key) {
            #expect(
                message.at == noon,
                "\(message.message.kind) \(message.message.cases) \(message.message.recipient.id)")
        }
    }

    @Test func `nothing leaves for advisors outside the hours of staff`() async throws {
        let (planner, room) = try demonstration()
        let lines = try await Simulation(planner: planner, cases: room.cases, held: room.held).run(
            from: start, to: end)
        for (message, at) in messages(lines) where message.recipient.audience == .advisor {
            let windows = planner.policies.house.windows
            #expect(
                windows.staff.isOpen(at: at) || windows.staff.previousClosing(atOrBefore: at) == at,
                "\(message.kind)")
        }
    }

    @Test func `a fact comes into sight at its own instant`() async throws {
        var item = OpenCase(ref: .make("2020-0301"), openedAt: at("2020-11-02 09:00"), stage: .diagnosis)
        item.firstContactAt = at("2020-11-02 12:30")
        let (planner, _) = try demonstration()
        let lines = try await Simulation(planner: planner, cases: [item]).run(from: start, to: end)
        // Due 13:00, reminded of at 12:00, settled at 12:30: neither overdue nor escalated.
        let kinds = messages(lines).filter { $0.message.deadline?.rawValue == "first_call" }.map(
            \.message.kind)
        #expect(kinds == [.deadlineReminder])
        let satisfied = lines.compactMap {
            if case .satisfied(let deadline, let at) = $0 { (deadline.kind.rawValue, at) } else { nil }
        }
        #expect(satisfied.map(\.0) == ["first_call"])
        #expect(satisfied.map(\.1) == [at("2020-11-02 12:30")])
    }

    @Test func `a digest missed in the night of a downtime is sent once, and Monday's report on Tuesday`()
        async throws
    {
        let (planner, room) = try demonstration()
        let simulation = Simulation(planner: planner, cases: room.cases, held: room.held)
        // Started on Tue 3 Nov at 10:00, after a week: one digest a reader, of that morning.
        let lines = try await simulation.run(from: at("2020-11-03 10:00"), to: at("2020-11-03 10:00"))
        let digests = messages(lines).filter {
            $0.message.kind == .digest || $0.message.kind == .returnDigest
        }
        #expect(!digests.isEmpty)
        #expect(Set(digests.map(\.message.recipient.id)).count == digests.count)
        #expect(digests.allSatisfy { Zone.paris.day(at: $0.message.dueAt) == date("2020-11-03") })
        let reports = messages(lines).filter { $0.message.kind == .weeklyReport }
        #expect(!reports.isEmpty)
        #expect(reports.allSatisfy { $0.message.dueAt == at("2020-11-02 08:45") })
    }
}
