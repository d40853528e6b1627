import Foundation
import RelanceCore
import RelanceTestSupport

/// Additions of working time a second, beside Foundation's calendar walked day by day.
struct WorkingTimeBenchmark: Benchmark {
    let name = "working-time"

    func run(_ report: Report) async throws {
        let calendar = WorkingCalendar.service
        var generator = SplitMix64(seed: 7)
        let starts = (0..<200_000).map { _ in
            Instant(seconds: Int64.random(in: 1_577_836_800..<1_640_000_000, using: &generator))
        }
        let fourHours = WorkingDuration.hours(4)

        var checksum: Int64 = 0
        let compiled = await measure {
            for start in starts {
                checksum &+= calendar.adding(fourHours, to: start)?.milliseconds ?? 0
            }
        }
        let few = starts.prefix(2_000)
        let naive = NaiveWorkingTime(calendar)
        var differing = 0
        let walked = await measure {
            for start in few where naive.adding(hours: 4, to: start) != calendar.adding(fourHours, to: start)
            {
                differing += 1
            }
        }
        let peer = few.count.per(walked)
        report.rate("Foundation's calendar, day by day (peer)", peer, of: "additions")
        report.rate("compiled calendar", starts.count.per(compiled), of: "additions", peer: peer)
        report.value("answers that differ from the peer's", "\(differing) of \(few.count)")
        report.value("checksum", "\(checksum % 1_000_003)")
    }
}

/// What one would write first: step through the days with Foundation and add up the minutes.
private struct NaiveWorkingTime {
    private let working: WorkingCalendar
    private var calendar = Calendar(identifier: .gregorian)

    init(_ working: WorkingCalendar) {
        self.working = working
        calendar.timeZone = TimeZone(identifier: "Europe/Paris") ?? .gmt
    }

    func adding(hours: Double, to start: Instant) -> Instant {
        var left = hours * 3600
        var date = Date(timeIntervalSince1970: Double(start.milliseconds) / 1000)
        while true {
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            if isWorked(parts), let opens = at(9, 0, on: parts), let closes = at(17, 30, on: parts),
                date < closes
            {
                let from = max(date, opens)
                let room = closes.timeIntervalSince(from)
                if room >= left {
                    return Instant(milliseconds: Int64((from.timeIntervalSince1970 + left) * 1000))
                }
                left -= room
            }
            guard let next = calendar.date(byAdding: .day, value: 1, to: calendar.startOfDay(for: date))
            else {
                return start
            }
            date = next
        }
    }

    private func at(_ hour: Int, _ minute: Int, on day: DateComponents) -> Date? {
        calendar.date(
            from: DateComponents(year: day.year, month: day.month, day: day.day, hour: hour, minute: minute))
    }

    private func isWorked(_ parts: DateComponents) -> Bool {
        guard let weekday = parts.weekday, (2...6).contains(weekday), let year = parts.year,
            let month = parts.month,
            let day = parts.day, let date = LocalDay(year: year, month: month, day: day)
        else { return false }
        return working.rules.region.holidays(on: date).isEmpty
    }
}
