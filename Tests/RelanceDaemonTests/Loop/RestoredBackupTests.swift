import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A state directory that is an older copy of what has been sent meanwhile (reliability 2.9).
@Suite(.timeLimit(.minutes(10))) struct RestoredBackupTests {
    private let lastWeek = at("2020-10-23 09:30")
    private let monday = at("2020-11-02 09:30")

    /// As a backup of a stopped service, or what a kill leaves; the socket holds nothing.
    private func copy(_ house: TestHouse, _ from: String, to: String) throws {
        let (from, to) = (house.folder.path + "/" + from, house.folder.path + "/" + to)
        let files = FileManager.default
        if files.fileExists(atPath: to) { try files.removeItem(atPath: to) }
        try files.createDirectory(
            atPath: to, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for name in try files.contentsOfDirectory(atPath: from) where name != "relance.sock" {
            try files.copyItem(atPath: from + "/" + name, toPath: to + "/" + name)
        }
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

    // MARK: - By the mark outside the state

    private let friday = at("2020-10-30 16:00")

    /// A house with the folder of what may be lost, and what left from it on a Monday after a backup on Friday.
    private func houseWithBackup() async throws -> (house: TestHouse, cache: String) {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let cache = house.folder.path + "/cache"
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        try await house.run(at: friday, cache: cache) { life in await life.clock.waitForSleepers(2) }
        try copy(house, "state", to: "backup")
        let first = try await house.run(at: monday, cache: cache) { life in await life.log.waitForAttempts(1)
        }
        #expect(first.log.dispatches.map(\.message.kind) == [.newCase])
        return (house, cache)
    }

    @Test
    func `a backup three days old is told on its own machine, and nothing leaves before somebody resumes`()
        async throws
    {
        let (house, cache) = try await houseWithBackup()
        try copy(house, "backup", to: "state")
        let restored = try await house.run(at: monday + .minutes(30), cache: cache) { life in
            await life.log.waitForAttempts(1)
            await life.advance(to: monday + .minutes(32))
            await life.clock.waitForSleepers(2)
        }
        #expect(restored.log.dispatches.map(\.message.kind) == [.technicalIncident])
        #expect(try house.state().fenceReason == .restored)
        #expect(
            restored.lines.all.contains { $0.contains("nothing is sent: the ledger is older than what left") }
        )

        // The same backup again, and it is told again; killed at once, the fence stands.
        try copy(house, "backup", to: "state")
        let again = try await house.run(at: monday + .minutes(35), cache: cache) { life in
            await life.clock.waitForSleepers(2)
            try copy(house, "state", to: "killed")
        }
        #expect(again.log.dispatches.allSatisfy { $0.message.kind == .technicalIncident })
        try copy(house, "killed", to: "state")
        #expect(try house.state().fenceReason == .restored)
        try await house.run(at: monday + .minutes(40), cache: cache) { life in
            await life.clock.waitForSleepers(2)
            #expect(!life.log.dispatches.contains { $0.message.kind == .newCase })
            let (status, _) = try await house.order(.liftFence, life)
            #expect(status == 200)
            await life.log.waitForAttempts(1, of: .newCase)
        }
        let after = try await house.run(at: monday + .minutes(45), cache: cache) { life in
            await life.clock.waitForSleepers(2)
        }
        #expect(after.log.dispatches.isEmpty)
        #expect(try house.state().fence == nil)
    }

    @Test func `what a person lifts without the daemon stays lifted`() async throws {
        let (house, cache) = try await houseWithBackup()
        try copy(house, "backup", to: "state")
        try await house.run(at: monday + .minutes(30), cache: cache) { _ in }
        try await house.write([.fenceLifted(by: "anne.delmas", reason: "checked")], at: monday + .minutes(35))
        let life = try await house.run(at: monday + .minutes(40), cache: cache) { life in
            await life.log.waitForAttempts(1, of: .newCase)
        }
        #expect(!life.lines.all.contains { $0.contains("nothing is sent") })
    }

    /// What becomes of state and mark between two starts, none of it a restored backup.
    enum Mishap: String, CaseIterable, CustomTestStringConvertible {
        case nothing, killed, killedAsMarkIsOld, compacted, markLost, markDamaged, othersMark, noFolder

        var testDescription: String { rawValue }
    }

    @Test(arguments: Mishap.allCases)
    func `a ledger that was at work to the last is not taken for a backup`(mishap: Mishap) async throws {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        let cache = house.folder.path + "/cache"
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        try await house.run(at: monday, cache: cache) { life in
            if mishap == .killedAsMarkIsOld { try copy(house, "cache", to: "killed-cache") }
            await life.log.waitForAttempts(1)
            await life.advance(to: monday + .minutes(2))
            await life.clock.waitForSleepers(2)
            try copy(house, "cache", to: "cache-at-work")
            try copy(house, "state", to: "killed")
        }
        switch mishap {
        case .nothing: break
        case .killed:
            try copy(house, "killed", to: "state")
            try copy(house, "cache-at-work", to: "cache")
        case .killedAsMarkIsOld:
            try copy(house, "killed", to: "state")
            try copy(house, "killed-cache", to: "cache")
        case .compacted:
            let clock = ManualClock(monday + .minutes(5))
            let ledger = try LedgerFile(
                try StateDirectory(path: house.statePath), clock: LedgerFile.Clock(clock))
            try await ledger.compact()
            try await ledger.compact()
            try await ledger.close()
        case .markLost: try house.folder.remove("cache/ledger-mark")
        case .markDamaged: try house.folder.write("{\"relance_mark\":1", to: "cache/ledger-mark")
        case .othersMark: try LedgerMark(instance: "another", sequence: 9_000, seal: 7).write(to: cache)
        case .noFolder: try house.folder.remove("cache")
        }
        let life = try await house.run(at: monday + .minutes(10), cache: cache) { life in
            await life.clock.waitForSleepers(2)
        }
        #expect(life.log.dispatches.isEmpty)
        #expect(try house.state().fence == nil)
        let complaints = life.lines.all.count { $0.contains("a restored backup may not be told") }
        #expect(complaints == (mishap == .noFolder ? 1 : 0))
        if mishap != .noFolder { #expect(LedgerMark(in: cache)?.instance == (try house.instance())) }
    }

    @Test func `the mark follows what leaves, once a minute, and compaction at once`() async throws {
        let house = try TestHouse(
            configuration: TestHouse.configuration(more: "ledger: {compact_at: 1 KiB}"),
            cases: [TestHouse.newCase("2020-0301")])
        let cache = house.folder.path + "/cache"
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        try await house.run(at: monday, cache: cache) { life in
            await life.log.waitForAttempts(1)
            await life.advance(to: monday + .minutes(2))
            await life.clock.waitForSleepers(2)
            let last = try #require(try LedgerReading(path: house.statePath)).contents.state.lastSequence
            #expect(LedgerMark(in: cache)?.sequence == last)
        }
        let last = try house.state().lastSequence
        #expect(LedgerMark(in: cache)?.sequence == last)
    }
}
