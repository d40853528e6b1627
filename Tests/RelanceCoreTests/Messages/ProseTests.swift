import RelanceCore
import RelanceTestSupport
import Testing

struct ProseTests {
    private let french = FrenchText()
    private let english = EnglishText()
    private let today = date("2020-11-02")

    @Test func `hours have no-break spaces in French, and a zero only in a column`() {
        #expect(french.time(LocalTime(minuteOfDay: 670)) == "11\u{A0}h\u{A0}10")
        #expect(french.time(LocalTime(minuteOfDay: 600)) == "10\u{A0}h")
        #expect(french.time(LocalTime(minuteOfDay: 545)) == "9\u{A0}h\u{A0}05")
        #expect(french.clock(LocalTime(minuteOfDay: 840)) == "14\u{A0}h\u{A0}00")
        #expect(english.time(LocalTime(minuteOfDay: 545)) == "9:05")
        #expect(english.clock(LocalTime(minuteOfDay: 840)) == "14:00")
    }

    @Test func `a text message says hours and days without a character it would pay for`() {
        let day = date("2020-11-02")
        let noon = LocalTime(minuteOfDay: 720)
        let later = LocalTime(minuteOfDay: 1050)
        #expect(french.textTime(noon) == "12h00")
        #expect(french.textMoment(day, noon) == "lundi 02/11 à 12h00")
        #expect(french.textLimit(day, noon) == "lundi 02/11 12h")
        #expect(french.textLimit(day, later) == "lundi 02/11 17h30")
        #expect(french.textDay(date("2020-11-01")) == "dimanche 01/11")
        #expect(english.textMoment(day, noon) == "Mon 2 Nov, 12:00")
        #expect(english.textLimit(day, later) == "Mon 2 Nov 17:30")
        #expect(french.textHours(.mondayToFriday()) == "9h à 17h30")
        #expect(english.textHours(.mondayToFriday()) == "9:00 to 17:30")
        #expect(
            french.textHours(
                WorkingWeek([.monday: openingHours("09:00-12:00"), .tuesday: openingHours("14:00-17:30")]))
                == nil)
        #expect(french.textHours(WorkingWeek([.monday: openingHours("09:00-12:00, 14:00-17:30")])) == nil)
    }

    @Test(arguments: [
        (60, "environ une heure", "about one hour"), (45, "environ 45\u{A0}min", "about 45\u{A0}min"),
        (90, "environ 1\u{A0}h\u{A0}30", "about 1\u{A0}h\u{A0}30"),
        (120, "environ 2\u{A0}heures", "about 2\u{A0}hours"),
    ])
    func `an appointment takes about as long as people say`(minutes: Int, inFrench: String, inEnglish: String)
    {
        #expect(french.about(minutes: minutes) == inFrench)
        #expect(english.about(minutes: minutes) == inEnglish)
    }

    @Test(arguments: [
        (
            "2020-11-01", "dimanche 1er\u{A0}novembre", "Sunday 1\u{A0}November", "dim.\u{A0}1/11",
            "Sun 1\u{A0}Nov"
        ),
        ("2020-11-02", "lundi 2\u{A0}novembre", "Monday 2\u{A0}November", "lun.\u{A0}2/11", "Mon 2\u{A0}Nov"),
        (
            "2020-02-29", "samedi 29\u{A0}février", "Saturday 29\u{A0}February", "sam.\u{A0}29/02",
            "Sat 29\u{A0}Feb"
        ),
        (
            "2021-08-11", "mercredi 11\u{A0}août 2021", "Wednesday 11\u{A0}August 2021", "mer.\u{A0}11/08",
            "Wed 11\u{A0}Aug"
        ),
    ])
    func `a day is said in full with the year only when it is another`(
        day: String, french long: String, english longEnglish: String, short: String, shortEnglish: String
    ) {
        #expect(french.longDay(date(day), today: today) == long)
        #expect(english.longDay(date(day), today: today) == longEnglish)
        #expect(french.shortDay(date(day)) == short)
        #expect(english.shortDay(date(day)) == shortEnglish)
    }

    @Test func `a week is said from its first day to its last`() {
        #expect(french.range(from: date("2020-11-09"), to: date("2020-11-13")) == "du 9 au 13\u{A0}novembre")
        #expect(french.range(from: date("2020-12-01"), to: date("2020-12-04")) == "du 1er au 4\u{A0}décembre")
        #expect(
            french.range(from: date("2020-11-30"), to: date("2020-12-04"))
                == "du 30\u{A0}novembre au 4\u{A0}décembre")
        #expect(english.range(from: date("2020-11-09"), to: date("2020-11-13")) == "9 to 13\u{A0}November")
    }

    @Test func `opening hours are said by stretches of like days`() {
        #expect(french.hours(.mondayToFriday()) == "du lundi au vendredi, de 9\u{A0}h à 17\u{A0}h\u{A0}30")
        #expect(english.hours(.mondayToFriday()) == "Monday to Friday, 9:00 to 17:30")
        let week = WorkingWeek([
            .monday: openingHours("09:00-12:00, 14:00-17:30"),
            .tuesday: openingHours("09:00-12:00, 14:00-17:30"),
            .thursday: openingHours("09:00-12:00"),
        ])
        #expect(
            french.hours(week)
                == "le lundi et le mardi, de 9\u{A0}h à 12\u{A0}h et de 14\u{A0}h à 17\u{A0}h\u{A0}30\u{202F}; "
                + "le jeudi, de 9\u{A0}h à 12\u{A0}h")
        #expect(
            english.hours(week)
                == "Monday and Tuesday, 9:00 to 12:00 and 14:00 to 17:30; Thursday, 9:00 to 12:00")
        #expect(french.hours(WorkingWeek([:])) == nil)
    }

    @Test(arguments: [(0, false, true), (1, false, false), (2, true, true), (21, true, true)])
    func `none and one are singular in French, only one in English`(
        count: Int, inFrench: Bool, inEnglish: Bool
    ) {
        #expect(french.isPlural(count) == inFrench)
        #expect(english.isPlural(count) == inEnglish)
    }

    @Test func `lists, durations, head counts and numbers read as people say them`() {
        #expect(french.list(["a", "b", "c"]) == "a, b et c")
        #expect(english.list(["a", "b"]) == "a and b")
        #expect(french.list(["a"]) == "a")
        #expect(french.list([]) == "")
        #expect(french.duration(minutes: 125) == "2\u{A0}h\u{A0}05")
        #expect(french.duration(minutes: 45) == "45\u{A0}min")
        #expect(french.employees("1") == "1\u{A0}salarié")
        #expect(french.employees("0") == "0\u{A0}salarié")
        #expect(french.employees("3") == "3\u{A0}salariés")
        #expect(french.employees("1 à 2 salariés") == "1 à 2 salariés")
        #expect(english.employees("1") == "1\u{A0}employee")
    }
}
