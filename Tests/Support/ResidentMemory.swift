import Foundation

/// What this process holds in memory now.
package enum ResidentMemory {
    /// In bytes, as Linux counts it; throws where there is no /proc.
    package static func bytes() throws -> Int {
        let words = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
        return (words.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
