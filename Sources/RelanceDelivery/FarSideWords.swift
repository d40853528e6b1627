import RelanceCore

/// What of the far side's words is kept, whichever far side: one line, nothing personal, no secret of ours.
///
/// Contract: a secret, an address or a number that begins among the words kept is taken out whole, wherever it ends; and
/// every step passes over the words once, however many of them a peer sends.
enum FarSideWords {
    /// On one line, without addresses, numbers and our own secrets, and 512 octets at most; `code` stands before the words as
    /// it is.
    static func kept(_ words: String, after code: String = "", secrets: SpokenSecrets = .none) -> String {
        let line = SafeText.line(words, limit: .max)
        var clean = secrets.masked(line, octets: window)
        if line.utf8.count > window {
            // What was cut in two there is not looked at.
            clean = String(decoding: clean.utf8.dropLast(64), as: UTF8.self)
            if let space = clean.lastIndex(of: " ") { clean = String(clean[..<space]) }
        }
        let words = withoutNumbers(clean.withoutAddresses)
        return cut([code, words].filter { !$0.isEmpty }.joined(separator: " "), atOctets: 512)
    }

    /// The octets that are looked at for the 512 that are kept.
    private static let window = 8192

    /// A name, a price or a count of the provider's in printable ASCII, of `limit` octets at most.
    ///
    /// Its digits are what it is for, so they stay. Nil when nothing is left, or when it repeats a secret.
    static func plain(_ word: String, limit: Int, secrets: SpokenSecrets) -> String? {
        let octets = String(decoding: word.utf8.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
        return octets.isEmpty || secrets.begin(in: octets, octets: limit) ? nil : String(octets.prefix(limit))
    }

    /// The whole graphemes that fit.
    static func cut(_ words: String, atOctets limit: Int) -> String {
        guard words.utf8.count > limit else { return words }
        var short = ""
        for grapheme in words {
            guard short.utf8.count + grapheme.utf8.count <= limit else { break }
            short.append(grapheme)
        }
        return short
    }

    /// Eight digits and more, grouped or not, are gone: a telephone number, or nothing that would be missed.
    private static func withoutNumbers(_ words: String) -> String {
        let octets = Array(words.utf8)
        var kept: [UInt8] = []
        var position = 0
        while position < octets.count {
            let start = position
            if octets[position] == UInt8(ascii: "+") { position += 1 }
            var digits = 0
            var end = position
            while position < octets.count {
                if octets[position].isDigit {
                    digits += 1
                    position += 1
                    end = position
                } else if digits > 0, position == end, " .-".utf8.contains(octets[position]) {
                    position += 1
                } else {
                    break
                }
            }
            position = max(end, start + 1)
            kept += digits >= 8 ? Array("‹number›".utf8)[...] : octets[start..<position]
        }
        return String(decoding: kept, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}
