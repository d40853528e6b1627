import RelanceCore
import RelanceTestSupport

@testable import RelanceDaemon

/// The promises every simulated run is held to (reliability 2.2 and 3.7); a broken one is a sentence.
enum SimulatedVerdict {
    /// What is wrong with an attempt that begins, given what the far sides remember of the same sending.
    static func complaints(
        ofAttempt message: LedgerMessage, on route: String, behind sending: SimulatedNetwork.Sending
    ) -> [String] {
        var complaints: [String] = []
        func complain(_ what: String) { complaints.append("\(what): \(message.plan.name)") }

        if case .sending(_, handedOver: false) = message.phase {
        } else {
            complain("leaves while it is \(message.phase)")
        }
        if sending.doubtful.count >= mostCopies(on: message.plan.channel) {
            complain("leaves again after \(sending.doubtful.count) ends nobody can tell")
        }
        if sending.copies > message.ambiguousEnds {
            complain("leaves again though its end is known")
        }
        if let doubtful = sending.doubtful.last, doubtful != route {
            complain("leaves by \(route) though it may have left by \(doubtful)")
        }
        return complaints
    }

    /// Reliability 2.2, G3 and G4.
    private static func mostCopies(on channel: Channel) -> Int {
        channel == .sms ? 1 : 2
    }

    /// What is wrong with something that a far side is taking at this moment.
    ///
    /// `item` is the case as the last good source has it, `objections` the addresses whose owners want no more, `before`
    /// what was taken until now, `current` the message as planning has it: what was not tried before is put into words by
    /// the policy as it is, which may have moved a deadline since the message was planned.
    static func complaints(
        of taken: SimulatedNetwork.Taken, item: OpenCase?, objections: Set<String>, house: House,
        ledger: LedgerState, before: [SimulatedNetwork.Taken], current: PlannedMessage?
    ) -> [String] {
        let (plan, now) = (taken.plan, taken.at)
        var complaints: [String] = []
        func complain(_ what: String) { complaints.append("\(what): \(plan.name) at \(now)") }

        if case .sending(_, handedOver: true)? = ledger.messages[plan.key]?.phase {
        } else {
            complain("taken before the hand-over was written down")
        }
        let anew = taken.attempt == 1 ? current : nil
        let (dueAt, usefulUntil) = (anew?.dueAt ?? plan.dueAt, anew?.usefulUntil ?? plan.usefulUntil)
        if now >= usefulUntil { complain("of no more use") }
        if now < dueAt { complain("before it is due at \(dueAt)") }
        if ledger.fenceReason?.holds(plan.kind) == true { complain("leaves behind a fence") }
        complaints += overshot(by: taken, house: house, before: before).map {
            "\($0): \(plan.name) at \(now)"
        }
        if objections.contains(taken.address) { complain("to somebody who objected") }
        if let item, let closedAt = item.closedAt, item.recordedStage == .closed, closedAt <= now,
            !staysOwed(plan, closedAt: closedAt)
        {
            complain("on a closed case")
        }
        if !isInItsHours(plan, house: house, now: now) { complain("in quiet hours") }
        return complaints
    }

    /// The ceilings and the budget that something about to be taken goes beyond; what may have been on its way before is
    /// counted where it began, and asked about no more.
    private static func overshot(
        by taken: SimulatedNetwork.Taken, house: House, before: [SimulatedNetwork.Taken]
    ) -> [String] {
        guard taken.attempt == 1 else { return [] }
        let (plan, policy) = (taken.plan, house.policy)
        let (zone, ceilings) = (policy.zone, policy.business.ceilings)
        let today = zone.day(at: taken.at)
        let others = before.filter { $0.attempt == 1 && $0.plan.key != plan.key }
        func count(of items: [SimulatedNetwork.Taken]) -> Int {
            Set(items.filter { zone.day(at: $0.at) == today }.map(\.plan.key)).count
        }
        var overshot: [String] = []
        if plan.kind.hasCeiling {
            let most = plan.role == .business ? ceilings.businessPerDay : ceilings.staffPerDay
            let had = count(of: others.filter { $0.address == taken.address })
            if had >= most { overshot.append("\(had + 1) messages a day") }
        }
        if plan.kind.isForBusiness, !plan.kind.isOfAppointment {
            let had = others.filter {
                $0.plan.kind.isForBusiness && !$0.plan.kind.isOfAppointment && $0.plan.cases == plan.cases
                    && $0.plan.kind != plan.kind
            }
            let kinds = Set(had.filter { zone.day(at: $0.at) == today }.map(\.plan.kind)).count
            if kinds >= ceilings.statusPerDay { overshot.append("\(kinds + 1) pieces of news a day") }
        }
        if plan.channel == .sms {
            let month = today.civil.month
            let had = Set(
                others.filter { $0.plan.channel == .sms && zone.day(at: $0.at).civil.month == month }
                    .map(\.plan.key)
            ).count
            let budget = house.configuration.smsBudget
            let most = plan.kind.isOfAppointment ? budget.hard : budget.soft
            if let most, had >= most { overshot.append("\(had + 1) texts a month") }
        }
        return overshot
    }

    private static func staysOwed(_ plan: PlanRecord, closedAt: Instant) -> Bool {
        switch plan.kind {
        // What the advisor chose to tell before she closed the case.
        case .followUpDone, .referred: plan.anchor <= closedAt
        case .caseClosed, .survey, .digest, .returnDigest, .weeklyReport, .technicalIncident: true
        case .appointmentInvitation: plan.variant == "cancelled"
        case .deadlineReminder, .deadlineOverdue, .escalation: plan.deadline?.rawValue == "three_month_check"
        default: false
        }
    }

    private static func isInItsHours(_ plan: PlanRecord, house: House, now: Instant) -> Bool {
        let windows = house.policy.windows
        switch plan.kind {
        case .distressAlert, .technicalIncident: return true
        case .caseOpened where plan.channel == .email: return true
        case .caseOpened, .advisorAssigned: return windows.transactional.isOpen(at: now)
        case _ where plan.kind.isOfAppointment: return windows.transactional.isOpen(at: now)
        case _ where plan.kind.isForBusiness: return windows.status.isOpen(at: now)
        case .newCase: return windows.newCase.isOpen(at: now)
        default:
            return windows.staff.isOpen(at: now)
                || windows.staff.previousClosing(atOrBefore: now) == now
        }
    }

    /// What is wrong when everything is over.
    static func complaints(of state: LedgerState, taken: [SimulatedNetwork.Taken], now: Instant) -> [String] {
        var complaints: [String] = []
        let copies = Dictionary(grouping: taken) { $0.plan.key }
        for message in state.messages.values.sorted(by: { $0.planned.sequence < $1.planned.sequence }) {
            let name = message.plan.name
            let all = copies[message.key] ?? []
            if message.phase == .sent || message.phase == .delivered, all.isEmpty {
                complaints.append("sent and never taken: \(name)")
            }
            for copies in Dictionary(grouping: all, by: \.sending).values {
                if copies.count > mostCopies(on: message.plan.channel) {
                    complaints.append("\(copies.count) copies: \(name)")
                }
                if Set(copies.map(\.bytes)).count > 1 { complaints.append("copies differ: \(name)") }
            }
            if !message.phase.isTerminal, message.hold == nil, message.phase != .unknown,
                message.plan.usefulUntil + .hours(6) < now
            {
                complaints.append("left behind as \(message.phase): \(name)")
            }
            if case .sending = message.phase { complaints.append("still being sent: \(name)") }
        }
        for key in Set(copies.keys).subtracting(state.messages.keys) {
            complaints.append("taken and not known: \(key)")
        }
        return complaints
    }
}

extension MessageKind {
    /// Whether it waits when its recipient has had enough for a day.
    fileprivate var hasCeiling: Bool {
        isSetOffByCases && self != .distressAlert && !isOfAppointment
    }
}
