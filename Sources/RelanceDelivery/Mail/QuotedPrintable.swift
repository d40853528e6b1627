/// The quoted-printable transfer encoding of text (RFC 2045, 6.7), one way to write each text.
///
/// Lines of the result end in CR LF and are at most 76 octets, a soft break never cuts a character in two, and
/// whatever could be mistaken on the way (a lone dot, an mbox "From ", white space at the end of a line) is escaped.
package enum QuotedPrintable {
    /// Encodes text whose line ends may be LF, CR or CR LF; the result always ends in CR LF, and holds one at least.
    package static func encode(_ text: String) -> [UInt8] {
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count * 5 / 4)
        for line in lines {
            encode(line: line, into: &out)
            out.append(contentsOf: "\r\n".utf8)
        }
        return out
    }

    private static func encode(line: Substring, into out: inout [UInt8]) {
        var column = 0
        let scalars = line.unicodeScalars
        for index in scalars.indices {
            let scalar = scalars[index]
            let isLast = scalars.index(after: index) == scalars.endIndex
            let isRisky = index == scalars.startIndex && (scalar == "." || line.hasPrefix("From "))
            let piece =
                isRisky || !isLiteral(scalar, endsLine: isLast)
                ? UTF8.encode(scalar)?.flatMap(escaped) ?? [] : [UInt8(ascii: scalar)]
            // 76 octets with the "=" of a soft break; the last piece of a line needs none.
            if column + piece.count > (isLast ? 76 : 75) {
                out.append(contentsOf: "=\r\n".utf8)
                column = 0
            }
            out.append(contentsOf: piece)
            column += piece.count
        }
    }

    private static func isLiteral(_ scalar: Unicode.Scalar, endsLine: Bool) -> Bool {
        switch scalar {
        case " ", "\t": !endsLine
        case "=": false
        case "!"..."~": true
        default: false
        }
    }

    /// `=E9`, with the capital letters RFC 2045 asks for.
    static func escaped(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
