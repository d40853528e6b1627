/// What a calendar follows, as written in the configuration: everything `WorkingCalendar` is compiled from.
///
/// For one date the first of these that speaks decides:
/// 1. special hours of that date, opening or closing it whatever else holds;
/// 2. a closure that covers it;
/// 3. an opened holiday: the hours of its weekday hold as if it were none;
/// 4. a public holiday of the region: closed;
/// 5. the hours of its weekday.
package struct CalendarRules: Hashable, Sendable {
    package var zone: Zone
    package var week: WorkingWeek
    package var region: HolidayRegion
    package var closures: [Closure]
    package var specialHours: [LocalDay: SpecialHours]
    package var openHolidays: Set<LocalDay>

    package init(
        zone: Zone, week: WorkingWeek, region: HolidayRegion = .metropole, closures: [Closure] = [],
        specialHours: [LocalDay: SpecialHours] = [:], openHolidays: Set<LocalDay> = []
    ) {
        self.zone = zone
        self.week = week
        self.region = region
        self.closures = closures
        self.specialHours = specialHours
        self.openHolidays = openHolidays
    }

    /// Days off of the house's own, first and last included: a bridge day, a week in August.
    package struct Closure: Hashable, Sendable {
        package let days: ClosedRange<LocalDay>
        package let label: String

        package init(days: ClosedRange<LocalDay>, label: String) {
            self.days = days
            self.label = label
        }
    }

    /// The hours of one date in place of its weekday's: an early closing on 24 December, or none.
    package struct SpecialHours: Hashable, Sendable {
        package let hours: OpeningHours
        package let label: String

        package init(hours: OpeningHours, label: String) {
            self.hours = hours
            self.label = label
        }
    }

    /// The hours of a date and what made them so.
    package func hours(on day: LocalDay) -> DayHours {
        if let special = specialHours[day] {
            return DayHours(hours: special.hours, basis: .specialHours(special.label))
        }
        if let closure = closures.first(where: { $0.days.contains(day) }) {
            return DayHours(hours: .closed, basis: .closure(closure.label))
        }
        let holidays = region.holidays(on: day)
        if !holidays.isEmpty, !openHolidays.contains(day) {
            return DayHours(hours: .closed, basis: .holidays(holidays))
        }
        let weekday = day.weekday
        let usual = week.hours(on: weekday)
        if usual.isClosed { return DayHours(hours: usual, basis: .weeklyRest(weekday)) }
        return DayHours(hours: usual, basis: holidays.isEmpty ? .week(weekday) : .openedHolidays(holidays))
    }
}

/// The opening hours of one date with the rule that decided them.
package struct DayHours: Hashable, Sendable {
    package let hours: OpeningHours
    package let basis: Basis

    /// Which rule of the calendar decides a date.
    package enum Basis: Hashable, Sendable {
        case week(Weekday)
        case weeklyRest(Weekday)
        case holidays([PublicHoliday])
        case openedHolidays([PublicHoliday])
        case closure(String)
        case specialHours(String)
        /// The zone's calendar has no such date, or none of its opening hours: 30 December 2011 in Samoa.
        case skippedByClocks
    }
}
