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
        var tally: [String: Int] = [:]
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for seed in first..<first + count {
                if seed >= first + 2, let one = try await group.next() {
                    tally.merge(one, uniquingKeysWith: +)
                }
                group.addTask { try await play(seed) }
            }
            for try await one in group { tally.merge(one, uniquingKeysWith: +) }
        }
        if !wish.isEmpty { tell(tally, seeds: count, from: first, in: ContinuousClock.now - start) }
    }

    /// What was played, and how long ten million entries of the ledger would take (reliability 3.7).
    private func tell(_ tally: [String: Int], seeds: UInt64, from first: UInt64, in time: Duration) {
        let seconds = max(1, Double(time.components.seconds))
        let rate = Double(tally["entries", default: 0]) / seconds
        print("\(seeds) seeds from \(first) in \(Int(seconds)) s")
        for (what, count) in tally.sorted(by: { $0.key < $1.key }) { print("  \(what): \(count)") }
        print("  \(Int(rate)) entries a second; 10^7 take \(Int(1e7 / max(1, rate) / 3600)) h")
    }

    @Test(arguments: PastMistakes.all)
    func `what was mended stays mended`(_ mistake: PastMistakes.Mistake) async throws {
        try await play(mistake.seed)
    }

    @discardableResult
    private func play(_ seed: UInt64, isTold: Bool = false) async throws -> [String: Int] {
        let line = try SimulatedLine(seed: seed)
        let complaints = await line.run()
        if isTold { print(line.tally.sorted { $0.key < $1.key }) }
        #expect(complaints.isEmpty, "seed \(seed): \(complaints.prefix(5).joined(separator: "\n"))")
        return line.tally
    }
}
