/// The reply of a relay that decided on a transfer: all its lines as one, read once.
struct RelayReply {
    /// Its enhanced status code (RFC 3463), such as 5.1.1; empty when it bears none.
    let status: String
    /// The words of all its lines behind its code, as they may be kept.
    let kept: String
    /// Whether its lines bear different codes, so that it is none (RFC 5321, 4.2.1).
    let isGarbled: Bool

    /// The last reply of that code among the lines of a relay; the answer to our QUIT may stand after it.
    init(in replies: [String], code: Int) {
        let lines = Self.lastLines(of: replies, code: code)
        isGarbled = Set(lines.map { $0.prefix(3) }).count > 1
        var words = lines.map { $0.dropFirst(4) }.joined(separator: " ")[...]
        let first = words.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        status = Self.isStatus(first) ? String(first) : ""
        // Code and status stand apart, lest they be taken for the beginning of a number.
        words = words.dropFirst(status.count).trimmingPrefix(" ")
        let head = (lines.first ?? "").prefix(status.isEmpty ? 3 : 4)
        kept = FarSideWords.kept(String(words), after: "\(head)\(status)")
    }

    private static func lastLines(of replies: [String], code: Int) -> ArraySlice<String> {
        guard let last = replies.lastIndex(where: { $0.hasPrefix(String(code)) }) else { return [] }
        var first = last
        while first > 0, replies[first - 1].dropFirst(3).first == "-" { first -= 1 }
        return replies[first...last]
    }

    /// A class, a subject and a detail of one to three figures each.
    private static func isStatus(_ word: Substring) -> Bool {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && ["2", "4", "5"].contains(parts[0])
            && parts.allSatisfy { (1...3).contains($0.utf8.count) }
    }
}
