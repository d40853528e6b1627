import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct PublicHolidayTests {
    /// The table of domain.md 3.1: Easter, Easter Monday, Ascension, Whit Monday.
    @Test(
        arguments: [
            ["2020-04-12", "2020-04-13", "2020-05-21", "2020-06-01"],
            ["2021-04-04", "2021-04-05", "2021-05-13", "2021-05-24"],
            ["2022-04-17", "2022-04-18", "2022-05-26", "2022-06-06"],
            ["2023-04-09", "2023-04-10", "2023-05-18", "2023-05-29"],
            ["2024-03-31", "2024-04-01", "2024-05-09", "2024-05-20"],
            ["2025-04-20", "2025-04-21", "2025-05-29", "2025-06-09"],
            ["2026-04-05", "2026-04-06", "2026-05-14", "2026-05-25"],
            ["2027-03-28", "2027-03-29", "2027-05-06", "2027-05-17"],
            ["2028-04-16", "2028-04-17", "2028-05-25", "2028-06-05"],
            ["2029-04-01", "2029-04-02", "2029-05-10", "2029-05-21"],
            ["2030-04-21", "2030-04-22", "2030-05-30", "2030-06-10"],
        ]) func `the movable holidays of a year follow Easter`(dates: [String])
    {
        let year = date(dates[0]).year
        #expect(LocalDay.easter(in: year) == date(dates[0]))
        let movable = HolidayRegion.metropole.holidays(in: year)
        #expect(movable.first { $0.holiday == .easterMonday }?.day == date(dates[1]))
        #expect(movable.first { $0.holiday == .ascension }?.day == date(dates[2]))
        #expect(movable.first { $0.holiday == .whitMonday }?.day == date(dates[3]))
    }

    /// The slow way of the Church's tables: the first Sunday after the fourteenth day of the paschal moon.
    ///
    /// Clavius' epact gives the age of the moon on 1 January; from it every date's age is told off, one by one.
    private static func easterByTheMoon(_ year: Int) -> LocalDay {
        let golden = year % 19 + 1
        let century = year / 100 + 1
        let solar = 3 * century / 4 - 12  // leap days left out since 1582
        let lunar = (8 * century + 5) / 25 - 5  // the moon's own drift
        var epact = (11 * golden + 20 + lunar - solar) % 30
        if epact < 0 { epact += 30 }
        if epact == 25 && golden > 11 || epact == 24 { epact += 1 }
        // Full moon on the 44th − epact of March, a lunation later when that is before the equinox of 21 March.
        var fullMoon = LocalDay(clampingYear: year, month: 3, day: 1).adding(days: 44 - epact - 1)
        while fullMoon < LocalDay(clampingYear: year, month: 3, day: 21) {
            fullMoon = fullMoon.adding(days: 30)
        }
        var sunday = fullMoon.adding(days: 1)
        while sunday.weekday != .sunday { sunday = sunday.adding(days: 1) }
        return sunday
    }

    @Test func `Easter agrees with the Church's moon in every year from 1900 to 2200`() {
        for year in 1900...2200 {
            #expect(LocalDay.easter(in: year) == PublicHolidayTests.easterByTheMoon(year), "\(year)")
        }
    }

    @Test func `the whole country has its eleven holidays each year from 2000 to 2100, found date by date`() {
        let fixed = [
            (1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25),
        ]
        for year in 2000...2100 {
            let easter = PublicHolidayTests.easterByTheMoon(year)
            var expected: [LocalDay: Int] = [:]
            for offset in 0..<366 {
                let day = LocalDay(clampingYear: year, month: 1, day: 1).adding(days: offset)
                guard day.year == year else { continue }
                let (_, month, dayOfMonth) = day.civil
                let isFixed = fixed.contains { $0 == (month, dayOfMonth) }
                let count = (isFixed ? 1 : 0) + ([1, 39, 50].contains(day - easter) ? 1 : 0)
                if count > 0 { expected[day] = count }
            }
            let found = Dictionary(grouping: HolidayRegion.metropole.holidays(in: year), by: \.day)
            #expect(found.mapValues(\.count) == expected, "\(year)")
            #expect(found.values.joined().count == 11)
        }
    }

    @Test func `two holidays may share a date`() {
        #expect(HolidayRegion.metropole.holidays(on: date("2008-05-01")) == [.labourDay, .ascension])
        #expect(HolidayRegion.metropole.holidays(on: date("1997-05-08")) == [.victoryDay, .ascension])
    }

    @Test(
        arguments: [
            (HolidayRegion.alsaceMoselle, ["2021-04-02", "2021-12-26"]),
            (.mayotte, ["2021-04-27"]),
            (.martinique, ["2021-05-22"]),
            (.guadeloupe, ["2021-05-27"]),
            (.saintMartin, ["2021-05-27"]),
            (.guyane, ["2021-06-10"]),
            (.saintBarthelemy, ["2021-10-09"]),
            (.reunion, ["2021-12-20"]),
            (.saintPierreEtMiquelon, []),
        ]) func `a region adds its own days to the eleven`(region: HolidayRegion, own: [String])
    {
        let common = Set(HolidayRegion.metropole.holidays(in: 2021).map(\.day))
        let found = Set(region.holidays(in: 2021).map(\.day))
        #expect(found.subtracting(common) == Set(own.map(date)))
        #expect(found.isSuperset(of: common))
    }

    @Test func `Good Friday, Easter Sunday and Whit Sunday are no holidays of the whole country`() {
        for text in ["2021-04-02", "2021-04-04", "2021-05-23"] {
            #expect(HolidayRegion.metropole.holidays(on: date(text)).isEmpty)
        }
    }

    @Test func `a region of none has no holiday, and every holiday has two names`() {
        #expect(HolidayRegion.none.holidays(in: 2021).isEmpty)
        for holiday in PublicHoliday.allCases {
            #expect(!holiday.frenchName.isEmpty && !holiday.englishName.isEmpty)
        }
    }

    @Test func `holidays come in the order of their dates`() {
        for region in HolidayRegion.allCases {
            let days = region.holidays(in: 2038).map(\.day)
            #expect(days == days.sorted())
        }
    }
}
