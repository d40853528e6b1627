/// A derivation told as one would count it on one's fingers: each slot counted, each day skipped and why.
package struct DerivationWords: Sendable {
    package let language: Language
    package let calendar: WorkingCalendar

    private var prose: any Prose { language.prose }

    package init(language: Language, calendar: WorkingCalendar) {
        self.language = language
        self.calendar = calendar
    }

    /// One line a step, in the order one counts.
    package func lines(of derivation: Derivation) -> [String] {
        var counted = WorkingDuration.zero
        return derivation.steps.map { step in
            switch step {
            case .countedFrom(let instant):
                return say("compté à partir de \(moment(instant))", "counted from \(moment(instant))")
            case .slot(let slot):
                counted = counted + slot.working
                let total = prose.duration(minutes: Int(counted.minutes))
                return column(slot.day) + "\(time(slot.from)) – \(time(slot.to))"
                    + "   \(prose.duration(minutes: Int(slot.working.minutes)))   = \(total)"
            case .skipped(let day, let basis):
                return column(day) + say("passé : ", "skipped: ") + reason(basis)
            case .counted(let number, let day, let basis):
                return column(day) + say("jour \(number)", "day \(number)") + note(basis)
            case .elapsed(let elapsed):
                let minutes = prose.duration(minutes: Int(elapsed.milliseconds / 60_000))
                return say("\(minutes) qui s’écoulent, ouvert ou fermé", "\(minutes) elapsed, open or closed")
            case .reached(let day):
                return column(day)
                    + say("date atteinte sur le calendrier civil", "reached on the civil calendar")
            case .rolled(let from, let to):
                return column(to)
                    + (to > from
                        ? say("report au jour ouvré suivant", "rolled to the following worked day")
                        : say("avancé au jour ouvré précédent", "rolled to the preceding worked day"))
            case .due(let due): return self.due(due)
            }
        }
    }

    /// The rule in words: `4 heures ouvrées`, `2 semaines, reportées au jour ouvré suivant`.
    package func rule(_ rule: TimeRule) -> String {
        guard language == .french else { return rule.description }
        let many = prose.isPlural(rule.count)
        let unit =
            switch rule.unit {
            case .workingMinutes: many ? "minutes ouvrées" : "minute ouvrée"
            case .workingHours: many ? "heures ouvrées" : "heure ouvrée"
            case .elapsedMinutes: many ? "minutes" : "minute"
            case .elapsedHours: many ? "heures" : "heure"
            case .workingDays: many ? "jours ouvrés" : "jour ouvré"
            case .calendarDays: many ? "jours calendaires" : "jour calendaire"
            case .weeks: many ? "semaines" : "semaine"
            case .months: "mois"
            }
        var words = "\(rule.count)\u{A0}\(unit)"
        if rule.direction == .before { words += " avant" }
        switch rule.roll {
        case .none: break
        case .following: words += ", au jour ouvré suivant"
        case .preceding: words += ", au jour ouvré précédent"
        }
        if let time = rule.time { words += ", à \(prose.time(time))" }
        return words
    }

    /// A date with its hour, in full: `lundi 2 novembre à 11 h 10`.
    package func moment(_ instant: Instant) -> String {
        let (day, time, _) = calendar.zone.local(instant)
        return prose.longMoment(day, time, today: day)
    }

    private func due(_ due: Derivation.Due) -> String {
        switch due {
        case .closing(let day):
            let at = calendar.closing(of: day).map { time($0) } ?? ""
            return column(day) + say("à la fermeture, \(at)", "at closing, \(at)")
        case .stated(let day, let time, let resolution):
            let said = column(day) + say("à ", "at ") + prose.time(time)
            switch resolution {
            case .unique: return said
            case .gap(let shifted):
                return said + say(", heure sautée : ", ", an hour that was skipped: ") + self.time(shifted)
            case .fold: return said + say(" (la première fois)", " (the first time)")
            }
        case .endOfDay(let day):
            return column(day) + say("à la fin du jour", "at the end of the day")
        }
    }

    private func reason(_ basis: DayHours.Basis) -> String {
        switch basis {
        case .week: say("hors horaires", "outside hours")
        case .weeklyRest: say("repos hebdomadaire", "weekly rest")
        case .holidays(let holidays), .openedHolidays(let holidays):
            say("férié, ", "public holiday, ")
                + holidays.map { say($0.frenchName, $0.englishName) }.joined(separator: ", ")
        case .closure(let label): say("fermeture, ", "closed, ") + SafeText.line(label, limit: 80)
        case .specialHours(let label):
            say("horaires spéciaux, ", "special hours, ") + SafeText.line(label, limit: 80)
        case .skippedByClocks: say("date qui n’a pas existé", "a date that never was")
        }
    }

    private func note(_ basis: DayHours.Basis) -> String {
        switch basis {
        case .week, .weeklyRest, .skippedByClocks, .closure: ""
        case .holidays, .openedHolidays, .specialHours: " (\(reason(basis)))"
        }
    }

    private func column(_ day: LocalDay) -> String {
        let text = prose.shortDay(day)
        return text + String(repeating: " ", count: max(2, 13 - text.count))
    }

    private func time(_ instant: Instant) -> String {
        prose.time(calendar.zone.local(instant).time)
    }

    private func say(_ french: String, _ english: String) -> String {
        language == .french ? french : english
    }
}
