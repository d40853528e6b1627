import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct DerivationTests {
    private static func derive(_ rule: String, from event: String) throws -> Derivation {
        try #require(WorkingCalendar.service.derivation(TimeRule(rule), from: at(event)))
    }

    private static func slot(_ from: String, _ to: String, _ weekday: Weekday) -> Derivation.Step {
        .slot(.init(from: at(from), to: at(to), day: date(String(from.prefix(10))), basis: .week(weekday)))
    }

    @Test func `four working hours over a weekend show two slots and the days between`() throws {
        let derivation = try DerivationTests.derive("4 working hours", from: "2020-10-30 15:40")
        #expect(
            derivation.steps == [
                DerivationTests.slot("2020-10-30 15:40", "2020-10-30 17:30", .friday),
                .skipped(date("2020-10-31"), .weeklyRest(.saturday)),
                .skipped(date("2020-11-01"), .holidays([.allSaints])),
                DerivationTests.slot("2020-11-02 09:00", "2020-11-02 11:10", .monday),
            ])
        #expect(derivation.result == at("2020-11-02 11:10"))
        #expect(derivation.eventDay == date("2020-10-30"))
        #expect(derivation.slots.map(\.working.minutes) == [110, 130])
        #expect(derivation.skipped.map(\.day) == [date("2020-10-31"), date("2020-11-01")])
    }

    @Test func `an event outside opening hours says where counting starts`() throws {
        let derivation = try DerivationTests.derive("30 working minutes", from: "2020-10-31 09:12")
        #expect(
            derivation.steps == [
                .skipped(date("2020-10-31"), .weeklyRest(.saturday)),
                .skipped(date("2020-11-01"), .holidays([.allSaints])),
                .countedFrom(at("2020-11-02 09:00")),
                DerivationTests.slot("2020-11-02 09:00", "2020-11-02 09:30", .monday),
            ])
    }

    @Test func `counting back shows the slots backwards`() throws {
        let derivation = try DerivationTests.derive("60 working minutes before", from: "2020-11-12 09:30")
        #expect(
            derivation.steps == [
                DerivationTests.slot("2020-11-12 09:00", "2020-11-12 09:30", .thursday),
                .skipped(date("2020-11-11"), .holidays([.armistice])),
                DerivationTests.slot("2020-11-10 17:00", "2020-11-10 17:30", .tuesday),
            ])
    }

    @Test func `working days are counted one by one, closed ones named`() throws {
        let derivation = try DerivationTests.derive("2 working days", from: "2020-11-10 10:00")
        #expect(
            derivation.steps == [
                .skipped(date("2020-11-11"), .holidays([.armistice])),
                .counted(1, date("2020-11-12"), .week(.thursday)),
                .counted(2, date("2020-11-13"), .week(.friday)),
                .due(.closing(date("2020-11-13"))),
            ])
    }

    @Test func `a roll shows where it came from and what it passed over`() throws {
        let derivation = try DerivationTests.derive(
            "15 calendar days before, preceding at 08:30", from: "2020-11-16 00:00")
        #expect(
            derivation.steps == [
                .reached(date("2020-11-01")),
                .skipped(date("2020-11-01"), .holidays([.allSaints])),
                .skipped(date("2020-10-31"), .weeklyRest(.saturday)),
                .rolled(from: date("2020-11-01"), to: date("2020-10-30")),
                .due(.stated(date("2020-10-30"), clock("08:30"), .unique(at("2020-10-30 08:30")))),
            ])
    }

    @Test func `a closed date that stays where it is runs to its end`() throws {
        #expect(
            try DerivationTests.derive("7 calendar days", from: "2020-11-04 10:00").steps == [
                .reached(date("2020-11-11")), .due(.endOfDay(date("2020-11-11"))),
            ])
    }

    @Test func `no working days on a closed date move to the next worked one`() throws {
        #expect(
            try DerivationTests.derive("0 working days", from: "2020-10-31 10:00").steps == [
                .skipped(date("2020-10-31"), .weeklyRest(.saturday)),
                .skipped(date("2020-11-01"), .holidays([.allSaints])),
                .due(.closing(date("2020-11-02"))),
            ])
    }

    @Test func `elapsed time is one step`() throws {
        #expect(
            try DerivationTests.derive("120 elapsed minutes before", from: "2020-11-02 10:00").steps
                == [.elapsed(.minutes(120))])
    }

    @Test func `a calendar that never closes still shows one slot a date`() throws {
        let always = WorkingCalendar(
            CalendarRules(zone: .paris, week: .everyDay("00:00-24:00"), region: .none), horizon: 2021...2021)
        // The spring night has one hour less: 12 + 23 + 1 hours.
        let derivation = try #require(
            always.derivation(TimeRule("36 working hours"), from: at("2021-03-27 12:00")))
        #expect(derivation.slots.map(\.working) == [.hours(12), .hours(23), .hours(1)])
        #expect(derivation.slots.map(\.day) == [date("2021-03-27"), date("2021-03-28"), date("2021-03-29")])
        #expect(derivation.result == at("2021-03-29 01:00"))
    }
}
