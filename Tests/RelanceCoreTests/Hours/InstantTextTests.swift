import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct InstantTextTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2020-11-02T08:30:00Z", 1_604_305_800_000),
            ("2020-11-02T09:30:00+01:00", 1_604_305_800_000),
            ("2020-11-02 09:30:00+01:00", 1_604_305_800_000),
            ("2020-11-02t03:00:00-05:30", 1_604_305_800_000),
            ("2020-11-02T08:30:00.25Z", 1_604_305_800_250),
            ("2020-11-02T08:30:00.0019999z", 1_604_305_800_001),
            ("1969-12-31T23:59:59.999Z", -1),
            // The leap second of 2016 is read as the second before it.
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ]) func `a date-time of RFC 3339 is read to the millisecond`(text: String, milliseconds: Int64)
    {
        #expect(Instant(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "", "2020-11-02", "2020-11-02T08:30:00", "2020-11-02T08:30Z", "2020-11-02T8:30:00Z",
            "2020-02-30T08:30:00Z", "2020-11-02T24:00:00Z", "2020-11-02T08:60:00Z", "2020-11-02T08:30:61Z",
            "2020-11-02T08:30:00.Z", "2020-11-02T08:30:00+0100", "2020-11-02T08:30:00+24:00",
            "2020-11-02T08:30:00Zulu", " 2020-11-02T08:30:00Z", "0000-01-01T00:00:00Z",
            "２020-11-02T08:30:00Z",
            "2020-11-02_08:30:00Z", "02/11/2020 08:30", "+020-11-02T08:30:00Z",
        ]) func `anything else is no instant`(text: String)
    {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func `an instant is written on the clock of a zone, milliseconds only when there are some`() {
        #expect(at("2020-11-02T08:30:00Z").rfc3339(in: .paris) == "2020-11-02T09:30:00+01:00")
        #expect(at("2020-07-02T08:30:00.040Z").rfc3339(in: .paris) == "2020-07-02T10:30:00.040+02:00")
        #expect(at("2020-11-02T08:30:00Z").rfc3339(in: .utc) == "2020-11-02T08:30:00+00:00")
        #expect(at("2020-11-02T08:30:00Z").rfc3339UTCMilliseconds == "2020-11-02T08:30:00.000Z")
        #expect(Instant(milliseconds: -1).rfc3339UTCMilliseconds == "1969-12-31T23:59:59.999Z")
        // Newfoundland was three hours, thirty minutes and 52 seconds behind until 1935.
        let johns = Zone.system("America/St_Johns")
        #expect(at("1930-01-01T12:00:00Z").rfc3339(in: johns) == "1930-01-01T08:29:00-03:31")
    }

    @Test(arguments: Seeds.or([11]))
    func `what is written reads back, anywhere and at any time`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let zones = ["Europe/Paris", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"].map(Zone.system)
        for index in 0..<4000 {
            let instant = Instant(milliseconds: random.number(in: -62_135_500_000_000...253_402_200_000_000))
            #expect(Instant(rfc3339: instant.rfc3339(in: zones[index % zones.count])) == instant)
            #expect(Instant(rfc3339: instant.rfc3339UTCMilliseconds) == instant)
        }
    }

    @Test func `the ends of time are written without a trap`() {
        #expect(Instant.distantPast.rfc3339UTCMilliseconds.hasPrefix("0000-"))
        #expect(Instant.distantFuture.rfc3339(in: .paris).hasPrefix("9999-"))
    }

    @Test(arguments: Seeds.or([5]))
    func `no change of a byte makes reading trap, and what is read can be written`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("0123456789-+:.TZ é\u{0}".unicodeScalars)
        for _ in 0..<5000 {
            var scalars = Array("2020-11-02T08:30:00.250+01:00".unicodeScalars)
            for _ in 0...random.number(in: 0...2) {
                let place = Int(random.number(in: 0...Int64(scalars.count - 1)))
                scalars[place] = alphabet[Int(random.number(in: 0...Int64(alphabet.count - 1)))]
            }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars.prefix(Int(random.number(in: 10...Int64(scalars.count)))))
            if let instant = Instant(rfc3339: String(text)) {
                #expect(Instant(rfc3339: instant.rfc3339UTCMilliseconds) == instant)
            }
        }
    }

    @Test func `dates and clocks have one form each`() {
        #expect(LocalDay(iso: "2020-02-29")?.iso == "2020-02-29")
        #expect(LocalDay(iso: "0099-01-02")?.iso == "0099-01-02")
        for text in ["2021-02-29", "2020-2-9", "20200209", "2020-02-09 ", "", "2020-13-01"] {
            #expect(LocalDay(iso: text) == nil, "\(text)")
        }
        #expect(LocalTime("09:05")?.description == "09:05")
        #expect(LocalTime("24:00") == .endOfDay)
        for text in ["9:05", "24:01", "12:60", "12h30", "", "12:30:00", "-1:00"] {
            #expect(LocalTime(text) == nil, "\(text)")
        }
    }
}
