import Testing

/// Seeds that found a mistake once, each with what it was; they are played at every run (etcd's table).
enum PastMistakes {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var what: String

        var testDescription: String { "\(seed): \(what)" }
    }

    static let all: [Mistake] = [
        Mistake(seed: 1, what: "none: a line to begin with")
    ]
}
