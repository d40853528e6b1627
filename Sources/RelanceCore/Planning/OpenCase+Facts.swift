extension OpenCase {
    /// When a fact took place, nil while it has not; facts that carry only a date count from its first instant.
    func instant(of fact: Fact, in zone: Zone) -> Instant? {
        switch fact {
        case .openedAt: openedAt
        case .assignedAt: assignedAt
        case .firstContactAt: firstContactAt
        case .diagnosisDoneAt: diagnosisDoneAt
        case .lastFollowUpOn: lastFollowUpOn.map { zone.startOfDay($0) }
        case .followUpDoneAt: followUpDoneAt
        case .lastContactAt: lastContactAt
        case .documentsRequestedAt: documents?.requestedAt
        case .documentsReceivedAt: documents?.receivedAt
        case .referralAt: referral?.at
        case .distressFlaggedAt: distress?.flaggedAt
        case .distressAcknowledgedAt: distress?.acknowledgedAt
        case .distressCalledBackAt: distress?.calledBackAt
        case .distressReleasedAt: distress?.releasedAt
        case .closedAt: closedAt
        case .holdUntil: hold?.until.map { zone.startOfDay($0) }
        case .externalDateOn, .externalDateDoneAt: nil  // one each: see Planner+Deadlines
        }
    }

    /// The next instant after `now` at which a fact comes into sight; nil when all are.
    func nextFact(after now: Instant, in zone: Zone) -> Instant? {
        var next: Instant?
        func consider(_ instant: Instant?) {
            guard let instant, instant > now else { return }
            next = min(next ?? instant, instant)
        }
        consider(openedAt)
        consider(assignedAt)
        consider(firstContactAt)
        consider(diagnosisDoneAt)
        consider(lastFollowUpOn.map { zone.startOfDay($0) })
        consider(followUpDoneAt)
        consider(lastContactAt)
        consider(closedAt)
        consider(documents?.requestedAt)
        consider(documents?.receivedAt)
        consider(referral?.at)
        consider(hold?.until.map { zone.startOfDay($0) })
        if let distress {
            consider(distress.flaggedAt)
            consider(distress.acknowledgedAt)
            consider(distress.calledBackAt)
            consider(distress.releasedAt)
        }
        for date in externalDates {
            consider(date.declaredAt)
            consider(date.doneAt)
        }
        for appointment in appointments {
            consider(appointment.confirmedAt)
            consider(appointment.cancelledAt)
            for move in appointment.moved { consider(move.at) }
        }
        for call in unansweredCalls { consider(call) }
        return next
    }
}

extension OpenCase {
    /// The case with what people decided on it laid over what its record says; of two holds the longer counts.
    package func with(_ acts: CaseActs) -> OpenCase {
        guard acts != CaseActs() else { return self }
        var item = self
        if item.distress?.acknowledgedAt == nil { item.distress?.acknowledgedAt = acts.acknowledgedAt }
        let isHeldForGood = hold != nil && hold?.until == nil
        let isSuspendedForGood = recordedStage == .suspended && hold?.until == nil  // no hold may end that
        if !isHeldForGood, !isSuspendedForGood {
            if acts.isHeld {
                item.hold = Hold(until: nil)
            } else if let until = acts.heldUntil, hold?.until.map({ $0 < until }) ?? true {
                item.hold = Hold(until: until)
            }
        }
        return item
    }

    /// Whether somebody at the business was spoken to since an instant, or at it.
    func wasContacted(since instant: Instant) -> Bool {
        [firstContactAt, lastContactAt, followUpDoneAt].contains { $0.map { $0 >= instant } ?? false }
    }

    /// Whether nothing automatic leaves for the case on a day because somebody holds it.
    func isHeld(on day: LocalDay) -> Bool {
        guard let hold else { return false }
        return hold.until.map { day < $0 } ?? true
    }
}

extension Zone {
    /// The first instant of a date.
    package func startOfDay(_ day: LocalDay) -> Instant {
        instant(day, LocalTime(minuteOfDay: 0))
    }

    /// The first instant of the month after that of an instant.
    func startOfNextMonth(after instant: Instant) -> Instant {
        let today = day(at: instant)
        return startOfDay(today.adding(days: 1 - today.civil.day).adding(months: 1))
    }
}

extension Distress {
    /// Whether it was not released since it was flagged: what was released before had been flagged before.
    var isStanding: Bool { releasedAt.map { $0 < flaggedAt } ?? true }
}

extension Appointment {
    /// Whether it was cancelled and not confirmed again since.
    var isCancelled: Bool {
        cancelledAt.map { cancelled in confirmedAt.map { $0 <= cancelled } ?? true } ?? false
    }

    /// The start as last agreed among the moves in sight.
    package var currentStart: Instant {
        moved.max { $0.at < $1.at }?.startsAt ?? startsAt
    }
}
