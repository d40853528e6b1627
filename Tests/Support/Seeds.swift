import Foundation

/// The seeds that a property is tried with.
///
/// The same in every run, so that nothing fails by chance; `RELANCE_SEEDS=n` plays n new ones, and `RELANCE_SEEDS=#seed`
/// that one: a failing test has its seed for an argument, and prints it.
package enum Seeds {
    /// Those asked for in the environment, else the usual ones.
    package static func or(_ usual: [UInt64]) -> [UInt64] {
        let wish = ProcessInfo.processInfo.environment["RELANCE_SEEDS"] ?? ""
        if wish.hasPrefix("#"), let seed = UInt64(wish.dropFirst()) { return [seed] }
        guard let count = UInt64(wish), count > 0 else { return usual }
        return Array(first..<first + count)
    }

    /// Those asked for in the environment, else the first so many numbers.
    package static func or(first count: UInt64) -> [UInt64] { or(Array(1...count)) }

    /// Where a run's new seeds begin.
    private static let first = UInt64.random(in: 0..<1 << 40)
}
