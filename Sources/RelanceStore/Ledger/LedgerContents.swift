import RelanceCore

/// All that the files of a ledger say, read without changing any of them.
package struct LedgerContents: Sendable {
    package private(set) var instance = ""
    package private(set) var history: LedgerHistory
    /// How many records were read behind the snapshot.
    package private(set) var recordsRead = 0
    package private(set) var bytesRead = 0
    package private(set) var tornTail: TornTail?
    /// Records that could not follow the ones before: kept in the file, without effect on the state.
    package private(set) var illegal: [IllegalTransition] = []
    /// Snapshots that could not be used.
    package private(set) var badSnapshots: [String] = []
    /// The last record of the snapshot in use; 0 when there is none.
    private(set) var snapshotSequence: UInt64 = 0
    /// The segment that new records go to.
    private(set) var end = OpenSegment(file: "", number: 0, length: 0, lastSequence: 0, lastSeal: 0)

    private var snapshotSeal: UInt32 = 0
    /// How far the ledger is known to have got, and the seal of that record here, if it was read.
    private let mark: LedgerMark?
    private var sealAtMark: UInt32?

    private init(_ history: LedgerHistory, _ mark: LedgerMark?) {
        self.history = history
        self.mark = mark
    }

    package var state: LedgerState { history.state }

    /// Whether the mark tells of a record of this ledger that is not in it: then it is an older copy.
    var isBehindMark: Bool {
        guard let mark, mark.instance == instance else { return false }
        return mark.sequence > end.lastSequence || sealAtMark.map { $0 != mark.seal } == true
    }

    /// The end of the chain; without a name before any segment was read.
    struct OpenSegment: Hashable {
        var file: String
        var number: Int
        /// How much of the file is good.
        var length: Int
        var lastSequence: UInt64
        var lastSeal: UInt32
    }

    /// Reads the newest sound snapshot and the segments behind it; nil when the directory holds no ledger.
    ///
    /// Throws `StoreError.damaged` for anything that is not a whole chain with at most a torn tail. Needs no lock: when a
    /// compaction takes files away meanwhile, it reads again.
    ///
    /// `history` is empty and says what to keep.
    static func read(
        _ directory: StateDirectory, into history: LedgerHistory = LedgerHistory(), mark: LedgerMark? = nil
    ) throws(StoreError) -> LedgerContents? {
        let names = try directory.names()
        do throws(StoreError) {
            return try read(names, in: directory, into: history, mark)
        } catch {
            guard try directory.names() != names else { throw error }
            return try read(directory, into: history, mark: mark)
        }
    }

    private static func read(
        _ names: [String], in directory: StateDirectory, into history: LedgerHistory, _ mark: LedgerMark?
    ) throws(StoreError) -> LedgerContents? {
        let segments = names.filter { LedgerFormat.firstSequence(ofSegment: $0) != nil }
        let snapshots = names.filter { LedgerFormat.lastSequence(ofSnapshot: $0) != nil }
        guard !segments.isEmpty || !snapshots.isEmpty else { return nil }
        var contents = LedgerContents(history, mark)
        for name in snapshots.reversed() where contents.snapshotSequence == 0 {
            try contents.begin(withSnapshot: name, in: directory)
        }
        for file in try files(segments, behind: contents.snapshotSequence) {
            let bytes = try directory.read(file)
            try contents.follow(
                try LedgerSegment(bytes, file: file, isLast: file == segments.last), file: file)
        }
        let end = contents.end
        guard end.lastSequence >= contents.snapshotSequence else {
            throw .damaged(
                LedgerDamage(
                    file: end.file, line: 1, offset: end.length,
                    kind: .content("ends at record \(end.lastSequence), before the snapshot does")))
        }
        return contents
    }

    /// The segments, sorted by name, that hold what follows a record.
    static func files(_ segments: [String], behind sequence: UInt64) throws(StoreError) -> ArraySlice<String>
    {
        let next = sequence + 1
        let first = segments.lastIndex { LedgerFormat.firstSequence(ofSegment: $0) ?? .max <= next }
        guard let first else {
            let missing = LedgerFormat.segmentName(firstSequence: next)
            throw .damaged(LedgerDamage(file: missing, line: 1, offset: 0, kind: .missing))
        }
        return segments[first...]
    }

    /// Takes the snapshot as the beginning, or notes that it cannot be used.
    private mutating func begin(
        withSnapshot file: String, in directory: StateDirectory
    ) throws(StoreError) {
        var begun = history
        var isLegal = true
        let snapshot = try LedgerSnapshot.read(file, in: directory) { (entries) throws(StoreError) in
            do throws(IllegalTransition) {
                for entry in entries where isLegal { try begun.apply(entry) }
            } catch {
                isLegal = false
            }
        }
        guard let snapshot, isLegal, snapshot.lastSequence == LedgerFormat.lastSequence(ofSnapshot: file)
        else {
            badSnapshots.append(file)
            return
        }
        begun.endSnapshot(
            lastSequence: snapshot.lastSequence, lastInstant: snapshot.lastInstant,
            lastTime: snapshot.lastTime)
        history = begun
        instance = snapshot.instance
        snapshotSequence = snapshot.lastSequence
        snapshotSeal = snapshot.lastSeal
        note(snapshot.lastSeal, of: snapshot.lastSequence)
    }

    private mutating func note(_ seal: UInt32, of sequence: UInt64) {
        if sequence == mark?.sequence { sealAtMark = seal }
    }

    /// Goes on with a segment, which has to continue exactly where the one before or the snapshot ended.
    private mutating func follow(_ segment: LedgerSegment, file: String) throws(StoreError) {
        let header = segment.header
        func damage(_ kind: LedgerDamage.Kind, line: Int = 1, offset: Int = 0) -> StoreError {
            .damaged(LedgerDamage(file: file, line: line, offset: offset, kind: kind))
        }
        guard LedgerFormat.firstSequence(ofSegment: file) == header.previousSequence + 1 else {
            throw damage(.content("the name is not that of its first record"))
        }
        if !end.file.isEmpty {
            guard header.previousSequence == end.lastSequence, header.segment == end.number + 1 else {
                throw damage(.gap(expected: end.lastSequence + 1))
            }
            guard header.previousSeal == end.lastSeal else { throw damage(.otherChain) }
        } else if header.previousSequence == snapshotSequence, header.previousSeal != snapshotSeal {
            throw damage(.otherChain)
        }
        guard instance.isEmpty || instance == header.instance else { throw damage(.otherChain) }
        instance = header.instance
        note(header.previousSeal, of: header.previousSequence)
        for (index, entry) in segment.entries.enumerated() {
            note(segment.seals[index], of: entry.stamp.sequence)
            if entry.stamp.sequence == snapshotSequence, segment.seals[index] != snapshotSeal {
                throw damage(.otherChain, line: index + 2, offset: segment.offsets[index])
            }
            guard entry.stamp.sequence > snapshotSequence else { continue }
            recordsRead += 1
            do throws(IllegalTransition) {
                try history.apply(entry)
            } catch {
                illegal.append(error)
            }
        }
        bytesRead += segment.length
        tornTail = segment.tornTail
        end = OpenSegment(
            file: file, number: header.segment, length: segment.length,
            lastSequence: header.previousSequence + UInt64(segment.entries.count),
            lastSeal: segment.lastSeal)
    }
}
