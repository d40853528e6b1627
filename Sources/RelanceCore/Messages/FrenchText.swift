/// French as a chamber writes it: hours with `h`, `1er`, weekdays in lower case, no-break spaces where a line must not end.
package struct FrenchText: Prose {
    package init() {}

    package static let weekdays = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    package static let months = [
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
        "novembre",
        "décembre",
    ]

    package func time(_ time: LocalTime) -> String {
        time.minute == 0 ? "\(time.hour)\u{A0}h" : clock(time)
    }

    package func clock(_ time: LocalTime) -> String {
        "\(time.hour)\u{A0}h\u{A0}\(twoDigits(time.minute))"
    }

    package func shortDay(_ day: LocalDay) -> String {
        let (_, month, dayOfMonth) = day.civil
        return "\(weekday(day).prefix(3)).\u{A0}\(dayOfMonth)/\(twoDigits(month))"
    }

    package func longDay(_ day: LocalDay, today: LocalDay) -> String {
        weekday(day) + " " + dayAndMonth(day) + (day.year == today.year ? "" : " \(day.year)")
    }

    package func range(from first: LocalDay, to last: LocalDay) -> String {
        let isOneMonth = first.year == last.year && first.civil.month == last.civil.month
        return "du \(isOneMonth ? dayOfMonth(first) : dayAndMonth(first)) au \(dayAndMonth(last))"
    }

    package func shortMoment(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(shortDay(day)) à \(self.time(time))"
    }

    package func longMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        "\(longDay(day, today: today)) à \(self.time(time))"
    }

    package func comingMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        day == today ? "aujourd'hui à \(self.time(time))" : shortMoment(day, time)
    }

    package func appointment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String {
        "\(longDay(day, today: today)) à \(clock(time))"
    }

    package func about(minutes: Int) -> String {
        switch minutes {
        case 60: "environ une heure"
        case let minutes where minutes > 60 && minutes.isMultiple(of: 60):
            "environ \(minutes / 60)\u{A0}heures"
        default: "environ \(duration(minutes: minutes))"
        }
    }

    package func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " et " + last
    }

    package func detailed(_ word: String, _ detail: String) -> String {
        "\(word)\u{A0}: \(detail)"
    }

    package func dated(_ word: String, _ day: LocalDay) -> String { "\(word) du \(shortDay(day))" }

    package func employees(_ recorded: String) -> String {
        guard let count = Int(recorded) else { return recorded }
        return "\(count)\u{A0}\(isPlural(count) ? "salariés" : "salarié")"
    }

    package func hours(_ week: WorkingWeek) -> String? {
        let phrases = stretches(of: week).map { days, hours in
            let names = days.map { FrenchText.weekdays[$0.index] }
            let when =
                switch names.count {
                case 1: "le \(names[0])"
                case 2: "le \(names[0]) et le \(names[1])"
                default: "du \(names[0]) au \(names[names.count - 1])"
                }
            return when + ", " + list(hours.spans.map { "de \(time($0.opens)) à \(time($0.closes))" })
        }
        return phrases.isEmpty ? nil : phrases.joined(separator: "\u{202F}; ")
    }

    package func isPlural(_ count: Int) -> Bool { count >= 2 }

    package func textTime(_ time: LocalTime) -> String { "\(time.hour)h\(twoDigits(time.minute))" }

    package func textDate(_ day: LocalDay) -> String {
        "\(twoDigits(day.civil.day))/\(twoDigits(day.civil.month))"
    }

    package func textDay(_ day: LocalDay) -> String { "\(weekday(day)) \(textDate(day))" }

    package func textMoment(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(textDay(day)) à \(textTime(time))"
    }

    package func textLimit(_ day: LocalDay, _ time: LocalTime) -> String {
        "\(textDay(day)) \(textHour(time))"
    }

    package func textSpan(_ opens: LocalTime, _ closes: LocalTime) -> String {
        "\(textHour(opens)) à \(textHour(closes))"
    }

    private func textHour(_ time: LocalTime) -> String {
        time.minute == 0 ? "\(time.hour)h" : textTime(time)
    }

    private func weekday(_ day: LocalDay) -> String { FrenchText.weekdays[day.weekday.index] }

    private func dayAndMonth(_ day: LocalDay) -> String {
        "\(dayOfMonth(day))\u{A0}\(FrenchText.months[day.civil.month - 1])"
    }

    private func dayOfMonth(_ day: LocalDay) -> String {
        day.civil.day == 1 ? "1er" : String(day.civil.day)
    }
}
