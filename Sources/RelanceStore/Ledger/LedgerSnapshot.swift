import PositionedJSON
import RelanceCore

/// A file with the entries that are still needed to fold the state as of one record, sealed like a segment.
///
///     {"relance_snapshot":1,"min_reader":1,"instance":"…","last_seq":812,"last_t":"…","last_crc":"5d0a…","c":"…"}
///     …records, their sequences rising with gaps…
///     {"count":311,"c":"…"}
///
/// It holds months of messages, so it is written and read block by block.
struct LedgerSnapshot {
    var instance: String
    var lastSequence: UInt64
    var lastInstant: Instant?
    /// Where it differs from the former, since the clock was set back.
    var lastTime: Instant?
    /// The seal of the record it was taken behind.
    var lastSeal: UInt32

    var name: String { LedgerFormat.snapshotName(lastSequence: lastSequence) }
}

// MARK: - Writing

extension LedgerSnapshot {
    /// Puts the snapshot in place with the entries that `fill` hands over; says how many bytes it has.
    func write(
        to directory: StateDirectory, _ fill: (inout Writer) throws(StoreError) -> Void
    ) throws(StoreError) -> Int {
        var bytes = 0
        try directory.replace(name) { (file) throws(StoreError) in
            var writer = try Writer(header, to: file)
            try fill(&writer)
            bytes = try writer.end()
        }
        return bytes
    }

    /// Seals entries one behind the other.
    struct Writer {
        private static let blockBytes = 1 << 20

        private let file: StateDirectory.NewFile
        private var block: [UInt8]
        private var seal: UInt32 = 0
        private var written = 0
        private(set) var count = 0

        fileprivate init(_ header: [UInt8], to file: StateDirectory.NewFile) throws(StoreError) {
            self.file = file
            block = header
            _ = LedgerFormat.seal(&block, from: 0, after: 0)
        }

        mutating func write(_ entry: LedgerEntry) throws(StoreError) {
            seal = try entry.seal(into: &block, after: seal)
            count += 1
            if block.count >= Self.blockBytes { try flush() }
        }

        fileprivate mutating func end() throws(StoreError) -> Int {
            let start = block.count
            block.append(contentsOf: "{\"count\":\(count)".utf8)
            _ = LedgerFormat.seal(&block, from: start, after: seal)
            try flush()
            return written
        }

        private mutating func flush() throws(StoreError) {
            try file.write(block)
            written += block.count
            block.removeAll(keepingCapacity: true)
        }
    }

    /// The first line without its seal.
    private var header: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("relance_snapshot", LedgerFormat.version)
        writer.member("min_reader", LedgerFormat.version)
        writer.member("instance", instance)
        writer.member("last_seq", lastSequence)
        writer.member("last_t", lastInstant?.rfc3339UTCMilliseconds)
        if lastTime != lastInstant { writer.member("last_w", lastTime?.rfc3339UTCMilliseconds) }
        writer.member("last_crc", String(decoding: LedgerFormat.hexadecimal(lastSeal), as: UTF8.self))
        return writer.bytes
    }
}

extension LedgerEntry {
    /// Appends the entry as a sealed line and returns its seal.
    func seal(into bytes: inout [UInt8], after previous: UInt32) throws(StoreError) -> UInt32 {
        let start = bytes.count
        write(to: &bytes)
        let seal = LedgerFormat.seal(&bytes, from: start, after: previous)
        guard bytes.count - start <= LedgerFormat.longestRecord else {
            throw .recordTooLong(bytes: bytes.count - start, limit: LedgerFormat.longestRecord)
        }
        return seal
    }
}

// MARK: - Reading

extension LedgerSnapshot {
    /// Hands over the entries of a snapshot, some at a time.
    ///
    /// Nil when the file is anything but a whole snapshot, every seal and the count right: known at the end only, when
    /// what was handed over has to be given up.
    static func read(
        _ file: String, in directory: StateDirectory, _ take: ([LedgerEntry]) throws(StoreError) -> Void
    ) throws(StoreError) -> LedgerSnapshot? {
        var blocks = try LineBlocks(file, in: directory)
        var snapshot: LedgerSnapshot?
        var place = (line: 1, offset: 0)
        var (seal, count): (UInt32, Int) = (0, 0)
        while let block = try blocks.next() {
            let isFirst = snapshot == nil
            let scan = ChainScan(block, after: seal, hasHeader: isFirst)
            guard scan.firstBadLine == nil, let last = scan.seals.last else { return nil }
            if isFirst {
                snapshot = try LedgerSnapshot(header: Array(block[..<scan.starts[1]]), file: file)
                guard snapshot != nil else { return nil }
            } else if let claimed = footer(block) {
                let isLast = try blocks.next() == nil
                return isLast && claimed == count ? snapshot : nil
            }
            let entries = try LedgerSegment.entries(
                block, scan, file: file, sequences: .any, hasHeader: isFirst, place: place)
            try take(entries)
            count += entries.count
            place = (place.line + scan.seals.count, place.offset + block.count)
            if !isFirst || scan.seals.count > 1 { seal = last }
        }
        return nil
    }

    /// How many entries there are, as the last line says; nil for any other.
    private static func footer(_ line: [UInt8]) -> Int64? {
        guard line.starts(with: #"{"count":"#.utf8) else { return nil }
        return (try? JSONDocument.parse(line))?.root["count"]?.integer
    }

    /// Nil when the line is not the first of a snapshot.
    private init?(header line: [UInt8], file: String) throws(StoreError) {
        guard let header = try? JSONDocument.parse(line).root, header["relance_snapshot"]?.integer != nil,
            let needs = header["min_reader"]?.integer
        else { return nil }
        guard needs <= LedgerFormat.version else {
            throw .newerFormat(file: file, needs: Int(clamping: needs))
        }
        guard let instance = header["instance"]?.string, let sequence = header["last_seq"]?.integer,
            LedgerFormat.numbers.contains(sequence),
            let seal = header["last_crc"]?.string.flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        self.init(
            instance: instance, lastSequence: UInt64(clamping: sequence),
            lastInstant: header["last_t"]?.string.flatMap(Instant.init(rfc3339:)),
            lastTime: header["last_w"]?.string.flatMap(Instant.init(rfc3339:)), lastSeal: seal)
    }
}
