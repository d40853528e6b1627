/// A time zone of the tz database: when its clocks read what, from the first transition known to any later year.
///
/// The rules come from a TZif file (RFC 9636), not from the toolchain, so that the system's tzdata updates count.
/// Transitions are kept as one sorted table. The footer's rule for later years is unrolled once into 400 years of
/// them; the Gregorian calendar repeats after 400 years, weekdays included, so later instants are looked up there.
package struct Zone: Hashable, Sendable {
    package let identifier: String

    /// The first second of each period of constant offset, ascending; the first period begins with time itself.
    private let starts: [Int64]
    private let offsets: [Int32]
    /// From here on the table repeats every 400 years; nil when the last offset stays for good.
    private let repeatsAfter: Int64?

    package static let utc = Zone(identifier: "UTC", starts: [.min], offsets: [0], repeatsAfter: nil)

    init(identifier: String, starts: [Int64], offsets: [Int32], repeatsAfter: Int64?) {
        self.identifier = identifier
        self.starts = starts
        self.offsets = offsets
        self.repeatsAfter = repeatsAfter
    }

    /// How far the zone's clocks are ahead of UTC at this instant, in seconds.
    package func offset(at instant: Instant) -> Int {
        Int(offsets[period(at: folded(instant.seconds))])
    }

    /// What the zone's clocks and calendars read at this instant; the second and its fraction are rounded down.
    package func local(_ instant: Instant) -> (day: LocalDay, time: LocalTime, second: Int) {
        let wall = instant.seconds + Int64(offset(at: instant))
        let days = wall.floored(by: 86_400)
        let second = Int(wall - days * 86_400)
        return (
            LocalDay(daysSince1970: Int32(clamping: days)), LocalTime(minuteOfDay: second / 60), second % 60
        )
    }

    /// The date in the zone at this instant.
    package func day(at instant: Instant) -> LocalDay {
        let wall = instant.seconds + Int64(offset(at: instant))
        return LocalDay(daysSince1970: Int32(clamping: wall.floored(by: 86_400)))
    }

    /// The instant at which the zone's clocks read this; see `resolve` for the times that do not exist or exist twice.
    package func instant(_ day: LocalDay, _ time: LocalTime) -> Instant {
        resolve(day, time).instant
    }

    /// The instants at which the zone's clocks read this, with the rule of the house for none (spring) and two (autumn).
    package func resolve(_ day: LocalDay, _ time: LocalTime) -> LocalResolution {
        let wall = Int64(day.daysSince1970) * 86_400 + Int64(time.minuteOfDay) * 60
        let shift = wall - folded(wall)
        let reading = wall - shift
        var found: Int64?
        var index = period(at: reading - Zone.widestOffset)
        var before = reading - Int64(offsets[index])
        while index < starts.count, starts[index] <= reading + Zone.widestOffset {
            let candidate = reading - Int64(offsets[index])
            if contains(candidate, period: index) {
                let instant = Instant(seconds: candidate + shift)
                if let found { return .fold(first: Instant(seconds: found + shift), second: instant) }
                found = candidate
            } else if starts[index] <= candidate {
                before = candidate  // the clock reads this only after the period has ended
            }
            index += 1
        }
        if let found { return .unique(Instant(seconds: found + shift)) }
        return .gap(shifted: Instant(seconds: before + shift))
    }

    /// The periods of constant offset that meet this range, in order and clipped to it.
    package func periods(from start: Instant, to end: Instant) -> [Period] {
        var found: [Period] = []
        var second = start.seconds
        while second < end.seconds {
            let reading = folded(second)
            let index = period(at: reading)
            let next = index + 1 < starts.count ? starts[index + 1] + (second - reading) : .max
            let period = Period(
                start: Instant(seconds: second), end: Instant(seconds: min(next, end.seconds)),
                offset: Int(offsets[index]))
            if let last = found.last, last.offset == period.offset {
                found[found.count - 1] = Period(start: last.start, end: period.end, offset: last.offset)
            } else {
                found.append(period)
            }
            second = min(next, end.seconds)
        }
        return found
    }

    /// A time during which the clocks run evenly, half-open, with how far they are ahead of UTC in seconds.
    package struct Period: Hashable, Sendable {
        package let start: Instant
        package let end: Instant
        package let offset: Int
    }

    /// No offset is wider than this many seconds either way (RFC 9636, section 3.2).
    static let widestOffset: Int64 = 93_600

    /// The Gregorian cycle: 146,097 days, a whole number of weeks.
    private static let cycle: Int64 = 146_097 * 86_400

    /// The second within the unrolled table that has the same place in the cycle.
    private func folded(_ second: Int64) -> Int64 {
        guard let repeatsAfter, second >= repeatsAfter + Zone.cycle else { return second }
        return second - (second - repeatsAfter).floored(by: Zone.cycle) * Zone.cycle
    }

    /// The index of the period a second falls in, by binary search.
    private func period(at second: Int64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= second { low = middle } else { high = middle }
        }
        return low
    }

    private func contains(_ second: Int64, period index: Int) -> Bool {
        starts[index] <= second && (index + 1 == starts.count || second < starts[index + 1])
    }
}

/// What a local time names: one instant, none because the clocks skipped it, or two because they read it twice.
package enum LocalResolution: Hashable, Sendable {
    case unique(Instant)
    /// Read forward by the length of the gap: 02:30 in a French spring night is 03:30.
    case gap(shifted: Instant)
    case fold(first: Instant, second: Instant)

    /// The instant the house uses: shifted out of a gap, the first of two.
    package var instant: Instant {
        switch self {
        case .unique(let instant), .gap(let instant), .fold(let instant, _): instant
        }
    }
}
