/// Reads fixed-width numbers and single marks from the front of a text, byte by byte.
struct DigitReader {
    private let bytes: String.UTF8View
    private var position: String.UTF8View.Index

    init(_ text: String) {
        bytes = text.utf8
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    /// The next byte when it is an ASCII digit, as its value.
    mutating func digit() -> Int? {
        guard position < bytes.endIndex, case let byte = bytes[position], byte &- 48 < 10 else { return nil }
        position = bytes.index(after: position)
        return Int(byte) - 48
    }

    /// Exactly so many digits; the place after a failure is unspecified.
    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    /// One digit or more, up to a greatest value.
    mutating func number(atMost greatest: Int) -> Int? {
        guard var value = digit() else { return nil }
        while let next = digit() {
            value = value * 10 + next
            guard value <= greatest else { return nil }
        }
        return value <= greatest ? value : nil
    }

    /// Steps over an ASCII letter, or stays where it is and says false.
    mutating func skipLetter() -> Bool {
        guard position < bytes.endIndex, (bytes[position] | 0x20) &- 0x61 < 26 else { return false }
        position = bytes.index(after: position)
        return true
    }

    /// Steps over a byte whatever it is; false at the end.
    mutating func skipAny() -> Bool {
        guard position < bytes.endIndex else { return false }
        position = bytes.index(after: position)
        return true
    }

    /// Steps over this mark, or stays where it is and says false.
    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.endIndex, UInt32(bytes[position]) == mark.value else { return false }
        position = bytes.index(after: position)
        return true
    }
}

/// A number with leading zeros, for dates and clocks; a minus sign stays in front.
func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
    return (number < 0 ? "-" : "") + zeros + digits
}
