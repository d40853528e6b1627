/// The last look at a mail before it is handed to libcurl, which passes a bare LF on untouched (reliability 0, 4).
package enum WireFormat {
    /// What is wrong with the bytes as SMTP would carry them, or nil: only CR LF ends lines, the last one too, ASCII
    /// without NUL, at most 998 octets a line.
    package static func problem(in bytes: [UInt8]) -> String? {
        var line = 1
        var length = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\r"):
                guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") else {
                    return "line \(line): a CR without its LF"
                }
                index += 1
                line += 1
                length = 0
            case UInt8(ascii: "\n"): return "line \(line): a LF without its CR"
            case 0: return "line \(line): a NUL"
            case 0x80...: return "line \(line): an octet outside ASCII"
            default:
                length += 1
                guard length <= 998 else { return "line \(line): longer than 998 octets" }
            }
            index += 1
        }
        return length == 0 && line > 1 ? nil : "the last line has no end"
    }
}
