/// What a token that is neither string nor punctuation says.
enum JSONScalar {
    case yes, no, null
    case number
    case fault(JSONFault)

    init(_ text: ArraySlice<UInt8>, limits: JSONLimits) {
        switch text.first {
        case UInt8(ascii: "t") where text.elementsEqual("true".utf8): self = .yes
        case UInt8(ascii: "f") where text.elementsEqual("false".utf8): self = .no
        case UInt8(ascii: "n") where text.elementsEqual("null".utf8): self = .null
        case let byte?
        where byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "."):
            if let word = Self.foreignWord(text) {
                self = .fault(.badWord(word))
            } else if text.count > limits.numberBytes {
                self = .fault(.numberTooLong(bytes: text.count, limit: limits.numberBytes))
            } else if let fault = Self.numberFault(text) {
                self = .fault(.badNumber(fault))
            } else {
                self = .number
            }
        default: self = .fault(.badWord(Self.foreignWord(text)))
        }
    }

    private static let foreignWords = [
        "NaN", "nan", "Infinity", "-Infinity", "+Infinity", "inf", "-inf", "True", "False", "None", "NULL",
        "Null",
        "nil", "undefined",
    ]

    private static func foreignWord(_ text: ArraySlice<UInt8>) -> String? {
        foreignWords.first { text.elementsEqual($0.utf8) }
    }

    /// Why a text is no number of RFC 8259, section 6; nil when it is one.
    private static func numberFault(_ text: ArraySlice<UInt8>) -> JSONNumberFault? {
        var rest = text
        if rest.first == UInt8(ascii: "+") { return .leadingPlus }
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        if rest.first == UInt8(ascii: ".") { return .leadingPoint }
        let whole = rest.prefix(while: \.isDigit)
        rest = rest.dropFirst(whole.count)
        if whole.isEmpty { return .digitsMissing }
        if whole.first == UInt8(ascii: "0") {
            if whole.count > 1 { return .leadingZero }
            if rest.first == UInt8(ascii: "x") || rest.first == UInt8(ascii: "X") { return .hexadecimal }
        }
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: \.isDigit)
            if fraction.isEmpty { return .digitsMissing }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            let exponent = rest.prefix(while: \.isDigit)
            if exponent.isEmpty { return .digitsMissing }
            rest = rest.dropFirst(exponent.count)
        }
        return rest.isEmpty ? nil : .other
    }
}
