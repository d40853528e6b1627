/// Finds the place of a damage that simdjson has seen but not located, byte by byte; only ever run on bad texts.
struct Damage {
    enum Kind {
        case invalidUTF8(UInt8, looksLikeLatin1: Bool)
        case controlCharacter(UInt8)
        case unclosedString
    }

    let kind: Kind
    /// The bad byte, or the quote that opens the string.
    let offset: Int
    /// Up to here the text can be scanned: the start of the token in which the damage lies.
    let soundEnd: Int

    /// The first damage in a part of the bytes; nil when there is none but the absence of any token.
    init?(in bytes: [UInt8], _ range: Range<Int>) {
        var index = range.lowerBound
        var openedAt: Int?
        while index < range.upperBound {
            let byte = bytes[index]
            let sound = openedAt ?? index
            if byte >= 0x80 {
                let length = Self.sequenceLength(in: bytes, at: index, end: range.upperBound)
                // The end of all bytes is no end of a line: whoever writes them may be in the middle of a character.
                if length == 0, openedAt != nil, range.upperBound == bytes.count,
                    Self.isCutSequence(bytes[index...])
                {
                    break
                }
                guard length > 0 else {
                    self.init(
                        kind: .invalidUTF8(
                            byte, looksLikeLatin1: Self.looksLikeLatin1(bytes, at: index, range)),
                        offset: index, soundEnd: sound)
                    return
                }
                index += length
                continue
            }
            if openedAt == nil {
                if byte == UInt8(ascii: "\"") { openedAt = index }
            } else if byte < 0x20 {
                self.init(kind: .controlCharacter(byte), offset: index, soundEnd: sound)
                return
            } else if byte == UInt8(ascii: "\\") {
                // What is escaped is judged on its own, unless it is no printable ASCII character at all.
                let next = index + 1
                index += next < range.upperBound && bytes[next] >= 0x20 && bytes[next] < 0x80 ? 2 : 1
                continue
            } else if byte == UInt8(ascii: "\"") {
                openedAt = nil
            }
            index += 1
        }
        guard let openedAt else { return nil }
        self.init(kind: .unclosedString, offset: openedAt, soundEnd: openedAt)
    }

    private init(kind: Kind, offset: Int, soundEnd: Int) {
        self.kind = kind
        self.offset = offset
        self.soundEnd = soundEnd
    }

    /// The bytes of the well-formed sequence beginning here, or 0 (Unicode 15, table 3-7: no overlong form, no
    /// surrogate, nothing beyond U+10FFFF).
    private static func sequenceLength(in bytes: [UInt8], at index: Int, end: Int) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[index] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= end, second.contains(bytes[index + 1]),
            bytes[(index + 2)..<max(index + 2, index + length)].allSatisfy({ 0x80...0xBF ~= $0 })
        else { return 0 }
        return length
    }

    /// Whether these bytes, the last there are, are a well-formed sequence but for its last ones.
    private static func isCutSequence(_ rest: ArraySlice<UInt8>) -> Bool {
        guard rest.count <= 3 else { return false }
        // Every lead byte takes the lowest or the highest of the bytes that follow.
        return [0x80, 0xBF as UInt8].contains { filler in
            let whole = Array(rest) + Array(repeating: filler, count: 3)
            return sequenceLength(in: whole, at: 0, end: whole.count) > rest.count
        }
    }

    /// An accented letter of Latin-1 stands alone among ASCII.
    private static func looksLikeLatin1(_ bytes: [UInt8], at index: Int, _ range: Range<Int>) -> Bool {
        let next = index + 1
        return bytes[index] >= 0xC0 && next < range.upperBound && bytes[next] < 0x80
    }
}
