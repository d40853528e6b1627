import RelanceCore
import RelanceTestSupport

extension FuzzTarget {
    /// Lines of an instant, a day, a time and a rule.
    ///
    /// Promise: each reads back as itself, and the rule finds its end from the instant and from the day on both kinds of calendar.
    static let moments = FuzzTarget("moments") { bytes in
        var cursor = ByteCursor(bytes)
        let instant = Instant(rfc3339: cursor.line())
        let day = LocalDay(iso: cursor.line())
        let time = LocalTime(cursor.line())
        let rule = try? TimeRule(cursor.line())
        if let instant {
            try expectItself(instant, in: .paris)
            try expectItself(instant, in: .utc)
        }
        if let day {
            try expect(LocalDay(iso: day.iso) == day, "\(day) reads back as itself")
            _ = Zone.paris.resolve(day, time ?? LocalTime(minuteOfDay: 0))
        }
        if let time { try expect(LocalTime(time.description) == time, "\(time) reads back as itself") }
        if let rule {
            try expect((try? TimeRule(rule.description)) == rule, "\(rule) reads back as itself")
            for calendar in [WorkingCalendar.service, .onCall] {
                if let instant { _ = calendar.derivation(rule, from: instant) }
                if let day { _ = calendar.derivation(rule, from: day) }
            }
        }
    }

    /// A file of the time zone database (RFC 8536).
    ///
    /// Promise: every instant has an hour on its clocks, and it is the same instant again.
    static let zone = FuzzTarget("zone") { bytes in
        guard let zone = try? Zone(identifier: "Fuzz/Zone", tzif: bytes) else { return }
        for year in [1900, 1969, 1996, 2020, 2038, 2100, 9999] {
            for month in [1, 4, 10] {
                let noon = LocalTime(minuteOfDay: 720)
                let instant = zone.instant(LocalDay(clampingYear: year, month: month, day: 28), noon)
                _ = zone.local(instant)
                _ = instant.rfc3339(in: zone)
                try expect(abs(zone.offset(at: instant)) < 26 * 3600, "an offset is less than 26 hours")
            }
        }
        _ = zone.periods(from: at("2020-01-01T00:00:00Z"), to: at("2022-01-01T00:00:00Z"))
        let rules = CalendarRules(
            zone: zone, week: .mondayToFriday(), region: .metropole)
        _ = WorkingCalendar(rules, horizon: 2020...2021).derivation(
            .make("4 working hours"), from: at("2020-11-02T08:00:00+01:00"))
    }

    private static func expectItself(_ instant: Instant, in zone: Zone) throws {
        let years = 1...9998
        guard years.contains(zone.day(at: instant).year) else { return }
        for text in [instant.rfc3339UTCMilliseconds, instant.rfc3339(in: zone)] {
            try expect(Instant(rfc3339: text) == instant, "\(text) reads back as itself")
        }
    }
}
