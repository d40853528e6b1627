/// The escapes of RFC 8259, section 7.
enum JSONEscapes {
    /// Appends the bytes that a string stands for; nil when all is well, else the first fault and its offset, and what
    /// was appended is not to be used.
    static func decode(
        _ text: ArraySlice<UInt8>, into result: inout [UInt8]
    ) -> (fault: JSONFault, offset: Int)? {
        var index = text.startIndex
        while index < text.endIndex {
            let escape = text.firstIndex(of: UInt8(ascii: "\\"), from: index) ?? text.endIndex
            result.append(contentsOf: text[index..<escape])
            index = escape
            guard index < text.endIndex else { break }
            guard index + 1 < text.endIndex else { return (.badEscape, index) }
            if text[index + 1] == UInt8(ascii: "u") {
                guard let unit = codeUnit(text, at: index) else { return (.badEscape, index) }
                var scalar = unit
                var length = 6
                if unit & 0xFC00 == 0xD800, let low = codeUnit(text, at: index + 6), low & 0xFC00 == 0xDC00 {
                    scalar = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF)
                    length = 12
                }
                guard let character = Unicode.Scalar(scalar) else { return (.loneSurrogate, index) }
                guard scalar != 0 else { return (.nulCharacter, index) }
                result.append(contentsOf: UTF8.encode(character) ?? UTF8.encodedReplacementCharacter)
                index += length
            } else {
                guard let plain = simple(text[index + 1]) else { return (.badEscape, index) }
                result.append(plain)
                index += 2
            }
        }
        return nil
    }

    /// The number in `\uXXXX`, when that is what stands here.
    private static func codeUnit(_ text: ArraySlice<UInt8>, at index: Int) -> UInt32? {
        guard index + 6 <= text.endIndex, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for digit in text[(index + 2)..<(index + 6)] {
            guard let value = digit.hexadecimalDigit else { return nil }
            unit = unit << 4 | value
        }
        return unit
    }

    private static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }
}
