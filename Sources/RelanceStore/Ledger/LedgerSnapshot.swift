import PositionedJSON
import RelanceCore

/// A file with the entries that are still needed to fold the state as of one record, sealed like a segment.
///
///     {"relance_snapshot":1,"min_reader":1,"instance":"…","last_seq":812,"last_t":"…","last_crc":"5d0a…","c":"…"}
///     …records, their sequences rising with gaps…
///     {"count":311,"c":"…"}
struct LedgerSnapshot {
    var instance: String
    var lastSequence: UInt64
    var lastInstant: Instant?
    /// The seal of the record it was taken behind.
    var lastSeal: UInt32
    var entries: [LedgerEntry]

    func bytes() throws(StoreError) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("relance_snapshot", LedgerFormat.version)
        writer.member("min_reader", LedgerFormat.version)
        writer.member("instance", instance)
        writer.member("last_seq", lastSequence)
        writer.member("last_t", lastInstant?.rfc3339UTCMilliseconds)
        writer.member("last_crc", String(decoding: LedgerFormat.hexadecimal(lastSeal), as: UTF8.self))
        var bytes = writer.bytes
        bytes.reserveCapacity(entries.count * 320)
        _ = LedgerFormat.seal(&bytes, from: 0, after: 0)
        var seal: UInt32 = 0
        for entry in entries {
            seal = try entry.seal(into: &bytes, after: seal)
        }
        let start = bytes.count
        bytes.append(contentsOf: "{\"count\":\(entries.count)".utf8)
        _ = LedgerFormat.seal(&bytes, from: start, after: seal)
        return bytes
    }

    /// Nil when the file is anything but a whole snapshot, every seal and the count right.
    init?(_ bytes: [UInt8], file: String) throws(StoreError) {
        let scan = ChainScan(bytes, after: 0)
        guard scan.firstBadLine == nil, scan.seals.count >= 2 else { return nil }
        let lines = scan.starts
        guard let header = try? JSONDocument.parse(Array(bytes[..<lines[1]])).root,
            let footer = try? JSONDocument.parse(Array(bytes[lines[lines.count - 2]...])).root,
            header["relance_snapshot"]?.integer != nil, let needs = header["min_reader"]?.integer,
            let count = footer["count"]?.integer, count == scan.seals.count - 2
        else { return nil }
        guard needs <= LedgerFormat.version else {
            throw .newerFormat(file: file, needs: Int(clamping: needs))
        }
        guard let instance = header["instance"]?.string, let sequence = header["last_seq"]?.integer,
            LedgerFormat.numbers.contains(sequence),
            let seal = header["last_crc"]?.string.flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        self.instance = instance
        lastSequence = UInt64(clamping: sequence)
        lastInstant = header["last_t"]?.string.flatMap(Instant.init(rfc3339:))
        lastSeal = seal
        entries = try LedgerSegment.entries(bytes, scan, file: file, sequences: .any, footers: 1)
    }

    init(state: LedgerState, instance: String, lastSequence: UInt64, lastSeal: UInt32) {
        self.instance = instance
        self.lastSequence = lastSequence
        self.lastSeal = lastSeal
        lastInstant = state.lastInstant
        entries = state.liveEntries
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
