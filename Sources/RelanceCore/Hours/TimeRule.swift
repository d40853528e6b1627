/// When something is due, counted from an event, as one would say it: `4 working hours`, `2 weeks, following`.
///
/// What the words mean (the conventions of French civil procedure, art. 640 to 642 CPC, for whatever counts days):
/// - *working minutes, working hours*: time during which the calendar is open, as `WorkingCalendar` promises;
///   *elapsed* ones pass at any hour.
/// - *working days*: the date of the event never counts, whatever its hour; the worked dates after it do. For 0 it is
///   the date itself if worked, else the next (with `before`: else the previous).
/// - *calendar days, weeks, months*: the same on the civil calendar, a month ending on its last day if it is too short;
///   then the date reached is rolled to the `following` or `preceding` worked date, or stays where it is.
/// - A date is due at its stated hour, else at its last closing, else (not worked and not rolled) when it ends.
/// - `before` counts back from the event.
///
/// Two rules are equal when they are written alike: `60 working minutes` keeps its unit. The description is the rule
/// in its usual form and reads back as an equal rule.
package struct TimeRule: Hashable, Sendable {
    package let count: Int
    package let unit: Unit
    package let direction: Direction
    package let roll: Roll
    /// The hour at which the date reached is due; nil for its closing, and for what is counted in minutes or hours.
    package let time: LocalTime?

    /// What is counted; the raw value is the singular in words.
    package enum Unit: String, CaseIterable, Hashable, Sendable {
        case workingMinutes = "working minute"
        case workingHours = "working hour"
        case elapsedMinutes = "elapsed minute"
        case elapsedHours = "elapsed hour"
        case workingDays = "working day"
        case calendarDays = "calendar day"
        case weeks = "week"
        case months = "month"

        /// Counted on a calendar, so that an hour may be stated.
        package var countsDates: Bool {
            switch self {
            case .workingDays, .calendarDays, .weeks, .months: true
            case .workingMinutes, .workingHours, .elapsedMinutes, .elapsedHours: false
            }
        }

        /// May end on a date that is not worked, so that it may be rolled.
        package var canRoll: Bool {
            countsDates && self != .workingDays
        }
    }

    package enum Direction: Hashable, Sendable {
        case after
        case before
    }

    /// What becomes of a date that is not worked.
    package enum Roll: String, CaseIterable, Hashable, Sendable {
        case none
        case following
        case preceding
    }

    /// The caller vouches that the unit allows the roll and the time.
    init(count: Int, unit: Unit, direction: Direction, roll: Roll, time: LocalTime?) {
        self.count = count
        self.unit = unit
        self.direction = direction
        self.roll = roll
        self.time = time
    }

    /// The working time this rule counts; nil for the other units.
    package var working: WorkingDuration? {
        switch unit {
        case .workingMinutes: .minutes(Int64(count))
        case .workingHours: .hours(Int64(count))
        default: nil
        }
    }

    /// The elapsed time this rule counts; nil for the other units.
    package var elapsed: Elapsed? {
        switch unit {
        case .elapsedMinutes: .minutes(Int64(count))
        case .elapsedHours: .hours(Int64(count))
        default: nil
        }
    }
}
