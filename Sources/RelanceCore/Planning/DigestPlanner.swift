/// Gathers what one person has to know in the morning into one mail (domain 2.1).
///
/// Contract: nothing when there is nothing; late first; every line belongs to somebody who answers for the case that
/// day, so that a case is in exactly one digest; the same morning has the same key however often it is planned.
package struct DigestPlanner: Sendable {
    package let planner: Planner

    package init(_ planner: Planner) {
        self.planner = planner
    }

    /// A message that reached nobody, for the digest of who follows the case.
    package struct Undelivered: Hashable, Sendable {
        package var ref: CaseReference
        package var kind: MessageKind
        package var channel: Channel
        package var at: Instant
        package var detail: String

        package init(ref: CaseReference, kind: MessageKind, channel: Channel, at: Instant, detail: String) {
            self.ref = ref
            self.kind = kind
            self.channel = channel
            self.at = at
            self.detail = detail
        }
    }

    /// The next morning after an instant on which service and advisor both work; nil when there is none within a year.
    package func nextMorning(of advisor: Advisor, after instant: Instant) -> Instant? {
        let policy = planner.policies.policy(ofSite: advisor.site)
        let first = policy.zone.day(at: instant)
        for offset in 0...366 {
            let day = first.adding(days: offset)
            guard isMorning(of: advisor, on: day, policy) else { continue }
            let at = policy.zone.instant(day, advisor.digestAt ?? policy.digest.at)
            if at > instant { return at }
        }
        return nil
    }

    /// Who reads of a case on a day: its advisor or who stands in for her; nil when only a mailbox is left.
    package func reader(of item: OpenCase, on day: LocalDay) -> Advisor? {
        let found = planner.directory.standIn(for: item.advisor, site: item.site, lead: item.lead, on: day)
        return if case .person(let advisor) = found { advisor } else { nil }
    }

    /// The morning mail, or nil when there is nothing to say.
    ///
    /// `cases` are those the advisor answers for on the day; the order does not matter. What the ledger says of them
    /// gives the calls to make and the addresses that do not exist.
    package func digest(
        for advisor: Advisor, at morning: Instant, cases: [OpenCase], undelivered: [Undelivered] = [],
        memory: (CaseReference) -> CaseMemory = { _ in CaseMemory() }
    ) -> PlannedMessage? {
        let policy = planner.policies.policy(ofSite: advisor.site)
        let day = policy.zone.day(at: morning)
        let absence = absenceJustEnded(of: advisor, before: day, policy)
        let horizon = Horizon(
            morning: morning, day: day, previous: previousMorning(of: advisor, before: day, policy),
            next: nextMorning(of: advisor, after: morning),
            comingUntil: policy.service.addingWorkingDays(policy.digest.comingWorkingDays, to: day) ?? day,
            awayFrom: absence.map { policy.zone.startOfDay($0.from) })
        let told = Set(undelivered.map { Address(ref: $0.ref, channel: $0.channel) })
        var lines = cases.flatMap { item in
            let memory = memory(item.ref)
            return self.lines(of: item, for: advisor, horizon, policy, memory)
                + deadAddresses(of: item, memory, horizon, except: told)
        }
        for item in undelivered {
            guard let found = cases.first(where: { $0.ref == item.ref }) else { continue }
            lines.append(
                Digest.Line(
                    section: .notDelivered, brief: planner.brief(of: found, at: morning),
                    item: .notDelivered(item.kind, item.channel, detail: item.detail), at: item.at))
        }
        guard !lines.isEmpty, let lapse = policy.service.instant(policy.digest.usefulFor, from: morning)
        else {
            return nil
        }
        lines.sort {
            ($0.section.order, $0.at, $0.brief.ref, $0.name) < (
                $1.section.order, $1.at, $1.brief.ref, $1.name
            )
        }
        let digest = Digest(
            day: day, firstName: advisor.firstName, lines: lines,
            linesPerSection: policy.digest.linesPerSection,
            absentUntil: absence?.to)
        let key = MessageKey(
            instance: planner.instance, subject: advisor.id, duty: MessageKind.digest.rawValue, step: "",
            anchor: morning, channel: .email, slot: Audience.advisor.rawValue)
        var named: Set<CaseReference> = []
        let refs = lines.map(\.brief.ref).filter { named.insert($0).inserted }
        return PlannedMessage(
            key: key, kind: absence == nil ? .digest : .returnDigest, cases: refs,
            recipient: Recipient(advisor, as: advisor.role == .lead ? .lead : .advisor), channel: .email,
            anchor: morning, dueAt: morning, usefulUntil: lapse,
            reason: absence == nil ? .morning : .backFromAbsence, content: .digest(digest))
    }

    /// What one morning looks at.
    private struct Horizon {
        var morning: Instant
        var day: LocalDay
        var previous: Instant?
        var next: Instant?
        var comingUntil: LocalDay
        /// Start of the absence that has just ended.
        var awayFrom: Instant?
    }

    /// One thing owed, however often it falls due.
    private struct Duty: Hashable {
        let kind: DeadlineKind
        let label: String?
        let anchor: Instant

        init(_ deadline: Deadline) {
            (kind, label, anchor) = (deadline.kind, deadline.label, deadline.anchor)
        }
    }

    /// One way to one business.
    private struct Address: Hashable {
        let ref: CaseReference
        let channel: Channel
    }

    /// Addresses of an open case that do not exist, until its record has others; not what is told as undelivered anyway.
    private func deadAddresses(
        of item: OpenCase, _ memory: CaseMemory, _ horizon: Horizon, except told: Set<Address>
    ) -> [Digest.Line] {
        guard !memory.closedAddresses.isEmpty, item.exists(at: horizon.morning),
            item.asOf(horizon.morning, day: horizon.day).recordedStage != .closed
        else { return [] }
        let marks: [(Channel, AddressMark?)] = [
            (.email, item.contact.email.map { AddressMark($0, instance: planner.instance) }),
            (.sms, item.contact.smsNumber.map { AddressMark($0, instance: planner.instance) }),
        ]
        return marks.compactMap { channel, mark in
            guard let mark, case .dead(let since, let detail)? = memory.closedAddresses[mark],
                since <= horizon.morning, !told.contains(Address(ref: item.ref, channel: channel))
            else { return nil }
            let last = memory.told.values.filter { $0.channel == channel && $0.hasFailed }
                .max { ($0.endedAt, $0.kind.rawValue) < ($1.endedAt, $1.kind.rawValue) }
            return Digest.Line(
                section: .notDelivered, brief: planner.brief(of: item, at: horizon.morning),
                item: .notDelivered(last?.kind ?? .caseOpened, channel, detail: detail), at: since)
        }
    }

    private func lines(
        of whole: OpenCase, for advisor: Advisor, _ horizon: Horizon, _ policy: Policy,
        _ memory: CaseMemory
    ) -> [Digest.Line] {
        guard whole.exists(at: horizon.morning) else { return [] }
        let seen = whole.asOf(horizon.morning, day: horizon.day)
        var lines: [Digest.Line] = []
        lazy var brief = planner.brief(of: seen, at: horizon.morning)
        let insteadOf = seen.advisor.flatMap {
            $0 == advisor.id ? nil : planner.directory.advisors[$0]?.fullName
        }
        func add(_ section: Digest.Section, _ item: Digest.Item, at: Instant) {
            lines.append(
                Digest.Line(section: section, brief: brief, item: item, insteadOf: insteadOf, at: at))
        }

        let isOpen = seen.recordedStage != .closed
        let awayFrom = seen.advisor == advisor.id ? horizon.awayFrom : nil
        let casePolicy = planner.policies.policy(ofSite: seen.site)
        let deadlines = planner.deadlines(of: seen, policy: casePolicy)
        if !seen.isHeld(on: horizon.day) {
            let owed = deadlines.filter { $0.deadline.satisfiedAt == nil && $0.deadline.inDigest }
            let duties = Dictionary(grouping: owed) { Duty($0.deadline) }
            for (_, rounds) in duties {
                let deadlines = rounds.map(\.deadline).sorted { $0.due < $1.due }
                guard let first = deadlines.first, let last = deadlines.last else { continue }
                let waits = rounds.first?.rule.waitsFor == .business
                if waits, let next = deadlines.first(where: { $0.due >= horizon.morning }) {
                    add(
                        .waitingForBusiness, .waiting(requestedAt: next.anchor, nextReminderAt: next.due),
                        at: next.due)
                    continue
                }
                let mine = waits ? last : first
                if let section = section(of: mine.due, horizon, casePolicy.zone) {
                    add(section, .deadline(mine), at: mine.due)
                }
            }
            for appointment in seen.appointments where isOpen && !appointment.isCancelled {
                let at = appointment.currentStart
                if casePolicy.zone.day(at: at) == horizon.day {
                    add(.appointments, .appointment(appointment, at: at), at: at)
                }
            }
            // What was assigned during her absence is told as having happened then.
            if isOpen, lines.isEmpty,
                let assignedAt = seen.advisor.map({ _ in seen.assignedAt ?? seen.openedAt }),
                let previous = horizon.previous, assignedAt > previous,
                assignedAt < awayFrom ?? .distantFuture
            {
                add(.new, .new(assignedAt: assignedAt), at: assignedAt)
            }
        }
        for task in planner.callTasks(of: seen, deadlines, at: horizon.morning, memory: memory) {
            add(.today, .callTask(task.kind), at: task.since)
        }
        if let awayFrom {
            let facts: [Fact] = [
                .assignedAt, .firstContactAt, .followUpDoneAt, .documentsReceivedAt, .closedAt,
            ]
            for fact in facts {
                if let at = seen.instant(of: fact, in: policy.zone), at >= awayFrom {
                    add(.duringAbsence, .happened(fact, at: at), at: at)
                }
            }
        }
        return lines
    }

    private func section(of due: Instant, _ horizon: Horizon, _ zone: Zone) -> Digest.Section? {
        if due < horizon.morning { return .late }
        let dueDay = zone.day(at: due)
        if dueDay == horizon.day { return .today }
        if let next = horizon.next, dueDay < zone.day(at: next) { return .beforeReturn }
        return dueDay <= horizon.comingUntil ? .comingDays : nil
    }

    private func isMorning(of advisor: Advisor, on day: LocalDay, _ policy: Policy) -> Bool {
        policy.service.isWorked(day) && advisor.works(on: day)
            && planner.directory.isPresent(advisor, on: day)
    }

    private func previousMorning(of advisor: Advisor, before day: LocalDay, _ policy: Policy) -> Instant? {
        (1...60).lazy.map { day.adding(days: -$0) }
            .first { isMorning(of: advisor, on: $0, policy) }
            .map { policy.zone.instant($0, advisor.digestAt ?? policy.digest.at) }
    }

    /// The absence whose last day no morning of hers separates from `day`.
    private func absenceJustEnded(of advisor: Advisor, before day: LocalDay, _ policy: Policy) -> Absence? {
        advisor.absences.filter { $0.to < day }.max { $0.to < $1.to }.flatMap { absence in
            let gap = day - absence.to
            guard gap <= 60 else { return nil }
            let between = (1..<gap).map { absence.to.adding(days: $0) }
            return between.contains { isMorning(of: advisor, on: $0, policy) } ? nil : absence
        }
    }
}

extension Digest.Section {
    /// Position in the mail.
    package var order: Int {
        Digest.Section.allCases.firstIndex(of: self) ?? 0
    }
}

extension Digest.Line {
    /// Tells two lines of one case and instant apart, so that their order is always the same.
    fileprivate var name: String {
        switch item {
        case .deadline(let deadline): deadline.kind.rawValue + "/" + (deadline.label ?? "")
        case .appointment(let appointment, _): appointment.id
        case .happened(let fact, _): fact.rawValue
        case .notDelivered(let kind, let channel, _): kind.rawValue + "/" + channel.rawValue
        case .callTask(let kind): kind.rawValue
        case .waiting, .new: ""
        }
    }
}
