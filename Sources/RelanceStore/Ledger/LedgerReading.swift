import Glibc
import RelanceCore

/// A ledger as it stands on disk, looked at by somebody who changes nothing and takes no lock.
package struct LedgerReading: Sendable {
    package let contents: LedgerContents
    /// The daemon that is writing to it, if one is.
    package let holder: Holder?
    /// Whether a daemon would begin nothing new for want of room on the disk.
    package let isDiskFull: Bool

    package struct Holder: Hashable, Sendable {
        package var pid: Int32
        /// As it wrote it down itself.
        package var since: String
    }

    /// Nil when there is no such directory or no ledger in it yet.
    package init?(
        path: String, into history: LedgerHistory = LedgerHistory(),
        lowWaterBytes: Int = LedgerFile.Options().lowWaterBytes
    ) throws(StoreError) {
        guard access(path, F_OK) == 0 else { return nil }
        let directory = try StateDirectory(path: path)
        guard let contents = try LedgerContents.read(directory, into: history) else { return nil }
        self.contents = contents
        holder = try LedgerReading.holder(of: directory)
        let free = try directory.attempt { () throws(DiskError) in
            try directory.disk.freeBytes(of: directory.descriptor)
        }
        isDiskFull = free < lowWaterBytes
    }

    /// The daemon at work on a state directory; nil when there is none.
    package static func holder(ofStateAt path: String) throws(StoreError) -> Holder? {
        guard access(path, F_OK) == 0 else { return nil }
        return try holder(of: try StateDirectory(path: path))
    }

    private static func holder(of directory: StateDirectory) throws(StoreError) -> Holder? {
        guard try directory.names().contains("lock") else { return nil }
        let opened = try directory.attempt { () throws(DiskError) in
            try directory.disk.open("lock", in: directory.descriptor, O_RDONLY)
        }
        // A shared lock that is granted at once says that nobody holds it, and goes with the descriptor.
        guard flock(opened.number, LOCK_SH | LOCK_NB) != 0 else { return nil }
        let words = String(decoding: try directory.read("lock"), as: UTF8.self).split(separator: " ")
        guard let pid = words.first.flatMap({ Int32($0) }) else { return nil }
        return Holder(pid: pid, since: words.dropFirst().first.map { String($0).trimmed } ?? "")
    }
}
