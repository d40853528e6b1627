import RelanceCore
import RelanceTestSupport
import Testing

/// Zone files written by hand, byte by byte, for what no file of the system shows.
@Suite struct ZoneFileTests {
    /// A file of version 2 with the same block twice: one type at +1 h and no transition, or what is asked for.
    private static func file(
        footer: String, version: Character = "2", times: [Int64] = [], leapCount: UInt8 = 0
    ) -> [UInt8] {
        func block(timeSize: Int) -> [UInt8] {
            var bytes = Array("TZif".utf8) + Array(String(version).utf8) + Array(repeating: 0, count: 15)
            for count in [0, 0, leapCount, UInt8(times.count), 1, 4] { bytes += [0, 0, 0, count] }
            for time in times {
                for place in (0..<timeSize).reversed() {
                    bytes.append(UInt8(truncatingIfNeeded: time >> (place * 8)))
                }
            }
            bytes += times.map { _ in 0 }
            bytes += [0, 0, 0x0E, 0x10, 0, 0]  // 3600 s ahead, standard time, name at 0
            bytes += Array("CET\0".utf8)
            return bytes + Array(repeating: 0, count: Int(leapCount) * (timeSize + 4))
        }
        return block(timeSize: 4) + block(timeSize: 8) + Array("\n\(footer)\n".utf8)
    }

    private static func problem(_ bytes: [UInt8]) -> ZoneProblem? {
        do {
            _ = try Zone(identifier: "Test", tzif: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a footer alone rules every year`() throws {
        let zone = try Zone(
            identifier: "Test", tzif: ZoneFileTests.file(footer: "CET-1CEST,M3.5.0,M10.5.0/3"))
        for year in [1950, 2020, 2099, 2500] {
            for month in 1...12 {
                let day = LocalDay(clampingYear: year, month: month, day: 15)
                #expect(zone.instant(day, clock("12:00")) == Zone.paris2020(day), "\(day)")
            }
        }
    }

    @Test(
        arguments: [
            ("<+0330>-3:30", "2021-07-01T00:00:00Z", 12_600),
            ("EST5", "2021-07-01T00:00:00Z", -18_000),
            // Summer time all year, as RFC 9636 3.3.2 spells it: one hour behind standard time, for ever.
            ("XXX3EDT4,0/0,J365/23", "2021-07-01T00:00:00Z", -14_400),
            ("XXX3EDT4,0/0,J365/23", "2022-01-01T02:59:59Z", -14_400),
            ("XXX3EDT4,0/0,J365/23", "2022-01-01T03:00:00Z", -14_400),
            // Ireland's winter time is the deviation: standard time is that of summer.
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2021-07-01T00:00:00Z", 3600),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", "2021-01-01T00:00:00Z", 0),
            // Day 60 of Jn is 1 March in leap years too; day 60 of n is 29 February's successor, or it.
            ("AAA0BBB,J60/0,J300/0", "2020-02-29T23:59:59Z", 0),
            ("AAA0BBB,J60/0,J300/0", "2020-03-01T00:00:00Z", 3600),
            ("AAA0BBB,59/0,300/0", "2020-02-28T23:59:59Z", 0),
            ("AAA0BBB,59/0,300/0", "2020-02-29T00:00:00Z", 3600),
            // The Saturday after the fourth Thursday of March at 02:00, said as Thursday + 50 h.
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2027-03-26T23:59:59Z", 7200),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2027-03-27T00:00:00Z", 10_800),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2027-03-28T00:59:59Z", -7200),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2027-03-28T01:00:00Z", -3600),
        ]) func `the grammar of the footer is POSIX's with the extensions of RFC 9636`(
            footer: String, instant: String, offset: Int
        ) throws
    {
        let zone = try Zone(identifier: "Test", tzif: ZoneFileTests.file(footer: footer))
        #expect(zone.offset(at: at(instant)) == offset)
    }

    @Test(
        arguments: [
            "CE-1", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J300", "CET-1CEST,366,J300", "<CET-1", "CET-168",
            "CET-1CEST,M3.5.0,M10.5.0/3 ", "CET-1CEST",
        ]) func `a footer that is not of the grammar is damage`(footer: String)
    {
        #expect(
            ZoneFileTests.problem(ZoneFileTests.file(footer: footer))
                == .damaged("the rule for later years, \(footer)"))
    }

    @Test func `a file that is no zone file is refused`() {
        #expect(ZoneFileTests.problem([]) == .notTZif)
        #expect(ZoneFileTests.problem(Array("# tzdb".utf8)) == .notTZif)
        #expect(
            ZoneFileTests.problem(ZoneFileTests.file(footer: "CET-1", leapCount: 1)) == .countsLeapSeconds)
        #expect(
            ZoneFileTests.problem(ZoneFileTests.file(footer: "CET-1", times: [5, 5]))
                == .damaged("its transitions are not in order"))
    }

    @Test(arguments: Seeds.or([3]))
    func `a file cut anywhere is refused, and no byte changed in it makes a trap`(seed: UInt64) {
        let whole = ZoneFileTests.file(footer: "CET-1CEST,M3.5.0,M10.5.0/3", times: [0, 86_400])
        for length in 0..<whole.count {
            #expect(ZoneFileTests.problem(Array(whole.prefix(length))) != nil, "\(length) bytes")
        }
        var random = SplitMix64(seed: seed)
        for _ in 0..<3000 {
            var bytes = whole
            bytes[Int(random.number(in: 0...Int64(whole.count - 1)))] = UInt8(random.number(in: 0...255))
            if let zone = try? Zone(identifier: "Test", tzif: bytes) {  // refusal is as good an end
                _ = zone.local(at("2050-07-01T00:00:00Z"))
                _ = zone.instant(date("2050-07-01"), .midnight)
            }
        }
    }

    @Test func `a file of the first version has 32-bit times and no footer`() throws {
        var bytes = Array("TZif".utf8) + Array(repeating: 0, count: 16)
        for count: UInt8 in [0, 0, 0, 1, 2, 4] { bytes += [0, 0, 0, count] }
        bytes += [0x80, 0, 0, 0] + [1]  // the earliest second of 32 bits
        bytes += [0, 0, 0, 0, 0, 0] + [0xFF, 0xFF, 0xF1, 0xF0, 0, 0] + Array("AAA\0".utf8)
        let zone = try Zone(identifier: "Test", tzif: bytes)
        #expect(zone.offset(at: at("1900-01-01T00:00:00Z")) == 0)
        #expect(zone.offset(at: at("2020-01-01T00:00:00Z")) == -3600)
    }
}

extension Zone {
    /// Noon of a date by the summer time of the European Union, the middle of each month being beyond doubt.
    fileprivate static func paris2020(_ day: LocalDay) -> Instant {
        let offset = (4...10).contains(day.civil.month) ? 2 : 1
        return Instant(seconds: Int64(day.daysSince1970) * 86_400 + Int64(12 - offset) * 3600)
    }
}
