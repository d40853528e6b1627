extension LedgerState {
    /// What planning needs to know of a case: what people decided, and how far each message to the business got.
    ///
    /// Closed addresses, the day's messages and the budget are the same for all cases: whoever asks adds them.
    package func memory(onCase ref: CaseReference) -> CaseMemory {
        var told: [MessageKey: CaseMemory.Told] = [:]
        for message in messages(onCase: ref) where message.plan.role == .business {
            for key in [message.key] + message.plan.covers {
                told[key] = message.told
            }
        }
        return CaseMemory(acts: acts(onCase: ref), told: told)
    }
}

extension LedgerMessage {
    fileprivate var told: CaseMemory.Told {
        CaseMemory.Told(
            kind: plan.kind, channel: plan.channel, end: end, leftAt: firstAttemptAt, endedAt: changedAt)
    }

    private var end: CaseMemory.Told.End {
        switch phase {
        case .planned, .sending, .deferred: ambiguousEnds > 0 ? .doubtful : .open
        case .sent, .delivered: .sent
        case .failed, .undelivered: .failed(detail: failureDetail)
        case .unknown: .unknown
        // No way out was found in its time; where it is still of use, the other channel is tried.
        case .expired: .failed(detail: failureDetail)
        case .cancelled, .superseded: .dropped
        }
    }
}
