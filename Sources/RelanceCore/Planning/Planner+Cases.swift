extension CaseView {
    /// Tells the advisor of a case that is now hers: in her hours, to her stand-in when the case cannot wait for her.
    func addNewCase(_ deadlines: [OwedDeadline], to plan: inout CasePlan) {
        guard let advisor = seen.advisor else { return }
        let anchor = seen.assignedAt ?? seen.openedAt
        let first = deadlines.filter { $0.deadline.satisfiedAt == nil && $0.deadline.inDigest }
            .min { $0.deadline.due < $1.deadline.due }?.deadline
        let herTime = nextAtWork(advisor, from: anchor, before: first?.due)
        let at = herTime ?? anchor
        guard let lapse = policy.service.instant(policy.newCase.usefulFor, from: at) else { return }
        let candidate = Candidate(
            kind: .newCase,
            anchor: anchor, at: at, window: .hours(policy.windows.newCase), usefulUntil: lapse,
            reason: .caseAssigned)
        let stop: WithheldReason? = seen.recordedStage == .closed ? .caseClosed : stopped
        file(
            candidate, key: key(MessageKind.newCase.rawValue, step: advisor, anchor: anchor, slot: .advisor),
            stop: stop,
            recipient: { staff(advisor, .advisor, at: $0, herTime == nil ? .thatHour : .thatDay) },
            to: &plan
        ) { recipient in
            .newCase([NewCaseLine(brief: brief(), firstDeadline: first, insteadOf: recipient.insteadOf)])
        }
    }

    /// When a part-time advisor is next at work, if that is soon enough; nil when an absence or the case's first deadline
    /// comes before.
    private func nextAtWork(_ id: String, from instant: Instant, before limit: Instant?) -> Instant? {
        guard let advisor = planner.directory.advisors[id], let works = advisor.works else { return nil }
        var day = policy.zone.day(at: instant)
        for _ in 0..<14 {
            guard planner.directory.isPresent(advisor, on: day) else { return nil }
            if policy.service.isWorked(day) {
                for span in works.hours(on: day.weekday).spans {
                    let closes = policy.zone.instant(day, span.closes)
                    guard closes > instant else { continue }
                    let opens = max(instant, policy.zone.instant(day, span.opens))
                    if let limit, opens >= limit { return nil }
                    return opens
                }
            }
            day = day.adding(days: 1)
        }
        return nil
    }

    /// What a colleague needs to know of the case at a glance.
    func brief() -> CaseBrief {
        planner.brief(of: seen, at: now)
    }

    /// The same, naming who will be there on a day: the advisor, or the person who stands in for her then.
    func brief(on day: LocalDay?) -> CaseBrief {
        var brief = brief()
        guard let day, let advisor = seen.advisor, let person = personInCharge(of: advisor, on: day),
            person.id != advisor
        else { return brief }
        (brief.advisorName, brief.advisorFirstName) = (person.fullName, person.firstName)
        return brief
    }

    /// The advisor or who stands in for her on a day; nil when there is only a mailbox.
    func personInCharge(of advisor: String, on day: LocalDay) -> Advisor? {
        let found = planner.directory.standIn(for: advisor, site: seen.site, lead: seen.lead, on: day)
        return if case .person(let person) = found { person } else { nil }
    }
}

extension Planner {
    package func brief(of seen: OpenCase, at now: Instant) -> CaseBrief {
        let policy = policies.policy(ofSite: seen.site)
        let site = seen.site.flatMap { directory.sites[$0] }
        let advisor = seen.advisor.flatMap { directory.advisors[$0] }
        let standIn = directory.standIn(
            for: seen.advisor, site: seen.site, lead: seen.lead, on: policy.zone.day(at: now))
        let replyTo: EmailAddress? =
            switch standIn {
            case .person(let person): person.email
            case .mailbox(let site): site.mailbox
            case nil: nil
            }
        return CaseBrief(
            ref: seen.ref, naf: seen.business.naf, commune: seen.business.commune,
            employees: seen.business.employees,
            origin: seen.origin, openedAt: seen.openedAt, topics: seen.topics,
            phone: seen.contact.mobile ?? seen.contact.landline, callHours: seen.contact.callHours,
            contactTitle: seen.contact.title, contactLastName: seen.contact.lastName,
            advisorName: advisor?.fullName, advisorFirstName: advisor?.firstName, siteName: site?.name,
            servicePhone: site?.phone ?? service.phone, replyTo: replyTo, confidential: seen.confidential)
    }
}
