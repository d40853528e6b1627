import RelanceCore
import Synchronization

/// How long settled messages are remembered.
package struct LedgerRetention: Hashable, Sendable {
    /// All that is known of a message, behind its end.
    package var details: Elapsed
    /// Its key alone: longer than any duty lasts, or a duty could come back (reliability 2.5).
    package var keys: Elapsed

    package init(details: Elapsed = .days(90), keys: Elapsed = .days(400)) {
        self.details = details
        self.keys = keys
    }
}

/// What a compaction did.
package struct CompactionReport: Hashable, Sendable {
    package var entries: Int
    package var bytes: Int
    package var removedFiles: [String]
}

extension LedgerFile {
    /// Forgets what may be forgotten, writes a snapshot, begins a segment, and removes what neither needs.
    ///
    /// On failure all old files stay and the ledger goes on in the segment it has.
    @discardableResult
    package func compact(retention: LedgerRetention = LedgerRetention()) async throws -> CompactionReport {
        let now = clock.now()
        try await append([.forgotten(.settled(details: now - retention.details, keys: now - retention.keys))])
        return try await writer.run { [self] in try writeSnapshot() }
    }

    /// On the writer's thread, so that nothing changes meanwhile.
    private func writeSnapshot() throws(StoreError) -> CompactionReport {
        flush()
        let (failure, end, instant, time) = books.withLock {
            ($0.end, $0.durable, $0.state.lastInstant, $0.state.lastTime)
        }
        // Behind a failure that is final the segment may show records that were never durable.
        if let failure { throw failure }
        let snapshot = LedgerSnapshot(
            instance: instance, lastSequence: end.sequence, lastInstant: instant, lastTime: time,
            lastSeal: end.seal)
        let (entries, bytes) = try write(snapshot)
        try beginSegment(after: end)
        let previous = files.withLock { files in
            defer { files?.snapshotSequence = end.sequence }
            return files?.snapshotSequence ?? 0
        }
        books.withLock { $0.bytesSinceSnapshot = 0 }
        let removed = try removeFiles(keeping: end.sequence, previous)
        return CompactionReport(entries: entries, bytes: bytes, removedFiles: removed)
    }

    /// From the last snapshot that can be read and the segments behind it: no memory has room for all of it.
    private func write(_ snapshot: LedgerSnapshot) throws(StoreError) -> (entries: Int, bytes: Int) {
        let names = try directory.names()
        let before = names.filter {
            LedgerFormat.lastSequence(ofSnapshot: $0) ?? .max <= snapshot.lastSequence
        }
        for source in before.reversed() {
            do throws(StoreError) {
                return try write(snapshot, from: source, names)
            } catch .damaged(let damage) where damage.file == source {
                continue
            }
        }
        return try write(snapshot, from: nil, names)
    }

    private func write(
        _ snapshot: LedgerSnapshot, from source: String?, _ names: [String]
    ) throws(StoreError) -> (entries: Int, bytes: Int) {
        var rest = books.withLock { $0.state.entriesBesideMessages }[...]
        var count = 0
        let bytes = try snapshot.write(to: directory) { (writer) throws(StoreError) in
            let write = { (writer: inout LedgerSnapshot.Writer, entries: [LedgerEntry]) throws(StoreError) in
                for entry in self.remnants(of: entries) {
                    while let next = rest.first, next.stamp.sequence < entry.stamp.sequence {
                        try writer.write(next)
                        rest.removeFirst()
                    }
                    try writer.write(entry)
                }
            }
            var begun: UInt64 = 0
            if let source {
                let read = try LedgerSnapshot.read(source, in: directory) { (entries) throws(StoreError) in
                    try write(&writer, entries)
                }
                guard let read else {
                    throw .damaged(LedgerDamage(file: source, line: 1, offset: 0, kind: .header))
                }
                begun = read.lastSequence
            }
            let segments = names.filter { LedgerFormat.firstSequence(ofSegment: $0) != nil }
            for file in try LedgerContents.files(segments, behind: begun) {
                let segment = try LedgerSegment(try directory.read(file), file: file, isLast: false)
                try write(&writer, segment.entries.filter { $0.stamp.sequence > begun })
            }
            for entry in rest { try writer.write(entry) }
            count = writer.count
        }
        return (count, bytes)
    }

    /// What of some entries about messages is still needed.
    private func remnants(of entries: [LedgerEntry]) -> [LedgerEntry] {
        books.withLock { books in
            entries.compactMap { entry in
                books.illegal.contains(entry.stamp.sequence) ? nil : books.state.remnant(of: entry)
            }
        }
    }

    /// Removes the snapshots but two, and the segments that end before the older of the two does.
    private func removeFiles(keeping newest: UInt64, _ previous: UInt64) throws(StoreError) -> [String] {
        let names = try directory.names()
        var removed = names.filter { name in
            LedgerFormat.lastSequence(ofSnapshot: name).map { $0 != newest && $0 != previous } == true
        }
        let segments = names.compactMap { name in
            LedgerFormat.firstSequence(ofSegment: name).map { (name, $0) }
        }
        for (segment, next) in zip(segments, segments.dropFirst()) where next.1 <= previous + 1 {
            removed.append(segment.0)
        }
        for name in removed {
            try directory.unlink(name)
        }
        try directory.sync()
        return removed
    }
}
