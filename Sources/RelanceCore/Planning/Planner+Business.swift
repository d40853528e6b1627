/// What the business is told: every duty in sight, taken through the rules common to all of them (domain 2.4).
///
/// Contract:
/// - The channel rule decides how a duty travels; each channel has a key of its own, so that what failed on one may go
///   on to the next and nothing is said twice on the same.
/// - At most so many status messages a day; the others wait for the next day and are looked at again then.
/// - A duty no message can bring over is a call to make, in the plan with every detail: never silence.
extension CaseView {
    func addBusinessMessages(_ deadlines: [OwedDeadline], to plan: inout CasePlan) {
        var duties: [BusinessDuty] = []
        addCaseDuties(deadlines, to: &duties)
        addAppointmentDuties(to: &duties)
        if detail == .messages { duties.removeAll { $0.stop != nil || $0.usefulUntil <= now } }
        guard !duties.isEmpty else { return }
        let reach = Reach(
            seen.contact, rules: policy.business, memory: memory, instance: planner.instance)
        var day = StatusDay(
            left: policy.business.ceilings.statusPerDay - statusMessages(on: policy.zone.day(at: now)))
        for duty in inOrder(duties) { file(duty, reach, &day, to: &plan) }
        plan.callTasks.sort { ($0.since, $0.kind.rawValue) < ($1.since, $1.kind.rawValue) }
    }

    /// How many more status messages are good for today.
    private struct StatusDay {
        var left: Int
    }

    /// Status messages that left on a day, one on two channels being one.
    private func statusMessages(on day: LocalDay) -> Int {
        guard !memory.told.isEmpty else { return 0 }
        var counts: [MessageKind: [Channel: Int]] = [:]
        for told in memory.told.values where told.kind.isForBusiness && !told.kind.isOfAppointment {
            guard let leftAt = told.leftAt, policy.zone.day(at: leftAt) == day else { continue }
            counts[told.kind, default: [:]][told.channel, default: 0] += 1
        }
        return counts.values.reduce(0) { $0 + ($1.values.max() ?? 0) }
    }

    /// Those already on their way first, then the oldest: the first takes the day's status message.
    private func inOrder(_ duties: [BusinessDuty]) -> [BusinessDuty] {
        guard duties.count > 1 else { return duties }
        return duties.map { (duty: $0, isUnderWay: isUnderWay($0)) }
            .sorted {
                ($0.isUnderWay ? 0 : 1, $0.duty.at, $0.duty.kind.order, $0.duty.step)
                    < ($1.isUnderWay ? 0 : 1, $1.duty.at, $1.duty.kind.order, $1.duty.step)
            }
            .map(\.duty)
    }

    private func isUnderWay(_ duty: BusinessDuty) -> Bool {
        Channel.allCases.contains { told(duty, $0).map { $0.end != .dropped } ?? false }
    }

    func key(_ duty: BusinessDuty, _ channel: Channel) -> MessageKey {
        key(
            duty.kind.rawValue, step: duty.step, anchor: duty.anchor, channel: channel, slot: .business)
    }

    /// How far a duty got on a channel.
    func told(_ duty: BusinessDuty, _ channel: Channel) -> CaseMemory.Told? {
        memory.told.isEmpty ? nil : memory.told[key(duty, channel)]
    }

    /// Whether it was said on some channel, or may have been.
    private func mayHaveBeenSaid(_ duty: BusinessDuty) -> Bool {
        Channel.allCases.contains { told(duty, $0)?.mayHaveArrived ?? false }
    }

    // MARK: - One duty

    private func file(
        _ duty: BusinessDuty, _ reach: Reach, _ day: inout StatusDay, to plan: inout CasePlan
    ) {
        let first = duty.channels(preferring: reach.contact.prefers).first ?? .email
        func withhold(_ reason: WithheldReason) {
            self.withhold(candidate(duty, on: first), key(duty, first), reason, in: &plan)
        }
        if let stop = duty.stop {
            withhold(stop)
            if duty.call == .whenWithheld { addCall(duty, stop, since: duty.at, to: &plan) }
            return
        }
        if let prefers = reach.contact.prefers, prefers == .phone || prefers == Contact.Preference.none {
            withhold(.prefersNoWriting)
            if duty.call == .whenWithheld || duty.call == .whenUnreached && prefers == .phone {
                addCall(duty, .prefersNoWriting, since: duty.at, to: &plan)
            }
            return
        }
        switch reach.choose(duty, told: { told(duty, $0) }) {
        case .unreached(let reason, let since):
            withhold(since == nil && duty.usefulUntil <= now ? .noLongerUseful : reason)
            if duty.call != .never { addCall(duty, reason, since: since ?? duty.at, to: &plan) }
        case .carried(let channels, let isFallback):
            if duty.callsAnyway { addCall(duty, .tooLate, since: duty.at, to: &plan) }
            if duty.call != .never, let lostAt = turnLost(by: duty) {
                addCall(duty, .recipientCeiling, since: lostAt, to: &plan)
            }
            let notBefore = channels.first.flatMap { turn(of: duty, on: $0, &day) }
            for channel in channels where detail != .calls {
                var candidate = candidate(duty, on: channel)
                candidate.notBefore = notBefore
                if isFallback { candidate.reason = .notDelivered }
                candidate.hasOtherChannel = duty.channels(preferring: reach.contact.prefers).contains {
                    !channels.contains($0) && reach.allows($0, for: duty.kind)
                        && told(duty, $0)?.hasFailed != true
                }
                file(
                    candidate, key: key(duty, channel), stop: nil, recipient: { _ in business },
                    to: &plan
                ) { _ in duty.content() }
            }
        }
    }

    /// Takes the day's turn for a status message that would leave now; when there is none left, the instant it waits for.
    private func turn(of duty: BusinessDuty, on channel: Channel, _ day: inout StatusDay) -> Instant? {
        guard !duty.kind.isOfAppointment, !hasTurn(duty, on: policy.zone.day(at: now)),
            let leaves = opening(for: candidate(duty, on: channel), from: max(duty.at, now)), leaves <= now,
            now < duty.usefulUntil
        else { return nil }
        day.left -= 1
        return day.left < 0 ? startOfTomorrow : nil
    }

    /// Whether it needs no turn on a day: it is on its way, or was on that very day.
    ///
    /// What failed on one channel and goes on to the other another day is that day's news.
    private func hasTurn(_ duty: BusinessDuty, on day: LocalDay) -> Bool {
        Channel.allCases.contains { channel in
            guard let told = told(duty, channel), let leftAt = told.leftAt else { return false }
            return !told.hasFailed || policy.zone.day(at: leftAt) == day
        }
    }

    /// When a status message lost the turn of its last useful day to another, if so: nobody will have told it.
    private func turnLost(by duty: BusinessDuty) -> Instant? {
        guard detail != .messages, !memory.told.isEmpty, !duty.kind.isOfAppointment else { return nil }
        let window = duty.rule.window == .status ? policy.windows.status : policy.windows.transactional
        let end = duty.usefulUntil - .milliseconds(1)
        guard let end = window.isOpen(at: end) ? end : window.previousClosing(atOrBefore: end) else {
            return nil
        }
        let last = policy.zone.day(at: end)
        guard !hasTurn(duty, on: last),
            statusMessages(on: last) >= policy.business.ceilings.statusPerDay
        else { return nil }
        return memory.told.values.compactMap { told -> Instant? in
            guard told.kind.isForBusiness, !told.kind.isOfAppointment, let leftAt = told.leftAt else {
                return nil
            }
            return policy.zone.day(at: leftAt) == last ? max(leftAt, duty.at) : nil
        }.max()
    }

    private func candidate(_ duty: BusinessDuty, on channel: Channel) -> Candidate {
        let windows = policy.windows
        let window: Candidate.Window =
            if duty.mailAtAnyHour, channel == .email { .anyHour } else {
                .hours(duty.rule.window == .status ? windows.status : windows.transactional)
            }
        return Candidate(
            kind: duty.kind, variant: duty.variant, deadline: duty.deadline, anchor: duty.anchor,
            at: duty.at, window: window, usefulUntil: duty.usefulUntil, channel: channel,
            reason: duty.reason)
    }

    private var business: Recipient {
        Recipient(
            audience: .business, id: seen.ref.text, name: seen.contact.lastName,
            email: seen.contact.email, phone: seen.contact.smsNumber, language: seen.contact.language)
    }

    /// A call in place of a message, until it is pointless or somebody was spoken to.
    private func addCall(
        _ duty: BusinessDuty, _ reason: WithheldReason, since: Instant, to plan: inout CasePlan
    ) {
        guard detail != .messages, since <= now, !mayHaveBeenSaid(duty) else { return }
        let lapse = policy.service.instant(duty.rule.usefulFor, from: since)
        let until = duty.callStands ? duty.callUntil : [lapse, duty.callUntil].compactMap { $0 }.min()
        guard let until, now < until, !seen.wasContacted(since: since + .milliseconds(1)) else { return }
        plan.callTasks.append(
            CallTask(
                ref: seen.ref, kind: duty.kind, variant: duty.variant, reason: reason, since: since,
                usefulUntil: until))
    }
}

extension MessageKind {
    /// A kind's place among those wanted at one instant.
    fileprivate var order: Int {
        MessageKind.allCases.firstIndex(of: self) ?? 0
    }
}
