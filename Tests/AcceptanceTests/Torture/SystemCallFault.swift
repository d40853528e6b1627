import Foundation

/// A fault at one system call of a program, or at all from one on: there it dies, or the call fails, is slow, is half done.
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
        /// The program has as many files open as it may.
        case EMFILE
        /// The kernel has made the file system one that is only read, as it does after an error.
        case EROFS
        /// The connection is gone, as one learns by reading or by writing.
        case ECONNRESET, EPIPE
        /// A write takes half, and goes on; or there is no room for the rest; or the rest fails.
        case half
        case halfThenENOSPC = "half+ENOSPC"
        case halfThenEIO = "half+EIO"
        /// A sync takes a second.
        case slow
    }

    var scope: Scope
    var kind: Kind
    /// Of the call, counted from 1 among those that can come to it.
    var number: Int
    /// Whether every call from there on is hit, until the program is over.
    var stays = false

    /// The names of the calls that can come to it; nil for every one.
    var calls: Set<String>? {
        switch kind {
        // One that stays meets what asks for room, and not what gives it back.
        case .ENOSPC where stays: ["create", "write", "pwrite", "writev", "mkdir", "rename", "fallocate"]
        case .kill, .EIO, .ENOSPC, .ECONNRESET: nil
        case .EMFILE: ["open", "create"]
        case .EROFS:
            [
                "create", "write", "pwrite", "writev", "fsync", "fdatasync", "rename", "unlink", "mkdir",
                "ftruncate", "fallocate",
            ]
        case .EPIPE: ["send", "sendto", "sendmsg", "write", "writev"]
        case .half: ["write", "pwrite", "send"]
        case .halfThenENOSPC, .halfThenEIO: ["write", "pwrite"]
        case .slow: ["fsync", "fdatasync"]
        }
    }

    /// Whether the day can come to its end in spite of it, should the program live on.
    var letsDayGoOn: Bool { !stays && kind != .EROFS }

    var description: String { "\(scope.rawValue):\(kind.rawValue):\(number)\(stays ? "+" : "")" }

    init(_ scope: Scope, _ kind: Kind, _ number: Int, stays: Bool = false) {
        (self.scope, self.kind, self.number, self.stays) = (scope, kind, number, stays)
    }

    /// From its description.
    init?(_ description: String) {
        let stays = description.hasSuffix("+")
        let parts = description.dropLast(stays ? 1 : 0).split(separator: ":").map(String.init)
        guard parts.count == 3, let scope = Scope(rawValue: parts[0]), let kind = Kind(rawValue: parts[1]),
            let number = Int(parts[2])
        else { return nil }
        self.init(scope, kind, number, stays: stays)
    }

    /// What a program needs in its environment to come upon it; `log` gets a line for every call that is counted.
    func environment(state: String, log: String) -> [String: String] {
        var environment = [
            "LD_PRELOAD": Self.library, "FAULT_UNDER": state, "FAULT_SCOPE": scope.rawValue,
            "FAULT_KIND": kind.rawValue, "FAULT_AT": "\(number)", "FAULT_TIMES": "\(stays ? Int.max : 1)",
            "FAULT_LOG": log,
        ]
        if let calls { environment["FAULT_CALLS"] = calls.sorted().joined(separator: ",") }
        return environment
    }

    /// As built beside the running tests.
    static let library = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "libSystemCallFaults.so").path
}

/// The calls that were counted.
struct SystemCallLog: Sendable {
    /// As name, path, and the kinds of the records that are written or the word that is said, in their order.
    let calls: [String]
    /// The one that was hit; nil when it never came.
    let hit: String?

    init(_ text: String) {
        let lines = text.split(separator: "\n").map { $0.drop { $0 != " " }.dropFirst() }
        calls = lines.map { String($0.hasSuffix(" HIT") ? $0.dropLast(4) : $0) }
        hit = lines.first { $0.hasSuffix(" HIT") }.map { String($0.dropLast(4)) }
    }

    /// How many of the calls can come to a fault.
    func count(of fault: SystemCallFault) -> Int {
        calls.count { call in fault.calls.map { $0.contains(String(call.prefix { $0 != " " })) } ?? true }
    }
}

/// A step of a day that reliability 3.1 wants cut, and the calls that stand for it.
///
/// A fault at every call is a fault at every step. A reload writes nothing of its own: what stands for it is the mail that
/// tells of a bad one.
struct CrashPointStep: Sendable {
    let scope: SystemCallFault.Scope
    let name: String
    /// How a call of it looks in the log.
    let call: String

    static let all: [CrashPointStep] =
        ["start", "source_read", "plan", "attempt", "handover", "result", "receipt", "cancel", "forget"].map {
            state("the record \($0)", "^write .*/ledger-[0-9]*.jsonl.* \($0)( |$)")
        } + [
            state("a record made durable", "^fdatasync .*/ledger-"),
            state("room reserved", "^fallocate .*/ledger-"),
            state("room measured", "^fstatvfs .*/state$"),
            state("the ledger read", "^read .*/ledger-"),
            state("the lock", "^flock .*/lock$"),
            state("the folder of the words", "^mkdir .*/outbox$"),
            state("words begun", "^create .*/outbox/.*.tmp."),
            state("words written", "^write .*/outbox/.*.tmp."),
            state("words made durable", "^fsync .*/outbox/.*.tmp."),
            state("words put in place", "^rename .*/outbox/.*.tmp."),
            state("the place of words made durable", "^fsync .*/outbox$"),
            state("words let go", "^unlink .*/outbox/[a-z2-7]*$"),
            state("a snapshot begun", "^create .*/snapshot-.*.tmp."),
            state("a snapshot written", "^write .*/snapshot-.*.tmp."),
            state("a snapshot made durable", "^fsync .*/snapshot-.*.tmp."),
            state("a snapshot put in place", "^rename .*/snapshot-.*.tmp."),
            state("a segment begun", "^create .*/ledger-.*.tmp."),
            state("a segment written", "^write .*/ledger-.*.tmp."),
            state("a segment made durable", "^fsync .*/ledger-.*.tmp."),
            state("a segment put in place", "^rename .*/ledger-.*.tmp."),
            state("names made durable", "^fsync .*/state$"),
            state("an old segment removed", "^unlink .*/ledger-[0-9]*.jsonl$"),
            wire("connect", "^connect "), wire("a reply", "^recv "),
            wire("the answer of the door", "^writev? "),
            wire("a receipt", "^read "),
        ]
        + ["EHLO", "MAIL", "RCPT", "DATA", "[.]", "QUIT", "POST"].map { wire($0, "^send .* \($0)$") }

    private static func state(_ name: String, _ call: String) -> CrashPointStep {
        CrashPointStep(scope: .state, name: name, call: call)
    }

    private static func wire(_ name: String, _ call: String) -> CrashPointStep {
        CrashPointStep(scope: .network, name: name, call: call)
    }
}
