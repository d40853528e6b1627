/// The bytes of one document or of one file of lines, with the map that finds lines in them.
struct JSONSource: Sendable {
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    let bytes: [UInt8]
    let lines: LineMap
    /// Where the text begins, behind a byte order mark.
    let start: Int

    /// Refuses what is too large, and what is plainly another encoding, before anything else is read of it.
    init(_ bytes: [UInt8], limits: JSONLimits) throws(JSONProblem) {
        guard bytes.count <= limits.documentBytes else {
            throw JSONProblem(
                .documentTooLong(bytes: bytes.count, limit: limits.documentBytes),
                at: JSONPosition(line: 1, column: 1, offset: 0))
        }
        if let encoding = Self.foreignEncoding(of: bytes) {
            throw JSONProblem(.otherEncoding(encoding), at: JSONPosition(line: 1, column: 1, offset: 0))
        }
        self.bytes = bytes
        lines = LineMap(bytes)
        start = bytes.starts(with: Self.byteOrderMark) ? Self.byteOrderMark.count : 0
    }

    func position(of offset: Int) -> JSONPosition {
        lines.position(of: offset, in: bytes)
    }

    func problem(_ fault: JSONFault, at offset: Int) -> JSONProblem {
        JSONProblem(fault, at: position(of: offset))
    }

    /// By byte order mark, else by the NULs that ASCII punctuation leaves in the first four bytes (RFC 4627, 3).
    private static func foreignEncoding(of bytes: [UInt8]) -> String? {
        let head = Array(bytes.prefix(4))
        if head == [0, 0, 0xFE, 0xFF] || head == [0xFF, 0xFE, 0, 0] { return "UTF-32" }
        if head.starts(with: [0xFE, 0xFF]) || head.starts(with: [0xFF, 0xFE]) { return "UTF-16" }
        guard head.count == 4 else { return nil }
        switch head.map({ $0 == 0 }) {
        case [true, true, true, false], [false, true, true, true]: return "UTF-32"
        case [true, false, true, false], [false, true, false, true]: return "UTF-16"
        default: return nil
        }
    }
}
