import RelanceCore

/// The shape of ledger files: lines of ASCII JSON, each sealed by a checksum over the seal before it and its own bytes.
///
///     {"relance_ledger":1,"min_reader":1,"instance":"…","segment":3,"prev_last_seq":812,"prev_crc":"5d0a…","c":"…"}
///     {"s":813,"t":"2026-11-23T08:00:00.000Z","b":412000,"k":"plan",…,"c":"9f41c2d7"}
package enum LedgerFormat {
    /// What this program writes, and the newest it can read.
    static let version = 1
    static let longestRecord = 256 << 10
    /// Numbers of records and segments: what names have digits for, with room to count on.
    static let numbers: ClosedRange<Int64> = 0...999_999_999_999_999

    /// The seal at the end of each line: `,"c":"xxxxxxxx"}`.
    package static let sealLength = 16
    private static let sealStart = Array(#","c":""#.utf8)

    /// Closes a line that lacks its brace: appends the seal and the line end, and returns the new checksum.
    package static func seal(_ line: inout [UInt8], from start: Int, after previous: UInt32) -> UInt32 {
        let crc = line[start...].withUnsafeBytes { content in
            CRC32C.checksum(content, continuing: CRC32C.checksum(hexadecimal(previous)))
        }
        line.append(contentsOf: sealStart)
        line.append(contentsOf: hexadecimal(crc))
        line.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: "}"), UInt8(ascii: "\n")])
        return crc
    }

    /// The checksum a line, without its line end, carries; nil when it does not end in a seal.
    static func sealed(_ line: UnsafeRawBufferPointer) -> UInt32? {
        guard line.count > sealLength + 1 else { return nil }
        let seal = UnsafeRawBufferPointer(rebasing: line.suffix(sealLength))
        guard seal.starts(with: sealStart), seal[14] == UInt8(ascii: "\""), seal[15] == UInt8(ascii: "}")
        else { return nil }
        var crc: UInt32 = 0
        for byte in seal[6..<14] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): crc = crc << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): crc = crc << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return crc
    }

    /// The checksum the line ought to carry behind a line that carries `previous`.
    static func checksum(of line: UnsafeRawBufferPointer, after previous: UInt32) -> UInt32 {
        CRC32C.checksum(
            UnsafeRawBufferPointer(rebasing: line.dropLast(sealLength)),
            continuing: CRC32C.checksum(hexadecimal(previous)))
    }

    /// Eight lower-case digits.
    static func hexadecimal(_ crc: UInt32) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return stride(from: 28, through: 0, by: -4).map { digits[Int(crc >> UInt32($0) & 15)] }
    }

    package static func segmentName(firstSequence: UInt64) -> String {
        "ledger-" + padded(firstSequence) + ".jsonl"
    }

    package static func snapshotName(lastSequence: UInt64) -> String {
        "snapshot-" + padded(lastSequence) + ".json"
    }

    /// The sequence in the name of a segment; nil for any other name.
    static func firstSequence(ofSegment name: String) -> UInt64? {
        sequence(in: name, between: "ledger-", ".jsonl")
    }

    /// The sequence in the name of a snapshot; nil for any other name.
    static func lastSequence(ofSnapshot name: String) -> UInt64? {
        sequence(in: name, between: "snapshot-", ".json")
    }

    private static func sequence(in name: String, between prefix: String, _ suffix: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.count == 16, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(digits)
    }

    private static func padded(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }
}
