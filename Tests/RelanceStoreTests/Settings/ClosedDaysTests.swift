import RelanceCore
import RelanceStore
import Testing

/// Closed days from `.ics` files, seen through the calendar they close.
@Suite struct ClosedDaysTests {
    private static func reading(_ file: String, zone: String = "Europe/Paris") -> ConfigurationFile.Reading {
        let text =
            "policy: {zone: \(zone), calendars: {service: {ics: \"\(Fixture.path("ics/" + file)).ics\"}}}"
        return ConfigurationFile(credentialsFolder: nil).read(bytes: Array(text.utf8), path: "relance.yaml")
    }

    private func hours(_ file: String, _ days: [String], zone: String = "Europe/Paris") throws -> [String] {
        let reading = Self.reading(file, zone: zone)
        #expect(reading.issues == [])
        let service = try #require(reading.configuration).policies.house.service
        return try days.map { try service.hours(on: #require(LocalDay(iso: $0))).hours.description }
    }

    @Test func `a weekly closing repeats as often as it says, without its exceptions`() throws {
        #expect(
            try hours(
                "weekly-recurrence",
                ["2020-11-05", "2020-11-06", "2020-11-13", "2020-11-20", "2020-11-27", "2020-12-04"])
                == ["09:00-17:30", "", "", "09:00-17:30", "", "09:00-17:30"])
    }

    @Test func `an event of whole days ends before its DTEND, and a cancelled one closes nothing`() throws {
        #expect(
            try hours(
                "several-days",
                ["2020-12-24", "2020-12-28", "2020-12-31", "2021-01-04", "2021-05-14", "2021-06-04"])
                == ["09:00-17:30", "", "", "09:00-17:30", "", "09:00-17:30"])
    }

    @Test func `a closure keeps the words of its event`() throws {
        let service = try #require(Self.reading("several-days").configuration).policies.house.service
        #expect(
            try service.hours(on: #require(LocalDay(iso: "2021-05-14"))).basis == .closure("Pont, site fermé")
        )
    }

    /// 23 October is before and 30 October after the change of clocks: 14:00 on both, so no hour is lost.
    @Test func `hours are read in the zone of the file, on both sides of a change of clocks`() throws {
        #expect(
            try hours("zones-and-hours", ["2020-10-23", "2020-10-30", "2020-11-06"])
                == ["09:00-14:00", "09:00-14:00", "09:00-17:30"])
    }

    /// 08:00Z to 11:00Z is 09:00 to 12:00 in Paris in November; 18:00 in New York is midnight in Paris.
    @Test func `hours of another zone are closed on our clocks, a whole day becoming a closed one`() throws {
        #expect(
            try hours(
                "zones-and-hours", ["2020-11-03", "2020-11-04", "2020-11-09", "2020-11-10", "2020-11-12"])
                == ["12:00-17:30", "09:00-12:00, 13:00-17:30", "09:00-17:30", "", "09:00-17:30"])
    }

    @Test func `a series without an end closes as far as calendars reach`() throws {
        #expect(
            try hours("every-year-for-ever", ["1990-01-02", "2020-01-02", "2020-01-03", "2099-01-02"])
                == ["", "", "09:00-17:30", ""])
    }

    @Test func `each mistake has the line of its event, and the others count`() throws {
        let reading = Self.reading("mistakes")
        #expect(reading.configuration == nil)
        let path = Fixture.path("ics/mistakes.ics")
        #expect(
            reading.issues.map(\.description) == [
                "\(path):9: missing, expected DTSTART in each event",
                "\(path):13: this event ends before it starts",
                "\(path):19: an event that repeats within a day closes nothing",
                "\(path):25: an exception of a series (RECURRENCE-ID) is not read: write it as EXDATE and an event",
                "\(path):31: a property of this event cannot be read: Can't parse as DATE value in DTSTART property. Removing entire property: demain",
            ])
    }

    @Test(arguments: ["", "hello", "BEGIN:VCALENDAR", "BEGIN:VEVENT\r\nEND:VEVENT\r\n", "\0", "\r\n"])
    func `what is no calendar file is one issue`(_ text: String) throws {
        try Fixture.withFolder { folder in
            try Fixture.write(text, to: folder + "/x.ics")
            let reading = ConfigurationFile(credentialsFolder: nil).read(
                bytes: Array("policy: {calendars: {service: {ics: x.ics}}}".utf8),
                path: folder + "/relance.yaml")
            #expect(reading.issues.count == 1)
            #expect(reading.issues.first?.file == folder + "/x.ics")
        }
    }
}
