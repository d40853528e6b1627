/// How a time rule came to its instant, step by step in the order one would count on one's fingers.
///
/// It carries data, not words: the sentences are those of the messages, in French or English.
package struct Derivation: Hashable, Sendable {
    package let rule: TimeRule
    /// The event counted from; for an event that is a date, its midnight.
    package let event: Instant
    /// The date of the event in the calendar's zone.
    package let eventDay: LocalDay
    package let steps: [Step]
    package let result: Instant

    package enum Step: Hashable, Sendable {
        /// The event lies outside opening hours: counting starts at the next opening (backwards: the closing before).
        case countedFrom(Instant)
        /// Working time counted within one stretch of opening.
        case slot(Slot)
        /// A date passed over because the calendar is closed on it, with the rule that closes it.
        case skipped(LocalDay, DayHours.Basis)
        /// The n-th worked date counted, 1 first, with the rule that makes it worked.
        case counted(Int, LocalDay, DayHours.Basis)
        /// Elapsed time, which no calendar stops.
        case elapsed(Elapsed)
        /// The date reached on the civil calendar.
        case reached(LocalDay)
        /// A date reached that is not worked, moved to one that is.
        case rolled(from: LocalDay, to: LocalDay)
        /// The hour at which the last date is due.
        case due(Due)
    }

    /// Working time counted from one instant to a later one, whichever way one counts.
    package struct Slot: Hashable, Sendable {
        package let from: Instant
        package let to: Instant
        package let day: LocalDay
        package let basis: DayHours.Basis

        package init(from: Instant, to: Instant, day: LocalDay, basis: DayHours.Basis) {
            self.from = from
            self.to = to
            self.day = day
            self.basis = basis
        }

        package var working: WorkingDuration {
            WorkingDuration(milliseconds: (to - from).milliseconds)
        }
    }

    /// Why a date is due at its hour.
    package enum Due: Hashable, Sendable {
        case closing(LocalDay)
        /// The hour stated by the rule, and how the clocks of that date read it.
        case stated(LocalDay, LocalTime, LocalResolution)
        /// Not worked and not rolled: the date runs to its end.
        case endOfDay(LocalDay)
    }

    package var slots: [Slot] {
        steps.compactMap { if case .slot(let slot) = $0 { slot } else { nil } }
    }

    /// The dates passed over, each with the rule that closes it.
    package var skipped: [(day: LocalDay, basis: DayHours.Basis)] {
        steps.compactMap { if case .skipped(let day, let basis) = $0 { (day, basis) } else { nil } }
    }
}
