import Foundation

/// How much the destructive tests do: a sample within `make test`, everything in `make torture`.
///
/// From the environment: RELANCE_TORTURE=full for everything; RELANCE_SEED to play random choices again; RELANCE_STRIDE,
/// RELANCE_STRIDE_MORE; RELANCE_POINT=state:EIO:17 for one crash point and all that was said there, state:EIO:17+ when it
/// stays; RELANCE_WIDTH for how many days at a time.
enum TortureScale {
    static let isFull = environment["RELANCE_TORTURE"] == "full"
    static let seed = givenSeed ?? UInt64.random(in: 1...999_999)
    /// Of how many crash points one is tried.
    static let stride = environment["RELANCE_STRIDE"].flatMap { Int($0) } ?? (isFull ? 1 : 60)
    /// The same for the further kinds of fault; nil for one point a kind.
    static let furtherStride = environment["RELANCE_STRIDE_MORE"].flatMap { Int($0) } ?? (isFull ? 12 : nil)
    /// How many days are led at a time.
    static let width = environment["RELANCE_WIDTH"].flatMap { Int($0) } ?? 2
    static let point = environment["RELANCE_POINT"].flatMap { SystemCallFault($0) }

    /// A seed that is the same in every short run, unless one was given.
    static func seed(orInShort usual: UInt64) -> UInt64 { isFull ? seed : givenSeed ?? usual }

    private static let givenSeed = environment["RELANCE_SEED"].flatMap { UInt64($0) }
    private static let environment = ProcessInfo.processInfo.environment
}
