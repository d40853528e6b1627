import PositionedJSON
import RelanceCore

extension RecordReader {
    /// An instant in RFC 3339, or a local time without an offset, read on the house's clocks (design 8).
    mutating func instant(_ field: Field, _ severity: IntakeProblem.Severity = .dropped) -> Instant? {
        let expected = "an instant such as 2020-11-02T09:00:00+01:00"
        guard let text = field.value.string else {
            drop(field, expected: expected, severity)
            return nil
        }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return nil }
        guard let instant = Instant(rfc3339: trimmed) ?? local(trimmed, field) else {
            drop(field, expected: expected, severity)
            return nil
        }
        guard rules.plausible.contains(instant) else {
            let first = rules.plausible.lowerBound.rfc3339(in: rules.zone)
            let last = rules.plausible.upperBound.rfc3339(in: rules.zone)
            drop(field, expected: "an instant between \(first) and \(last)", severity)
            return nil
        }
        if trimmed.utf8.count > 19, trimmed.utf8.dropFirst(17).starts(with: "60".utf8) {
            note(.warning, .leapSecond, field)
        }
        return instant
    }

    /// `2020-11-02T09:00` or `2020-11-02 09:00:00` on the house's clocks, with a warning where they skip or repeat it.
    private mutating func local(_ text: String, _ field: Field) -> Instant? {
        let bytes = text.utf8
        guard bytes.count == 16 || bytes.count == 19, let day = LocalDay(iso: String(text.prefix(10))),
            let mark = bytes.dropFirst(10).first, "Tt ".utf8.contains(mark),
            let time = LocalTime(String(text.dropFirst(11).prefix(5))), time.minuteOfDay < 1440
        else { return nil }
        var second: Int64 = 0
        if bytes.count == 19 {
            guard bytes.dropFirst(16).first == UInt8(ascii: ":"), let given = Int64(text.suffix(2)),
                (0...59).contains(given)
            else { return nil }
            second = given
        }
        let resolution = rules.zone.resolve(day, time)
        switch resolution {
        case .unique: break
        case .gap: note(.warning, .skippedLocalTime, field)
        case .fold: note(.warning, .repeatedLocalTime, field)
        }
        return resolution.instant + .seconds(second)
    }

    /// A date `YYYY-MM-DD` of this century.
    mutating func day(_ field: Field) -> LocalDay? {
        let text = field.value.string?.trimmed
        if text?.isEmpty == true { return nil }
        if let day = text.flatMap({ LocalDay(iso: $0) }), (2000...2100).contains(day.year) { return day }
        drop(field, expected: "a date such as 2020-11-02")
        return nil
    }

    /// A time of day `HH:MM`.
    mutating func time(_ field: Field) -> LocalTime? {
        if let time = field.value.string.flatMap({ LocalTime($0.trimmed) }), time.minuteOfDay < 1440 {
            return time
        }
        drop(field, expected: "a time of day such as 08:30")
        return nil
    }
}
