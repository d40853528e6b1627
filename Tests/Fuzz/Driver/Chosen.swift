import FuzzTargets

/// What the command line asks for.
enum Chosen {
    /// The target of the first argument; libFuzzer's callback can hold on to nothing but a global.
    static let target = CommandLine.arguments.dropFirst().first.flatMap { FuzzTarget.named($0) }
}
