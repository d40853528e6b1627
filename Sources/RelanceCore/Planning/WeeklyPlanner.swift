/// The team lead's page on the first open day of the week (domain 2.2): exceptions, figures, the week ahead.
///
/// Contract: figures are of cases, never of named people; the same week has the same key.
package struct WeeklyPlanner: Sendable {
    package let planner: Planner

    package init(_ planner: Planner) {
        self.planner = planner
    }

    /// The next report after an instant: the policy's weekday, on a closed day the next open one.
    package func nextReport(for lead: Advisor, after instant: Instant) -> Instant? {
        let policy = planner.policies.policy(ofSite: lead.site)
        var nominal = nominalDay(policy, onOrBefore: policy.zone.day(at: instant))
        for _ in 0..<4 {
            if let day = policy.service.nextWorkedDay(onOrAfter: nominal), day < nominal.adding(days: 7) {
                let at = policy.zone.instant(day, policy.weekly.at)
                if at > instant { return at }
            }
            nominal = nominal.adding(days: 7)
        }
        return nil
    }

    /// The latest report whose hour has come, while it is still worth sending; nil otherwise.
    package func currentReport(for lead: Advisor, at now: Instant) -> Instant? {
        let policy = planner.policies.policy(ofSite: lead.site)
        var latest: Instant?
        while let next = nextReport(for: lead, after: latest ?? now - .days(14)), next <= now {
            latest = next
        }
        guard let latest, let lapse = policy.service.instant(policy.weekly.usefulFor, from: latest),
            now < lapse
        else { return nil }
        return latest
    }

    /// The report itself; `cases` are all the lead answers for, open and closed.
    package func report(
        for lead: Advisor, at instant: Instant, cases: [OpenCase], sent: Int, failed: Int
    ) -> PlannedMessage? {
        let policy = planner.policies.policy(ofSite: lead.site)
        let day = policy.zone.day(at: instant)
        guard let lapse = policy.service.instant(policy.weekly.usefulFor, from: instant),
            let recipient = recipient(lead, on: day)
        else { return nil }
        let nominal = nominalDay(policy, onOrBefore: day)
        let monday = day.adding(days: -day.weekday.index)
        let seen = cases.filter { $0.exists(at: instant) }.map { $0.asOf(instant, day: day) }
        let open = seen.filter { $0.recordedStage != .closed }
        let week = Week(from: monday.adding(days: -7), zone: policy.zone)
        let report = WeeklyReport(
            siteName: lead.site.flatMap { planner.directory.sites[$0]?.name }, firstName: recipient.firstName,
            weekStart: monday.adding(days: -7), weekEnd: monday.adding(days: -3),
            exceptions: exceptions(open, at: instant, day: day),
            lastWeek: figures(seen, in: week),
            weekBefore: figures(seen, in: Week(from: monday.adding(days: -14), zone: policy.zone)),
            bySite: counts(open.compactMap { $0.site.flatMap { planner.directory.sites[$0]?.name } }),
            bySector: counts(open.compactMap(\.business.naf)), byTopic: counts(open.flatMap(\.topics)),
            coming: coming(from: monday, open, policy), sent: sent, failed: failed)
        let anchor = policy.zone.instant(nominal, policy.weekly.at)
        let key = MessageKey(
            instance: planner.instance, subject: lead.id, duty: MessageKind.weeklyReport.rawValue, step: "",
            anchor: anchor, channel: .email, slot: Audience.lead.rawValue)
        return PlannedMessage(
            key: key, kind: .weeklyReport, cases: [], recipient: recipient, channel: .email, anchor: anchor,
            dueAt: instant, usefulUntil: lapse, reason: .weekStart, content: .weeklyReport(report))
    }

    /// The week since the last report, for the count of messages.
    package func weekBefore(_ instant: Instant, for lead: Advisor) -> Range<Instant> {
        let zone = planner.policies.policy(ofSite: lead.site).zone
        let day = zone.day(at: instant)
        return Week(from: day.adding(days: -day.weekday.index - 7), zone: zone).range
    }

    private struct Week {
        let range: Range<Instant>

        init(from monday: LocalDay, zone: Zone) {
            range = zone.startOfDay(monday)..<zone.startOfDay(monday.adding(days: 7))
        }
    }

    private func nominalDay(_ policy: Policy, onOrBefore day: LocalDay) -> LocalDay {
        day.adding(days: -((day.weekday.index - policy.weekly.on.index + 7) % 7))
    }

    /// The lead, or who stands in; the lead's absence falls to her site's mailbox.
    private func recipient(_ lead: Advisor, on day: LocalDay) -> Recipient? {
        if planner.directory.isPresent(lead, on: day) { return Recipient(lead, as: .lead) }
        return planner.directory.mailbox(ofSite: lead.site).map {
            Recipient($0, as: .lead, insteadOf: lead.fullName)
        }
    }

    private func exceptions(_ open: [OpenCase], at instant: Instant, day: LocalDay) -> [WeeklyReport
        .Exception]
    {
        var found: [WeeklyReport.Exception] = []
        var stoodInFor: [String: Int] = [:]
        for item in open.sorted(by: { $0.ref < $1.ref }) {
            let policy = planner.policies.policy(ofSite: item.site)
            for owed in planner.deadlines(of: item, policy: policy) where owed.deadline.satisfiedAt == nil {
                guard let escalation = owed.rule.steps.first(where: { $0.phase == .escalation }),
                    let escalated = policy.calendars[owed.rule.calendar]?.instant(
                        escalation.rule, from: owed.deadline.due),
                    escalated <= instant
                else { continue }
                found.append(.overdue(item.ref, owed.deadline.kind, due: owed.deadline.due))
            }
            if item.advisor == nil,
                let limit = policy.service.instant(policy.weekly.unassignedFor, from: item.openedAt),
                limit <= instant
            {
                found.append(.unassigned(item.ref, since: item.openedAt))
            }
            let contacts: [Fact] = [
                .firstContactAt, .lastFollowUpOn, .followUpDoneAt, .referralAt, .lastContactAt,
            ]
            let contact = contacts.compactMap { item.instant(of: $0, in: policy.zone) }.max() ?? item.openedAt
            if item.priority == .red,
                let limit = policy.service.instant(policy.weekly.redWithoutContactFor, from: contact),
                limit <= instant
            {
                found.append(.redWithoutContact(item.ref, days: day - policy.zone.day(at: contact)))
            }
            if let id = item.advisor,
                case .person(let person) = planner.directory.standIn(
                    for: id, site: item.site, lead: item.lead, on: day),
                person.id != id
            {
                stoodInFor[person.id, default: 0] += 1
            }
        }
        for (id, count) in stoodInFor.sorted(by: { $0.key < $1.key }) {
            guard let person = planner.directory.advisors[id] else { continue }
            let limit = planner.policies.policy(ofSite: person.site).weekly.standInCases
            if count > limit { found.append(.standInOverloaded(name: person.fullName, cases: count)) }
        }
        return found
    }

    private func figures(_ seen: [OpenCase], in week: Week) -> WeeklyReport.Figures {
        var figures = WeeklyReport.Figures()
        var minutes: [Int] = []
        var inTime = 0
        for item in seen {
            if week.range.contains(item.openedAt) { figures.new += 1 }
            if let at = item.closedAt, week.range.contains(at) { figures.closed += 1 }
            if let at = item.referral?.at, week.range.contains(at) { figures.referred += 1 }
            let closedByThen =
                item.recordedStage == .closed && item.closedAt.map { $0 < week.range.upperBound } ?? true
            if item.openedAt < week.range.upperBound, !closedByThen { figures.open += 1 }
            guard let called = item.firstContactAt, week.range.contains(called) else { continue }
            let policy = planner.policies.policy(ofSite: item.site)
            if let working = policy.service.workingTime(from: item.openedAt, to: called) {
                minutes.append(Int(working.minutes))
            }
            if let rule = policy.deadlines.first(where: { $0.kind == policy.caseOpened.promise }),
                let due = policy.calendars[rule.calendar]?.instant(rule.due, from: item.openedAt),
                called <= due
            {
                inTime += 1
            }
        }
        if !minutes.isEmpty {
            minutes.sort()
            figures.medianFirstCallMinutes =
                (minutes[(minutes.count - 1) / 2] + minutes[minutes.count / 2]) / 2
            figures.firstCallsInTimePercent = (inTime * 100 + minutes.count / 2) / minutes.count
        }
        return figures
    }

    private func counts(_ labels: [String]) -> [WeeklyReport.Count] {
        Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
            .map { WeeklyReport.Count(label: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.label) < ($0.count, $1.label) }
    }

    private func coming(from monday: LocalDay, _ open: [OpenCase], _ policy: Policy) -> [WeeklyReport.Coming]
    {
        var coming: [WeeklyReport.Coming] = []
        let days = (0..<7).map { monday.adding(days: $0) }
        for day in days {
            switch policy.service.hours(on: day).basis {
            case .holidays(let holidays):
                for holiday in holidays {
                    coming.append(
                        .publicHoliday(day, nameFrench: holiday.frenchName, nameEnglish: holiday.englishName))
                }
            case .closure(let label):
                coming.append(.closure(day, label: label))
            default: break
            }
        }
        for person in planner.directory.advisors.values.sorted(by: { $0.id < $1.id }) {
            for absence in person.absences
            where absence.from <= monday.adding(days: 6) && absence.to >= monday {
                let backup = (absence.backup ?? person.backup).flatMap {
                    planner.directory.advisors[$0]?.fullName
                }
                coming.append(
                    .absence(name: person.fullName, from: absence.from, to: absence.to, backup: backup))
            }
        }
        let limit = monday.adding(days: 14)
        let dates = open.flatMap(\.externalDates).filter {
            $0.doneAt == nil && monday <= $0.on && $0.on < limit
        }
        if !dates.isEmpty { coming.append(.externalDates(count: dates.count, before: limit)) }
        return coming
    }
}
