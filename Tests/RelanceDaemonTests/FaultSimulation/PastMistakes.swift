import Testing

/// Seeds that found a mistake once, each with what it was; they are played at every run (etcd's table).
///
/// What is drawn from a seed is another life once the simulation has learnt to do more: these four were found before the
/// clock could be doubted and cases could go missing.
///
/// Mistakes put in on purpose, to see whether the simulation notices, stand in `Tests/Mutants`.
enum PastMistakes {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var what: String

        var testDescription: String { "\(seed): \(what)" }
    }

    static let all: [Mistake] = [
        Mistake(
            seed: 442_028_797_572,
            what: "frozen words left after the time they promised, since a reload had moved the deadline"),
        Mistake(
            seed: 403_034_859_508, what: "a weekly report that failed by day was tried again in the night"),
        Mistake(
            seed: 403_034_859_480,
            what: "a full disk that took half a batch left another ledger in memory than in the file"),
        Mistake(
            seed: 997_665_907_012,
            what: "after a clock set back into closed hours what planning still asked for was cancelled"),
    ]
}
