import Testing

/// Seeds that found a mistake once, each with what it was; they are played at every run (etcd's table).
///
/// Some mistakes were made, some put in on purpose to see whether the simulation notices.
enum PastMistakes {
    struct Mistake: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var what: String

        var testDescription: String { "\(seed): \(what)" }
    }

    static let all: [Mistake] = [
        Mistake(seed: 1_024_759_094_320, what: "put in: the hand-over is not written down before it is made"),
        Mistake(
            seed: 594_296_225_596, what: "put in: an attempt is made though the message is of no more use"),
        Mistake(seed: 187_711_456_843, what: "put in: handed over before a crash counts as not sent"),
        Mistake(seed: 115_758_505_854, what: "put in: a message is put into words anew at every attempt"),
    ]
}
