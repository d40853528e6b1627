import RelanceCore

/// How a text of the settings becomes a value, and the words for what was expected when it does not.
struct Form<Value> {
    /// “a time of day such as 08:30”.
    let expected: String
    /// Texts that must not be printed back, since they may hold a secret.
    let hidesWhatItFound: Bool
    private let parse: (String) throws(FormMismatch) -> Value

    init(
        _ expected: String, hidesWhatItFound: Bool = false,
        parse: @escaping (String) throws(FormMismatch) -> Value
    ) {
        self.expected = expected
        self.hidesWhatItFound = hidesWhatItFound
        self.parse = parse
    }

    /// A form whose only word on a failure is what it expects.
    init(_ expected: String, hidesWhatItFound: Bool = false, reading: @escaping (String) -> Value?) {
        self.init(expected, hidesWhatItFound: hidesWhatItFound) { text throws(FormMismatch) in
            guard let value = reading(text) else { throw FormMismatch() }
            return value
        }
    }

    func value(of text: String) throws(FormMismatch) -> Value {
        try parse(text)
    }

    /// The same where a text in the wrong place may be the secret itself.
    var hidden: Form {
        Form(expected, hidesWhatItFound: true) { (text) throws(FormMismatch) in try parse(text) }
    }
}

/// A text that does not have its form, with a closer word than the form's own where there is one.
struct FormMismatch: Error {
    var expected: String?
    var nearest: String?
}

extension Form where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration.
    static var word: Form {
        name(among: Value.allCases.map { ($0.rawValue, $0) })
    }
}

extension Form {
    /// One of some names.
    static func name(among names: [(name: String, value: Value)]) -> Form {
        let words = names.map(\.name)
        let expected =
            words.count > 1
            ? words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1] : words.joined()
        return Form(expected) { text throws(FormMismatch) in
            guard let found = names.first(where: { $0.name == text }) else {
                throw FormMismatch(nearest: words.nearest(to: text))
            }
            return found.value
        }
    }
}

extension Form<String> {
    static var text: Form {
        Form("a text on one line, of at most 200 characters") { text in
            let isPrintable = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return isPrintable && !text.trimmed.isEmpty && text.count <= 200 ? text.trimmed : nil
        }
    }

    static var path: Form {
        Form("a path") { text in
            !text.isEmpty && text.utf8.count < 4096 && !text.utf8.contains(0) ? text : nil
        }
    }

    /// Letters, digits and marks that may safely name a thing in files, logs and keys.
    static var identifier: Form {
        Form("a name of letters, digits, ., _ and -") { text in
            let isPlain = text.utf8.allSatisfy { byte in
                UInt8.isLetterOrDigit(byte) || "._-".utf8.contains(byte)
            }
            return isPlain && (1...64).contains(text.utf8.count) && text.first != "." ? text : nil
        }
    }

    /// Short enough to stand in a text message beside its sentence, and nothing a template would have to escape.
    static var link: Form {
        Form("an address such as https://enquete.cci.example/2020, of at most 50 characters") { text in
            let isPlain = text.utf8.allSatisfy { byte in
                UInt8.isLetterOrDigit(byte) || "-._~:/?#@!$*+,;=%".utf8.contains(byte)
            }
            return isPlain && text.hasPrefix("https://") && (9...50).contains(text.utf8.count) ? text : nil
        }
    }

    /// A country or territory in two capitals (ISO 3166-1).
    static var region: Form {
        Form("a region in two capitals such as FR, RE or GB") { text in
            text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5A).contains($0) } ? text : nil
        }
    }

    /// A name or a numeric address and nothing else, so that no scheme, user or password hides in it.
    static var host: Form {
        Form("the name or address of a host, without scheme, user or port", hidesWhatItFound: true) { text in
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { UInt8.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
            let isIPv6 =
                text.contains(":") && text.utf8.count <= 45
                && text.utf8.allSatisfy { UInt8.isHexDigit($0) || $0 == UInt8(ascii: ":") }
            return (isName && text.utf8.count <= 253) || isIPv6 ? text.lowercased() : nil
        }
    }
}

extension Form<Bool> {
    static var yesOrNo: Form {
        Form("yes or no") { text in ["yes": true, "true": true, "no": false, "false": false][text] }
    }
}

extension Form<Int> {
    static func number(_ range: ClosedRange<Int>) -> Form {
        Form("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard text.utf8.count <= 12, text.utf8.allSatisfy({ (48...57).contains($0) }),
                let number = Int(text),
                range.contains(number)
            else { return nil }
            return number
        }
    }

    /// Bytes, by the units of IEC 80000-13.
    static var size: Form {
        Form("a size such as 512 KiB or 16 MiB, up to 1 TiB") { text in
            // `try?` loses nothing: the sentence of this form says it all.
            let units = ["KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40]
            let words = text.split(separator: " ")
            guard words.count == 2, let unit = units[String(words[1])],
                let count = try? Form<Int>.number(1...1024).value(of: String(words[0])),
                count * unit <= 1 << 40
            else { return nil }
            return count * unit
        }
    }
}

extension Form<Elapsed> {
    /// From a second to ten years; no bare number, so that nobody has to guess its unit.
    static var duration: Form {
        Form("a duration such as 30 s, 5 min, 2 h or 3 days") { text in
            // `try?` below as above.
            let units: [String: Int64] = ["s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400]
            let words = text.split(separator: " ")
            guard words.count == 2, let unit = units[String(words[1])],
                let count = try? Form<Int>.number(1...10_000_000).value(of: String(words[0])),
                Int64(count) * unit <= 3653 * 86_400
            else { return nil }
            return .seconds(Int64(count) * unit)
        }
    }
}

extension Form<TimeRule> {
    static var rule: Form {
        Form("a rule such as 4 working hours or 2 weeks, following") { text throws(FormMismatch) in
            do throws(TimeRuleProblem) {
                return try TimeRule(text)
            } catch {
                throw FormMismatch(
                    expected: error.expected + (error.found.map { " where “\($0)” stands" } ?? " at the end"))
            }
        }
    }
}

extension Form<LocalTime> {
    static var timeOfDay: Form { Form("a time of day such as 08:30") { LocalTime($0) } }
}

extension Form<LocalDay> {
    static var date: Form { Form("a date such as 2020-12-24") { LocalDay(iso: $0) } }
}

extension Form<OpeningHours> {
    /// `09:00-17:30` or `none`; several spans are a list of them.
    static var span: Form<Span?> {
        Form<Span?>("hours such as 09:00-17:30, closing after opening, or none") { text in
            if text == "none" { return .some(nil) }
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let opens = LocalTime(String(ends[0]).trimmed),
                let closes = LocalTime(String(ends[1]).trimmed), let span = Span(opens, closes)
            else { return nil }
            return span
        }
    }
}

extension Form<EmailAddress> {
    static var emailAddress: Form {
        Form("an e-mail address") { text throws(FormMismatch) in
            do throws(EmailAddressProblem) {
                return try EmailAddress(text)
            } catch {
                throw FormMismatch(expected: "an e-mail address, this one has \(error)")
            }
        }
    }
}

extension Form<PhoneNumber> {
    static var phoneNumber: Form { Form("a telephone number such as \"02 61 91 10 21\"") { PhoneNumber($0) } }
}

extension UInt8 {
    fileprivate static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
    }

    fileprivate static func isHexDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6
    }
}
