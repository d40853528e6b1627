import Foundation
import RelanceTestSupport
import Testing

/// Every system call by which a day touches its state is once the last, and once fails; and so is every call on the
/// network the last (reliability 3.1, SQLite's rule: until a day is over before the call has come).
@Suite(.serialized, .timeLimit(.minutes(300))) struct CrashPointTests {
    @Test func `a day with nothing in its way comes to its end`() async throws {
        let run = try await CrashPointRun(nil)
        #expect(run.complaints == [])
        #expect(run.twice == 1 && run.unknown == 1)
    }

    @Test(.enabled(if: TortureScale.point != nil)) func `one point, and all that was said there`()
        async throws
    {
        let run = try await CrashPointRun(TortureScale.point)
        print(run.story)
        #expect(run.complaints == [])
    }

    @Test(.enabled(if: TortureScale.point == nil))
    func `killed before, or failing at, any call, nothing is lost and nothing comes twice`() async throws {
        print("seed \(TortureScale.seed), one point in \(TortureScale.stride)")
        var random = SplitMix64(seed: TortureScale.seed)
        var whole = CrashPointTally(name: "in all")
        for (scope, kind) in Self.series {
            var tally = CrashPointTally(name: "\(scope.rawValue) × \(kind.rawValue)")
            let first = Int(random.number(in: 1...Int64(TortureScale.stride)))
            try await enumerate(scope, kind, from: first) { tally.note($0) }
            print(tally.summary)
            whole.add(tally)
        }
        print(whole.summary)
        #expect(whole.complaints == [])
    }

    // MARK: Which points

    private static let series: [(SystemCallFault.Scope, SystemCallFault.Kind)] = [
        (.state, .EIO), (.state, .ENOSPC), (.state, .kill), (.network, .kill),
    ]

    /// One number after the other, some days at a time, until the days are over before the call has come.
    private func enumerate(
        _ scope: SystemCallFault.Scope, _ kind: SystemCallFault.Kind, from first: Int,
        _ note: (CrashPointRun) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: CrashPointRun.self) { days in
            var number = first
            func begin() {
                let fault = SystemCallFault(scope, kind, number)
                number += TortureScale.stride
                days.addTask { try await CrashPointRun(fault) }
            }
            for _ in 0..<TortureScale.width { begin() }
            // Threads take turns as they like: that one day was over sooner does not say that all are.
            var misses = 0
            while let run = try await days.next() {
                misses = run.hit == nil ? misses + 1 : 0
                note(run)
                if misses < (TortureScale.isFull ? 3 : 1) { begin() }
            }
        }
    }
}
