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
    /// An appointment, its minutes even on the hour: `lundi 2 novembre à 14 h 00`
    func appointment(_ day: LocalDay, _ time: LocalTime, today: LocalDay) -> String
    /// How long an appointment takes, as nobody measures it: `environ une heure`
    func about(minutes: Int) -> String
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

    // Text messages count every character and know no no-break space: all of these are plain GSM 03.38.

    /// `14h00`
    func textTime(_ time: LocalTime) -> String
    /// `02/11`
    func textDate(_ day: LocalDay) -> String
    /// `lundi 02/11`
    func textDay(_ day: LocalDay) -> String
    /// When somebody has to be there: `lundi 02/11 à 14h00`
    func textMoment(_ day: LocalDay, _ time: LocalTime) -> String
    /// By when something is promised: `lundi 02/11 12h`
    func textLimit(_ day: LocalDay, _ time: LocalTime) -> String
    /// `9h à 17h30`
    func textSpan(_ opens: LocalTime, _ closes: LocalTime) -> String
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

    /// The hours of a week as short as a text message needs them; nil unless they are the same on every day worked.
    package func textHours(_ week: WorkingWeek) -> String? {
        let stretches = stretches(of: week)
        guard let hours = stretches.first?.hours, stretches.allSatisfy({ $0.hours == hours }),
            let span = hours.spans.first, hours.spans.count == 1
        else { return nil }
        return textSpan(span.opens, span.closes)
    }

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
