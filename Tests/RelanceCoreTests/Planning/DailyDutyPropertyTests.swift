import RelanceCore
import RelanceTestSupport
import Testing

/// What leaves once a day leaves once on every day, whatever is done to the clocks (reliability 3.7).
@Suite struct DailyDutyPropertyTests {
    /// The hour of a digest of a service that is open on every day of the year, in a zone.
    private static func planner(_ zone: Zone, at time: LocalTime) -> (DigestPlanner, Advisor) {
        var policies = Policies.shipped
        let always = WorkingCalendar(
            CalendarRules(
                zone: zone,
                week: WorkingWeek(
                    Dictionary(
                        uniqueKeysWithValues: Weekday.allCases.map { ($0, openingHours("00:00-24:00")) }))),
            horizon: 2004...2026)
        policies.house.service = always
        policies.house.calendars["service"] = always
        var advisor = Advisor.make("claire.duval", digestAt: time)
        advisor.site = nil
        return (DigestPlanner(.make([advisor], policies: policies)), advisor)
    }

    /// Every day of twenty years but the holidays, and but those on which the zone has no such day.
    private static func days(_ planner: DigestPlanner, _ zone: Zone) -> [LocalDay] {
        let service = planner.planner.policies.house.service
        return (0..<7305).map { date("2005-01-01").adding(days: $0) }.filter { day in
            service.isWorked(day) && zone.startOfDay(day) < zone.startOfDay(day.adding(days: 1))
        }
    }

    @Test(arguments: WorkingTimePropertyTests.zones)
    func `a digest leaves once on every day of twenty years`(identifier: String) throws {
        let zone = Zone.system(identifier)
        for seed in Seeds.or([UInt64(identifier.utf8.reduce(7) { $0 &* 31 &+ Int($1) } & 0xFFFF)]) {
            var random = SplitMix64(seed: seed)
            // Half of them in the hours in which clocks are changed.
            let minute = random.chance(50) ? random.number(in: 0...239) : random.number(in: 0...1439)
            let time = LocalTime(minuteOfDay: Int(minute))
            let (planner, advisor) = Self.planner(zone, at: time)
            var left: [LocalDay] = []
            var now = zone.startOfDay(date("2005-01-01")) - .milliseconds(1)
            let end = zone.startOfDay(date("2005-01-01").adding(days: 7305))
            while let next = planner.nextMorning(of: advisor, after: now), next < end {
                try #require(next > now)
                left.append(zone.day(at: next))
                now = next
            }
            let days = Self.days(planner, zone)
            let wrong = Set(left).symmetricDifference(days).sorted()
            #expect(wrong.isEmpty, "seed \(seed): \(identifier) at \(time): \(wrong.prefix(5))")
            #expect(left.count == Set(left).count, "seed \(seed): \(identifier) at \(time): twice on a day")
        }
    }
}
