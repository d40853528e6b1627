import Foundation
import RelanceTestSupport
import Testing

/// Every system call by which a day touches its state is once the last, and once fails; and so is every call on the
/// network the last (reliability 3.1, SQLite's rule: until a day is over before the call has come).
@Suite(.serialized, .timeLimit(.minutes(300))) struct CrashPointTests {
    /// A day with nothing in its way, by the calls that are counted.
    private static let counted = Task {
        var runs: [SystemCallFault.Scope: CrashPointRun] = [:]
        for scope in SystemCallFault.Scope.allCases {
            runs[scope] = try await CrashPointRun(SystemCallFault(scope, .kill, .max))
        }
        return runs
    }

    @Test func `a day with nothing in its way comes to its end, and every step is among its calls`()
        async throws
    {
        let runs = try await Self.counted.value
        for run in runs.values {
            #expect(run.complaints == [])
            #expect(run.twice == 1 && run.unknown == 1)
        }
        for step in CrashPointStep.all {
            let calls = try #require(runs[step.scope]).calls.calls
            #expect(
                calls.contains { $0.range(of: step.call, options: .regularExpression) != nil },
                "\(step.name): \(step.call)")
        }
        #expect(CrashPointStep.all.count >= 25)
    }

    @Test(.enabled(if: TortureScale.point != nil)) func `one point, and all that was said there`()
        async throws
    {
        let run = try await CrashPointRun(TortureScale.point)
        print((run.calls.calls + [run.story]).joined(separator: "\n"))
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

    @Test(.enabled(if: TortureScale.point == nil))
    func
        `with calls that go on failing, fail otherwise, are slow or half done, nothing is lost and nothing comes twice`()
        async throws
    {
        let often = TortureScale.furtherStride.map { "one point in \($0)" } ?? "one point a kind"
        print("seed \(TortureScale.seed), \(often)")
        var random = SplitMix64(seed: TortureScale.seed)
        let runs = try await Self.counted.value
        var faults: [SystemCallFault] = []
        for (scope, kind, stays) in Self.further {
            let count = try #require(runs[scope]).calls.count(
                of: SystemCallFault(scope, kind, 1, stays: stays))
            // One of them: not among the last, which a day of other turns may not come to.
            let step = TortureScale.furtherStride ?? count
            let first = Int(random.number(in: 1...Int64(max(1, min(step, count * 3 / 4)))))
            faults += stride(from: first, through: count, by: step).map {
                SystemCallFault(scope, kind, $0, stays: stays)
            }
        }
        var tallies: [String: CrashPointTally] = [:]
        try await withThrowingTaskGroup(of: CrashPointRun.self) { days in
            for (index, fault) in faults.enumerated() {
                if index >= TortureScale.width, let run = try await days.next() { note(run) }
                days.addTask { try await CrashPointRun(fault) }
            }
            while let run = try await days.next() { note(run) }
        }
        func note(_ run: CrashPointRun) {
            guard let fault = run.fault else { return }
            let name = "\(fault.scope.rawValue) × \(fault.kind.rawValue)\(fault.stays ? ", staying" : "")"
            tallies[name, default: CrashPointTally(name: name)].note(run)
        }
        var whole = CrashPointTally(name: "in all")
        for (_, tally) in tallies.sorted(by: { $0.key < $1.key }) {
            print(tally.summary)
            whole.add(tally)
        }
        print(whole.summary)
        #expect(whole.complaints == [])
    }

    // MARK: Which points

    private static let further: [(SystemCallFault.Scope, SystemCallFault.Kind, stays: Bool)] = [
        (.state, .EIO, true), (.state, .ENOSPC, true), (.state, .EMFILE, false), (.state, .EMFILE, true),
        (.state, .EROFS, true), (.state, .half, false), (.state, .halfThenENOSPC, false),
        (.state, .halfThenEIO, false), (.state, .slow, false), (.network, .ECONNRESET, false),
        (.network, .EPIPE, false), (.network, .half, false),
    ]

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
