import Glibc

/// One subject that is measured: add a file, and a line to the list below.
protocol Benchmark: Sendable {
    /// The word to pick it by on the command line.
    var name: String { get }

    /// Measures and prints; the peer of a ratio is measured in the same run, since machines differ by more than code.
    func run(_ report: Report) async throws
}

/// `make bench`, or `relance-bench NAME…` for some of them: prints figures, judges nothing.
@main
enum Benchmarks {
    static let all: [any Benchmark] = [
        WorkingTimeBenchmark(), CaseBenchmark(), LedgerAppendBenchmark(), LedgerReplayBenchmark(),
        LedgerMemoryBenchmark(),
    ]

    static func main() async throws {
        let wanted = CommandLine.arguments.dropFirst()
        for benchmark in all where wanted.isEmpty || wanted.contains(benchmark.name) {
            let report = Report()
            report.headline(benchmark.name)
            try await benchmark.run(report)
        }
    }
}

/// Prints one figure a line, aligned.
struct Report: Sendable {
    func headline(_ name: String) {
        print("\n\(name)")
    }

    /// So many a second, and how many times the peer's figure that is.
    func rate(_ what: String, _ perSecond: Double, of unit: String, peer: Double? = nil) {
        let ratio = peer.map { "  \(rounded(perSecond / $0)) times the peer" } ?? ""
        print("  \(padded(what, to: 52))\(leading(grouped(perSecond), to: 12)) \(unit)/s\(ratio)")
    }

    func value(_ what: String, _ value: String) {
        print("  \(padded(what, to: 52))\(leading(value, to: 12))")
    }

    func milliseconds(_ what: String, _ duration: Duration) {
        value(what, rounded(duration / .milliseconds(1)) + " ms")
    }

    /// Three digits that matter, no more.
    private func rounded(_ value: Double) -> String {
        let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let factor = pow(10, Double(places))
        let text = String((value * factor).rounded() / factor)
        return places == 0 && text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func grouped(_ value: Double) -> String {
        var digits = String(Int64(value.rounded()))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(" ", at: digits.index(digits.startIndex, offsetBy: index))
            index -= 3
        }
        return digits
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private func leading(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// How long it takes.
func measure(_ body: () async throws -> Void) async rethrows -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return clock.now - start
}

extension Int {
    /// So many in that time, per second.
    func per(_ duration: Duration) -> Double {
        Double(self) / (duration / .seconds(1))
    }
}
