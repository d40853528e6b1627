import Foundation

/// A fault at one system call of a program: there it dies, or the call fails.
///
/// The library that makes it (Tests/SystemCallFaults) is put before the program that is shipped, so that every call can be
/// reached: one raises the number until a day is over before the call has come (reliability 3.1).
struct SystemCallFault: Hashable, Sendable, CustomStringConvertible {
    /// The calls that are counted.
    enum Scope: String, CaseIterable, Sendable {
        /// On what lies in the state folder.
        case state
        /// On sockets.
        case network
    }

    enum Kind: String, CaseIterable, Sendable {
        case kill, EIO, ENOSPC
    }

    var scope: Scope
    var kind: Kind
    /// Of the call, counted from 1.
    var number: Int

    var description: String { "\(scope.rawValue):\(kind.rawValue):\(number)" }

    init(_ scope: Scope, _ kind: Kind, _ number: Int) {
        (self.scope, self.kind, self.number) = (scope, kind, number)
    }

    /// From its description.
    init?(_ description: String) {
        let parts = description.split(separator: ":").map(String.init)
        guard parts.count == 3, let scope = Scope(rawValue: parts[0]), let kind = Kind(rawValue: parts[1]),
            let number = Int(parts[2])
        else { return nil }
        self.init(scope, kind, number)
    }

    /// What a program needs in its environment to come upon it; `log` gets a line for every call that is counted.
    func environment(state: String, log: String) -> [String: String] {
        [
            "LD_PRELOAD": Self.library, "FAULT_UNDER": state, "FAULT_SCOPE": scope.rawValue,
            "FAULT_KIND": kind.rawValue, "FAULT_AT": "\(number)", "FAULT_LOG": log,
        ]
    }

    /// As built beside the running tests.
    static let library = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "libSystemCallFaults.so").path
}

/// The calls that were counted.
struct SystemCallLog: Sendable {
    /// As name and path, in their order.
    let calls: [String]
    /// The one that was hit; nil when it never came.
    let hit: String?

    init(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.drop { $0 != " " }.dropFirst() }
        calls = lines.map(String.init)
        hit = lines.first { $0.hasSuffix(" HIT") }.map { String($0.dropLast(4)) }
    }
}
