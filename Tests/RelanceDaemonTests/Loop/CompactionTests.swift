import Foundation
import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// When the ledger of a daemon at work is compacted (reliability 2.5 and 2.6).
@Suite(.timeLimit(.minutes(10))) struct CompactionTests {
    private let start = at("2020-11-02 09:30")

    /// A house whose ledger has long grown beyond where it is compacted.
    private func house() async throws -> TestHouse {
        let house = try TestHouse(cases: (1...9).map { TestHouse.newCase("2020-030\($0)") })
        try await house.run(at: start - .minutes(6)) { life in await life.log.waitForAttempts(1) }
        try house.folder.write(
            TestHouse.configuration(more: "ledger: {compact_at: 1 KiB}"), to: "relance.yaml")
        house.forget()
        return house
    }

    /// How often the ledger was told to forget, which is how a compaction begins.
    private func begun(_ house: TestHouse) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: house.statePath)
            .filter { $0.hasPrefix("ledger-") }
            .reduce(0) { sum, file in
                let text = try String(contentsOfFile: house.statePath + "/" + file, encoding: .utf8)
                return sum + text.split(separator: "\n").count { $0.contains(#""forget""#) }
            }
    }

    @Test func `a compaction that failed is tried again after ten minutes, and not every turn`() async throws
    {
        let (house, saboteur) = (try await house(), Saboteur())
        let disk = Disk { call in
            call.file.hasPrefix("snapshot-") ? saboteur.disk.fault?(call) : nil
        }
        saboteur.arm(.write, ENOSPC)
        let life = try await house.run(at: start, disk: disk) { life in
            for minute in Int64(1)...9 { await life.advance(to: start + .minutes(minute)) }
            let first = try begun(house)
            #expect(first == 1)
            await life.advance(to: start + .minutes(10))
            let second = try begun(house)
            #expect(second == 2)
            saboteur.disarm()
            for minute in Int64(11)...20 { await life.advance(to: start + .minutes(minute)) }
        }
        #expect(life.lines.all.count { $0.contains("the ledger is not compacted") } == 2)
        #expect(life.lines.all.count { $0.contains("ledger compacted") } == 1)
    }

    @Test func `on a full disk ten turns begin no compaction, and one is done when there is room`()
        async throws
    {
        let (house, saboteur) = (try await house(), Saboteur())
        saboteur.arm(.reserve, ENOSPC)
        let life = try await house.run(at: start, disk: saboteur.disk) { life in
            for minute in Int64(1)...10 { await life.advance(to: start + .minutes(minute)) }
            let count = try begun(house)
            #expect(count == 0)
            saboteur.disarm()
            try house.folder.write("[\(TestHouse.newCase("2020-0399"))]", to: "cases/new.json")
            for minute in Int64(11)...13 { await life.advance(to: start + .minutes(minute)) }
        }
        #expect(life.lines.all.contains { $0.contains("ledger compacted") })
    }
}
