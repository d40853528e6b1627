extension JSONProblem: CustomStringConvertible {
    /// `12:5: …`, ready to stand behind a file name and a colon.
    package var description: String { "\(position): \(fault)" }
}

extension JSONFault: CustomStringConvertible {
    /// One sentence without its full stop: what is wrong and, where one can tell, how to mend it.
    package var description: String {
        switch self {
        case .documentTooLong(let bytes, let limit): "\(bytes) bytes are too many, at most \(limit) are read"
        case .noMemory: "not enough memory to read it"
        case .empty: "there is no JSON in it"
        case .otherEncoding(let name): "not UTF-8, looks like \(name)"
        case .invalidUTF8(let byte, let looksLikeLatin1):
            "byte \(hexadecimal(byte)) is not valid UTF-8"
                + (looksLikeLatin1 ? ", the file looks like Latin-1 or Windows-1252" : "")
        case .controlCharacter(UInt8(ascii: "\n")), .controlCharacter(UInt8(ascii: "\r")):
            "line break inside a string: write \\n, or close the string"
        case .controlCharacter(UInt8(ascii: "\t")): "tab inside a string: write \\t"
        case .controlCharacter(let byte): "control character \(hexadecimal(byte)) inside a string"
        case .unclosedString(let opened): "the text ends here, inside the string that begins at \(opened)"
        case .endsEarly(let opened): "the text ends here, but what was opened at \(opened) is not closed"
        case .unexpected(let found, let expected): sentence(found, expected)
        case .trailingComma: "JSON allows no comma after the last item"
        case .comment: "JSON knows no comments"
        case .singleQuote: "JSON writes strings in double quotes, not in single ones"
        case .trailingContent: "the document has ended, but more follows"
        case .duplicateKey(let key, let first):
            "key \"\(shown(key))\" stands twice in the same object, first on line \(first.line)"
        case .tooManyMembers(let limit): "an object may have at most \(limit) keys"
        case .tooDeep(let limit): "nested more than \(limit) levels deep"
        case .stringTooLong(let bytes, let limit): "a string of \(bytes) bytes, at most \(limit) are allowed"
        case .badEscape: "unknown escape in a string: \\ is written \\\\"
        case .loneSurrogate: "half of a surrogate pair (\\uD800 to \\uDFFF) is no character"
        case .nulCharacter: "the character U+0000 is not accepted"
        case .numberTooLong(let bytes, let limit):
            "a number of \(bytes) characters, at most \(limit) are allowed"
        case .badNumber(let fault): fault.description
        case .badWord(let word?): badWord(word)
        case .badWord(nil): "not a JSON value: text is written in double quotes"
        }
    }

    private func sentence(_ found: JSONFound, _ expected: JSONExpectation) -> String {
        switch (expected, found) {
        case (.commaOrClosing, .string), (.commaOrClosing, .number), (.commaOrClosing, .word),
            (.commaOrClosing, .punctuation("{")), (.commaOrClosing, .punctuation("[")):
            "expected \(expected), found \(found): a comma is missing before it"
        case (.key, .word), (.key, .number):
            "expected \(expected), found \(found): keys stand in double quotes"
        default: "expected \(expected), found \(found)"
        }
    }

    private func badWord(_ word: String) -> String {
        switch word {
        case "True", "False": "\(word) is not JSON: write \(word.lowercased())"
        case "None", "nil", "undefined", "NULL", "Null": "\(word) is not JSON: write null"
        default: "\(word) is not a JSON number"
        }
    }
}

extension JSONFound: CustomStringConvertible {
    package var description: String {
        switch self {
        case .punctuation(let character): "'\(character)'"
        case .string: "a string"
        case .number: "a number"
        case .word: "a word"
        }
    }
}

extension JSONExpectation: CustomStringConvertible {
    package var description: String {
        switch self {
        case .value: "a value"
        case .key: "a key"
        case .colon: "':' after the key"
        case .commaOrClosing(let closing): "',' or '\(closing)'"
        }
    }
}

extension JSONNumberFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .leadingZero: "a number may not begin with 0: write it in double quotes if its zeros matter"
        case .leadingPlus: "a number may not begin with +"
        case .leadingPoint: "a number may not begin with a point: write 0 before it"
        case .digitsMissing: "digits are missing in a number"
        case .hexadecimal: "hexadecimal numbers are not JSON"
        case .other: "not a number as JSON writes it: digits, one point, an exponent"
        }
    }
}

private func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "0x" + (digits.count < 2 ? "0" : "") + digits
}

/// A key as a log may show it: short, on one line.
private func shown(_ key: String) -> String {
    let head = key.unicodeScalars.prefix(64).map { scalar -> String in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
        default: String(scalar)
        }
    }
    return head.joined() + (key.unicodeScalars.count > 64 ? "…" : "")
}
