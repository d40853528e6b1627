/// Time rules carried out on a calendar, in the way each message and deadline of the policy asks for.
extension WorkingCalendar {
    /// The instant a rule gives for an event; nil when it lies outside the years compiled.
    package func instant(_ rule: TimeRule, from event: Instant) -> Instant? {
        if let working = rule.working {
            return rule.direction == .after ? adding(working, to: event) : subtracting(working, from: event)
        }
        if let elapsed = rule.elapsed {
            return event.moved(by: elapsed, rule.direction)
        }
        guard extent.contains(event), let day = date(rule, from: zone.day(at: event)) else { return nil }
        return due(rule, on: day)
    }

    /// The same for an event that is a date without an hour; what is counted in time starts at its midnight.
    package func instant(_ rule: TimeRule, from event: LocalDay) -> Instant? {
        guard days.contains(event) else { return nil }
        guard rule.unit.countsDates else { return instant(rule, from: zone.instant(event, .midnight)) }
        return date(rule, from: event).flatMap { due(rule, on: $0) }
    }

    /// The date on which a rule that counts dates is due; nil for the others and outside the years compiled.
    package func date(_ rule: TimeRule, from event: LocalDay) -> LocalDay? {
        guard days.contains(event) else { return nil }
        if rule.unit == .workingDays {
            return rule.direction == .after
                ? addingWorkingDays(rule.count, to: event) : subtractingWorkingDays(rule.count, from: event)
        }
        guard let reached = rule.civilDate(from: event), days.contains(reached) else { return nil }
        switch rule.roll {
        case .none: return reached
        case .following: return nextWorkedDay(onOrAfter: reached)
        case .preceding: return previousWorkedDay(onOrBefore: reached)
        }
    }

    /// The stated hour of the date, else its last closing, else its end.
    func due(_ rule: TimeRule, on day: LocalDay) -> Instant {
        if let time = rule.time { return zone.instant(day, time) }
        return closing(of: day) ?? zone.instant(day, .endOfDay)
    }
}

extension TimeRule {
    /// The date reached on the civil calendar before any roll; nil for rules that do not count such dates.
    func civilDate(from event: LocalDay) -> LocalDay? {
        let signed = direction == .after ? count : -count
        return switch unit {
        case .calendarDays: event.adding(days: signed)
        case .weeks: event.adding(days: signed * 7)
        case .months: event.adding(months: signed)
        case .workingDays, .workingMinutes, .workingHours, .elapsedMinutes, .elapsedHours: nil
        }
    }
}

extension Instant {
    /// Elapsed time from here, later or earlier; nil beyond what an instant can hold.
    func moved(by elapsed: Elapsed, _ direction: TimeRule.Direction) -> Instant? {
        let (moved, overflow) =
            direction == .after
            ? milliseconds.addingReportingOverflow(elapsed.milliseconds)
            : milliseconds.subtractingReportingOverflow(elapsed.milliseconds)
        return overflow ? nil : Instant(milliseconds: moved)
    }
}
