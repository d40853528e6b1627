/// How a language says dates, hours, numbers and lists.
///
/// Everything is said in the reader's language and never by the locale of the machine, whose C locale would put
/// English months into French mail (domain 8.1).
package protocol Prose: Sendable {
    /// `11 h 10`, `10 h`
    func time(_ time: LocalTime) -> String
    /// With its minutes even on the hour, for a column of appointments: `14 h 00`
    func clock(_ time: LocalTime) -> String
    /// `ven. 30/10`
    func shortDay(_ day: LocalDay) -> String
    /// `lundi 2 novembre`, with the year when it is not today's.
    func longDay(_ day: LocalDay, today: LocalDay) -> String
    /// `du 9 au 13 novembre`
    func range(from first: LocalDay, to last: LocalDay) -> String
    /// `lun. 2/11 à 11 h 10`
    func shortMoment(_ day: LocalDay, _ time: LocalTime) -> String
    /// `lundi 2 novembre à 11 h 10`
    func longMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String
    /// `aujourd'hui à 10 h`, else the short moment.
    func comingMoment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String
    /// `a, b et c`
    func list(_ items: [String]) -> String
    /// `premier rappel : URSSAF`
    func detailed(_ word: String, _ detail: String) -> String
    /// `date légale du dim. 8/11`
    func dated(_ word: String, _ day: LocalDay) -> String
    /// `3 salariés`; a bracket of INSEE's stays as recorded.
    func employees(_ recorded: String) -> String
    /// `du lundi au vendredi, de 9 h à 17 h 30`; nil for a week without opening.
    func hours(_ week: WorkingWeek) -> String?
    /// Whether a count takes the plural: from two on in French, for all but one in English.
    func isPlural(_ count: Int) -> Bool
}

extension Language {
    package var prose: any Prose {
        switch self {
        case .french: FrenchText()
        case .english: EnglishText()
        }
    }
}

extension Prose {
    /// A length of time: `2 h 05`, `45 min`.
    package func duration(minutes: Int) -> String {
        minutes < 60 ? "\(minutes)\u{A0}min" : "\(minutes / 60)\u{A0}h\u{A0}\(twoDigits(minutes % 60))"
    }

    func twoDigits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }

    /// The weekdays that are worked alike, in stretches, with their hours.
    func stretches(of week: WorkingWeek) -> [(days: [Weekday], hours: OpeningHours)] {
        var stretches: [(days: [Weekday], hours: OpeningHours)] = []
        for weekday in Weekday.allCases {
            let hours = week.hours(on: weekday)
            guard !hours.isClosed else { continue }
            if let last = stretches.last, last.hours == hours, last.days.last?.index == weekday.index - 1 {
                stretches[stretches.count - 1].days.append(weekday)
            } else {
                stretches.append(([weekday], hours))
            }
        }
        return stretches
    }
}
