// The ledger on disk.
//
// Layout of a state directory (mode 0700, every file 0600):
//
//     lock                                flock for life; pid and start time inside, for people
//     ledger-<first sequence>.jsonl       segments: a header and sealed records, only ever appended to
//     snapshot-<last sequence>.json       what is still needed of everything up to a record; two generations
//     outbox/<key>                        the frozen bytes of messages that are not settled (FrozenMessages)
//     torn-<time>.bin                     what a crash left half written, for people
//
// Promises:
// - When `append` returns, its records survive the loss of power; until then nothing may be done that relies on them.
// - All records of one call stand in the ledger, in their order, or none does.
// - A record that was durable is never lost unnoticed. A bad tail of the last segment with no record behind it was never
//   confirmed and is set aside; any other damage refuses to start, naming file, line and offset (reliability 2.5).
// - One writer: a second one is turned away by the lock before it has touched anything.
// - A full disk is passing: the file is cut back, the caller told, the room behind the end kept for the ends of attempts
//   under way. Any other failure of a write or a sync is final for this process; the next start writes the last segment
//   anew, since the kernel may show bytes that never reached the disk (reliability 0.8).
// - Compaction loses nothing: the snapshot is durable before the first old segment goes, and the one before stays.
//
// How: callers seal their records into one pending batch under a lock and wait. One thread takes the batch whatever its
// size, writes it, syncs once and wakes them; meanwhile the next batch gathers. So the batch grows with the load by
// itself, and with a single caller it is one record.

import RelanceCore
import Synchronization

/// The conforming store of one machine: JSON lines in a directory.
package final class LedgerFile: LedgerStore {
    package struct Options: Sendable {
        /// A segment that has grown to this length is followed by a new one.
        package var segmentBytes = 16 << 20
        /// Room kept behind the end for the ends of attempts under way.
        package var headroomBytes = 4 << 20
        /// With less than this free on the disk no new work is begun.
        package var lowWaterBytes = 64 << 20

        package init() {}
    }

    /// The clocks an entry is stamped with.
    package struct Clock: Sendable {
        package var now: @Sendable () -> Instant
        package var bootMilliseconds: @Sendable () -> Int64

        package init(
            now: @escaping @Sendable () -> Instant, bootMilliseconds: @escaping @Sendable () -> Int64
        ) {
            self.now = now
            self.bootMilliseconds = bootMilliseconds
        }
    }

    package let instance: String
    /// What opening found that somebody should know, each a sentence.
    package let warnings: [String]
    /// The half-written end that was set aside.
    package let tornTail: TornTail?
    /// Whether it lacks what the mark it was opened with tells of: then it is an older copy of what was at work here.
    package let isBehindMark: Bool
    package let directory: StateDirectory

    let options: Options
    let clock: Clock
    let books: Mutex<Books>
    let files: Mutex<Files?>
    let writer = SerialThread(name: "ledger")

    /// What callers and the writer share.
    struct Books {
        /// What is durable; changed on the writer's thread only.
        var state: LedgerState
        /// The last record that is durable.
        var durable: End
        /// What sealed records that are not durable yet would change.
        var ahead: LedgerAhead
        /// The last record sealed, durable or not.
        var sealed: End
        var pending = Batch()
        /// Records that stand in the files without effect.
        let illegal: Set<UInt64>
        /// Why nothing more is taken, once nothing is.
        var end: StoreError?
        var isDiskFull = false
        var bytesSinceSnapshot: Int

        /// A batch has become durable.
        mutating func settle(_ batch: Batch) throws(IllegalTransition) {
            for entry in batch.entries { try state.apply(entry) }
            durable = batch.end
            bytesSinceSnapshot += batch.bytes.count
            ahead = LedgerAhead(from: state)
            try ahead.take(pending.entries, over: state)
        }
    }

    /// Where the chain of records ends.
    struct End {
        var sequence: UInt64
        var seal: UInt32
    }

    /// Sealed records that are not written yet, and those who wait for them.
    struct Batch {
        var entries: [LedgerEntry] = []
        var bytes: [UInt8] = []
        var waiters: [CheckedContinuation<Void, any Error>] = []
        var end = End(sequence: 0, seal: 0)
    }

    /// What the writer's thread alone uses while the ledger is open; the lock only hands it over.
    struct Files: ~Copyable {
        var segment: AppendOnlyFile
        var segmentNumber: Int
        /// The snapshot in use; 0 when there is none.
        var snapshotSequence: UInt64
        let lock: LedgerLock
    }

    /// Locks the directory, reads its ledger or begins one, and mends a torn tail.
    ///
    /// `mark` is how far it is known to have got; nil where nobody knows.
    package init(
        _ directory: StateDirectory, clock: Clock, options: Options = Options(), mark: LedgerMark? = nil
    ) throws(StoreError) {
        let lock = try LedgerLock(directory, startedAt: clock.now())
        try directory.removeTemporaries()
        let opening = try LedgerFile.open(directory, at: clock.now(), mark: mark)
        var segment = try AppendOnlyFile(
            opening.contents.end.file, length: opening.contents.end.length, in: directory)
        var isDiskFull = false
        do throws(StoreError) {
            try segment.reserve(headroom: options.headroomBytes)
        } catch .diskFull {
            isDiskFull = true
        }
        self.directory = directory
        self.clock = clock
        self.options = options
        instance = opening.contents.instance
        warnings = directory.warnings + opening.warnings
        tornTail = opening.contents.tornTail
        isBehindMark = opening.contents.isBehindMark
        let state = opening.contents.state
        let end = End(sequence: opening.contents.end.lastSequence, seal: opening.contents.end.lastSeal)
        books = Mutex(
            Books(
                state: state, durable: end, ahead: LedgerAhead(from: state), sealed: end,
                illegal: Set(opening.contents.illegal.map(\.sequence)), isDiskFull: isDiskFull,
                bytesSinceSnapshot: opening.contents.bytesRead))
        files = Mutex(
            Files(
                segment: segment, segmentNumber: opening.contents.end.number,
                snapshotSequence: opening.contents.snapshotSequence, lock: lock))
    }

    /// Whether new work is refused for want of room on the disk; what ends work under way is still written.
    package var isDiskFull: Bool { books.withLock { $0.isDiskFull } }

    /// Why nothing more is written, once nothing is: a failure of the disk is final for this process.
    package var failure: StoreError? { books.withLock { $0.end } }

    /// How far it has got: all of it durable.
    package var mark: LedgerMark {
        books.withLock {
            LedgerMark(instance: instance, sequence: $0.durable.sequence, seal: $0.durable.seal)
        }
    }

    /// Bytes a start has to read behind the snapshot; compaction is worth while from some millions on.
    package var bytesSinceSnapshot: Int { books.withLock { $0.bytesSinceSnapshot } }

    package func withState<T>(_ body: (LedgerState) throws -> T) rethrows -> T {
        try books.withLock { try body($0.state) }
    }

    @discardableResult
    package func append(_ events: [LedgerEvent]) async throws -> [LedgerEntry] {
        guard !events.isEmpty else { return [] }
        return try await write { _, _ in events }
    }

    package func admit(_ plans: [PlanRecord]) async throws -> [MessageKey] {
        let entries = try await write { state, ahead in
            var taken: Set<MessageKey> = []
            return plans.filter { plan in
                guard ahead.admits(plan.key, over: state), !taken.contains(plan.key) else { return false }
                taken.insert(plan.key)
                taken.formUnion(plan.covers)
                return true
            }.map(LedgerEvent.planned)
        }
        return entries.compactMap(\.event.message)
    }

    /// Also after a failure that was final, and twice: nothing more is written then, and the lock is given back.
    package func close() async throws {
        books.withLock { $0.end = $0.end ?? .closed }
        let isFirst = writer.enqueue { [self] in
            flush()
        }
        guard isFirst else { return }
        try await writer.run { [self] in
            // Closing the descriptors gives the lock back.
            files.withLock { $0 = nil }
        }
        writer.stop()
    }
}

// MARK: - Appending

extension LedgerFile {
    /// Seals the events chosen by looking at the state, and waits until they are durable.
    private func write(
        _ choose: (LedgerState, LedgerAhead) -> [LedgerEvent]
    ) async throws -> [LedgerEntry] {
        if isDiskFull { try await writer.run { [self] in measureRoom() } }
        var entries: [LedgerEntry] = []
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            do {
                entries = try books.withLock { books in
                    let entries = try seal(choose(books.state, books.ahead), into: &books)
                    if !entries.isEmpty { books.pending.waiters.append(waiter) }
                    return entries
                }
            } catch {
                waiter.resume(throwing: error)
                return
            }
            if entries.isEmpty {
                waiter.resume()
            } else {
                writer.enqueue { [self] in flush() }
            }
        }
        return entries
    }

    /// Judges, stamps and seals the events, all or none; they have their effect once they are durable.
    private func seal(_ events: [LedgerEvent], into books: inout Books) throws -> [LedgerEntry] {
        if let end = books.end { throw end }
        if books.isDiskFull, events.contains(where: \.beginsWork) {
            throw StoreError.diskFull(file: directory.path)
        }
        let now = clock.now()
        let boot = clock.bootMilliseconds()
        var sequence = books.sealed.sequence
        let entries = events.map { event in
            sequence += 1
            return LedgerEntry(
                stamp: LedgerStamp(
                    sequence: sequence, now: now, behind: books.ahead.lastInstant, bootMilliseconds: boot),
                event: event)
        }
        guard !entries.isEmpty else { return [] }
        let start = books.pending.bytes.count
        var seal = books.sealed.seal
        do {
            for entry in entries {
                seal = try entry.seal(into: &books.pending.bytes, after: seal)
            }
            try books.ahead.take(entries, over: books.state)
        } catch {
            books.pending.bytes.removeLast(books.pending.bytes.count - start)
            throw error
        }
        books.sealed = End(sequence: sequence, seal: seal)
        books.pending.end = books.sealed
        books.pending.entries += entries
        return entries
    }

    /// Writes what is pending and wakes those who wait for it; on the writer's thread only.
    func flush() {
        let batch = books.withLock { books in
            defer { books.pending = Batch() }
            return books.pending
        }
        guard !batch.waiters.isEmpty else { return }
        do throws(StoreError) {
            try files.withLock { (files) throws(StoreError) in
                try files?.segment.append(batch.bytes)
            }
        } catch {
            fail(batch, error)
            return
        }
        do throws(IllegalTransition) {
            try books.withLock { (books) throws(IllegalTransition) in try books.settle(batch) }
        } catch {
            // They were judged before they were sealed: what is in memory is not what is in the file.
            let file = files.withLock { $0?.segment.name ?? directory.path }
            fail(
                batch,
                .damaged(LedgerDamage(file: file, line: 1, offset: 0, kind: .content("\(error)"))))
            return
        }
        measureRoom()
        for waiter in batch.waiters { waiter.resume() }
        rollIfLong(after: batch)
    }

    /// Tells all who wait that nothing of theirs was written: those of the batch, and those sealed behind it since.
    private func fail(_ batch: Batch, _ error: StoreError) {
        // Cutting back has given the room behind the end away: whoever comes first has it.
        if error.isPassing { _ = try? hasRoom() }
        let waiters = books.withLock { books in
            let waiters = batch.waiters + books.pending.waiters
            books.pending = Batch()
            books.sealed = books.durable
            books.ahead = LedgerAhead(from: books.state)
            if case .diskFull = error {
                books.isDiskFull = true
            } else {
                books.end = error
            }
            return waiters
        }
        for waiter in waiters { waiter.resume(throwing: error) }
    }

    /// Begins a new segment behind a batch that made the last one long.
    private func rollIfLong(after batch: Batch) {
        let isLong = files.withLock { ($0?.segment.length ?? 0) >= options.segmentBytes }
        guard isLong else { return }
        do throws(StoreError) {
            try beginSegment(after: batch.end)
        } catch .diskFull {
            books.withLock { $0.isDiskFull = true }
        } catch .tooManyFiles {
            // The old one does for longer.
        } catch {
            books.withLock { $0.end = error }
        }
    }

    /// Begins a segment behind all that is written; on the writer's thread only.
    ///
    /// On failure no trace of it may stay, or the next start would find the chain in two pieces.
    func beginSegment(after end: End) throws(StoreError) {
        let name = LedgerFormat.segmentName(firstSequence: end.sequence + 1)
        do throws(StoreError) {
            try files.withLock { (files) throws(StoreError) in
                guard let number = files?.segmentNumber else { throw .closed }
                let header = LedgerHeader(
                    instance: instance, segment: number + 1, previousSequence: end.sequence,
                    previousSeal: end.seal)
                try directory.replace(name, with: header.line)
                var segment = try AppendOnlyFile(name, length: header.line.count, in: directory)
                try segment.reserve(headroom: options.headroomBytes)
                files?.segment.giveBackRoom()
                files?.segment = segment
                files?.segmentNumber = number + 1
            }
        } catch {
            if (try? directory.removeIfPresent(name)) == nil {
                books.withLock { $0.end = error }
            }
            throw error
        }
    }

    /// Looks whether there is room to begin work; on the writer's thread only.
    private func measureRoom() {
        do throws(StoreError) {
            let isFull = try !hasRoom()
            books.withLock { $0.isDiskFull = isFull }
        } catch {
            books.withLock { $0.end = $0.end ?? error }
        }
    }

    private func hasRoom() throws(StoreError) -> Bool {
        do throws(StoreError) {
            let free = try directory.attempt { () throws(DiskError) in
                try directory.disk.freeBytes(of: directory.descriptor)
            }
            try files.withLock { (files) throws(StoreError) in
                try files?.segment.reserve(headroom: options.headroomBytes)
            }
            return free >= options.lowWaterBytes
        } catch .diskFull {
            return false
        }
    }
}
