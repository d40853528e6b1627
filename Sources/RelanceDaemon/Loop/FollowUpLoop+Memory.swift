import RelanceCore

extension FollowUpLoop {
    /// What the ledger says as of an instant: of the whole day and month once, of a case when it is asked for.
    func recollection(at now: Instant) -> FollowUps.Recollection {
        let (ledger, zone, rule) = (ledger, followUps.planner.policies.house.zone, smsBudget)
        var common: CaseMemory?
        return FollowUps.Recollection(
            memory: { ref in
                ledger.withState { state in
                    let shared = common ?? state.memoryOfAllCases(at: now, zone: zone, smsBudget: rule)
                    common = shared
                    return state.memory(onCase: ref, within: shared)
                }
            },
            deliveries: { range in ledger.withState { $0.deliveries(in: range) } })
    }

    /// How far the month's text messages have got.
    func smsBudget(at now: Instant) -> CaseMemory.SMSBudget {
        let zone = followUps.planner.policies.house.zone
        return ledger.withState { $0.smsBudget(smsBudget, at: now, zone: zone) }
    }
}

extension LocalDay {
    fileprivate var startOfMonth: LocalDay {
        let civil = civil
        return LocalDay(clampingYear: civil.year, month: civil.month, day: 1)
    }
}

extension SMSBudgetRule {
    /// What so many parts of a month leave of it.
    package func budget(spending parts: Int) -> CaseMemory.SMSBudget {
        if let hard, parts >= hard { return .spent }
        if let soft, parts >= soft { return .appointmentsOnly }
        return .open
    }
}

extension LedgerState {
    /// What is the same for every case: closed addresses, what left and what is left of the month's budget.
    func memoryOfAllCases(at now: Instant, zone: Zone, smsBudget rule: SMSBudgetRule) -> CaseMemory {
        CaseMemory(
            closedAddresses: closedAddresses, departures: departuresByAddress,
            smsBudget: smsBudget(rule, at: now, zone: zone))
    }

    /// A case's own, with what is the same for all.
    func memory(onCase ref: CaseReference, within common: CaseMemory) -> CaseMemory {
        let own = memory(onCase: ref)
        var memory = common
        (memory.acts, memory.told) = (own.acts, own.told)
        return memory
    }

    fileprivate func smsBudget(_ rule: SMSBudgetRule, at now: Instant, zone: Zone) -> CaseMemory.SMSBudget {
        guard rule.soft != nil || rule.hard != nil else { return .open }
        let month = zone.day(at: now).startOfMonth
        let parts = smsParts(
            since: zone.startOfDay(month), before: zone.startOfDay(month.adding(days: 31).startOfMonth))
        return rule.budget(spending: parts)
    }

    /// What digests and reports repeat of a stretch of time.
    fileprivate func deliveries(in range: Range<Instant>) -> FollowUps.Deliveries {
        var deliveries = FollowUps.Deliveries()
        for message in messages.values where range.contains(message.changedAt) {
            switch message.phase {
            case .sent, .delivered: deliveries.sent += 1
            case .failed, .undelivered, .unknown, .expired:
                // What somebody of ours was not told in time says nothing any more.
                guard message.plan.role == .business || message.phase != .expired else { continue }
                deliveries.failed += 1
                guard message.plan.role == .business, let ref = message.plan.cases.first,
                    !arrivedOtherwise(message)
                else { continue }
                deliveries.undelivered.append(
                    DigestPlanner.Undelivered(
                        ref: ref, kind: message.plan.kind, channel: message.plan.channel,
                        at: message.changedAt, detail: message.failureDetail))
            default: break
            }
        }
        deliveries.undelivered.sort { ($0.at, $0.ref) < ($1.at, $1.ref) }
        return deliveries
    }

    /// Whether the other channel has brought over what this message was to say.
    private func arrivedOtherwise(_ message: LedgerMessage) -> Bool {
        message.plan.cases.contains { ref in
            messages(onCase: ref).contains { other in
                switch other.phase {
                case .sent, .delivered: other.plan.isSameDuty(as: message.plan)
                default: false
                }
            }
        }
    }
}

extension PlanRecord {
    /// Whether both say the same to the same, each by its channel.
    fileprivate func isSameDuty(as other: PlanRecord) -> Bool {
        channel != other.channel && (kind, role, anchor) == (other.kind, other.role, other.anchor)
    }
}
