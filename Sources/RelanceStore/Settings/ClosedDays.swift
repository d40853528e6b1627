import CIcal
import RelanceCore

/// The closed days of an iCalendar file (RFC 5545), its recurrences expanded by libical.
///
/// What it promises:
/// - An event of whole days (DTSTART a date) closes the days from DTSTART to the one before DTEND; without DTEND one day.
/// - An event with times closes those hours, on the clocks of the zone asked for whatever zone it was written in;
///   a time without a zone is read on those clocks.
/// - RRULE, RDATE and EXDATE count, over the years a calendar is compiled for. Cancelled events close nothing.
/// - What cannot be read is an issue with the line of its event; the other events count.
package struct ClosedDays {
    /// Some hours of one day.
    package struct Part: Hashable {
        package var day: LocalDay
        package var span: Span
        package var label: String
    }

    package private(set) var closures: [CalendarRules.Closure] = []
    package private(set) var parts: [Part] = []
    package private(set) var issues: [ConfigurationIssue] = []

    /// The years `WorkingCalendar` compiles.
    private static let years = 1990...2100
    /// More occurrences than two a day of every year has no honest file, and libical takes its time over each rule.
    private static let greatestCount = 100_000
    private static let greatestRules = 50

    private let file: String
    private let zone: Zone
    private var (occurrences, rules) = (0, 0)
    /// Why the rest of the file is not read; it has been reported.
    private var isStopped = false

    package init(ics bytes: [UInt8], file: String, zone: Zone) {
        self.file = file
        self.zone = zone
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            report(nil, .syntax("not UTF-8 text"))
            return
        }
        guard let root = icalparser_parse_string(text) else {
            report(nil, .syntax("not an iCalendar file: it does not begin with BEGIN:VCALENDAR"))
            return
        }
        defer { icalcomponent_free(root) }
        guard icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT else {
            report(nil, .syntax("expected one VCALENDAR"))
            return
        }
        // libical keeps no lines; its events come in the order of the file.
        var lines = ClosedDays.linesOfEvents(in: text).makeIterator()
        var next = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT)
        while let event = next, !isStopped {
            read(event, line: lines.next())
            next = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)
        }
    }

    private mutating func read(_ event: OpaquePointer, line: Int?) {
        if icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED { return }
        if let problem = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY) {
            let detail = icalproperty_get_xlicerror(problem).map { String(cString: $0) } ?? "damaged"
            report(line, .syntax("a property of this event cannot be read: \(detail)"))
            return
        }
        guard icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY) == nil else {
            report(
                line,
                .refused(
                    "an exception of a series (RECURRENCE-ID) is not read: write it as EXDATE and an event"))
            return
        }
        var start = icalcomponent_get_dtstart(event)
        guard icaltime_is_null_time(start) == 0, icaltime_is_valid_time(start) != 0 else {
            report(line, .missing(expected: "DTSTART in each event"))
            return
        }
        let end = icalcomponent_get_dtend(event)
        let label = icalcomponent_get_summary(event).map { String(cString: $0) } ?? "fermeture"
        guard let length = length(from: start, to: end) else {
            report(line, .refused("this event ends before it starts"))
            return
        }
        var rules = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY)
        var same = start
        if icalproperty_recurrence_is_excluded(event, &start, &same) == 0 {
            close(start, length, label, line)
        }
        while let rule = rules, !isStopped {
            expand(icalproperty_get_rrule(rule), of: event, from: start, length, label, line: line)
            rules = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY)
        }
        var dates = icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY)
        while let date = dates, !isStopped {
            var when = icalproperty_get_rdate(date).time
            when.zone = start.zone
            if icaltime_is_null_time(when) == 0 { close(when, length, label, line) }
            dates = icalcomponent_get_next_property(event, ICAL_RDATE_PROPERTY)
        }
    }

    /// Closes each occurrence after the first, within the years that count.
    private mutating func expand(
        _ rule: icalrecurrencetype, of event: OpaquePointer, from start: icaltimetype, _ length: Length,
        _ label: String, line: Int?
    ) {
        guard rule.freq.rawValue >= ICAL_DAILY_RECURRENCE.rawValue else {
            report(line, .refused("an event that repeats within a day closes nothing"))
            return
        }
        rules += 1
        guard rules <= ClosedDays.greatestRules else {
            stop(line, "more than \(ClosedDays.greatestRules) events repeat")
            return
        }
        guard let dates = icalrecur_iterator_new(rule, start) else {
            // Or it never comes: libical has looked through centuries, and once is enough.
            stop(line, "this event repeats on dates that cannot be found")
            return
        }
        defer { icalrecur_iterator_free(dates) }
        var first = start
        while !isStopped {
            var when = icalrecur_iterator_next(dates)
            guard icaltime_is_null_time(when) == 0, Int(when.year) <= ClosedDays.years.upperBound else {
                return
            }
            guard counts(line) else { return }
            guard Int(when.year) >= ClosedDays.years.lowerBound, icaltime_compare(when, start) != 0,
                icalproperty_recurrence_is_excluded(event, &first, &when) == 0
            else { continue }
            close(when, length, label, line)
        }
    }

    private enum Length {
        case days(Int)
        case elapsed(Elapsed)
    }

    /// Nil when the end comes before the start.
    private func length(from start: icaltimetype, to end: icaltimetype) -> Length? {
        let hasEnd = icaltime_is_null_time(end) == 0
        if start.is_date != 0 {
            guard hasEnd, let first = day(start), let afterLast = day(end) else { return .days(1) }
            guard first <= afterLast else { return nil }
            return .days(max(1, afterLast - first))
        }
        guard hasEnd, let opens = instant(start), let closes = instant(end) else {
            return .elapsed(.minutes(0))
        }
        return opens <= closes ? .elapsed(closes - opens) : nil
    }

    private mutating func close(_ start: icaltimetype, _ length: Length, _ label: String, _ line: Int?) {
        guard counts(line) else { return }
        switch length {
        case .days(let count):
            guard let first = day(start) else { return }
            closures.append(CalendarRules.Closure(days: first...first.adding(days: count - 1), label: label))
        case .elapsed(let elapsed):
            guard let begins = instant(start) else { return }
            close(from: zone.local(begins), to: zone.local(begins + elapsed), label, line)
        }
    }

    /// Counts an occurrence or a day of one; false once there are too many.
    private mutating func counts(_ line: Int?) -> Bool {
        occurrences += 1
        if occurrences > ClosedDays.greatestCount, !isStopped {
            stop(line, "the file closes more than \(ClosedDays.greatestCount) times")
        }
        return !isStopped
    }

    private mutating func stop(_ line: Int?, _ reason: String) {
        isStopped = true
        report(line, .refused(reason + "; nothing behind it is read"))
    }

    /// Day by day within the years that count, so that hours in the middle of several days become closed days.
    private mutating func close(
        from start: (day: LocalDay, time: LocalTime, second: Int),
        to end: (day: LocalDay, time: LocalTime, second: Int), _ label: String,
        _ line: Int?
    ) {
        var day = max(start.day, LocalDay(clampingYear: ClosedDays.years.lowerBound, month: 1, day: 1))
        let last = min(end.day, LocalDay(clampingYear: ClosedDays.years.upperBound, month: 12, day: 31))
        while day <= last, counts(line) {
            let opens = day == start.day ? start.time : LocalTime(minuteOfDay: 0)
            let closes = day == end.day ? end.time : LocalTime(minuteOfDay: 1440)
            if let span = Span(opens, closes) {
                if span.opens.minuteOfDay == 0, span.closes.minuteOfDay == 1440 {
                    closures.append(CalendarRules.Closure(days: day...day, label: label))
                } else {
                    parts.append(Part(day: day, span: span, label: label))
                }
            }
            day = day.adding(days: 1)
        }
    }

    private func day(_ time: icaltimetype) -> LocalDay? {
        LocalDay(year: Int(time.year), month: Int(time.month), day: Int(time.day))
    }

    private func instant(_ time: icaltimetype) -> Instant? {
        if let written = time.zone {
            return Instant(seconds: Int64(icaltime_as_timet_with_zone(time, written)))
        }
        guard let day = day(time) else { return nil }
        return zone.instant(day, LocalTime(minuteOfDay: Int(time.hour) * 60 + Int(time.minute)))
    }

    private mutating func report(_ line: Int?, _ problem: ConfigurationIssue.Problem) {
        issues.append(ConfigurationIssue(file: file, line: line, problem: problem))
    }

    private static func linesOfEvents(in text: String) -> [Int] {
        var lines: [Int] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        where line.uppercased().hasPrefix("BEGIN:VEVENT") {
            lines.append(index + 1)
        }
        return lines
    }
}
