import PositionedJSON

/// One problem of a file of cases or advisors: where it is, what it concerns, what was found, what was expected and
/// what became of it.
package struct IntakeProblem: Error, Hashable, Sendable {
    package enum Severity: String, CaseIterable, Hashable, Sendable {
        /// Nothing of the file is used; the last good copy stays.
        case source
        /// The record is not used, and nobody can tell which it is.
        case refused
        /// The case is not used and not forgotten: nothing new leaves for it, nothing planned is cancelled.
        case held
        /// The field counts as absent, or is read the careful way; the record lives (design D9).
        case dropped
        /// Everything is used, and somebody should look at it.
        case warning
    }

    package var severity: Severity
    package var file: String
    /// From 1; nil when the problem concerns the whole file.
    package var line: Int?
    package var column: Int?
    /// The case's reference or the advisor's id, as far as known.
    package var record: String?
    /// `contact.email`, `appointments[2].starts_at`; empty when it concerns the whole record or file.
    package var field: String
    package var fault: IntakeFault

    package init(
        _ severity: Severity, file: String, at position: JSONPosition? = nil, record: String? = nil,
        field: String = "", _ fault: IntakeFault
    ) {
        self.severity = severity
        self.file = file
        line = position?.line
        column = position?.column
        self.record = record
        self.field = field
        self.fault = fault
    }
}

/// What is wrong, with the data its sentence needs.
package enum IntakeFault: Hashable, Sendable {
    /// The file cannot be read at all; the system's words.
    case unreadable(String)
    /// It changed while it was read, three times over.
    case changing
    case json(JSONFault)
    case unexpected(Found, expected: String, nearest: String? = nil)
    case missing(expected: String)
    /// A key nobody knows, with how many records of the file have it.
    case unknownKey(nearest: String?, records: Int)
    /// The reference comes again further down, and the last one wins.
    case repeated(line: Int)
    /// The reference stands in another file as well, and nobody can tell which is right.
    case conflict(with: String)
    /// A reader would take this reference for another case's.
    case resembles(String, at: String)
    /// The clocks skip this local time; it was read one hour later.
    case skippedLocalTime
    /// The clocks show this local time twice; it was read as the first.
    case repeatedLocalTime
    case leapSecond
    /// Characters one cannot see were taken out.
    case invisibleCharacters
    /// One word of letters from two alphabets, which look alike.
    case mixedAlphabets
    /// A value that was kept, and what is odd about it.
    case doubtful(String)
    /// The value could not be read and was taken the careful way, which is told.
    case readCarefully(Found, expected: String, as: String)
}

/// What stood in the file.
package enum Found: Hashable, Sendable {
    case kind(JSONKind)
    /// Nearly one of the words of a closed list, or of their form, hence not personal; anything else may be a field in the
    /// place of another.
    case word(String)
    /// May be personal: shown to whoever runs `check`, never logged.
    case value(String)
    /// Free text, never shown.
    case withheld
}
