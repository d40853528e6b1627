import RelanceCore
import RelanceTestSupport
import Testing

/// Dates of the law: shown as they are, their target and alerts roll backward, never forward (domain 1.4, 3.4).
@Suite struct ExternalDateTests {
    let planner = Planner.make()

    private func item(_ dates: [(String, String)], declaredAt: String? = nil) -> OpenCase {
        OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-12-01 09:00")
            $0.externalDates = dates.map { label, on in
                ExternalDate(label: label, on: date(on), declaredAt: declaredAt.map { at($0) })
            }
        }
    }

    private func reminders(_ planner: Planner, _ item: OpenCase, from start: String, to end: String)
        -> [String]
    {
        planner.sends(item, from: start, to: end).filter { $0.contains("external_date_reminder") }
    }

    @Test func `alerts come 15, 7, 3 and 1 days before at 08:30, on closed days the day before`() {
        // Thu 31 Dec 2020. D-15 Wed 16 Dec. D-7 Thu 24 Dec. D-3 Mon 28 Dec. D-1 Wed 30 Dec.
        #expect(
            reminders(
                planner, item([("Fonds", "2020-12-31")]), from: "2020-12-01 09:00", to: "2021-01-31 12:00")
                == [
                    "2020-12-16 08:30 external_date_reminder claire.duval",
                    "2020-12-24 08:30 external_date_reminder claire.duval",
                    "2020-12-28 08:30 external_date_reminder claire.duval",
                    "2020-12-30 08:30 external_date_reminder claire.duval",
                ])
    }

    @Test func `alerts on Christmas and on a Sunday move to the day before, not after`() {
        // Fri 1 Jan 2021. D-15 Thu 17 Dec. D-7 Fri 25 Dec, a holiday: Thu 24. D-3 Tue 29 Dec. D-1 Thu 31 Dec.
        // The target: Fri 1 Jan is a holiday, so Thu 31 Dec at closing.
        let item = item([("Bail", "2021-01-01")])
        #expect(planner.due("external_date", item, at: "2020-12-02 09:00") == ["2020-12-31 17:30"])
        #expect(
            reminders(planner, item, from: "2020-12-01 09:00", to: "2021-01-31 12:00") == [
                "2020-12-17 08:30 external_date_reminder claire.duval",
                "2020-12-24 08:30 external_date_reminder claire.duval",
                "2020-12-29 08:30 external_date_reminder claire.duval",
                "2020-12-31 08:30 external_date_reminder claire.duval",
            ])
    }

    @Test func `two alerts that roll onto one morning are one, the nearer`() {
        // Mon 18 Jan 2021. D-15 Sun 3 Jan: Thu 31 Dec, for Fri 1 Jan is a holiday. D-7 Mon 11. D-3 Fri 15. D-1 Sun 17:
        // Fri 15 as well.
        #expect(
            reminders(
                planner, item([("URSSAF", "2021-01-18")]), from: "2020-12-01 09:00", to: "2021-01-31 12:00")
                == [
                    "2020-12-31 08:30 external_date_reminder claire.duval",
                    "2021-01-11 08:30 external_date_reminder claire.duval",
                    "2021-01-15 08:30 external_date_reminder claire.duval",
                ])
    }

    @Test func `after a day without the daemon one alert makes up for two`() {
        // Sun 15 Nov 2020: D-3 is Thu 12, D-1 is Sat 14, so Fri 13. Down on Thu 12.
        #expect(
            reminders(
                planner, item([("URSSAF", "2020-11-15")]), from: "2020-11-13 08:00", to: "2020-11-30 12:00")
                == [
                    "2020-11-13 08:30 external_date_reminder claire.duval"
                ])
    }

    @Test func `what was declared late is only told of what still lies ahead`() {
        // Declared Mon 28 Dec 09:00, half an hour after D-3: only D-1 is left.
        let item = item([("Fonds", "2020-12-31")], declaredAt: "2020-12-28 09:00")
        #expect(
            reminders(planner, item, from: "2020-12-01 09:00", to: "2021-01-31 12:00") == [
                "2020-12-30 08:30 external_date_reminder claire.duval"
            ])
        #expect(
            planner.withheld(.externalDateReminder, item, at: "2020-12-28 09:00") == [
                .beforeItBegan, .beforeItBegan, .beforeItBegan,
            ])
    }

    @Test func `two dates under one label are two dates`() {
        // URSSAF on 5 and 15 November: the alert of Wed 4 Nov speaks of the 5th, that of Fri 13 Nov of the 15th.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.externalDates = ["2020-11-15", "2020-11-05"].map {
                ExternalDate(label: "URSSAF", on: date($0))
            }
        }
        func spokenOf(_ day: String) -> [(LocalDay, Int)] {
            planner.plan(item, at: at(day + " 08:30")).messages.compactMap { message in
                guard case .externalDate(_, let date, let daysLeft) = message.content else { return nil }
                return (date.on, daysLeft)
            }
        }
        #expect(spokenOf("2020-11-04").map(\.0) == [date("2020-11-05")])
        #expect(spokenOf("2020-11-04").map(\.1) == [1])
        #expect(spokenOf("2020-11-13").map(\.0) == [date("2020-11-15")])
        #expect(spokenOf("2020-11-13").map(\.1) == [2])
    }

    @Test func `a date that is done is not told of`() {
        var item = item([("Fonds", "2020-12-31")])
        item.externalDates[0].doneAt = at("2020-12-20 10:00")
        #expect(
            reminders(planner, item, from: "2020-12-01 09:00", to: "2021-01-31 12:00") == [
                "2020-12-16 08:30 external_date_reminder claire.duval"
            ])
    }

    @Test func `somebody whose hours begin at nine gets the morning's alert herself`() {
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval", backup: "karim.benali")))
        // D-7 of Thu 31 Dec is Thu 24 Dec, which she works from 09:00.
        #expect(
            reminders(
                planner, item([("Fonds", "2020-12-31")]), from: "2020-12-24 08:00", to: "2020-12-24 12:00")
                == [
                    "2020-12-24 08:30 external_date_reminder claire.duval"
                ])
    }

    @Test func `an alert on a day off comes the day before, and an absence is the stand-in's`() {
        // D-15 Wed 16 Dec is Claire's day off: Tue 15. D-1 Wed 30 Dec: she is away, so Karim has it.
        let away = Absence.make("2020-12-29", "2021-01-03")
        let planner = Planner.make(
            .team(with: .withoutWednesdays("claire.duval", absences: [away], backup: "karim.benali")))
        #expect(
            reminders(
                planner, item([("Fonds", "2020-12-31")]), from: "2020-12-01 09:00", to: "2021-01-31 12:00")
                == [
                    "2020-12-15 08:30 external_date_reminder claire.duval",
                    "2020-12-24 08:30 external_date_reminder claire.duval",
                    "2020-12-28 08:30 external_date_reminder claire.duval",
                    "2020-12-30 08:30 external_date_reminder karim.benali",
                ])
    }
}
