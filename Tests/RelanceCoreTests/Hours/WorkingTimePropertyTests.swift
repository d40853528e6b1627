import RelanceCore
import RelanceTestSupport
import Testing

/// Working time against a walk that looks at every minute, in forty zones, around their changes of clocks and years' ends.
///
/// 104,000 random cases in all; a failing one names its seed, and the same seed plays the same cases (``Seeds``).
@Suite struct WorkingTimePropertyTests {
    /// Both hemispheres, odd offsets, half-hour summer time, changes at midnight, a skipped date, zones without change.
    static let zones = [
        "Europe/Paris", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Istanbul",
        "Europe/Chisinau",
        "Atlantic/Azores", "Atlantic/Stanley", "America/Guadeloupe", "America/Martinique", "America/Cayenne",
        "America/Miquelon", "America/St_Johns", "America/New_York", "America/Chicago", "America/Phoenix",
        "America/Los_Angeles", "America/Havana", "America/Santiago", "America/Sao_Paulo", "America/Asuncion",
        "America/Caracas", "America/Scoresbysund", "Africa/Casablanca", "Africa/Cairo", "Indian/Reunion",
        "Indian/Mayotte", "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Beirut", "Asia/Gaza",
        "Asia/Pyongyang", "Antarctica/Troll", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Auckland",
        "Pacific/Chatham", "Pacific/Apia", "Pacific/Marquesas",
    ]

    private static let startsPerWindow = 65
    private static let casesPerStart = 10

    /// A calendar of random spans, days off and extra days over the years of a window.
    private static func randomRules(_ zone: Zone, around day: LocalDay, _ random: inout SplitMix64)
        -> CalendarRules
    {
        func hours() -> OpeningHours {
            switch random.number(in: 0...7) {
            case 0: return openingHours("09:00-12:00, 14:00-17:30")
            case 1: return openingHours("00:00-06:00, 20:00-24:00")
            case 2: return openingHours("00:00-24:00")
            case 3: return openingHours("01:30-02:30, 02:45-03:15")
            case 4: return .closed
            default:
                let opens = Int(random.number(in: 0...1380))
                let closes = Int(random.number(in: Int64(opens + 1)...1440))
                let span = Span(LocalTime(minuteOfDay: opens), LocalTime(minuteOfDay: closes))
                return (try? OpeningHours([span].compactMap { $0 })) ?? .closed  // one span overlaps nothing
            }
        }
        var rules = CalendarRules(
            zone: zone,
            week: WorkingWeek(Dictionary(uniqueKeysWithValues: Weekday.allCases.map { ($0, hours()) })),
            region: HolidayRegion.allCases[Int(random.number(in: 0...10))])
        let off = day.adding(days: Int(random.number(in: -4...4)))
        rules.closures = [.init(days: off...off, label: "Fermeture")]
        rules.specialHours[day.adding(days: Int(random.number(in: -4...4)))] = .init(
            hours: hours(), label: "Horaires exceptionnels")
        rules.openHolidays = [date("2020-12-25"), date("2022-01-01")]
        return rules
    }

    /// The middle dates of a zone's windows: two changes of clocks, or two arbitrary dates, a year's end, 2011's too.
    private static func middles(_ zone: Zone, _ random: inout SplitMix64) -> [LocalDay] {
        let (from, to) = (at("2020-06-01T00:00:00Z"), at("2021-12-01T00:00:00Z"))
        var middles = zone.periods(from: from, to: to).dropFirst().prefix(2).map { zone.day(at: $0.start) }
        while middles.count < 2 {
            middles.append(date("2020-07-01").adding(days: Int(random.number(in: 0...400))))
        }
        return middles + [
            date("2020-12-31"), date(zone.identifier == "Pacific/Apia" ? "2011-12-30" : "2021-12-31"),
        ]
    }

    /// Every minute of a window of days, open or not by the bare definition: what do the clocks read, is it in a span.
    private struct Minutes {
        /// The most open minutes a walk counts.
        static let farthest = 1200

        let first: Instant
        let isOpen: [Bool]

        init(_ rules: CalendarRules, around day: LocalDay) {
            first = rules.zone.instant(day.adding(days: -4), .midnight)
            var hours: [LocalDay: OpeningHours] = [:]
            for offset in -6...6 {
                let day = day.adding(days: offset)
                hours[day] = rules.hours(on: day).hours
            }
            var isOpen: [Bool] = []
            for minute in 0..<(8 * 1440) {
                let (day, time, _) = rules.zone.local(first + .minutes(Int64(minute)))
                isOpen.append(hours[day]?.contains(time) ?? false)
            }
            self.isOpen = isOpen
        }

        func instant(_ minute: Int) -> Instant { first + .minutes(Int64(minute)) }

        /// Walks on from a minute and says at which minute each count of open minutes is first complete.
        func walk(from start: Int) -> [Int] {
            var reached: [Int] = []
            isOpen.withUnsafeBufferPointer { isOpen in
                var minute = start
                while minute < isOpen.count, reached.count <= Minutes.farthest {
                    if isOpen[minute] {
                        if reached.isEmpty { reached.append(minute) }
                        reached.append(minute + 1)
                    }
                    minute += 1
                }
            }
            return reached
        }

        /// Walks back from a minute and says at which minute each count of open minutes is last complete.
        func walkBack(from end: Int) -> [Int] {
            var reached: [Int] = []
            isOpen.withUnsafeBufferPointer { isOpen in
                if end < isOpen.count, isOpen[end] { reached.append(end) }
                var minute = end - 1
                while minute >= 0, reached.count <= Minutes.farthest {
                    if isOpen[minute] {
                        if reached.isEmpty { reached.append(minute + 1) }
                        reached.append(minute)
                    }
                    minute -= 1
                }
            }
            return reached
        }
    }

    @Test(arguments: zones)
    func
        `adding and subtracting agree with a walk over every minute, with each other and with their derivation`(
            identifier: String
        ) throws
    {
        let zone = Zone.system(identifier)
        for seed in Seeds.or([UInt64(identifier.utf8.reduce(2020) { $0 &* 31 &+ Int($1) } & 0xFFFF_FFFF)]) {
            try tryWalks(in: zone, seed: seed)
        }
    }

    private func tryWalks(in zone: Zone, seed: UInt64) throws {
        let identifier = zone.identifier
        var random = SplitMix64(seed: seed)
        var cases = 0
        for middle in WorkingTimePropertyTests.middles(zone, &random) {
            var rules = WorkingTimePropertyTests.randomRules(zone, around: middle, &random)
            // Open at the change itself, and at both ends so that no walk runs out of the window at once.
            for (offset, text) in [(0, "00:00-05:00"), (-3, "08:00-20:00"), (3, "08:00-20:00")] {
                rules.specialHours[middle.adding(days: offset)] = .init(
                    hours: openingHours(text), label: "Ouvert")
            }
            let calendar = WorkingCalendar(rules, horizon: (middle.year - 1)...(middle.year + 1))
            let minutes = Minutes(rules, around: middle)
            for _ in 0..<WorkingTimePropertyTests.startsPerWindow {
                let start = Int(random.number(in: 2880...8640))
                let (onward, back) = (minutes.walk(from: start), minutes.walkBack(from: start))
                let event = minutes.instant(start)
                #expect(calendar.isOpen(at: event) == minutes.isOpen[start])
                try #require(onward.count > 1 && back.count > 1, "seed \(seed): nothing open in the window")
                for _ in 0..<WorkingTimePropertyTests.casesPerStart {
                    let amount = Int(random.number(in: 0...Int64(min(onward.count, back.count) - 1)))
                    let later = minutes.instant(onward[amount])
                    let earlier = minutes.instant(back[amount])
                    let failures = WorkingTimePropertyTests.failures(
                        calendar, amount, at: event, later: later, earlier: earlier)
                    if !failures.isEmpty {
                        Issue.record("seed \(seed), \(identifier), \(event), \(amount) min: \(failures)")
                    }
                    cases += 1
                }
            }
        }
        #expect(cases == 2600)
    }

    /// What does not hold of one amount around one instant, given where the walk arrived both ways.
    private static func failures(
        _ calendar: WorkingCalendar, _ amount: Int, at event: Instant, later: Instant, earlier: Instant
    ) -> [String] {
        var failures: [String] = []
        func expect(_ holds: Bool, _ promise: String) {
            if !holds { failures.append(promise) }
        }
        let working = WorkingDuration.minutes(Int64(amount))
        let onward = MinuteRules.after[amount]
        let back = MinuteRules.before[amount]
        expect(calendar.adding(working, to: event) == later, "adding is the walk")
        expect(calendar.subtracting(working, from: event) == earlier, "subtracting is the walk back")
        expect(calendar.derivation(onward, from: event)?.result == later, "the derivation adds alike")
        expect(calendar.derivation(back, from: event)?.result == earlier, "the derivation subtracts alike")
        let counted = calendar.derivation(onward, from: event)?.slots.reduce(WorkingDuration.zero) {
            $0 + $1.working
        }
        expect(counted == working, "the slots sum up to the amount")
        expect(calendar.workingTime(from: event, to: later) == working, "between agrees with adding")
        expect(calendar.workingTime(from: earlier, to: event) == working, "between agrees with subtracting")
        expect(
            calendar.isOpen(at: later) || amount > 0 && calendar.isOpen(at: later - .milliseconds(1)),
            "adding lands in open time or exactly at a closing")
        expect(
            amount == 0 || calendar.isOpen(at: later - .milliseconds(1)), "adding never passes a closing")
        expect(amount == 0 || calendar.isOpen(at: earlier), "subtracting lands in open time")
        if amount > 0 {
            expect(
                calendar.subtracting(working, from: later) == calendar.nextOpening(atOrAfter: event),
                "subtracting undoes adding")
            // Up to an opening and up to the closing before it is the same working time.
            let end = calendar.opens(at: event) ? event - .milliseconds(1) : event
            expect(
                calendar.adding(working, to: earlier) == calendar.previousClosing(atOrBefore: end),
                "adding undoes subtracting")
        }
        let more = calendar.adding(WorkingDuration(milliseconds: working.milliseconds + 1), to: event)
        expect(more.map { $0 > later } ?? false, "adding is strictly monotone in the amount")
        let after = calendar.adding(working, to: event + .milliseconds(1))
        expect(after.map { $0 >= later } ?? false, "adding is monotone in the start")
        return failures
    }

    @Test(arguments: Seeds.or([640]))
    func `rules that count dates agree with a walk over every date, and with their derivation`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        for identifier in WorkingTimePropertyTests.zones {
            let rules = WorkingTimePropertyTests.randomRules(
                .system(identifier), around: date("2020-11-11"), &random)
            let calendar = WorkingCalendar(rules, horizon: 2019...2022)
            for _ in 0..<100 {
                let event = Instant(seconds: random.number(in: 1_590_000_000...1_625_000_000))
                let text = RandomRule.text(&random)
                let rule = try TimeRule(text)
                #expect(rule.description == text)
                let found = calendar.instant(rule, from: event)
                #expect(
                    found == RandomRule.due(rule, from: event, rules),
                    "seed \(seed), \(identifier), \(text) from \(event)")
                #expect(calendar.derivation(rule, from: event)?.result == found)
            }
        }
    }

    @Test(arguments: Seeds.or([1940]))
    func `at the edges of the years compiled, rule and derivation are nil together`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let calendar = WorkingCalendar(
            CalendarRules(zone: .paris, week: .mondayToFriday()), horizon: 2020...2020)
        let edges = [calendar.extent.lowerBound, calendar.extent.upperBound]
        var answers = (given: 0, missing: 0)
        for index in 0..<4000 {
            let event = edges[index % 2] + .minutes(random.number(in: -30_000...30_000))
            let count = random.number(in: 0...20)
            let text =
                index % 3 == 0
                ? RandomRule.text(&random)
                : "\(count) working \(count == 1 ? "hour" : "hours")\(index % 4 < 2 ? " before" : "")"
            let rule = try TimeRule(text)
            for event in index % 50 == 0 ? [event] + edges : [event] {
                let found = calendar.instant(rule, from: event)
                #expect(
                    calendar.derivation(rule, from: event)?.result == found,
                    "seed \(seed), \(text) from \(event)")
                if found == nil { answers.missing += 1 } else { answers.given += 1 }
            }
        }
        #expect(answers.given > 1000 && answers.missing > 1000)
    }
}

/// The rules in working minutes that the cases use, read from text once.
private enum MinuteRules {
    static let after = rules(" ")
    static let before = rules(" before")

    private static func rules(_ ending: String) -> [TimeRule] {
        do {
            return try (0...1200).map { try TimeRule("\($0) working minutes\(ending)") }
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

extension WorkingCalendar {
    /// An opening exactly: open now and not a moment ago.
    fileprivate func opens(at instant: Instant) -> Bool {
        isOpen(at: instant) && !isOpen(at: instant - .milliseconds(1))
    }
}

/// Rules that count dates, drawn at random and carried out date by date.
private enum RandomRule {
    static func text(_ random: inout SplitMix64) -> String {
        let count = Int(random.number(in: 0...9))
        let plural = count == 1 ? "" : "s"
        let before = random.number(in: 0...1) == 0 ? "" : " before"
        let hour = random.number(in: 0...1) == 0 ? "" : " at 10:00"
        guard random.number(in: 0...2) > 0 else { return "\(count) working day\(plural)\(before)\(hour)" }
        let unit = ["calendar day", "week", "month"][Int(random.number(in: 0...2))]
        let roll = ["", ", following", ", preceding"][Int(random.number(in: 0...2))]
        let text = "\(count) \(unit)\(plural)\(before)\(roll)\(hour)"
        return text == "0 calendar days at 10:00" ? "at 10:00" : text
    }

    /// Goes on until a date is worked by the bare rules; the calendars of these tests always have one nearby.
    private static func isWorked(_ day: LocalDay, _ rules: CalendarRules) -> Bool {
        !rules.hours(on: day).hours.isClosed
    }

    static func due(_ rule: TimeRule, from event: Instant, _ rules: CalendarRules) -> Instant {
        let step = rule.direction == .after ? 1 : -1
        var day = rules.zone.day(at: event)
        if rule.unit == .workingDays {
            var left = rule.count
            while left > 0 {
                day = day.adding(days: step)
                if isWorked(day, rules) { left -= 1 }
            }
            while !isWorked(day, rules) { day = day.adding(days: step) }
        } else {
            switch rule.unit {
            case .weeks: day = day.adding(days: step * rule.count * 7)
            case .months: day = day.adding(months: step * rule.count)
            default: day = day.adding(days: step * rule.count)
            }
            let roll = rule.roll == .following ? 1 : rule.roll == .preceding ? -1 : 0
            while roll != 0, !isWorked(day, rules) { day = day.adding(days: roll) }
        }
        if let time = rule.time { return rules.zone.instant(day, time) }
        let end = rules.zone.instant(day, .endOfDay)
        guard let closes = rules.hours(on: day).hours.spans.last?.closes else { return end }
        // The last minute of the date that reads inside a span closes it, wherever the clocks were changed.
        var last = end
        while rules.zone.day(at: last - .minutes(1)) == day,
            !rules.hours(on: day).hours.contains(rules.zone.local(last - .minutes(1)).time)
        {
            last = last - .minutes(1)
        }
        return closes == .endOfDay ? end : last
    }
}
