/// When a service is open, over some years, compiled so that working time is counted by binary search.
///
/// What it promises:
/// - An instant is open when the zone's clocks then read a time inside a span of that date, spans being half-open.
///   A span over a change of clocks counts what really elapses: 00:00–06:00 is five hours in the French spring night
///   and seven in the autumn one.
/// - Adding working time gives the *earliest* instant at which it has elapsed, so exactly a closing and never the next
///   morning; subtracting gives the *latest*, so exactly an opening and never the evening before.
/// - A start outside opening hours counts from the next opening (backwards: from the closing before). This holds for
///   no working time as well: adding zero to a closed instant gives the next opening.
/// - Whatever cannot be answered within the years compiled is nil: a start outside them, an amount that runs out of
///   them, a calendar that never opens. `isOpen` and `isWorked` say false there.
///
/// Everything is computed once in `init`; only `hours(on:)` and derivations allocate. It never changes, and is a class
/// only so that the many who hold a calendar share one table.
package final class WorkingCalendar: Sendable {
    package let rules: CalendarRules
    /// The dates that were compiled.
    package let days: ClosedRange<LocalDay>
    /// The first instant of those dates, and the one at which the last of them ends.
    package let extent: ClosedRange<Instant>

    /// The stretches of opening in order, in milliseconds; touching ones of one date are one, none is empty.
    let opens: [Int64]
    let closes: [Int64]
    /// The milliseconds of opening before each stretch, and after the last the sum of all.
    let sums: [Int64]

    /// The dates with any opening, in order, as days since 1970, with the first opening and last closing of each.
    let workedDays: [Int32]
    let openings: [Int64]
    let closings: [Int64]

    /// Compiles the rules for whole years of the zone's calendar, at most 0001 … 9999.
    package init(_ rules: CalendarRules, horizon: ClosedRange<Int> = usualHorizon) {
        let years = horizon.clamped(to: 1...9999)
        let first = LocalDay(clampingYear: years.lowerBound, month: 1, day: 1)
        let last = LocalDay(clampingYear: years.upperBound, month: 12, day: 31)
        self.rules = rules
        days = first...last
        let begins = rules.zone.instant(first, .midnight)
        let ends = rules.zone.instant(last, .endOfDay)
        extent = begins...max(begins, ends)

        var table = Table(
            first: first, hours: (0...(last - first)).map { rules.hours(on: first.adding(days: $0)).hours })
        for period in rules.zone.periods(from: begins - .days(2), to: ends + .days(2)) {
            table.add(period)
        }
        opens = table.opens
        closes = table.closes
        var sum: Int64 = 0
        var sums: [Int64] = [0]
        sums.reserveCapacity(opens.count + 1)
        for index in opens.indices {
            sum += closes[index] - opens[index]
            sums.append(sum)
        }
        self.sums = sums

        var workedDays: [Int32] = []
        var openings: [Int64] = []
        var closings: [Int64] = []
        for (offset, day) in table.bounds.enumerated() where day.opens < day.closes {
            workedDays.append(first.daysSince1970 + Int32(offset))
            openings.append(day.opens)
            closings.append(day.closes)
        }
        self.workedDays = workedDays
        self.openings = openings
        self.closings = closings
    }

    package var zone: Zone { rules.zone }

    /// Every year a case can speak of.
    package static let usualHorizon = 1990...2100

    /// Lays the spans of each date on the line of time, one period of constant offset after another.
    private struct Table {
        let first: LocalDay
        let hours: [OpeningHours]
        var opens: [Int64] = []
        var closes: [Int64] = []
        var bounds: [(opens: Int64, closes: Int64)]
        private var lastDay = -1

        init(first: LocalDay, hours: [OpeningHours]) {
            self.first = first
            self.hours = hours
            bounds = Array(repeating: (.max, .min), count: hours.count)
        }

        /// Within a period clock time and time run alike, so its dates and spans come in order.
        mutating func add(_ period: Zone.Period) {
            let offset = Int64(period.offset) * 1000
            let dayLength: Int64 = 86_400_000
            let origin = Int64(first.daysSince1970)
            let from = (period.start.milliseconds + offset).floored(by: dayLength) - origin
            let through = (period.end.milliseconds + offset - 1).floored(by: dayLength) - origin
            let dates = max(0, Int(from))..<max(0, Int(from), min(hours.count, Int(through) + 1))
            for day in dates {
                let midnight = (origin + Int64(day)) * dayLength - offset
                for span in hours[day].spans {
                    let opens = max(
                        period.start.milliseconds, midnight + Int64(span.opens.minuteOfDay) * 60_000)
                    let closes = min(
                        period.end.milliseconds, midnight + Int64(span.closes.minuteOfDay) * 60_000)
                    if opens < closes { append(day, opens, closes) }
                }
            }
        }

        private mutating func append(_ day: Int, _ opens: Int64, _ closes: Int64) {
            bounds[day] = (min(bounds[day].opens, opens), max(bounds[day].closes, closes))
            if lastDay == day, let last = self.closes.last, last == opens {
                self.closes[self.closes.count - 1] = closes
            } else {
                self.opens.append(opens)
                self.closes.append(closes)
                lastDay = day
            }
        }
    }
}

extension LocalTime {
    package static let midnight = LocalTime(minuteOfDay: 0)
    /// 24:00, the midnight that ends the day.
    package static let endOfDay = LocalTime(minuteOfDay: 1440)
}
