/// What a business is told of its case, appointments aside: one function a kind (domain 2.4, kinds 1, 2 and 8 to 12).
extension CaseView {
    func addCaseDuties(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        let opened = caseOpened(deadlines)
        if let opened { duties.append(opened) }
        addAdvisorAssigned(after: opened, deadlines, to: &duties)
        addReplacements(deadlines, to: &duties)
        addDocuments(deadlines, to: &duties)
        addUnreachable(to: &duties)
        addFollowUpDone(deadlines, to: &duties)
        addReferred(deadlines, to: &duties)
        addCaseClosed(to: &duties)
        addSurvey(deadlines, to: &duties)
    }

    /// A duty by its rule, for as long as the rule says and no longer than `end`; nil beyond the calendars' years.
    func duty(
        _ kind: MessageKind, variant: String? = nil, step: String = "", anchor: Instant, at: Instant,
        rule: MessageRule, end: Instant? = nil, reason: DueReason, stop: WithheldReason?,
        content: @escaping () -> MessageContent
    ) -> BusinessDuty? {
        guard let lapse = policy.service.instant(rule.usefulFor, from: at) else { return nil }
        return BusinessDuty(
            kind: kind, variant: variant, step: step, anchor: anchor, at: at, rule: rule,
            usefulUntil: end.map { min($0, lapse) } ?? lapse, reason: reason, stop: stop,
            content: content)
    }

    /// The rule of a kind; nil when it was switched off.
    private func rule(_ kind: MessageKind) -> MessageRule? { policy.business.messages[kind] }

    /// Why nothing automatic is said of an open case, if so (design 8: distress holds all but what was agreed before).
    var silence: WithheldReason? {
        if seen.recordedStage == .closed { return .caseClosed }
        if isInDistress { return .distress }
        return stopped
    }

    /// The same of what was settled while the case was open: closing it does not unsay what the advisor chose to tell,
    /// unless the business is no more, which only a person speaks of.
    private func silence(ofSettledAt at: Instant) -> WithheldReason? {
        guard seen.recordedStage == .closed, let closedAt = seen.closedAt, at <= closedAt else {
            return silence
        }
        if isInDistress { return .distress }
        return seen.outcome == .cessation ? .notChosen : stopped
    }

    var isInDistress: Bool {
        seen.distress?.isStanding ?? false
    }

    /// Whether somebody may still want to know of a duty: most of what ever happened to a case is long past.
    private func isLive(_ rule: MessageRule, from at: Instant) -> Bool {
        detail != .messages || policy.service.instant(rule.usefulFor, from: at).map { now < $0 } ?? false
    }

    private func owed(_ kind: DeadlineKind?, _ deadlines: [OwedDeadline]) -> Deadline? {
        deadlines.first { $0.deadline.kind == kind && $0.deadline.satisfiedAt == nil }?.deadline
    }

    /// The first of the clock times at or after an instant, on its own day; after the last one the instant stands.
    func rounded(_ instant: Instant) -> Instant {
        let day = policy.zone.day(at: instant)
        return policy.caseOpened.roundedUpTo.map { policy.zone.instant(day, $0) }
            .filter { $0 >= instant }.min() ?? instant
    }

    // MARK: - Who follows the case

    /// The acknowledgement: at once, once per case, with a promise rounded up (kind 1).
    private func caseOpened(_ deadlines: [OwedDeadline]) -> BusinessDuty? {
        let rules = policy.caseOpened
        let rule = MessageRule(
            channel: rules.channel, window: .transactional, usefulFor: rules.usefulFor)
        guard isLive(rule, from: seen.openedAt) else { return nil }
        let promise = deadlines.first { $0.deadline.kind == rules.promise }?.deadline
        // Once the call was made there is nothing left to promise, but no more time to acknowledge either.
        let due = promise.flatMap { $0.satisfiedAt == nil ? $0.due : nil }
        var duty = self.duty(
            .caseOpened, anchor: seen.openedAt, at: seen.openedAt, rule: rule, end: promise?.due,
            reason: .caseOpened, stop: silence
        ) {
            .caseOpened(
                brief(on: due.map { policy.zone.day(at: $0) }), promisedBy: due.map(rounded))
        }
        duty?.mailAtAnyHour = policy.windows.acknowledgementAtAnyHour
        duty?.call = .never  // the first call is owed as it is
        return duty
    }

    /// The advisor, when the acknowledgement did not name her (kind 2).
    private func addAdvisorAssigned(
        after opened: BusinessDuty?, _ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]
    ) {
        guard let rule = rule(.advisorAssigned), let assignedAt = seen.assignedAt,
            assignedAt > seen.openedAt, isLive(rule, from: assignedAt), let advisor = seen.advisor,
            planner.directory.advisors[advisor] != nil
        else { return }
        let promise = owed(policy.caseOpened.promise, deadlines)
        let stop: WithheldReason? =
            if let silence {
                silence
            } else if seen.wasContacted(since: assignedAt) {
                .satisfied
            } else if says(opened, of: assignedAt) {
                .saidOtherwise
            } else { nil }
        let assigned = duty(
            .advisorAssigned, step: advisor, anchor: assignedAt, at: assignedAt, rule: rule,
            end: promise?.due, reason: .advisorAssigned, stop: stop
        ) {
            .advisorAssigned(
                brief(on: promise.map { policy.zone.day(at: $0.due) }),
                promisedBy: promise.map { rounded($0.due) })
        }
        if var assigned {
            assigned.call = .never  // the call she owes tells it
            duties.append(assigned)
        }
    }

    /// Whether the acknowledgement told of a later fact, or still will.
    private func says(_ opened: BusinessDuty?, of instant: Instant) -> Bool {
        let told = Channel.allCases.compactMap { channel -> CaseMemory.Told? in
            guard !memory.told.isEmpty else { return nil }
            let key = key(
                MessageKind.caseOpened.rawValue, step: "", anchor: seen.openedAt, channel: channel,
                slot: .business)
            return memory.told[key]
        }
        if told.contains(where: { $0.leftAt.map { $0 >= instant } ?? false }) { return true }
        // One that was dropped says nothing any more, and one that left before the fact did not know of it.
        guard told.allSatisfy({ $0.leftAt == nil && $0.end == .open }) else { return false }
        return opened.map { $0.stop == nil && now < $0.usefulUntil } ?? false
    }

    /// An absence that touches an appointment or the promised call, told before it begins (kind 2, replacement).
    private func addReplacements(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        guard let rule = policy.business.replacement, let id = seen.advisor,
            let advisor = planner.directory.advisors[id], !advisor.absences.isEmpty
        else { return }
        let promise = owed(policy.caseOpened.promise, deadlines)
        for absence in advisor.absences where policy.zone.day(at: now) <= absence.to {
            let begins = policy.zone.startOfDay(absence.from)
            /// What falls into the absence, with when it was agreed.
            var touched: [(at: Instant, agreedAt: Instant, isAppointment: Bool)] = seen.appointments
                .compactMap {
                    guard let agreedAt = $0.agreedAt, !$0.isCancelled, $0.currentStart > now else {
                        return nil
                    }
                    return ($0.currentStart, agreedAt, true)
                }
            // A case opened during the absence names the stand-in from the first.
            if let promise, seen.openedAt < begins { touched.append((promise.due, seen.openedAt, false)) }
            touched.removeAll {
                let day = policy.zone.day(at: $0.at)
                return day < absence.from || absence.to < day
            }
            guard let first = touched.min(by: { $0.at < $1.at }),
                let standIn = personInCharge(of: id, on: policy.zone.day(at: first.at)),
                standIn.id != id, let early = policy.service.instant(rule.at, from: begins)
            else { continue }
            let replacement = duty(
                .advisorAssigned, variant: "replacement", step: "replacement", anchor: begins,
                at: max(early, first.agreedAt), rule: rule.message, end: first.at, reason: .advisorAway,
                stop: silence
            ) {
                .replacement(brief(), standInName: standIn.fullName, until: absence.to)
            }
            if var replacement {
                // Who makes the promised call tells it; an appointment is another matter.
                replacement.call = first.isAppointment ? .whenUnreached : .never
                duties.append(replacement)
            }
        }
    }

    // MARK: - Documents and calls

    /// The documents asked for, then a reminder whenever the deadline falls due again (kind 8).
    private func addDocuments(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        guard let rule = rule(.documentsAwaited), let documents = seen.documents,
            let requestedAt = documents.requestedAt
        else { return }
        let isReceived = documents.receivedAt.map { $0 >= requestedAt } ?? false
        let stop = silence ?? (isReceived ? .satisfied : nil)
        func content(_ step: String) -> () -> MessageContent {
            {
                let mail = key(
                    MessageKind.documentsAwaited.rawValue, step: step, anchor: requestedAt, slot: .business)
                return .documentsAwaited(
                    brief(), documents: documents.list, requestedAt: requestedAt,
                    mailedAt: memory.told[mail]?.leftAt)
            }
        }
        let reminders = deadlines.filter {
            $0.deadline.kind == policy.business.documentsReminder && $0.deadline.anchor == requestedAt
        }
        if isLive(rule, from: requestedAt),
            let first = duty(
                .documentsAwaited, anchor: requestedAt, at: requestedAt, rule: rule,
                end: reminders.first?.deadline.due, reason: .documentsAwaited, stop: stop,
                content: content(""))
        {
            duties.append(first)
        }
        for reminder in reminders where isLive(rule, from: reminder.deadline.due) {
            let step = "reminder/\(reminder.round)"
            guard
                var duty = self.duty(
                    .documentsAwaited, variant: "reminder", step: step,
                    anchor: requestedAt, at: reminder.deadline.due, rule: rule,
                    reason: .documentsAwaited, stop: stop, content: content(step))
            else { continue }
            duty.deadline = reminder.deadline.kind
            // The last one is the advisor's turn, and stands in digests as such.
            if reminder.deadline == reminders.last?.deadline { duty.call = .never }
            duties.append(duty)
        }
    }

    /// A call nobody answered, so many a day and in all; after the last the advisor decides (kind 9).
    private func addUnreachable(to duties: inout [BusinessDuty]) {
        guard let rule = rule(.unreachable), let limits = policy.business.unreachable,
            !seen.unansweredCalls.isEmpty
        else { return }
        var perDay: [LocalDay: Int] = [:]
        var inAll = 0
        for call in seen.unansweredCalls.sorted() {
            let day = policy.zone.day(at: call)
            perDay[day, default: 0] += 1
            let isOneTooMany = perDay[day, default: 0] > limits.perDay || inAll >= limits.inAll
            if !isOneTooMany { inAll += 1 }
            let isLast = inAll >= limits.inAll
            guard isLive(rule, from: call) else { continue }
            let stop =
                silence ?? (seen.wasContacted(since: call) ? .satisfied : nil)
                ?? (isOneTooMany ? .saidOtherwise : nil)
            let told = duty(
                .unreachable, anchor: call, at: call, rule: rule, reason: .callUnanswered, stop: stop
            ) {
                let nextTry = policy.service.instant(limits.nextTry, from: call)
                    .map { policy.zone.day(at: $0) }
                let isAhead = nextTry.map { $0 > policy.zone.day(at: now) } ?? false
                return .unreachable(
                    brief(), triedAt: call, nextTryOn: isAhead && !isLast ? nextTry : nil)
            }
            if var told {
                told.call = .never  // it tells of a call
                duties.append(told)
            }
        }
    }

    // MARK: - What was agreed

    /// The summary of a follow-up, when the advisor chose to send it (kind 10).
    private func addFollowUpDone(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        guard let rule = rule(.followUpDone), let doneAt = seen.followUpDoneAt,
            let summary = seen.followUpSummary, isLive(rule, from: doneAt)
        else { return }
        let told = duty(
            .followUpDone, anchor: doneAt, at: doneAt, rule: rule, reason: .followUpDone,
            stop: silence(ofSettledAt: doneAt) ?? (summary.tellBusiness ? nil : .notChosen)
        ) {
            let next = owed(policy.business.nextFollowUp, deadlines)
            return .followUpDone(
                brief(), summary, doneAt: doneAt,
                nextOn: summary.nextOn ?? next.map { policy.zone.day(at: $0.due) })
        }
        if let told { duties.append(told) }
    }

    /// Who can help next, when the advisor chose to send it; announces our own call (kind 11).
    private func addReferred(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        guard let rule = rule(.referred), let referral = seen.referral, let at = referral.at,
            isLive(rule, from: at)
        else { return }
        let told = duty(
            .referred, anchor: at, at: at, rule: rule, reason: .referred,
            stop: silence(ofSettledAt: at) ?? (referral.tellBusiness ? nil : .notChosen)
        ) {
            let check = policy.business.referralChecks.lazy.compactMap { owed($0, deadlines) }.first
            return .referred(
                brief(), to: referral.to, callOn: check.map { policy.zone.day(at: $0.due) })
        }
        if let told { duties.append(told) }
    }

    // MARK: - The end

    /// The case is closed: neutral words, and none where words would be wrong (kind 12).
    private func addCaseClosed(to duties: inout [BusinessDuty]) {
        guard let rule = rule(.caseClosed), seen.recordedStage == .closed, let closedAt = seen.closedAt,
            isLive(rule, from: closedAt)
        else { return }
        let closed = duty(
            .caseClosed, variant: seen.outcome == .unreachable ? "no_news" : nil, anchor: closedAt,
            at: closedAt, rule: rule, reason: .caseClosed, stop: silenceOnClosing
        ) {
            .caseClosed(brief())
        }
        if var closed {
            closed.call = .never  // who closes a case has spoken, or tried to
            duties.append(closed)
        }
    }

    /// Of a duplicate the other case says it all; another silent end is for a person to tell.
    private var silenceOnClosing: WithheldReason? {
        if isInDistress { return .distress }
        if let outcome = seen.outcome, policy.business.closedSilently.contains(outcome) {
            return outcome == .duplicate ? .saidOtherwise : .notChosen
        }
        return stopped
    }

    /// What the business thinks of the help, once (kind 12, survey); its deadline knows after which ends it is not asked.
    private func addSurvey(_ deadlines: [OwedDeadline], to duties: inout [BusinessDuty]) {
        guard let rule = rule(.survey), seen.recordedStage == .closed,
            let deadline = owed(policy.business.survey, deadlines), isLive(rule, from: deadline.due)
        else { return }
        let link = planner.service.surveyURL
        let asked = duty(
            .survey, anchor: deadline.anchor, at: deadline.due, rule: rule, reason: .caseClosed,
            stop: silenceOnClosing ?? (link == nil ? .notConfigured : nil)
        ) {
            .survey(brief(), link: link ?? "")
        }
        if var asked {
            asked.deadline = deadline.kind
            asked.call = .never
            duties.append(asked)
        }
    }
}
