import RelanceCore

/// Writes header fields: names come from the code, values may come from anywhere (RFC 5322 2.2, RFC 2047).
///
/// What it promises:
/// - A value cannot end its field, begin another or hide: control characters, line separators, bidirectional and
///   invisible characters are refused, never removed (CWE-93; reliability 2.11).
/// - Lines are at most 76 octets wherever there is a place to fold, and only an address or an identifier, which has
///   none, makes a longer one.
/// - Text outside ASCII travels as UTF-8 encoded words of at most 75 octets that hold whole characters (RFC 2047, 5). A value that
///   looks like an encoded word is encoded, so a reader gets back exactly what was given.
/// - The same value always gives the same octets.
struct HeaderEncoding {
    private(set) var bytes: [UInt8] = []

    private static let lineLimit = 76
    private static let wordLimit = 75

    /// Adds a field of free text.
    mutating func add(_ name: String, text: String) throws(MIMEProblem) {
        try HeaderEncoding.refuseUnprintable(text, in: name)
        write(name, HeaderEncoding.words(of: text, firstColumn: name.utf8.count + 2, isPhrase: false))
    }

    /// Adds a field of one mailbox, `Name <address>`.
    mutating func add(_ name: String, mailbox: RenderedMessage.Mailbox) throws(MIMEProblem) {
        var tokens: [String] = []
        if let display = mailbox.name, !display.isEmpty {
            try HeaderEncoding.refuseDisguised(display, in: name)
            tokens = HeaderEncoding.words(of: display, firstColumn: name.utf8.count + 2, isPhrase: true)
        }
        tokens.append(tokens.isEmpty ? mailbox.address.description : "<\(mailbox.address)>")
        write(name, tokens)
    }

    /// Adds a field whose tokens the code made: tokens and identifiers of printable ASCII, without spaces.
    mutating func add(_ name: String, tokens: [String]) {
        write(name, tokens)
    }

    /// The header with its empty line.
    func ended() -> [UInt8] {
        bytes + Array("\r\n".utf8)
    }

    private mutating func write(_ name: String, _ tokens: [String]) {
        var line = name + ":"
        for (index, token) in tokens.enumerated() {
            if index > 0, line.utf8.count + 1 + token.utf8.count > HeaderEncoding.lineLimit {
                bytes.append(contentsOf: line.utf8)
                bytes.append(contentsOf: "\r\n".utf8)
                line = ""
            }
            line += " " + token
        }
        bytes.append(contentsOf: line.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Refuses what no text of one line may hold.
    static func refuseUnprintable(_ text: String, in field: String) throws(MIMEProblem) {
        if let (offset, scalar) = SafeText.firstUnprintable(in: text) {
            throw .unprintable(field: field, codePoint: scalar.value, position: offset + 1)
        }
    }

    /// Refuses a display name that could pass for something else: what cannot be printed, another's address.
    static func refuseDisguised(_ name: String, in field: String) throws(MIMEProblem) {
        try refuseUnprintable(name, in: field)
        guard !name.unicodeScalars.contains(where: isAtSign) else {
            throw .addressInDisplayName(field: field)
        }
    }

    /// The at sign and what looks like it.
    private static func isAtSign(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "@" || scalar == "\u{FF20}" || scalar == "\u{FE6B}"
    }

    /// The words between which a value may be folded: plain ones as they are, and one run of encoded words from the
    /// first that needs it to the last, since the space between two encoded words does not count (RFC 2047, 6.2).
    private static func words(of text: String, firstColumn: Int, isPhrase: Bool) -> [String] {
        // By scalar: a space under a combining accent is still where a line may be folded.
        let words = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map(
            Substring.init)
        guard !words.contains(where: \.isEmpty) else {
            return encoded(text[...], firstColumn: firstColumn)
        }
        let needing = words.indices.filter { !isPlain(words[$0], isPhrase: isPhrase) }
        guard let first = needing.first, let last = needing.last else { return words.map(String.init) }
        var column = firstColumn
        for word in words[..<first] { column += word.utf8.count + 1 }
        return words[..<first].map(String.init)
            + encoded(text[words[first].startIndex..<words[last].endIndex], firstColumn: column % lineLimit)
            + words[(last + 1)...].map(String.init)
    }

    /// Whether a word may stand as it is: an atom in a phrase, anything printable elsewhere.
    private static func isPlain(_ word: Substring, isPhrase: Bool) -> Bool {
        guard word.utf8.count <= 60, !word.contains("=?") else { return false }
        return word.utf8.allSatisfy { byte in
            isPhrase ? isAtomText(byte) : (0x21...0x7E).contains(byte)
        }
    }

    private static func isAtomText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
        }
    }

    /// Cuts text into encoded words in the Q encoding of phrases, which is the strictest and reads best in French.
    private static func encoded(_ text: Substring, firstColumn: Int) -> [String] {
        let start = "=?utf-8?Q?"
        let end = "?="
        var words: [String] = []
        var word = start
        var limit = max(min(wordLimit, lineLimit - firstColumn), start.utf8.count + end.utf8.count + 12)
        for piece in text.flatMap(pieces) {
            if word.utf8.count + piece.utf8.count + end.utf8.count > limit {
                words.append(word + end)
                word = start
                limit = wordLimit
            }
            word += piece
        }
        words.append(word + end)
        return words
    }

    /// What must not be cut: a character with its accents, or each scalar of one that has very many.
    private static func pieces(of character: Character) -> [String] {
        let scalars = character.unicodeScalars.map(q)
        let whole = scalars.joined()
        return whole.utf8.count <= 60 ? [whole] : scalars
    }

    private static func q(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case " ": "_"
        case "0"..."9", "A"..."Z", "a"..."z", "!", "*", "+", "-", "/": String(scalar)
        default:
            String(decoding: UTF8.encode(scalar)?.flatMap(QuotedPrintable.escaped) ?? [], as: UTF8.self)
        }
    }
}
