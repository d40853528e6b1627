import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct ZoneTests {
    @Test(
        arguments: [
            // Summer time of 2020 ends on Sunday 25 October at 03:00, that of 2021 begins on 28 March at 02:00.
            ("2020-10-25T00:59:59Z", "2020-10-25 02:59", 7200),
            ("2020-10-25T01:00:00Z", "2020-10-25 02:00", 3600),
            ("2021-03-28T00:59:59Z", "2021-03-28 01:59", 3600),
            ("2021-03-28T01:00:00Z", "2021-03-28 03:00", 7200),
            ("2021-10-31T00:59:59Z", "2021-10-31 02:59", 7200),
            ("2021-10-31T01:00:00Z", "2021-10-31 02:00", 3600),
            // Far beyond the table of the file, by the rule of its footer: last Sundays of March and October.
            ("2400-03-26T00:59:59Z", "2400-03-26 01:59", 3600),
            ("2400-03-26T01:00:00Z", "2400-03-26 03:00", 7200),
            ("2999-07-01T12:00:00Z", "2999-07-01 14:00", 7200),
        ]) func `Paris changes its clocks on the last Sundays of March and October`(
            utc: String, clock: String, offset: Int
        )
    {
        let instant = at(utc)
        let (day, time, _) = Zone.paris.local(instant)
        #expect("\(day) \(time)" == clock)
        #expect(Zone.paris.offset(at: instant) == offset)
    }

    @Test func `a time the spring night skips is read one hour later`() {
        #expect(
            Zone.paris.resolve(date("2021-03-28"), clock("02:30"))
                == .gap(shifted: at("2021-03-28T03:30:00+02:00")))
        #expect(Zone.paris.instant(date("2021-03-28"), clock("02:00")) == at("2021-03-28T03:00:00+02:00"))
        #expect(
            Zone.paris.resolve(date("2021-03-28"), clock("03:00")) == .unique(at("2021-03-28T03:00:00+02:00"))
        )
    }

    @Test func `a time the autumn night repeats is the first of two`() {
        #expect(
            Zone.paris.resolve(date("2020-10-25"), clock("02:30"))
                == .fold(first: at("2020-10-25T02:30:00+02:00"), second: at("2020-10-25T02:30:00+01:00")))
        #expect(Zone.paris.instant(date("2020-10-25"), clock("02:00")) == at("2020-10-25T02:00:00+02:00"))
        #expect(
            Zone.paris.resolve(date("2020-10-25"), clock("03:00")) == .unique(at("2020-10-25T03:00:00+01:00"))
        )
    }

    @Test func `the rule for gap and fold holds after the last transition of the file`() {
        #expect(
            Zone.paris.resolve(date("2400-03-26"), clock("02:30"))
                == .gap(shifted: at("2400-03-26T03:30:00+02:00")))
        #expect(
            Zone.paris.resolve(date("2400-10-29"), clock("02:30"))
                == .fold(first: at("2400-10-29T02:30:00+02:00"), second: at("2400-10-29T02:30:00+01:00")))
    }

    @Test func `Lord Howe moves by half an hour, Samoa once by a whole day`() {
        let howe = Zone.system("Australia/Lord_Howe")
        #expect(
            howe.resolve(date("2020-10-04"), clock("02:15"))
                == .gap(shifted: at("2020-10-04T02:45:00+11:00")))
        let apia = Zone.system("Pacific/Apia")
        #expect(
            apia.resolve(date("2011-12-30"), clock("09:00"))
                == .gap(shifted: at("2011-12-31T09:00:00+14:00")))
    }

    @Test func `24:00 is the midnight that follows`() {
        #expect(Zone.paris.instant(date("2020-12-31"), .endOfDay) == at("2021-01-01T00:00:00+01:00"))
    }

    @Test(arguments: Seeds.or([7]))
    func `the clock of any instant leads back to it, save for the second of two`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for zone in ["Europe/Paris", "America/St_Johns", "Africa/Casablanca", "Asia/Gaza"].map(Zone.system) {
            for _ in 0..<3000 {
                let minute = Instant(seconds: random.number(in: 0...200_000_000) * 60)
                let (day, time, second) = zone.local(minute)
                guard second == 0 else { continue }
                switch zone.resolve(day, time) {
                case .unique(let found): #expect(found == minute)
                case .fold(let first, let second): #expect([first, second].contains(minute))
                case .gap: Issue.record("\(zone.identifier) reads \(day) \(time) at \(minute)")
                }
            }
        }
    }

    @Test func `the ends of time have a clock too`() {
        _ = Zone.paris.local(.distantPast)
        _ = Zone.paris.local(.distantFuture)
        _ = Zone.paris.instant(LocalDay(daysSince1970: .max), .endOfDay)
        _ = Zone.paris.instant(LocalDay(daysSince1970: .min), .midnight)
    }
}
