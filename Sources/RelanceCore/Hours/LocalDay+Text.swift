extension LocalDay: CustomStringConvertible {
    /// Reads `YYYY-MM-DD` (ISO 8601 calendar date, extended form) and nothing else.
    package init?(iso text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(digits: 4), reader.skip("-"),
            let month = reader.number(digits: 2), reader.skip("-"),
            let day = reader.number(digits: 2), reader.isAtEnd
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// The date as `YYYY-MM-DD`.
    package var iso: String {
        let (year, month, day) = civil
        return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))"
    }

    package var description: String { iso }
}

extension LocalTime: CustomStringConvertible {
    /// Reads `HH:MM`, two digits each, from `00:00` to `24:00`.
    package init?(_ text: String) {
        var reader = DigitReader(text)
        guard let hour = reader.number(digits: 2), reader.skip(":"),
            let minute = reader.number(digits: 2), reader.isAtEnd
        else { return nil }
        self.init(hour: hour, minute: minute)
    }

    package var description: String {
        "\(padded(hour, to: 2)):\(padded(minute, to: 2))"
    }
}
