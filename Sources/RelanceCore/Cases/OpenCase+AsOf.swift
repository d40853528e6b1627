extension OpenCase {
    /// The case as somebody looking at `instant` could have known it: facts dated later are gone.
    ///
    /// `day` is the date `instant` falls on in the case's zone, for facts that carry only a date.
    package func asOf(_ instant: Instant, day: LocalDay) -> OpenCase {
        var seen = self
        func keep(_ fact: inout Instant?) {
            if let at = fact, at > instant { fact = nil }
        }
        keep(&seen.assignedAt)
        keep(&seen.firstContactAt)
        keep(&seen.diagnosisDoneAt)
        keep(&seen.followUpDoneAt)
        if seen.followUpDoneAt == nil { seen.followUpSummary = nil }
        keep(&seen.lastContactAt)
        keep(&seen.closedAt)
        if let assignedAt, assignedAt > instant { seen.advisor = nil }
        if let date = lastFollowUpOn, date > day { seen.lastFollowUpOn = nil }
        if var documents {
            keep(&documents.requestedAt)
            keep(&documents.receivedAt)
            seen.documents =
                self.documents?.requestedAt != nil && documents.requestedAt == nil ? nil : documents
        }
        if let at = referral?.at, at > instant { seen.referral = nil }
        if !externalDates.isEmpty {
            seen.externalDates = externalDates.compactMap { date in
                if let declared = date.declaredAt, declared > instant { return nil }
                var date = date
                keep(&date.doneAt)
                return date
            }
        }
        if var distress {
            keep(&distress.acknowledgedAt)
            keep(&distress.calledBackAt)
            keep(&distress.releasedAt)
            seen.distress = distress.flaggedAt > instant ? nil : distress
        }
        if !appointments.isEmpty {
            seen.appointments = appointments.map { appointment in
                var appointment = appointment
                keep(&appointment.confirmedAt)
                keep(&appointment.cancelledAt)
                appointment.moved.removeAll { $0.at > instant }
                return appointment
            }
        }
        if !unansweredCalls.isEmpty { seen.unansweredCalls.removeAll { $0 > instant } }
        seen.recordedStage = seen.stage(of: self, on: day)
        if seen.recordedStage != .closed { seen.outcome = nil }
        return seen
    }

    /// Whether the record existed at all.
    package func exists(at instant: Instant) -> Bool {
        openedAt <= instant
    }

    /// The stage as the facts in sight allow it.
    ///
    /// A recorded stage whose own fact lies ahead has not come yet; one without a fact of its own waits for the first
    /// contact; a record that lags behind its facts is moved up to them. A suspension ends on the day its hold names
    /// (domain 1.1).
    private func stage(of whole: OpenCase, on day: LocalDay) -> Stage {
        let reached: Stage =
            if diagnosisDoneAt != nil { .followUp } else if firstContactAt != nil { .diagnosis } else {
                .listening
            }
        let contactIsAhead = whole.firstContactAt != nil && firstContactAt == nil

        func recorded(unless itsFact: Instant?, isAheadOf inSight: Instant?) -> Stage {
            if itsFact != nil { return inSight != nil ? whole.recordedStage : reached }
            return contactIsAhead ? reached : whole.recordedStage
        }
        switch whole.recordedStage {
        case .closed:
            return whole.closedAt == nil || closedAt != nil ? .closed : reached
        case .suspended:
            return whole.hold?.until.map { $0 <= day } ?? false ? reached : .suspended
        case .referredToScheme, .referredToCourt:
            return recorded(unless: whole.referral?.at, isAheadOf: referral?.at)
        case .waitingForBusiness:
            return recorded(unless: whole.documents?.requestedAt, isAheadOf: documents?.requestedAt)
        case .followUp:
            return recorded(unless: whole.diagnosisDoneAt, isAheadOf: diagnosisDoneAt)
        case .diagnosis:
            return contactIsAhead || reached == .followUp ? reached : .diagnosis
        case .listening:
            return reached
        }
    }
}
