import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct WorkingCalendarTests {
    /// The service with everything a house may add: a bridge, an early closing, an opened Whit Monday, a Saturday.
    private static let house: WorkingCalendar = {
        var rules = CalendarRules(zone: .paris, week: .mondayToFriday("09:00-12:00, 14:00-17:30"))
        rules.closures = [
            .init(days: date("2021-05-14")...date("2021-05-14"), label: "Pont de l’Ascension"),
            .init(days: date("2021-08-09")...date("2021-08-13"), label: "Fermeture d’été"),
        ]
        rules.specialHours = [
            date("2020-12-24"): .init(hours: openingHours("09:00-12:00"), label: "Veille de Noël"),
            date("2021-05-15"): .init(hours: openingHours("10:00-12:00"), label: "Portes ouvertes"),
            date("2021-08-11"): .init(hours: openingHours("09:00-12:00"), label: "Permanence"),
            date("2021-11-11"): .init(hours: openingHours("14:00-16:00"), label: "Permanence"),
            date("2021-06-01"): .init(hours: .closed, label: "Inventaire"),
        ]
        rules.openHolidays = [date("2021-05-24"), date("2021-08-15"), date("2021-08-10")]
        return WorkingCalendar(rules, horizon: 2020...2021)
    }()

    @Test(
        arguments: [
            ("2020-11-02T08:59:59.999+01:00", false),
            ("2020-11-02T09:00:00+01:00", true),
            ("2020-11-02T17:29:59.999+01:00", true),
            ("2020-11-02T17:30:00+01:00", false),
            // Summer and winter, the same clock.
            ("2020-07-15T07:00:00Z", true),
            ("2020-07-15T15:30:00Z", false),
            ("2020-01-15T08:00:00Z", true),
            ("2020-01-15T07:59:59Z", false),
            // Saturday, Sunday, holidays; the Monday after a Sunday holiday is an ordinary one.
            ("2020-10-31T10:00:00+01:00", false),
            ("2020-11-01T10:00:00+01:00", false),
            ("2020-11-11T10:00:00+01:00", false),
            ("2021-05-13T10:00:00+02:00", false),
            ("2021-05-14T10:00:00+02:00", true),
            // Nothing is open outside the years compiled.
            ("1999-11-02T10:00:00+01:00", false),
            ("2050-11-02T10:00:00+01:00", false),
        ]) func `the service is open on weekdays from 09:00 up to 17:30, holidays excepted`(
            text: String, isOpen: Bool
        )
    {
        #expect(WorkingCalendar.service.isOpen(at: at(text)) == isOpen)
    }

    @Test(
        arguments: [
            ("2021-01-05 11:59", true), ("2021-01-05 12:00", false), ("2021-01-05 13:59", false),
            ("2021-01-05 14:00", true),
            // A closure closes a working day, special hours open a Saturday, a closed date and a holiday.
            ("2021-05-14 10:00", false), ("2021-05-15 09:59", false), ("2021-05-15 10:00", true),
            ("2021-08-11 10:00", true), ("2021-08-11 15:00", false), ("2021-08-12 10:00", false),
            ("2021-11-11 10:00", false), ("2021-11-11 15:00", true), ("2021-06-01 10:00", false),
            ("2020-12-24 11:00", true), ("2020-12-24 15:00", false),
            // Whit Monday is opened; opening a holiday opens neither a Sunday nor a closure.
            ("2021-05-24 10:00", true), ("2021-08-15 10:00", false), ("2021-08-10 10:00", false),
        ]) func `special hours go before closures, closures before opened holidays, those before the week`(
            text: String, isOpen: Bool
        )
    {
        #expect(WorkingCalendarTests.house.isOpen(at: at(text)) == isOpen)
    }

    @Test(
        arguments: [
            ("2021-05-12", DayHours.Basis.week(.wednesday)),
            ("2021-05-13", .holidays([.ascension])),
            ("2021-05-14", .closure("Pont de l’Ascension")),
            ("2021-05-15", .specialHours("Portes ouvertes")),
            ("2021-05-16", .weeklyRest(.sunday)),
            ("2021-05-24", .openedHolidays([.whitMonday])),
            ("2021-06-01", .specialHours("Inventaire")),
        ]) func `every date says which rule decided it`(text: String, basis: DayHours.Basis)
    {
        #expect(WorkingCalendarTests.house.hours(on: date(text)).basis == basis)
    }

    @Test func `outside the window one waits for the next opening, inside one does not`() {
        let window = WorkingCalendar(
            CalendarRules(
                zone: .paris,
                week: WorkingWeek(
                    Dictionary(
                        uniqueKeysWithValues: Weekday.allCases.prefix(6).map {
                            ($0, openingHours("08:00-20:00"))
                        }))),
            horizon: 2020...2020)
        let last = at("2020-11-14T19:59:59.999+01:00")
        #expect(window.nextOpening(atOrAfter: last) == last)
        #expect(window.nextOpening(atOrAfter: at("2020-11-14 20:00")) == at("2020-11-16 08:00"))
        // The eve of Armistice Day after closing: Thursday the 12th.
        #expect(window.nextOpening(atOrAfter: at("2020-11-10 20:00")) == at("2020-11-12 08:00"))
        #expect(window.previousClosing(atOrBefore: at("2020-11-11 12:00")) == at("2020-11-10 20:00"))
        #expect(window.previousClosing(atOrBefore: at("2020-11-10 20:00")) == at("2020-11-10 20:00"))
        #expect(window.previousClosing(atOrBefore: at("2020-11-10 19:00")) == at("2020-11-10 19:00"))
    }

    @Test func `a night's span counts what really elapses when the clocks change`() {
        let night = WorkingCalendar(
            CalendarRules(zone: .paris, week: .everyDay("00:00-06:00"), region: .none), horizon: 2020...2021)
        // 28 March 2021: 02:00 becomes 03:00, five hours; 25 October 2020: 03:00 becomes 02:00, seven.
        for (text, hours) in [("2021-03-27", 6), ("2021-03-28", 5), ("2020-10-25", 7)] {
            let day = date(text)
            let (midnight, noon) = (
                Zone.paris.instant(day, .midnight), Zone.paris.instant(day, clock("12:00"))
            )
            #expect(night.workingTime(from: midnight, to: noon) == .hours(Int64(hours)))
        }
        // Two hours after 01:00 in the spring night: 01:00–02:00, then 03:00–04:00.
        #expect(night.adding(.hours(2), to: at("2021-03-28 01:00")) == at("2021-03-28 04:00"))
        // Two hours after 01:00 in the autumn night: 01:00–02:00, then 02:00–03:00 for the first time.
        #expect(
            night.adding(.hours(2), to: at("2020-10-25 01:00")) == at("2020-10-25T02:00:00+01:00"))
    }

    @Test func `a span whose edge lies in the change follows the clock`() {
        let calendar = WorkingCalendar(
            CalendarRules(zone: .paris, week: .everyDay("02:15-02:45"), region: .none), horizon: 2020...2021)
        // The clock reads no 02:15 on 28 March 2021, and reads it twice on 25 October 2020.
        #expect(!calendar.isWorked(date("2021-03-28")))
        #expect(calendar.hours(on: date("2021-03-28")).basis == .skippedByClocks)
        #expect(calendar.opening(of: date("2020-10-25")) == at("2020-10-25T02:15:00+02:00"))
        #expect(calendar.closing(of: date("2020-10-25")) == at("2020-10-25T02:45:00+01:00"))
        #expect(
            calendar.workingTime(from: at("2020-10-25 00:00"), to: at("2020-10-25 12:00")) == .minutes(60))
        #expect(!calendar.isOpen(at: at("2020-10-25T02:50:00+02:00")))
    }

    @Test func `a date the zone skipped is not worked`() {
        let samoa = WorkingCalendar(
            CalendarRules(zone: .system("Pacific/Apia"), week: .everyDay("09:00-17:00"), region: .none),
            horizon: 2011...2011)
        #expect(samoa.hours(on: date("2011-12-30")).basis == .skippedByClocks)
        #expect(samoa.addingWorkingDays(1, to: date("2011-12-29")) == date("2011-12-31"))
    }

    @Test func `a day that never closes runs into the next`() {
        let always = WorkingCalendar(
            CalendarRules(zone: .paris, week: .everyDay("00:00-24:00"), region: .none), horizon: 2020...2021)
        #expect(always.isOpen(at: at("2020-12-31 23:59")) && always.isOpen(at: at("2021-01-01 00:00")))
        #expect(always.adding(.hours(48), to: at("2020-12-31 12:00")) == at("2021-01-02 12:00"))
        // A day of 23 hours lies between.
        #expect(always.adding(.hours(48), to: at("2021-03-27 12:00")) == at("2021-03-29 13:00"))
    }

    @Test func `worked dates are counted without the date of the event`() {
        let service = WorkingCalendar.service
        #expect(service.addingWorkingDays(0, to: date("2020-10-31")) == date("2020-11-02"))
        #expect(service.addingWorkingDays(0, to: date("2020-10-30")) == date("2020-10-30"))
        #expect(service.addingWorkingDays(1, to: date("2020-10-31")) == date("2020-11-02"))
        #expect(service.subtractingWorkingDays(0, from: date("2020-11-01")) == date("2020-10-30"))
        #expect(service.subtractingWorkingDays(1, from: date("2020-11-02")) == date("2020-10-30"))
        #expect(service.workingDays(after: date("2020-11-09"), through: date("2020-11-12")) == 2)
        #expect(service.workingDays(after: date("2020-11-12"), through: date("2020-11-09")) == -2)
        #expect(service.nextWorkedDay(onOrAfter: date("2020-11-11")) == date("2020-11-12"))
        #expect(service.previousWorkedDay(onOrBefore: date("2020-11-11")) == date("2020-11-10"))
    }

    @Test func `what lies outside the years compiled is nil, never a trap`() {
        let service = WorkingCalendar.service
        for instant in [Instant.distantPast, .distantFuture, at("2018-12-31 12:00"), at("2023-01-02 12:00")] {
            #expect(service.adding(.hours(1), to: instant) == nil)
            #expect(service.subtracting(.hours(1), from: instant) == nil)
            #expect(service.nextOpening(atOrAfter: instant) == nil)
            #expect(service.previousClosing(atOrBefore: instant) == nil)
            #expect(service.workingTime(from: instant, to: at("2020-11-02 12:00")) == nil)
            #expect(!service.isOpen(at: instant))
        }
        let last = at("2022-12-30 17:00")
        #expect(service.adding(.minutes(30), to: last) == at("2022-12-30 17:30"))
        #expect(service.adding(.minutes(31), to: last) == nil)
        for amount in [Int64.max, .min, .min + 1] {
            #expect(service.adding(WorkingDuration(milliseconds: amount), to: last) == nil)
            #expect(service.subtracting(WorkingDuration(milliseconds: amount), from: last) == nil)
        }
        for day in [LocalDay(daysSince1970: .min), LocalDay(daysSince1970: .max), date("2018-12-31")] {
            #expect(service.addingWorkingDays(1, to: day) == nil)
            #expect(service.subtractingWorkingDays(1, from: day) == nil)
            #expect(!service.isWorked(day))
            #expect(service.workingDays(after: day, through: date("2020-11-09")) == nil)
        }
        #expect(service.addingWorkingDays(.max, to: date("2020-11-09")) == nil)
        #expect(service.addingWorkingDays(.min, to: date("2020-11-09")) == nil)
        #expect(service.addingWorkingDays(-1, to: date("2020-11-09")) == nil)
    }

    @Test func `a calendar that never opens answers nil`() {
        let never = WorkingCalendar(
            CalendarRules(zone: .utc, week: WorkingWeek([:])), horizon: 2020...2020)
        let noon = at("2020-11-02T12:00:00Z")
        #expect(never.nextOpening(atOrAfter: noon) == nil)
        #expect(never.adding(.zero, to: noon) == nil)
        #expect(never.subtracting(.minutes(1), from: noon) == nil)
        #expect(never.addingWorkingDays(0, to: date("2020-11-02")) == nil)
        #expect(never.workingTime(from: noon, to: noon) == .zero)
    }
}
