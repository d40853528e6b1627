/// What a strict server complains of in a request (RFC 9110, 5 and 8.6; RFC 9112, 2 to 6).
///
/// Of the liberties the standard leaves it knows only those this house takes: bodies have a length, and nobody asks for an
/// encoding, a cookie or a second answer.
enum HTTPJudge {
    /// Of the head as it came, the empty line included.
    static func complaints(ofHead head: [UInt8]) -> [String] {
        let text = Array(head.dropLast(4))
        let pairs = zip(text, text.dropFirst())
        var complaints: [String] = []
        if pairs.contains(where: { $0 == UInt8(ascii: "\r") && $1 != UInt8(ascii: "\n") }) {
            complaints.append("a bare CR")
        }
        if pairs.contains(where: { $0 != UInt8(ascii: "\r") && $1 == UInt8(ascii: "\n") }) {
            complaints.append("a bare LF")
        }
        if text.contains(where: { $0 != 0x0D && $0 != 0x0A && !(0x20...0x7E).contains($0) }) {
            complaints.append("an octet that is not printable ASCII")
        }
        let lines = String(decoding: text, as: UTF8.self)
            .split(separator: "\r\n", omittingEmptySubsequences: false).map { String($0) }
        complaints += Self.complaints(ofRequestLine: lines[0])
        let method = lines[0].prefix { $0 != " " }
        return complaints + Self.complaints(ofHeaders: lines.dropFirst(), method: String(method))
    }

    private static func complaints(ofRequestLine line: String) -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        let isExact =
            words.count == 3 && !words[0].isEmpty && words[0].utf8.allSatisfy { (0x41...0x5A).contains($0) }
            && words[1].hasPrefix("/") && !words[1].contains("#") && words[2] == "HTTP/1.1"
        return isExact ? [] : ["another request line: \(line.prefix(80))"]
    }

    private static func complaints(ofHeaders lines: ArraySlice<String>, method: String) -> [String] {
        var complaints: [String] = []
        var values: [String: String] = [:]
        for line in lines {
            let name = line.prefix { $0 != ":" }
            let value = line.dropFirst(name.count + 1).drop { $0 == " " }
            guard name.count < line.count, !name.isEmpty, name.utf8.allSatisfy(isTokenOctet) else {
                complaints.append("a header that is none: \(line.prefix(80))")
                continue
            }
            if values.updateValue(String(value), forKey: name.lowercased()) != nil {
                complaints.append("a header twice: \(name)")
            }
        }
        if values["host"]?.isEmpty != false { complaints.append("no host") }
        for name in ["transfer-encoding", "expect", "accept-encoding", "cookie"] where values[name] != nil {
            complaints.append("a header nobody asked for: \(name)")
        }
        let length = values["content-length"]
        switch method {
        case "GET", "HEAD": if length != nil { complaints.append("a length without a body") }
        default:
            let isNumber =
                length.map { text in
                    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                        && (text == "0" || text.first != "0")
                } ?? false
            if !isNumber { complaints.append("no length of the body") }
        }
        return complaints
    }

    private static func isTokenOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(octet)
        }
    }
}
