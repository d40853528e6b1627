/// The rule in the footer of a TZif file: two offsets and, where clocks change, the dates on which they do each year.
///
/// The grammar is POSIX's TZ variable with the extensions of RFC 9636, section 3.3.2: quoted names, and times of day
/// from -167 to 167 hours. Names are read over, since the house shows none.
struct PosixRule {
    /// What an offset may be, in seconds (RFC 9636, 3.2).
    static let offsets: ClosedRange<Int> = -89_999...93_599

    let standard: Int
    let summer: Summer?

    struct Summer {
        let offset: Int
        let begins: YearlyDate
        let ends: YearlyDate
    }

    /// A moment of each year on a local clock: a day by one of POSIX's three ways, and seconds from its midnight.
    struct YearlyDate {
        let day: Day
        let second: Int

        enum Day {
            /// `Jn`: 1 … 365, 29 February never counted.
            case withoutLeapDay(Int)
            /// `n`: 0 … 365, 29 February counted.
            case ofYear(Int)
            /// `Mm.w.d`: weekday d (Sunday is 0) of week w (5 is the last) of month m.
            case weekday(month: Int, week: Int, weekday: Int)
        }

        /// Seconds from the epoch on a clock that knows no offset.
        func wall(in year: Int) -> Int64 {
            let newYear = Int64(LocalDay(clampingYear: year, month: 1, day: 1).daysSince1970)
            let days: Int64
            switch day {
            case .withoutLeapDay(let number):
                let leap = LocalDay.length(ofMonth: 2, year: year) == 29 && number >= 60
                days = newYear + Int64(number - 1 + (leap ? 1 : 0))
            case .ofYear(let number):
                days = newYear + Int64(number)
            case .weekday(let month, let week, let weekday):
                let first = LocalDay(clampingYear: year, month: month, day: 1)
                let ahead = (weekday - (first.weekday.index + 1) + 7) % 7
                let last = LocalDay.length(ofMonth: month, year: year)
                var day = 1 + ahead + (week - 1) * 7
                if day > last { day -= 7 }
                days = Int64(first.daysSince1970) + Int64(day - 1)
            }
            return days * 86_400 + Int64(second)
        }
    }

    /// The changes of one year in UTC seconds, in time order, each with the offset that begins.
    func changes(in year: Int) -> [(second: Int64, offset: Int)] {
        guard let summer else { return [] }
        let begin = (second: summer.begins.wall(in: year) - Int64(standard), offset: summer.offset)
        let end = (second: summer.ends.wall(in: year) - Int64(summer.offset), offset: standard)
        return begin.second <= end.second ? [begin, end] : [end, begin]
    }
}

extension PosixRule {
    /// Nil when the text is not of the grammar.
    init?(_ text: String) {
        var reader = DigitReader(text)
        guard reader.skipZoneName(), let standard = reader.clock() else { return nil }
        self.standard = -standard  // POSIX counts west of Greenwich
        guard Self.offsets.contains(-standard) else { return nil }
        if reader.isAtEnd {
            summer = nil
            return
        }
        guard reader.skipZoneName() else { return nil }
        var offset = self.standard + 3600
        if !reader.skip(",") {
            guard let stated = reader.clock(), reader.skip(",") else { return nil }
            offset = -stated
        }
        guard Self.offsets.contains(offset), let begins = reader.yearlyDate(), reader.skip(","),
            let ends = reader.yearlyDate(),
            reader.isAtEnd
        else { return nil }
        summer = Summer(offset: offset, begins: begins, ends: ends)
    }
}

extension DigitReader {
    /// Three letters or more, or anything between angle brackets.
    fileprivate mutating func skipZoneName() -> Bool {
        if skip("<") {
            while !skip(">") {
                guard skipAny() else { return false }
            }
            return true
        }
        var letters = 0
        while skipLetter() { letters += 1 }
        return letters >= 3
    }

    /// `[+-]h[hh][:mm[:ss]]` in seconds.
    fileprivate mutating func clock() -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(atMost: 167) else { return nil }
        var seconds = hours * 3600
        if skip(":") {
            guard let minutes = number(atMost: 59) else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let rest = number(atMost: 59) else { return nil }
                seconds += rest
            }
        }
        return isNegative ? -seconds : seconds
    }

    fileprivate mutating func yearlyDate() -> PosixRule.YearlyDate? {
        let day: PosixRule.YearlyDate.Day
        if skip("J") {
            guard let number = number(atMost: 365), number >= 1 else { return nil }
            day = .withoutLeapDay(number)
        } else if skip("M") {
            guard let month = number(atMost: 12), month >= 1, skip("."),
                let week = number(atMost: 5), week >= 1, skip("."), let weekday = number(atMost: 6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else {
            guard let number = number(atMost: 365) else { return nil }
            day = .ofYear(number)
        }
        guard skip("/") else { return PosixRule.YearlyDate(day: day, second: 2 * 3600) }
        guard let second = clock() else { return nil }
        return PosixRule.YearlyDate(day: day, second: second)
    }
}
