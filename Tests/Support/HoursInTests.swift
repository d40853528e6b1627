import RelanceCore

/// The date written `YYYY-MM-DD`; a slip of the pen stops the run.
package func date(_ text: String) -> LocalDay {
    guard let day = LocalDay(iso: text) else { preconditionFailure("\(text) is no date") }
    return day
}

/// The time of day written `HH:MM`.
package func clock(_ text: String) -> LocalTime {
    guard let time = LocalTime(text) else { preconditionFailure("\(text) is no time of day") }
    return time
}

/// The instant written in RFC 3339 or, without an offset, as `YYYY-MM-DD HH:MM` on the clocks of a zone.
package func at(_ text: String, in zone: Zone = .paris) -> Instant {
    if let instant = Instant(rfc3339: text) { return instant }
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 2, let day = LocalDay(iso: parts[0]), let time = LocalTime(parts[1]) else {
        preconditionFailure("\(text) is no instant")
    }
    return zone.instant(day, time)
}

/// Opening hours written as in the configuration: `09:00-12:00, 14:00-17:30`; nothing is a day off.
package func openingHours(_ text: String) -> OpeningHours {
    let spans = text.split(separator: ",").map { part in
        let times = part.split(separator: "-").map { $0.filter { $0 != " " } }
        guard times.count == 2, let opens = LocalTime(times[0]), let closes = LocalTime(times[1]),
            let span = Span(opens, closes)
        else { preconditionFailure("\(part) is no span") }
        return span
    }
    do {
        return try OpeningHours(spans)
    } catch {
        preconditionFailure("\(text): \(error)")
    }
}

extension WorkingWeek {
    /// Monday to Friday with these hours.
    package static func mondayToFriday(_ text: String = "09:00-17:30") -> WorkingWeek {
        WorkingWeek(
            Dictionary(uniqueKeysWithValues: Weekday.allCases.prefix(5).map { ($0, openingHours(text)) }))
    }

    /// The same hours on all seven days.
    package static func everyDay(_ text: String) -> WorkingWeek {
        WorkingWeek(Dictionary(uniqueKeysWithValues: Weekday.allCases.map { ($0, openingHours(text)) }))
    }
}

extension WorkingCalendar {
    /// The service as it ships: Monday to Friday, 09:00 to 17:30, closed on public holidays, in Paris.
    package static let service = WorkingCalendar(
        CalendarRules(zone: .paris, week: .mondayToFriday()), horizon: 2019...2022)

    /// On call for distress: 08:00 to 20:00, Sundays and holidays included, in Paris.
    package static let onCall = WorkingCalendar(
        CalendarRules(zone: .paris, week: .everyDay("08:00-20:00"), region: .none), horizon: 2019...2022)
}
