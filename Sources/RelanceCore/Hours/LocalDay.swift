/// A date of the proleptic Gregorian calendar, without a clock or a zone, counted in days from 1970-01-01.
package struct LocalDay: Hashable, Comparable, Sendable {
    package let daysSince1970: Int32

    package init(daysSince1970: Int32) {
        self.daysSince1970 = daysSince1970
    }

    /// Nil when the month has no such day, or the year is outside 0001 … 9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            day >= 1, day <= LocalDay.length(ofMonth: month, year: year)
        else { return nil }
        self.init(civil: year, month, day)
    }

    /// The last day of the month at the latest: 31 February is 28 or 29 February.
    package init(clampingYear year: Int, month: Int, day: Int) {
        self.init(civil: year, month, min(day, LocalDay.length(ofMonth: month, year: year)))
    }

    /// Howard Hinnant's days-from-civil; the caller vouches for the date.
    private init(civil year: Int, _ month: Int, _ day: Int) {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(daysSince1970: Int32(era * 146_097 + dayOfEra - 719_468))
    }

    package var civil: (year: Int, month: Int, day: Int) {
        let z = Int(daysSince1970) + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted + (shifted < 10 ? 3 : -9)
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
        )
    }

    package var year: Int { civil.year }

    package var weekday: Weekday {
        let index = (Int(daysSince1970) + 3) % 7  // 1970-01-01 was a Thursday
        return Weekday.allCases[index < 0 ? index + 7 : index]
    }

    package func adding(days: Int) -> LocalDay {
        LocalDay(daysSince1970: daysSince1970 + Int32(days))
    }

    /// The same day of the month some months away, clamped to the last day that month has.
    package func adding(months: Int) -> LocalDay {
        let (year, month, day) = civil
        let count = year * 12 + (month - 1) + months
        let y = count >= 0 ? count / 12 : (count - 11) / 12
        return LocalDay(clampingYear: y, month: count - y * 12 + 1, day: day)
    }

    package static func < (a: LocalDay, b: LocalDay) -> Bool {
        a.daysSince1970 < b.daysSince1970
    }

    package static func - (later: LocalDay, earlier: LocalDay) -> Int {
        Int(later.daysSince1970) - Int(earlier.daysSince1970)
    }

    package static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// A day of the week, Monday first as the field counts; the raw value is the configuration's word.
package enum Weekday: String, CaseIterable, Hashable, Sendable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    /// Monday is 0.
    ///
    /// Asked for every date of every calendar, hence without a search.
    package var index: Int {
        switch self {
        case .monday: 0
        case .tuesday: 1
        case .wednesday: 2
        case .thursday: 3
        case .friday: 4
        case .saturday: 5
        case .sunday: 6
        }
    }
}

/// A time on a wall clock to the minute; 24:00 is allowed as the end of a span.
package struct LocalTime: Hashable, Comparable, Sendable {
    package let minuteOfDay: Int

    package init?(hour: Int, minute: Int) {
        guard (0...23).contains(hour) && (0...59).contains(minute) || hour == 24 && minute == 0
        else { return nil }
        minuteOfDay = hour * 60 + minute
    }

    /// The minute counted from midnight, clamped to 0 … 1440.
    package init(minuteOfDay: Int) {
        self.minuteOfDay = min(max(minuteOfDay, 0), 1440)
    }

    package var hour: Int { minuteOfDay / 60 }
    package var minute: Int { minuteOfDay % 60 }

    package static func < (a: LocalTime, b: LocalTime) -> Bool {
        a.minuteOfDay < b.minuteOfDay
    }
}
