import Testing

/// Seeds that found a mistake once, each with what it was; they are played at every run (etcd's table).
///
/// What is drawn from a seed is another life once the simulation has learnt to do more: then a new one is looked for, with
/// the mistake put back. What none was found for has a test of its own: frozen words after a reload (`OutboxTests`), what
/// planning still asks for after a clock set back (`FollowUpLoopTests`).
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
            seed: 753_532_453_634, what: "a weekly report that failed by day was tried again in the night"),
        Mistake(
            seed: 403_034_859_480,
            what: "a full disk that took half a batch left another ledger in memory than in the file"),
        Mistake(
            seed: 577_760_674_485,
            what: "what went on to another channel another day left beside that day's news"),
    ]
}
