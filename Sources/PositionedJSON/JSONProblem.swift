/// What is wrong with a document or with one value of it, and where.
///
/// It never carries text of the document but keys: a value may be personal data, and problems are logged.
package struct JSONProblem: Error, Hashable, Sendable {
    package let fault: JSONFault
    package let position: JSONPosition

    package init(_ fault: JSONFault, at position: JSONPosition) {
        self.fault = fault
        self.position = position
    }
}

/// The kinds of fault, each with the data its sentence needs.
package enum JSONFault: Hashable, Sendable {
    // Faults of the document: nothing of it can be used.
    case documentTooLong(bytes: Int, limit: Int)
    case noMemory
    /// Nothing but white space, or nothing at all.
    case empty
    case otherEncoding(String)
    case invalidUTF8(byte: UInt8, looksLikeLatin1: Bool)
    case controlCharacter(UInt8)
    /// The text ends inside a string, and where that was opened.
    case unclosedString(opened: JSONPosition)
    /// The text ends inside containers, and where the innermost was opened.
    case endsEarly(opened: JSONPosition)
    case unexpected(JSONFound, expected: JSONExpectation)
    case trailingComma
    case comment
    case singleQuote
    case trailingContent

    // Faults of one value: its neighbours can be used.
    case duplicateKey(String, first: JSONPosition)
    case tooManyMembers(limit: Int)
    case tooDeep(limit: Int)
    case stringTooLong(bytes: Int, limit: Int)
    case badEscape
    case loneSurrogate
    case nulCharacter
    case numberTooLong(bytes: Int, limit: Int)
    case badNumber(JSONNumberFault)
    /// A bare word that JSON does not know; named only when it is a word of some programming language.
    case badWord(String?)
}

/// What stood where something else was expected.
package enum JSONFound: Hashable, Sendable {
    case punctuation(Character)
    case string
    case number
    case word
}

/// What the grammar would have allowed.
package enum JSONExpectation: Hashable, Sendable {
    case value
    case key
    case colon
    case commaOrClosing(Character)
}

/// Why a number is none.
package enum JSONNumberFault: Hashable, Sendable {
    case leadingZero
    case leadingPlus
    case leadingPoint
    case digitsMissing
    case hexadecimal
    case other
}

extension JSONFault {
    /// Whether the fault makes its object unreliable as a whole, rather than one value in it.
    package var spoilsObject: Bool {
        switch self {
        case .duplicateKey, .tooManyMembers, .tooDeep: true
        default: false
        }
    }
}
