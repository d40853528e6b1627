/// Why the bytes of a time zone could not be used.
package enum ZoneProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case notTZif
    case truncated
    case damaged(String)
    /// Files of `right/` count leap seconds; POSIX time, and so an `Instant`, does not.
    case countsLeapSeconds

    package var description: String {
        switch self {
        case .notTZif: "not a time zone file: it does not begin with TZif"
        case .truncated: "the time zone file ends too early"
        case .damaged(let detail): "the time zone file is damaged: \(detail)"
        case .countsLeapSeconds: "the time zone file counts leap seconds: take the one outside right/"
        }
    }
}

extension Zone {
    /// Reads a TZif file of version 1 to 4 (RFC 9636); of the later versions the 64-bit block and the footer count.
    package init(identifier: String, tzif bytes: [UInt8]) throws(ZoneProblem) {
        var reader = TZifReader(bytes)
        var header = try reader.header()
        var timeSize = 4
        if header.version > 1 {
            try reader.skip(header.length(timeSize: 4))
            header = try reader.header()
            timeSize = 8
        }
        guard header.leapCount == 0 else { throw .countsLeapSeconds }
        guard header.typeCount > 0 else { throw .damaged("it has no local time type") }

        var times: [Int64] = []
        times.reserveCapacity(header.timeCount)
        for _ in 0..<header.timeCount {
            let time = try reader.integer(size: timeSize)
            guard time < Zone.lastSecond else { throw .damaged("a transition after the year 9999") }
            if let last = times.last, last >= time { throw .damaged("its transitions are not in order") }
            times.append(time)
        }
        let types = try reader.take(header.timeCount)
        var offsets: [Int32] = []
        for _ in 0..<header.typeCount {
            let offset = try reader.integer(size: 4)
            guard PosixRule.offsets.contains(Int(offset)) else { throw .damaged("an offset of \(offset) s") }
            try reader.skip(2)  // whether it is summer time, and its name
            offsets.append(Int32(offset))
        }
        guard types.allSatisfy({ Int($0) < header.typeCount }) else {
            throw .damaged("a transition to an unknown type")
        }
        try reader.skip(header.nameCount + header.standardCount + header.universalCount)

        var starts: [Int64] = [.min]
        var periodOffsets = [offsets[0]]
        for (time, type) in zip(times, types) where offsets[Int(type)] != periodOffsets.last {
            starts.append(time)
            periodOffsets.append(offsets[Int(type)])
        }
        var repeatsAfter: Int64?
        if header.version > 1, let rule = try reader.footer() {
            repeatsAfter = Zone.unroll(rule, after: times.last, into: &starts, &periodOffsets)
        }
        self.init(
            identifier: identifier, starts: starts, offsets: periodOffsets, repeatsAfter: repeatsAfter)
    }

    /// The years of a `LocalDay`, within which rules for later years are unrolled.
    private static let firstSecond: Int64 = -62_135_596_800
    private static let lastSecond: Int64 = 253_402_300_800

    /// Appends what the rule says after the last transition of the file, for a little more than one cycle.
    ///
    /// Returns the second from which the table may be read modulo 400 years, or nil when nothing ever changes again.
    private static func unroll(
        _ rule: PosixRule, after last: Int64?, into starts: inout [Int64], _ offsets: inout [Int32]
    ) -> Int64? {
        guard rule.summer != nil else {
            guard offsets.last != Int32(rule.standard) else { return nil }
            // RFC 9636 asks the footer to agree with the last transition; without any, it rules all time.
            if let last {
                starts.append(last)
                offsets.append(Int32(rule.standard))
            } else {
                offsets = [Int32(rule.standard)]
            }
            return nil
        }
        let from = max(last ?? .min, Zone.firstSecond)
        let firstYear = LocalDay(daysSince1970: Int32(clamping: from.floored(by: 86_400))).year - 1
        for year in firstYear...(firstYear + 404) {
            for change in rule.changes(in: year) where change.second > from {
                if offsets.last != Int32(change.offset) {
                    starts.append(change.second)
                    offsets.append(Int32(change.offset))
                }
            }
        }
        return Int64(LocalDay(clampingYear: firstYear + 3, month: 1, day: 1).daysSince1970) * 86_400
    }
}

/// Walks the big-endian bytes of a TZif file, never past their end.
private struct TZifReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    struct Header {
        let version: Int
        let universalCount: Int
        let standardCount: Int
        let leapCount: Int
        let timeCount: Int
        let typeCount: Int
        let nameCount: Int

        func length(timeSize: Int) -> Int {
            timeCount * (timeSize + 1) + typeCount * 6 + nameCount + leapCount * (timeSize + 4)
                + standardCount + universalCount
        }
    }

    mutating func header() throws(ZoneProblem) -> Header {
        guard bytes.count - position >= 4, bytes[position..<position + 4].elementsEqual("TZif".utf8) else {
            throw .notTZif
        }
        position += 4
        let version = try take(1)
        try skip(15)
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(Int(try integer(size: 4))) }
        guard counts.allSatisfy({ (0...100_000).contains($0) }) else {
            throw .damaged("a count out of range")
        }
        return Header(
            version: version.first.map { $0 == 0 ? 1 : Int($0) - 48 } ?? 1, universalCount: counts[0],
            standardCount: counts[1], leapCount: counts[2], timeCount: counts[3], typeCount: counts[4],
            nameCount: counts[5])
    }

    mutating func take(_ count: Int) throws(ZoneProblem) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func skip(_ count: Int) throws(ZoneProblem) {
        guard count <= bytes.count - position else { throw .truncated }
        position += count
    }

    /// A signed big-endian integer of 4 or 8 bytes.
    mutating func integer(size: Int) throws(ZoneProblem) -> Int64 {
        var value: UInt64 = 0
        for byte in try take(size) { value = value << 8 | UInt64(byte) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }

    /// The rule between the two line feeds at the end; nil when they enclose nothing.
    mutating func footer() throws(ZoneProblem) -> PosixRule? {
        guard try take(1).first == 10, let end = bytes[position...].firstIndex(of: 10) else {
            throw .truncated
        }
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        if text.isEmpty { return nil }
        guard let rule = PosixRule(text) else { throw .damaged("the rule for later years, \(text)") }
        return rule
    }
}
