import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A state directory that is an older copy of what has been sent meanwhile (reliability 2.9).
@Suite(.timeLimit(.minutes(10))) struct RestoredBackupTests {
    private let lastWeek = at("2020-10-23 09:30")
    private let monday = at("2020-11-02 09:30")

    private func copy(_ house: TestHouse, _ from: String, to: String) throws {
        let (from, to) = (house.folder.path + "/" + from, house.folder.path + "/" + to)
        if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
        try FileManager.default.copyItem(atPath: from, toPath: to)
    }

    @Test func `nothing that left after the backup leaves again before somebody resumes`() async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        try await house.run(at: lastWeek) { life in await life.clock.waitForSleepers(2) }
        try copy(house, "state", to: "backup")
        let first = try await house.run(at: monday) { life in await life.log.waitForAttempts(1) }
        // Ten days without a record are as good as a backup: the daemon cannot tell, and asks.
        #expect(first.log.dispatches.map(\.message.kind) == [.technicalIncident])
        try await house.write([.fenceLifted(by: "anne.delmas", reason: "it was off")], at: monday)
        let second = try await house.run(at: monday + .minutes(1)) { life in
            await life.log.waitForAttempts(1)
        }
        #expect(second.log.dispatches.map(\.message.kind) == [.newCase])

        try copy(house, "backup", to: "state")
        let restored = try await house.run(at: monday + .minutes(30)) { life in
            await life.log.waitForAttempts(1)
            await life.advance(to: monday + .hours(2))
            await life.clock.waitForSleepers(2)
        }
        #expect(restored.log.dispatches.map(\.message.kind) == [.technicalIncident])
        #expect(try house.state().fenceReason == .longSilence)
        #expect(restored.lines.all.contains { $0.contains("nothing is sent: the ledger was silent") })

        // What is known to have left is cancelled; resuming then sends nothing twice.
        let key = try #require(second.log.dispatches.first?.message.key)
        try await house.write(
            [
                .cancelled(key, reason: "left before the backup was restored", by: "anne.delmas"),
                .fenceLifted(by: "anne.delmas", reason: "checked"),
            ], at: monday + .hours(2))
        let after = try await house.run(at: monday + .hours(2)) { life in
            await life.clock.waitForSleepers(2)
        }
        #expect(after.log.dispatches.allSatisfy { $0.message.key != key })
    }
}
