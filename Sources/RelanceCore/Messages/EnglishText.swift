/// English as a visitor to France reads it: the day before the month, a clock of 24 hours.
package struct EnglishText: Prose {
    package init() {}

    package static let weekdays = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    package static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November",
        "December",
    ]

    package func time(_ time: LocalTime) -> String { "\(time.hour):\(twoDigits(time.minute))" }

    package func clock(_ time: LocalTime) -> String { self.time(time) }

    package func shortDay(_ day: LocalDay) -> String {
        let (_, month, dayOfMonth) = day.civil
        return "\(weekday(day).prefix(3)) \(dayOfMonth)\u{A0}\(EnglishText.months[month - 1].prefix(3))"
    }

    package func longDay(_ day: LocalDay, today: LocalDay) -> String {
        weekday(day) + " " + dayAndMonth(day) + (day.year == today.year ? "" : " \(day.year)")
    }

    package func range(from first: LocalDay, to last: LocalDay) -> String {
        let isOneMonth = first.year == last.year && first.civil.month == last.civil.month
        return "\(isOneMonth ? String(first.civil.day) : dayAndMonth(first)) to \(dayAndMonth(last))"
    }

    package func shortMoment(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(shortDay(day)) \(self.time(time))"
    }

    package func longMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        "\(longDay(day, today: today)), \(self.time(time))"
    }

    package func comingMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        day == today ? "today at \(self.time(time))" : shortMoment(day, time)
    }

    package func appointment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        longMoment(day, time, today: today)
    }

    package func about(minutes: Int) -> String {
        switch minutes {
        case 60: "about one hour"
        case let minutes where minutes > 60 && minutes.isMultiple(of: 60):
            "about \(minutes / 60)\u{A0}hours"
        default: "about \(duration(minutes: minutes))"
        }
    }

    package func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    package func detailed(_ word: String, _ detail: String) -> String { "\(word): \(detail)" }

    package func dated(_ word: String, _ day: LocalDay) -> String { "\(word) of \(shortDay(day))" }

    package func employees(_ recorded: String) -> String {
        guard let count = Int(recorded) else { return recorded }
        return "\(count)\u{A0}\(isPlural(count) ? "employees" : "employee")"
    }

    package func hours(_ week: WorkingWeek) -> String? {
        let phrases = stretches(of: week).map { days, hours in
            let names = days.map { EnglishText.weekdays[$0.index] }
            let when =
                switch names.count {
                case 1: names[0]
                case 2: "\(names[0]) and \(names[1])"
                default: "\(names[0]) to \(names[names.count - 1])"
                }
            return when + ", " + list(hours.spans.map { "\(time($0.opens)) to \(time($0.closes))" })
        }
        return phrases.isEmpty ? nil : phrases.joined(separator: "; ")
    }

    package func isPlural(_ count: Int) -> Bool { count != 1 }

    package func textTime(_ time: LocalTime) -> String { self.time(time) }

    package func textDate(_ day: LocalDay) -> String {
        "\(day.civil.day) \(EnglishText.months[day.civil.month - 1].prefix(3))"
    }

    package func textDay(_ day: LocalDay) -> String { "\(weekday(day).prefix(3)) \(textDate(day))" }

    package func textMoment(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(textDay(day)), \(self.time(time))"
    }

    package func textLimit(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(textDay(day)) \(self.time(time))"
    }

    package func textSpan(_ opens: LocalTime, _ closes: LocalTime) -> String {
        "\(self.time(opens)) to \(self.time(closes))"
    }

    private func weekday(_ day: LocalDay) -> String { EnglishText.weekdays[day.weekday.index] }

    private func dayAndMonth(_ day: LocalDay) -> String {
        "\(day.civil.day)\u{A0}\(EnglishText.months[day.civil.month - 1])"
    }
}
