import FuzzTargets
import Glibc

/// What the command line asks for.
enum Chosen {
    /// The target that is named; libFuzzer's callback can hold on to nothing but a global.
    static let target = CommandLine.arguments.first { $0.hasPrefix(flag) }
        .flatMap { FuzzTarget.named(String($0.dropFirst(flag.count))) }

    private static let flag = "--target="

    /// Reads the bytes by the target, and ends the program when a promise was broken or they took a second of the
    /// processor (reliability 3.6); what a first reading has to prepare is not theirs, hence a second.
    static func read(_ bytes: [UInt8]) {
        let first = processorTime(of: bytes)
        guard first > limit else { return }
        let second = processorTime(of: bytes)
        guard second > limit else { return }
        fatalError("\(bytes.count) octets took \(second) ms of the processor")
    }

    private static let limit = 1000

    /// The milliseconds that all threads together were busy with the bytes: the wall's clock would blame them for what
    /// else the machine has to do.
    private static func processorTime(of bytes: [UInt8]) -> Int {
        let begun = clock()
        do { try target?.read(bytes) } catch { fatalError("\(error)") }
        return (clock() - begun) / (Int(CLOCKS_PER_SEC) / 1000)
    }
}
