import PositionedJSON

extension IntakeProblem: CustomStringConvertible {
    /// `cases.json:14:9: case 2020-0301: contact.email: no @, expected …: field not used`, fit for a log: no value
    /// that may be personal is in it (design D10).
    package var description: String { line(showingValues: false) }

    /// The same with the values found, for the eyes of whoever keeps the file.
    package var detailed: String { line(showingValues: true) }

    private func line(showingValues: Bool) -> String {
        var place = printable(file)
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        let record = record.map { "record \(printable($0))" } ?? ""
        return [place, record, printable(field), fault.sentence(showingValues: showingValues) + consequence]
            .filter { !$0.isEmpty }.joined(separator: ": ")
    }

    private var consequence: String {
        switch severity {
        case .source: "; file not used"
        case .refused: "; record not used"
        case .held: "; case held"
        case .dropped:
            if case .readCarefully(_, _, let how) = fault { "; read as \(how)" } else { "; field not used" }
        case .warning: ""
        }
    }
}

extension IntakeFault {
    /// What is wrong, without the place; values that may be personal only when asked for.
    package func sentence(showingValues: Bool) -> String {
        switch self {
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .changing: "is being written while it is read"
        case .json(let fault): fault.description
        case .unexpected(let found, let expected, let nearest):
            found.phrase(showingValues) + "expected \(expected)" + suggestion(nearest)
        case .readCarefully(let found, let expected, _): found.phrase(showingValues) + "expected \(expected)"
        case .missing(let expected): "missing, expected \(expected)"
        case .unknownKey(let nearest, let records):
            "unknown key" + (records > 1 ? " in \(records) records" : "") + suggestion(nearest)
        case .repeated(let line): "the same reference stands again on line \(line), and the last one counts"
        case .conflict(let other): "the same reference stands in \(printable(other)) as well"
        case .resembles(let other, let place):
            "looks like \(printable(other)) (\(printable(place))), which is another case"
        case .skippedLocalTime: "the clocks skip this time, read one hour later; write an offset"
        case .repeatedLocalTime: "the clocks show this time twice, read as the first; write an offset"
        case .leapSecond: "second 60 read as 59"
        case .invisibleCharacters: "invisible or direction-changing characters were taken out"
        case .mixedAlphabets:
            "one word mixes letters of two alphabets that look alike: it may pose as another name"
        case .doubtful(let what): what
        }
    }

    private func suggestion(_ nearest: String?) -> String {
        nearest.map { "; did you mean “\($0)”?" } ?? ""
    }
}

extension Found {
    fileprivate func phrase(_ showingValues: Bool) -> String {
        switch self {
        case .kind(let kind): "found \(kind), "
        case .word(let word): "found \(quoted(word)), "
        case .value(let value) where showingValues: "found \(quoted(value)), "
        case .value, .withheld: ""
        }
    }

    private func quoted(_ text: String) -> String {
        text.isEmpty ? "nothing" : "“" + printable(text) + "”"
    }
}

/// On one line and of bounded length, whatever the file held.
private func printable(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(80).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            "\\u{\(String(scalar.value, radix: 16))}"
        default: String(scalar)
        }
    }
    return scalars.joined() + (text.unicodeScalars.count > 80 ? "…" : "")
}
