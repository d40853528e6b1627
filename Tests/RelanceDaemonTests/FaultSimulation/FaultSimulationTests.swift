import Foundation
import Testing

/// Deterministic simulation (reliability 3.7): one seed drives clock, network, disk, restarts, cases, receipts and
/// operators over the real planner, ledger and outbox, and every promise is looked at.
///
/// A failure prints its seed. `RELANCE_SIMULATE=n` plays n new seeds instead of the usual twelve, `RELANCE_SIMULATE=#seed`
/// that one; a seed that once found a mistake gets a line in ``PastMistakes``.
@Suite(.timeLimit(.minutes(60))) struct FaultSimulationTests {
    @Test func `whatever happens in a week, every promise is kept`() async throws {
        let wish = ProcessInfo.processInfo.environment["RELANCE_SIMULATE"] ?? ""
        if wish.hasPrefix("#"), let seed = UInt64(wish.dropFirst()) {
            try await play(seed, isTold: true)
            return
        }
        let (first, count) = UInt64(wish).map { (UInt64.random(in: 0..<1 << 40), $0) } ?? (1, 12)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in first..<first + count {
                if seed >= first + 2 { try await group.next() }
                group.addTask { try await play(seed) }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: PastMistakes.all)
    func `what was mended stays mended`(_ mistake: PastMistakes.Mistake) async throws {
        try await play(mistake.seed)
    }

    private func play(_ seed: UInt64, isTold: Bool = false) async throws {
        let line = try SimulatedLine(seed: seed)
        let complaints = await line.run()
        if isTold { print(line.tally.sorted { $0.key < $1.key }) }
        #expect(complaints.isEmpty, "seed \(seed): \(complaints.prefix(5).joined(separator: "\n"))")
    }
}
