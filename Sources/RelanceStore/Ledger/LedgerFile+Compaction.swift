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

    private func writeSnapshot() throws(StoreError) -> CompactionReport {
        let snapshot = durableState()
        let name = LedgerFormat.snapshotName(lastSequence: snapshot.lastSequence)
        let bytes = try snapshot.bytes()
        try directory.replace(name, with: bytes)
        try beginSegment(after: snapshot.lastSequence, snapshot.lastSeal)
        let previous = files.withLock { files in
            defer { files?.snapshotSequence = snapshot.lastSequence }
            return files?.snapshotSequence ?? 0
        }
        books.withLock { $0.bytesSinceSnapshot = 0 }
        let removed = try removeFiles(keeping: snapshot.lastSequence, previous)
        return CompactionReport(entries: snapshot.entries.count, bytes: bytes.count, removedFiles: removed)
    }

    /// The state with nothing in it that is not durable.
    private func durableState() -> LedgerSnapshot {
        while true {
            flush()
            let taken = books.withLock { books in
                books.pending.waiters.isEmpty ? (books.state, books.lastSequence, books.lastSeal) : nil
            }
            if let (state, sequence, seal) = taken {
                return LedgerSnapshot(
                    state: state, instance: instance, lastSequence: sequence, lastSeal: seal)
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
