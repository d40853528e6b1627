import PositionedJSON
import RelanceCore

/// The first line of a segment.
struct LedgerHeader: Hashable {
    var instance: String
    var segment: Int
    /// The last record before this file and its seal; 0 and 0 when there is none.
    var previousSequence: UInt64
    var previousSeal: UInt32

    /// The sealed line.
    var line: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("relance_ledger", LedgerFormat.version)
        writer.member("min_reader", LedgerFormat.version)
        writer.member("instance", instance)
        writer.member("segment", segment)
        writer.member("prev_last_seq", previousSequence)
        writer.member("prev_crc", String(decoding: LedgerFormat.hexadecimal(previousSeal), as: UTF8.self))
        var bytes = writer.bytes
        _ = LedgerFormat.seal(&bytes, from: 0, after: previousSeal)
        return bytes
    }

    /// Reads the first line of a file; what no segment begins with is damage.
    init(of bytes: [UInt8], file: String) throws(StoreError) {
        let damaged = StoreError.damaged(LedgerDamage(file: file, line: 1, offset: 0, kind: .header))
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw damaged }
        guard let document = try? JSONDocument.parse(Array(bytes[..<end])) else { throw damaged }
        let record = RecordReader(node: document.root)
        guard record.node["relance_ledger"]?.integer != nil, let needs = record.node["min_reader"]?.integer
        else { throw damaged }
        guard needs <= LedgerFormat.version else {
            throw .newerFormat(file: file, needs: Int(clamping: needs))
        }
        guard let instance = record.optionalText("instance"), let segment = record.node["segment"]?.integer,
            let sequence = record.node["prev_last_seq"]?.integer,
            LedgerFormat.numbers.contains(segment), LedgerFormat.numbers.contains(sequence),
            let seal = record.optionalText("prev_crc").flatMap({ UInt32($0, radix: 16) })
        else { throw damaged }
        self.init(
            instance: instance, segment: Int(clamping: segment),
            previousSequence: UInt64(clamping: sequence), previousSeal: seal)
    }

    init(instance: String, segment: Int, previousSequence: UInt64, previousSeal: UInt32) {
        self.instance = instance
        self.segment = segment
        self.previousSequence = previousSequence
        self.previousSeal = previousSeal
    }
}

/// One segment as read: its records, and its tail if it was torn.
struct LedgerSegment {
    let header: LedgerHeader
    let entries: [LedgerEntry]
    /// The seals of the entries, in their order.
    let seals: [UInt32]
    /// The seal the next record has to follow.
    let lastSeal: UInt32
    /// Where each entry begins.
    let offsets: [Int]
    /// How much of the file is good.
    let length: Int
    let tornTail: TornTail?

    /// Reads a segment; a bad tail is allowed in the last one only, and only when no record lies behind it.
    init(_ bytes: [UInt8], file: String, isLast: Bool) throws(StoreError) {
        guard !bytes.isEmpty else {
            throw .damaged(LedgerDamage(file: file, line: 1, offset: 0, kind: .empty))
        }
        let header = try LedgerHeader(of: bytes, file: file)
        let scan = ChainScan(bytes, after: header.previousSeal)
        guard !scan.seals.isEmpty else {
            throw .damaged(LedgerDamage(file: file, line: 1, offset: 0, kind: .header))
        }
        if let line = scan.firstBadLine {
            // A whole record with another number than the next has lost the one before it: no torn write does that.
            let next = header.previousSequence + UInt64(scan.seals.count)
            guard isLast, !scan.hasRecordBehindBad, scan.claimedSequence ?? next == next else {
                throw .damaged(LedgerDamage(file: file, line: line, offset: scan.goodEnd, kind: .record))
            }
            tornTail = TornTail(
                file: file, line: line, offset: scan.goodEnd, bytes: Array(bytes[scan.goodEnd...]))
        } else {
            tornTail = nil
        }
        self.header = header
        entries = try LedgerSegment.entries(
            bytes, scan, file: file, sequences: .following(header.previousSequence))
        seals = Array(scan.seals.dropFirst())
        lastSeal = seals.last ?? header.previousSeal
        offsets = Array(scan.starts.dropFirst().dropLast())
        length = scan.goodEnd
    }

    /// How the sequences of a file's records run.
    enum Sequences {
        /// Without a gap from the one behind.
        case following(UInt64)
        /// As they come, for a snapshot.
        case any
    }

    /// The records of sealed lines, behind the header if there is one; `place` is where in the file the bytes begin.
    static func entries(
        _ bytes: [UInt8], _ scan: ChainScan, file: String, sequences: Sequences, hasHeader: Bool = true,
        place: (line: Int, offset: Int) = (1, 0)
    ) throws(StoreError) -> [LedgerEntry] {
        let good = scan.goodEnd == bytes.count ? bytes : Array(bytes[..<scan.goodEnd])
        let records: [Result<JSONNode, JSONProblem>]
        do throws(JSONProblem) {
            records = try JSONLines.parse(good, limits: limits).records
        } catch {
            throw .damaged(
                LedgerDamage(
                    file: file, line: place.line + error.position.line - 1,
                    offset: place.offset + error.position.offset,
                    kind: .content("\(error)")))
        }
        var entries: [LedgerEntry] = []
        entries.reserveCapacity(records.count)
        for index in records.indices.dropFirst(hasHeader ? 1 : 0) {
            let (number, offset) = (place.line + index, place.offset + scan.starts[index])
            let damage = { (what: String) in
                StoreError.damaged(
                    LedgerDamage(file: file, line: number, offset: offset, kind: .content(what)))
            }
            guard case .success(let node) = records[index] else { throw damage("the record is no JSON") }
            let line = good[scan.starts[index]..<scan.starts[index + 1] - 1]
            do throws(RecordFault) {
                entries.append(try LedgerEntry(RecordReader(node: node), line: line))
            } catch {
                switch error {
                case .unknownKind(let kind):
                    throw .unknownRecord(
                        file: file, line: number, offset: offset, kind: kind)
                case .badMember(let name): throw damage("the record's '\(name)' is missing or cannot be read")
                }
            }
            if case .following(let previous) = sequences,
                entries[entries.count - 1].stamp.sequence != previous + UInt64(index)
            {
                throw damage("the record is out of sequence")
            }
        }
        return entries
    }

    static var limits: JSONLimits {
        var limits = JSONLimits()
        limits.documentBytes = 1 << 31
        limits.stringBytes = LedgerFormat.longestRecord
        limits.membersPerObject = 1000
        return limits
    }
}

/// The end of the last segment that a crash left half written; nothing in it was ever acted upon.
package struct TornTail: Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var offset: Int
    package var bytes: [UInt8]

    package var description: String {
        "\(file):\(line):\(offset): the last \(bytes.count) bytes were half written and are set aside"
    }
}
