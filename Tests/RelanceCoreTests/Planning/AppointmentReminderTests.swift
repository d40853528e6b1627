import RelanceCore
import RelanceTestSupport
import Testing

/// J-1 and H-2 (domain 2.4, kinds 6 and 7; 3.5): rolled earlier, clamped, dropped; never late.
@Suite struct AppointmentReminderTests {
    let planner = Planner.make()

    private func reminders(_ start: String, confirmed: String = "2020-10-12 10:00") -> [String] {
        let item = OpenCase.bakery(with: .make(start, confirmed: confirmed))
        return planner.tells(item, from: confirmed, to: "2021-12-31 12:00")
            .filter { !$0.contains("confirmed") }
    }

    @Test(arguments: [
        ("2020-11-16 14:00", "2020-11-14 17:00", "2020-11-16 12:00"),  // Monday: Saturday
        ("2020-11-12 14:00", "2020-11-10 17:00", "2020-11-12 12:00"),  // the day after 11 November
        ("2021-04-06 10:00", "2021-04-03 17:00", "2021-04-06 08:00"),  // the Tuesday after Easter Monday
        ("2020-11-06 11:00", "2020-11-05 17:00", "2020-11-06 09:00"),  // an ordinary Friday
        ("2020-11-06 08:30", "2020-11-05 17:00", "2020-11-06 08:00"),  // exactly half an hour is left
        ("2021-03-29 10:00", "2021-03-27 17:00", "2021-03-29 08:00"),  // after the clocks went forward
    ])
    func `the eve rolls to the open day before, two hours before to the opening`(
        start: String, eve: String, soon: String
    ) {
        #expect(reminders(start) == ["\(eve) appointment_eve sms", "\(soon) appointment_soon sms"])
    }

    @Test func `with too little time left, two hours before is dropped`() {
        #expect(reminders("2020-11-06 08:29") == ["2020-11-05 17:00 appointment_eve sms"])
        let item = OpenCase.bakery(with: .make("2020-11-06 08:29", confirmed: "2020-10-12 10:00"))
        #expect(planner.withheld(.appointmentSoon, item, at: "2020-11-06 08:00") == [.tooLate])
    }

    @Test func `on a Sunday there is only the eve`() {
        #expect(reminders("2020-11-15 10:00") == ["2020-11-14 17:00 appointment_eve sms"])
    }

    @Test(arguments: [
        ("2020-11-05 13:00", true),  // 240 minutes before
        ("2020-11-05 13:01", false),
        ("2020-11-05 17:30", false),
    ])
    func `the eve is dropped when the date was just agreed`(confirmed: String, leaves: Bool) {
        let lines = reminders("2020-11-06 16:00", confirmed: confirmed)
        #expect(lines.contains("2020-11-05 17:00 appointment_eve sms") == leaves)
        #expect(lines.contains("2020-11-06 14:00 appointment_soon sms"))
        let item = OpenCase.bakery(with: .make("2020-11-06 16:00", confirmed: confirmed))
        let withheld = planner.withheld(.appointmentEve, item, at: "2020-11-05 17:30")
        #expect(withheld == (leaves ? [] : [.justAgreed]))
    }

    @Test(arguments: [("2020-11-06 08:00", true), ("2020-11-06 08:01", false)])
    func `so is two hours before, also when the date was moved`(moved: String, leaves: Bool) {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-20 14:00", confirmed: "2020-10-12 10:00", moved: [(moved, "2020-11-06 14:00")]))
        let lines = planner.tells(item, from: "2020-11-06 07:00", to: "2020-11-06 20:00")
        #expect(lines.contains("2020-11-06 12:00 appointment_soon sms") == leaves)
    }

    @Test func `after two days without a gateway nothing stale leaves`() {
        let item = OpenCase.bakery(with: .make("2020-11-12 14:00", confirmed: "2020-10-12 10:00"))
        // The eve was owed on Tuesday 10 at 17:00.
        #expect(planner.told(item, at: "2020-11-10 19:59").map(\.kind) == [.appointmentEve])
        #expect(planner.told(item, at: "2020-11-12 08:00") == [])
        #expect(planner.withheld(.appointmentEve, item, at: "2020-11-12 08:00") == [.noLongerUseful])
        #expect(planner.told(item, at: "2020-11-12 13:30").map(\.kind) == [.appointmentSoon])
        #expect(planner.told(item, at: "2020-11-12 13:31") == [])
        #expect(planner.told(item, at: "2020-11-12 16:00") == [])
    }

    @Test func `without a number for texts the eve is a mail, which may still come in the morning`() {
        let item = OpenCase.bakery(with: .make("2020-11-06 14:00", confirmed: "2020-10-12 10:00")) {
            $0.contact.mobile = nil
        }
        #expect(
            planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-09 12:00") == [
                "2020-11-05 17:00 appointment_eve email"
            ])
        #expect(planner.told(item, at: "2020-11-06 10:59").map(\.kind) == [.appointmentEve])
        #expect(planner.told(item, at: "2020-11-06 11:00") == [])
    }
}
