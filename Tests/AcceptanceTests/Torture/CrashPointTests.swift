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

    @Test(.enabled(if: TortureScale.isFull))
    func `killed before, or failing at, any call, nothing is lost and nothing comes twice`() async throws {
        var whole = CrashPointTally(name: "in all")
        for (scope, kind) in Self.series {
            var tally = CrashPointTally(name: "\(scope.rawValue) × \(kind.rawValue)")
            try await enumerate(scope, kind) { tally.note($0) }
            print(tally.summary)
            whole.add(tally)
        }
        print(whole.summary)
        #expect(whole.complaints == [])
    }

    @Test(.enabled(if: !TortureScale.isFull && TortureScale.point == nil))
    func `a sample of the points holds as well`() async throws {
        print("seed \(TortureScale.seed)")
        var random = SplitMix64(seed: TortureScale.seed)
        let faults = (0..<24).map { index in
            let (scope, kind) = Self.series[index % Self.series.count]
            return SystemCallFault(scope, kind, Int(random.number(in: 1...300)))
        }
        var tally = CrashPointTally(name: "a sample")
        try await inPairs(faults, { try await CrashPointRun($0) }) { tally.note($0) }
        print(tally.summary)
        #expect(tally.complaints == [])
    }

    // MARK: Which points

    private static let series: [(SystemCallFault.Scope, SystemCallFault.Kind)] = [
        (.state, .EIO), (.state, .ENOSPC), (.state, .kill), (.network, .kill),
    ]

    /// One number after the other, some at a time, until the days are over before the call has come.
    private func enumerate(
        _ scope: SystemCallFault.Scope, _ kind: SystemCallFault.Kind,
        _ note: @escaping (CrashPointRun) -> Void
    ) async throws {
        // Threads take turns as they like: that one day was over sooner does not say that all are.
        var misses = 0
        try await withThrowingTaskGroup(of: CrashPointRun.self) { days in
            var number = 0
            func begin() {
                number += 1
                let fault = SystemCallFault(scope, kind, number)
                days.addTask { try await CrashPointRun(fault) }
            }
            for _ in 0..<TortureScale.width { begin() }
            while let run = try await days.next() {
                misses = run.hit == nil ? misses + 1 : 0
                note(run)
                if misses < TortureScale.width + 1 { begin() }
            }
        }
    }
}
