/// A French public holiday; the raw value is the word of JSON output.
///
/// Art. L3133-1 of the Code du travail lists the eleven of the whole country, art. L3134-13 the two more of
/// Alsace-Moselle, art. L3422-2 the day of each overseas territory. None is moved when it falls on a weekend.
package enum PublicHoliday: String, CaseIterable, Hashable, Sendable {
    case newYear = "new_year"
    case goodFriday = "good_friday"
    case easterMonday = "easter_monday"
    case labourDay = "labour_day"
    case victoryDay = "victory_day"
    case ascension
    case whitMonday = "whit_monday"
    case nationalDay = "national_day"
    case assumption
    case allSaints = "all_saints"
    case armistice
    case christmas
    case saintStephen = "saint_stephen"
    case abolitionOfSlavery = "abolition_of_slavery"

    package var frenchName: String {
        switch self {
        case .newYear: "Jour de l’An"
        case .goodFriday: "Vendredi saint"
        case .easterMonday: "Lundi de Pâques"
        case .labourDay: "Fête du Travail"
        case .victoryDay: "Victoire 1945"
        case .ascension: "Ascension"
        case .whitMonday: "Lundi de Pentecôte"
        case .nationalDay: "Fête nationale"
        case .assumption: "Assomption"
        case .allSaints: "Toussaint"
        case .armistice: "Armistice 1918"
        case .christmas: "Noël"
        case .saintStephen: "Saint-Étienne"
        case .abolitionOfSlavery: "Abolition de l’esclavage"
        }
    }

    package var englishName: String {
        switch self {
        case .newYear: "New Year’s Day"
        case .goodFriday: "Good Friday"
        case .easterMonday: "Easter Monday"
        case .labourDay: "Labour Day"
        case .victoryDay: "Victory in Europe Day"
        case .ascension: "Ascension Day"
        case .whitMonday: "Whit Monday"
        case .nationalDay: "Bastille Day"
        case .assumption: "Assumption"
        case .allSaints: "All Saints’ Day"
        case .armistice: "Armistice Day"
        case .christmas: "Christmas Day"
        case .saintStephen: "Saint Stephen’s Day"
        case .abolitionOfSlavery: "Abolition of slavery"
        }
    }
}

/// Where the public holidays are those of the law; the raw value is the configuration's word.
package enum HolidayRegion: String, CaseIterable, Hashable, Sendable {
    /// No public holiday at all, as on the on-call calendar.
    case none
    case metropole
    /// Departments 57, 67 and 68. Good Friday holds only in communes with a Protestant or a mixed church: elsewhere
    /// it is an opened holiday of the configuration.
    case alsaceMoselle = "alsace_moselle"
    case guadeloupe
    case guyane
    case martinique
    case mayotte
    case reunion
    case saintBarthelemy = "saint_barthelemy"
    /// The law says 27 May, the prefecture has let 28 May be kept since 2019: a closure and an opened holiday say so.
    case saintMartin = "saint_martin"
    /// The eleven of art. L3133-1, without a day of its own.
    case saintPierreEtMiquelon = "saint_pierre_et_miquelon"

    /// The month and day that commemorate the abolition of slavery (article L3422-2).
    private var abolition: (month: Int, day: Int)? {
        switch self {
        case .mayotte: (4, 27)
        case .martinique: (5, 22)
        case .guadeloupe, .saintMartin: (5, 27)
        case .guyane: (6, 10)
        case .saintBarthelemy: (10, 9)
        case .reunion: (12, 20)
        case .none, .metropole, .alsaceMoselle, .saintPierreEtMiquelon: nil
        }
    }

    /// The holidays that fall on this day by today's law: most often none, rarely two.
    package func holidays(on day: LocalDay) -> [PublicHoliday] {
        guard self != .none else { return [] }
        let (year, month, dayOfMonth) = day.civil
        var found: [PublicHoliday] = []
        if let fixed = fixedHoliday(month, dayOfMonth) { found.append(fixed) }
        if let abolition, abolition == (month, dayOfMonth) { found.append(.abolitionOfSlavery) }
        // Easter is between 22 March and 25 April.
        if (3...6).contains(month), let movable = movableHoliday(after: LocalDay.easter(in: year), on: day) {
            found.append(movable)
        }
        return found
    }

    /// The holidays of a year by today's law, in order of date; two may share one.
    package func holidays(in year: Int) -> [(day: LocalDay, holiday: PublicHoliday)] {
        let newYear = LocalDay(clampingYear: year, month: 1, day: 1)
        let last = LocalDay(clampingYear: year, month: 12, day: 31)
        return (0...(last - newYear)).flatMap { offset in
            let day = newYear.adding(days: offset)
            return holidays(on: day).map { (day, $0) }
        }
    }

    private func fixedHoliday(_ month: Int, _ day: Int) -> PublicHoliday? {
        switch (month, day) {
        case (1, 1): .newYear
        case (5, 1): .labourDay
        case (5, 8): .victoryDay
        case (7, 14): .nationalDay
        case (8, 15): .assumption
        case (11, 1): .allSaints
        case (11, 11): .armistice
        case (12, 25): .christmas
        case (12, 26) where self == .alsaceMoselle: .saintStephen
        default: nil
        }
    }

    private func movableHoliday(after easter: LocalDay, on day: LocalDay) -> PublicHoliday? {
        switch day - easter {
        case -2 where self == .alsaceMoselle: .goodFriday
        case 1: .easterMonday
        case 39: .ascension
        case 50: .whitMonday
        default: nil
        }
    }
}

extension LocalDay {
    /// Easter Sunday of the Gregorian calendar, by the computus of Butcher's Ecclesiastical Calendar (1876).
    package static func easter(in year: Int) -> LocalDay {
        let golden = year % 19
        let (century, yearOfCentury) = (year / 100, year % 100)
        let solar = (century + 8) / 25
        let lunar = (century - solar + 1) / 3
        let epact = (19 * golden + century - century / 4 - lunar + 15) % 30
        let sunday = (32 + 2 * (century % 4) + 2 * (yearOfCentury / 4) - epact - yearOfCentury % 4) % 7
        let late = (golden + 11 * epact + 22 * sunday) / 451
        let march = epact + sunday - 7 * late + 22  // counted from 1 March
        return LocalDay(clampingYear: year, month: 3, day: 1).adding(days: march - 1)
    }
}
