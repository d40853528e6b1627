import RelanceCore
import RelanceTestSupport
import Testing

/// The rules of domain.md 3.4 and 3.5 that concern time, and the shipped defaults, each worked out by hand.
///
/// The service is open Monday to Friday 09:00–17:30. In autumn 2020, All Saints' is a Sunday (and Monday 2 November
/// an ordinary day), 11 November a Wednesday; in 2021 Easter Monday is 5 April, Ascension Thursday 13 May.
@Suite struct TimeRuleExampleTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let rule: String
        let event: String
        let due: String
        var testDescription: String { "\(rule) from \(event)" }

        init(_ rule: String, from event: String, is due: String) {
            (self.rule, self.event, self.due) = (rule, event, due)
        }
    }

    private static func check(_ example: Example, on calendar: WorkingCalendar) throws {
        let rule = try TimeRule(example.rule)
        let event = at(example.event, in: calendar.zone)
        let due = at(example.due, in: calendar.zone)
        #expect(
            calendar.instant(rule, from: event)?.rfc3339(in: calendar.zone) == due.rfc3339(in: calendar.zone))
        #expect(calendar.derivation(rule, from: event)?.result == due)
    }

    @Test(
        arguments: [
            // Fri 15:40–17:30 is 1 h 50; the 2 h 10 left end on Mon at 11:10 (case 2020-0301).
            Example("4 working hours", from: "2020-10-30 15:40", is: "2020-11-02 11:10"),
            // Its reminder, one hour before; its escalation, two hours after.
            Example("60 working minutes before", from: "2020-11-02 11:10", is: "2020-11-02 10:10"),
            Example("120 working minutes", from: "2020-11-02 11:10", is: "2020-11-02 13:10"),
            // Exactly at closing, never the next morning.
            Example("4 working hours", from: "2020-10-30 13:30", is: "2020-10-30 17:30"),
            Example("1 working minute", from: "2020-10-30 17:29", is: "2020-10-30 17:30"),
            // Backwards the latest instant: the opening, never the evening before.
            Example("60 working minutes before", from: "2020-11-02 10:00", is: "2020-11-02 09:00"),
            Example("60 working minutes before", from: "2020-11-02 09:30", is: "2020-10-30 17:00"),
            // Outside opening hours the clock starts at the next opening: Saturday, before nine, at closing itself.
            Example("4 working hours", from: "2020-10-31 09:12", is: "2020-11-02 13:00"),
            Example("4 working hours", from: "2020-11-06 08:59", is: "2020-11-06 13:00"),
            Example("4 working hours", from: "2020-10-30 17:30", is: "2020-11-02 13:00"),
            // Tuesday 15:30–17:30 is two hours; Wednesday 11 November is skipped; Thursday at 11:00.
            Example("4 working hours", from: "2020-11-10 15:30", is: "2020-11-12 11:00"),
            Example("0 working minutes", from: "2020-10-31 12:00", is: "2020-11-02 09:00"),
            Example("0 working minutes before", from: "2020-10-31 12:00", is: "2020-10-30 17:30"),
            // +240 working minutes from a closing: four hours of the next working day.
            Example("240 working minutes", from: "2020-11-09 17:30", is: "2020-11-10 13:00"),
            // Over the year's end: Thu 31 Dec 16:30–17:30, Friday 1 January closed, Mon 4 at 10:00.
            Example("2 working hours", from: "2020-12-31 16:30", is: "2021-01-04 10:00"),
            // Over both changes of clocks, which fall in closed nights: the weekend changes nothing.
            Example("2 working hours", from: "2020-10-23 16:30", is: "2020-10-26 10:00"),
            Example("2 working hours", from: "2021-03-26 16:30", is: "2021-03-29 10:00"),
        ]) func `working hours end at the earliest instant, and start at the latest`(_ example: Example)
        throws
    {
        try TimeRuleExampleTests.check(example, on: .service)
    }

    @Test(
        arguments: [
            // Thursday 17:29 does not count; Friday 6, Monday 9 (case 2020-0311).
            Example("2 working days", from: "2020-11-05 17:29", is: "2020-11-09 17:30"),
            Example("2 working days", from: "2020-11-05 00:00", is: "2020-11-09 17:30"),
            Example("2 working days", from: "2020-11-05 23:59", is: "2020-11-09 17:30"),
            // Wed 11 is a holiday: Thu 12, Fri 13, Mon 16, Tue 17, Wed 18.
            Example("5 working days", from: "2020-11-10 10:00", is: "2020-11-18 17:30"),
            // From a Saturday: Mon, Tue.
            Example("2 working days", from: "2020-10-31 10:00", is: "2020-11-03 17:30"),
            // Documents asked for on Mon 26 Oct: Tue, Wed, Thu, Fri, Mon 2 Nov at ten.
            Example("5 working days at 10:00", from: "2020-10-26 11:00", is: "2020-11-02 10:00"),
            // Survey after Christmas: closed Thu 24; Fri 25 is a holiday; Mon 28, Tue 29, Wed 30.
            Example("3 working days at 10:00", from: "2020-12-24 16:00", is: "2020-12-30 10:00"),
            // None: the date itself if worked, even after closing; else the next.
            Example("0 working days", from: "2020-10-30 23:00", is: "2020-10-30 17:30"),
            Example("0 working days", from: "2020-10-31 10:00", is: "2020-11-02 17:30"),
            Example("0 working days before", from: "2020-10-31 10:00", is: "2020-10-30 17:30"),
            // Backwards: Thursday 12 does not count, Tuesday 10, Monday 9.
            Example("2 working days before at 08:30", from: "2020-11-12 14:00", is: "2020-11-09 08:30"),
            // Distress control: the working day after Sunday 1 November.
            Example("1 working day", from: "2020-11-01 18:30", is: "2020-11-02 17:30"),
        ]) func `working days leave out the date of the event and end at closing`(_ example: Example) throws
    {
        try TimeRuleExampleTests.check(example, on: .service)
    }

    @Test(
        arguments: [
            // A follow-up keeps its weekday: Friday to Friday.
            Example("2 weeks, following", from: "2020-10-16 16:45", is: "2020-10-30 17:30"),
            // Wed 28 Oct + 2 weeks is Wed 11 Nov, a holiday: Thursday.
            Example("2 weeks, following", from: "2020-10-28 10:00", is: "2020-11-12 17:30"),
            // 30 November + 3 months is 28 February 2021, a Sunday: Monday 1 March.
            Example("3 months, following", from: "2020-11-30 10:00", is: "2021-03-01 17:30"),
            Example("1 month", from: "2021-08-31 10:00", is: "2021-09-30 17:30"),
            // 29 February 2020, a Saturday, up to its end.
            Example("1 month before", from: "2020-03-31 10:00", is: "2020-03-01 00:00"),
            // The seventh day of distress rolls backward: Wed 4 + 7 is Wed 11, a holiday: Tuesday 10.
            Example("7 calendar days, preceding", from: "2020-11-04 20:00", is: "2020-11-10 17:30"),
            // Not rolled, a closed date runs to its end.
            Example("7 calendar days", from: "2020-11-04 20:00", is: "2020-11-12 00:00"),
            Example("7 calendar days", from: "2020-11-05 20:00", is: "2020-11-12 17:30"),
            // The stop of payments: 45 calendar days from 2 November 2020 is Thursday 17 December.
            Example("45 calendar days", from: "2020-11-02 09:00", is: "2020-12-17 17:30"),
            // A legal date on Mon 16 Nov: 15 days before is Sunday 1st, hence Fri 30 Oct; 3 and 1 before: Fri 13.
            Example(
                "15 calendar days before, preceding at 08:30", from: "2020-11-16 00:00",
                is: "2020-10-30 08:30"),
            Example(
                "7 calendar days before, preceding at 08:30", from: "2020-11-16 00:00", is: "2020-11-09 08:30"
            ),
            Example(
                "3 calendar days before, preceding at 08:30", from: "2020-11-16 00:00", is: "2020-11-13 08:30"
            ),
            Example(
                "1 calendar day before, preceding at 08:30", from: "2020-11-16 00:00", is: "2020-11-13 08:30"),
            // Its internal target, were it a Sunday: the Friday before.
            Example("0 calendar days, preceding", from: "2020-11-15 00:00", is: "2020-11-13 17:30"),
            // The lead's Monday mail on Easter Monday leaves on Tuesday.
            Example("0 calendar days, following at 08:45", from: "2021-04-05 00:00", is: "2021-04-06 08:45"),
            Example("at 08:30", from: "2020-11-02 14:00", is: "2020-11-02 08:30"),
        ]) func `weeks, months and calendar days move civilly, then roll`(_ example: Example) throws
    {
        try TimeRuleExampleTests.check(example, on: .service)
    }

    @Test(
        arguments: [
            // All Saints' Sunday is a day like any other on call: two hours end exactly at closing, or go over the night.
            Example("120 working minutes", from: "2020-11-01 18:00", is: "2020-11-01 20:00"),
            Example("120 working minutes", from: "2020-11-01 18:30", is: "2020-11-02 08:30"),
            Example("120 working minutes", from: "2020-10-31 22:00", is: "2020-11-01 10:00"),
            Example("30 working minutes", from: "2020-10-31 19:45", is: "2020-11-01 08:15"),
        ]) func `distress counts on its own calendar, Sundays and holidays included`(_ example: Example)
        throws
    {
        try TimeRuleExampleTests.check(example, on: .onCall)
    }

    @Test(
        arguments: [
            Example("30 elapsed minutes", from: "2020-10-30 17:15", is: "2020-10-30 17:45"),
            Example("120 elapsed minutes before", from: "2020-11-02 10:00", is: "2020-11-02 08:00"),
            // Elapsed time does not follow the clock: 04:00 summer time less two hours is 01:00 winter time.
            Example(
                "2 elapsed hours before", from: "2021-03-28T04:00:00+02:00", is: "2021-03-28T01:00:00+01:00"),
            Example("24 elapsed hours", from: "2020-10-24 12:00", is: "2020-10-25 11:00"),
        ]) func `elapsed time passes at any hour`(_ example: Example) throws
    {
        try TimeRuleExampleTests.check(example, on: .service)
    }

    @Test(
        arguments: [
            // Monday's eve is a Sunday: Saturday at 17:00. Thursday's eve is 11 November: Tuesday.
            Example(
                "1 calendar day before, preceding at 17:00", from: "2020-11-16 10:00", is: "2020-11-14 17:00"),
            Example(
                "1 calendar day before, preceding at 17:00", from: "2020-11-12 10:00", is: "2020-11-10 17:00"),
            Example(
                "1 calendar day before, preceding at 17:00", from: "2020-11-18 10:00", is: "2020-11-17 17:00"),
            // Five *jours ouvrables* from Tue 10 Nov: Thu, Fri, Sat, Mon, Tue 17.
            Example("5 working days", from: "2020-11-10 10:00", is: "2020-11-17 20:00"),
        ]) func `the window of messages works on Saturdays`(_ example: Example) throws
    {
        let week = WorkingWeek(
            Dictionary(
                uniqueKeysWithValues: Weekday.allCases.prefix(6).map { ($0, openingHours("08:00-20:00")) }))
        try TimeRuleExampleTests.check(
            example, on: WorkingCalendar(CalendarRules(zone: .paris, week: week), horizon: 2020...2020))
    }

    @Test(
        arguments: [
            // Christmas Eve closes at noon: 10:00–12:00, then Monday 28 until 11:00.
            Example("4 working hours", from: "2020-12-24 10:00", is: "2020-12-28 11:00"),
            Example("1 working day", from: "2020-12-23 10:00", is: "2020-12-24 12:00"),
            // Ascension and its bridge are skipped: Mon 17, Tue 18.
            Example("2 working days", from: "2021-05-12 10:00", is: "2021-05-18 17:30"),
            // Whit Monday is worked here: Fri 16:30–17:30, Mon 24 May until 10:00.
            Example("2 working hours", from: "2021-05-21 16:30", is: "2021-05-24 10:00"),
        ]) func `special hours, closures and opened holidays count as written`(_ example: Example) throws
    {
        var rules = CalendarRules(zone: .paris, week: .mondayToFriday())
        rules.closures = [.init(days: date("2021-05-14")...date("2021-05-14"), label: "Pont")]
        rules.specialHours = [
            date("2020-12-24"): .init(hours: openingHours("09:00-12:00"), label: "Veille de Noël")
        ]
        rules.openHolidays = [date("2021-05-24")]
        try TimeRuleExampleTests.check(example, on: WorkingCalendar(rules, horizon: 2020...2021))
    }

    @Test(
        arguments: [
            ("15 calendar days before, preceding at 08:30", "2020-11-16", "2020-10-30 08:30"),
            ("0 calendar days", "2020-12-31", "2020-12-31 17:30"),
            ("3 working days", "2020-11-09", "2020-11-13 17:30"),
            ("4 working hours", "2020-11-11", "2020-11-12 13:00"),
        ]) func `an event may be a date without an hour`(rule: String, day: String, due: String) throws
    {
        let rule = try TimeRule(rule)
        #expect(WorkingCalendar.service.instant(rule, from: date(day)) == at(due))
        #expect(WorkingCalendar.service.derivation(rule, from: date(day))?.result == at(due))
    }

    @Test(
        arguments: [
            "1 working hour", "1 working day", "1 week", "0 working days before", "0 calendar days",
            "1000000 months", "1000000 months before", "1000000 working hours", "1000000 working days",
        ]) func `outside the years compiled there is neither an instant nor a derivation`(text: String) throws
    {
        let rule = try TimeRule(text)
        let count = rule.count
        let events = [Instant.distantPast, .distantFuture, at("2018-06-01 10:00"), at("2023-01-01 00:00")]
        for event in count > 1 ? events + [at("2020-06-02 10:00")] : events {
            #expect(WorkingCalendar.service.instant(rule, from: event) == nil)
            #expect(WorkingCalendar.service.derivation(rule, from: event) == nil)
        }
    }

    @Test func `an hour that the clocks skip is read one hour later`() throws {
        let rule = try TimeRule("1 calendar day at 02:30")
        #expect(
            WorkingCalendar.onCall.instant(rule, from: at("2021-03-27 12:00"))
                == at("2021-03-28T03:30:00+02:00"))
    }
}
