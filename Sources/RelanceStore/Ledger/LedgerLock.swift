import Glibc
import RelanceCore

/// The right to write to a state directory, held by one process for as long as this value lives.
struct LedgerLock: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Takes the lock at once or names who has it; touches nothing but the lock file.
    init(_ directory: StateDirectory, startedAt: Instant) throws(StoreError) {
        let opened = try directory.attempt { () throws(DiskError) in
            try directory.disk.open("lock", in: directory.descriptor, O_RDWR | O_CREAT)
        }
        let isOurs = try directory.attempt { () throws(DiskError) in
            try directory.disk.lock(opened, named: "lock")
        }
        guard isOurs else {
            let words = String(decoding: try directory.read("lock"), as: UTF8.self).split(separator: " ")
            throw .alreadyRunning(
                path: directory.path, pid: words.first.flatMap { Int32($0) },
                since: words.dropFirst().first.map { String($0).trimmed })
        }
        // For people only: who has the lock is the kernel's to say. So a full disk does not matter.
        _ = ftruncate(opened.number, 0)
        let text = Array("\(getpid()) \(startedAt.rfc3339UTCMilliseconds)\n".utf8)
        _ = write(opened.number, text, text.count)
        descriptor = opened
    }

    deinit {
        // Closing alone would leave it with a child that was forked and has not yet closed what it inherited.
        flock(descriptor.number, LOCK_UN)
    }

    /// Gives the lock back at this moment rather than at the end of its scope.
    consuming func release() {}
}
