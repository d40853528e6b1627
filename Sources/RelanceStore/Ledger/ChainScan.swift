import CLinux
import Glibc

/// Checks the seals of a file of lines, one behind the other, up to the first line that does not fit.
///
/// The header and the first record both follow the seal the file continues from: a record can be sealed before it is
/// known in which file it will stand.
struct ChainScan {
    /// The seals of the good lines, in order.
    private(set) var seals: [UInt32] = []
    /// Where the good lines begin, and behind the last one where it ends.
    private(set) var starts: [Int] = [0]
    /// Whether, behind the first bad line, something still looks like a record: then records were lost in between.
    private(set) var hasRecordBehindBad = false

    /// The sequence the first bad line claims, when the line is whole but for its seal.
    private(set) var claimedSequence: UInt64?

    /// Where the good lines end.
    var goodEnd: Int { starts[starts.count - 1] }
    /// The number of the first bad line, when there is one.
    let firstBadLine: Int?

    /// Scans a file that continues from the seal `previous`, or lines from its middle.
    init(_ bytes: [UInt8], after previous: UInt32, hasHeader: Bool = true) {
        var seals: [UInt32] = []
        var starts = [0]
        seals.reserveCapacity(bytes.count / 256)
        starts.reserveCapacity(bytes.count / 256)
        bytes.withUnsafeBytes { whole in
            var seal = previous
            var start = 0
            while start < whole.count, let line = Self.line(in: whole, from: start),
                line.count <= LedgerFormat.longestRecord, let own = LedgerFormat.sealed(line),
                LedgerFormat.checksum(of: line, after: seal) == own
            {
                if !seals.isEmpty || !hasHeader { seal = own }
                start += line.count + 1
                seals.append(own)
                starts.append(start)
            }
        }
        firstBadLine = starts[starts.count - 1] < bytes.count ? seals.count + 1 : nil
        self.seals = seals
        self.starts = starts
        guard firstBadLine != nil else { return }
        hasRecordBehindBad = Self.holdsRecord(bytes, behind: goodEnd)
        claimedSequence = Self.claimedSequence(bytes, at: goodEnd)
    }

    /// The line that begins here without its end; nil when it does not end.
    private static func line(in whole: UnsafeRawBufferPointer, from start: Int) -> UnsafeRawBufferPointer? {
        guard let base = whole.baseAddress,
            let end = memchr(base + start, Int32(UInt8(ascii: "\n")), whole.count - start)
        else { return nil }
        return UnsafeRawBufferPointer(start: base + start, count: UnsafeRawPointer(end) - (base + start))
    }

    private static func claimedSequence(_ bytes: [UInt8], at start: Int) -> UInt64? {
        bytes.withUnsafeBytes { whole in
            guard let line = line(in: whole, from: start), LedgerFormat.sealed(line) != nil,
                line.starts(with: opening)
            else { return nil }
            let digits = line.dropFirst(opening.count).prefix { (0x30...0x39).contains($0) }
            return UInt64(String(decoding: digits, as: UTF8.self))
        }
    }

    private static let opening = Array(#"{"s":"#.utf8)

    /// Whether a whole record begins behind the start of a bad line, be it on that line (its end was hit) or later.
    ///
    /// No value of a record can look like the start of one: the quotes of a string are escaped.
    private static func holdsRecord(_ bytes: [UInt8], behind start: Int) -> Bool {
        bytes.withUnsafeBytes { whole in
            guard let base = whole.baseAddress else { return false }
            var from = start + 1
            while from < whole.count,
                let found = memmem(base + from, whole.count - from, opening, opening.count)
            {
                let begin = UnsafeRawPointer(found) - base
                if let line = line(in: whole, from: begin), LedgerFormat.sealed(line) != nil { return true }
                from = begin + 1
            }
            return false
        }
    }
}
