/// Rules carried out slowly, one slot and one date at a time, to be shown to people.
///
/// The way is another than that of `instant(_:from:)`, and the tests hold both to the same answer.
extension WorkingCalendar {
    /// The instant a rule gives for an event, with everything that was counted; nil where `instant` is nil.
    package func derivation(_ rule: TimeRule, from event: Instant) -> Derivation? {
        var walk = Walk(calendar: self, rule: rule, day: zone.day(at: event))
        let result: Instant?
        if let working = rule.working {
            result = walk.count(working, from: event)
        } else if let elapsed = rule.elapsed {
            walk.steps.append(.elapsed(elapsed))
            result = event.moved(by: elapsed, rule.direction)
        } else {
            result = extent.contains(event) ? walk.countDates() : nil
        }
        return result.map {
            Derivation(rule: rule, event: event, eventDay: walk.eventDay, steps: walk.steps, result: $0)
        }
    }

    /// The same for an event that is a date without an hour.
    package func derivation(_ rule: TimeRule, from event: LocalDay) -> Derivation? {
        guard days.contains(event) else { return nil }
        let midnight = zone.instant(event, .midnight)
        guard rule.unit.countsDates else { return derivation(rule, from: midnight) }
        var walk = Walk(calendar: self, rule: rule, day: event)
        return walk.countDates().map {
            Derivation(rule: rule, event: midnight, eventDay: event, steps: walk.steps, result: $0)
        }
    }

    /// One derivation under way.
    private struct Walk {
        let calendar: WorkingCalendar
        let rule: TimeRule
        let eventDay: LocalDay
        var steps: [Derivation.Step] = []

        init(calendar: WorkingCalendar, rule: TimeRule, day: LocalDay) {
            self.calendar = calendar
            self.rule = rule
            eventDay = day
        }

        /// One date onwards in the direction of the rule.
        private var onwards: Int { rule.direction == .after ? 1 : -1 }

        /// Counts working time stretch by stretch, naming the dates between that have none.
        mutating func count(_ working: WorkingDuration, from event: Instant) -> Instant? {
            let forward = rule.direction == .after
            let start =
                forward
                ? calendar.nextOpening(atOrAfter: event) : calendar.previousClosing(atOrBefore: event)
            guard let start else { return nil }
            let after = calendar.stretch(closingAfter: start.milliseconds)
            // Backwards, a stretch counts once something of it lies before the start.
            var index = after
            if !forward, index == calendar.opens.count || calendar.opens[index] >= start.milliseconds {
                index -= 1
            }
            var day = eventDay
            passOver(&day, until: calendar.zone.day(at: start))
            if start != event { steps.append(.countedFrom(start)) }
            var rest = working.milliseconds
            var reached = start
            while rest > 0 {
                guard calendar.opens.indices.contains(index) else { return nil }
                let opens = calendar.opens[index]
                let closes = calendar.closes[index]
                let stretchDay = calendar.zone.day(at: Instant(milliseconds: opens))
                passOver(&day, until: stretchDay)
                let from =
                    forward
                    ? max(opens, start.milliseconds) : max(opens, min(closes, start.milliseconds) - rest)
                let to = forward ? min(closes, from + rest) : min(closes, start.milliseconds)
                steps.append(
                    .slot(
                        Derivation.Slot(
                            from: Instant(milliseconds: from), to: Instant(milliseconds: to), day: stretchDay,
                            basis: calendar.hours(on: stretchDay).basis)))
                rest -= to - from
                reached = Instant(milliseconds: forward ? to : from)
                index += onwards
            }
            return reached
        }

        /// Names the dates without opening from one date up to another, which stays for the caller.
        private mutating func passOver(_ day: inout LocalDay, until end: LocalDay) {
            while day != end, (day < end) == (onwards > 0) {
                if !calendar.isWorked(day) { steps.append(.skipped(day, calendar.hours(on: day).basis)) }
                day = day.adding(days: onwards)
            }
        }

        /// Counts worked dates, or moves on the civil calendar and rolls; ends at the hour that is due.
        mutating func countDates() -> Instant? {
            guard calendar.days.contains(eventDay),
                let day = rule.unit == .workingDays ? countWorkedDays() : moveAndRoll()
            else { return nil }
            if let time = rule.time {
                let resolution = calendar.zone.resolve(day, time)
                steps.append(.due(.stated(day, time, resolution)))
                return resolution.instant
            }
            guard let closing = calendar.closing(of: day) else {
                steps.append(.due(.endOfDay(day)))
                return calendar.zone.instant(day, .endOfDay)
            }
            steps.append(.due(.closing(day)))
            return closing
        }

        private mutating func countWorkedDays() -> LocalDay? {
            var day = eventDay
            if rule.count == 0 {
                return rollToWorked(&day, by: onwards) ? day : nil
            }
            var counted = 0
            while counted < rule.count {
                day = day.adding(days: onwards)
                guard calendar.days.contains(day) else { return nil }
                let basis = calendar.hours(on: day).basis
                if calendar.isWorked(day) {
                    counted += 1
                    steps.append(.counted(counted, day, basis))
                } else {
                    steps.append(.skipped(day, basis))
                }
            }
            return day
        }

        private mutating func moveAndRoll() -> LocalDay? {
            guard let reached = rule.civilDate(from: eventDay), calendar.days.contains(reached) else {
                return nil
            }
            steps.append(.reached(reached))
            var day = reached
            switch rule.roll {
            case .none: return day
            case .following: guard rollToWorked(&day, by: 1) else { return nil }
            case .preceding: guard rollToWorked(&day, by: -1) else { return nil }
            }
            if day != reached { steps.append(.rolled(from: reached, to: day)) }
            return day
        }

        /// Passes over dates until one is worked; false when there is none in the years compiled.
        private mutating func rollToWorked(_ day: inout LocalDay, by step: Int) -> Bool {
            while !calendar.isWorked(day) {
                steps.append(.skipped(day, calendar.hours(on: day).basis))
                day = day.adding(days: step)
                guard calendar.days.contains(day) else { return false }
            }
            return true
        }
    }
}
