/// Worked dates: those with any opening. What lies outside the compiled dates is nil, or not worked.
extension WorkingCalendar {
    package func isWorked(_ day: LocalDay) -> Bool {
        place(of: day) != nil
    }

    /// The first opening of a date; nil when it is not worked.
    package func opening(of day: LocalDay) -> Instant? {
        place(of: day).map { Instant(milliseconds: openings[$0]) }
    }

    /// The last closing of a date; nil when it is not worked.
    package func closing(of day: LocalDay) -> Instant? {
        place(of: day).map { Instant(milliseconds: closings[$0]) }
    }

    package func nextWorkedDay(onOrAfter day: LocalDay) -> LocalDay? {
        guard days.contains(day) else { return nil }
        return workedDay(at: firstPlace(onOrAfter: day))
    }

    package func previousWorkedDay(onOrBefore day: LocalDay) -> LocalDay? {
        guard days.contains(day) else { return nil }
        return workedDay(at: firstPlace(onOrAfter: day.adding(days: 1)) - 1)
    }

    /// The n-th worked date after this one, which never counts; for n = 0 itself if worked, else the next.
    ///
    /// Nil for a negative n.
    package func addingWorkingDays(_ n: Int, to day: LocalDay) -> LocalDay? {
        guard n != 0 else { return nextWorkedDay(onOrAfter: day) }
        guard days.contains(day), (1...workedDays.count + 1).contains(n) else { return nil }
        return workedDay(at: firstPlace(onOrAfter: day.adding(days: 1)) + n - 1)
    }

    /// The n-th worked date before this one, which never counts; for n = 0 itself if worked, else the previous.
    ///
    /// Nil for a negative n.
    package func subtractingWorkingDays(_ n: Int, from day: LocalDay) -> LocalDay? {
        guard n != 0 else { return previousWorkedDay(onOrBefore: day) }
        guard days.contains(day), (1...workedDays.count + 1).contains(n) else { return nil }
        return workedDay(at: firstPlace(onOrAfter: day) - n)
    }

    /// How many worked dates come after the first and up to the second: what `addingWorkingDays` would need.
    package func workingDays(after first: LocalDay, through last: LocalDay) -> Int? {
        guard days.contains(first), days.contains(last) else { return nil }
        return firstPlace(onOrAfter: last.adding(days: 1)) - firstPlace(onOrAfter: first.adding(days: 1))
    }

    /// The opening hours of a date and the rule that decided them.
    package func hours(on day: LocalDay) -> DayHours {
        let found = rules.hours(on: day)
        guard !found.hours.isClosed, days.contains(day), !isWorked(day) else { return found }
        return DayHours(hours: .closed, basis: .skippedByClocks)
    }

    /// The place of the first worked date from this one on, or one past the last.
    private func firstPlace(onOrAfter day: LocalDay) -> Int {
        workedDays.indices.partitioningIndex { workedDays[$0] >= day.daysSince1970 }
    }

    private func place(of day: LocalDay) -> Int? {
        let place = firstPlace(onOrAfter: day)
        return place < workedDays.count && workedDays[place] == day.daysSince1970 ? place : nil
    }

    private func workedDay(at place: Int) -> LocalDay? {
        workedDays.indices.contains(place) ? LocalDay(daysSince1970: workedDays[place]) : nil
    }
}
