import Foundation

/// What this process holds in memory, as Linux counts it; throws where there is no /proc.
package enum ResidentMemory {
    /// In bytes, now.
    package static func bytes() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
        return (words.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// How much more it held at some moment of the work than before, in bytes: for a process that does nothing else.
    package static func rise(during work: () async throws -> Void) async throws -> Int {
        // Forgets the peak so far (proc(5), clear_refs).
        guard let file = fopen("/proc/self/clear_refs", "w"), fputs("5", file) >= 0, fclose(file) == 0 else {
            throw LoopbackError("/proc/self/clear_refs")
        }
        let before = try peak()
        try await work()
        return try peak() - before
    }

    private static func peak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard
            let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else {
            throw LoopbackError("VmHWM")
        }
        return kilobytes << 10
    }
}
