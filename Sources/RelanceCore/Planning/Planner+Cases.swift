extension CaseView {
    /// The acknowledgement to the business: at once, once per case, with a promise rounded up (domain 2.4, kind 1).
    func addCaseOpened(_ deadlines: [OwedDeadline], to plan: inout CasePlan) {
        let rule = policy.caseOpened
        let promise = deadlines.first { $0.deadline.kind == rule.promise }?.deadline
        guard let lapse = policy.service.instant(rule.usefulFor, from: seen.openedAt) else { return }
        // Once the call was made there is nothing left to promise, but no more time to acknowledge either.
        let promisedBy = promise.flatMap {
            $0.satisfiedAt == nil ? rounded($0.due, to: rule.roundedUpTo) : nil
        }
        let stop: WithheldReason? =
            if seen.recordedStage == .closed {
                .caseClosed
            } else if let distress = seen.distress, distress.releasedAt == nil {
                .distress
            } else if seen.contact.prefers == Contact.Preference.none || seen.contact.prefers == .phone {
                .prefersNoWriting
            } else {
                stopped
            }
        let candidate = Candidate(
            kind: .caseOpened,
            key: key(MessageKind.caseOpened.rawValue, step: "", anchor: seen.openedAt, slot: .business),
            anchor: seen.openedAt, at: seen.openedAt,
            window: policy.windows.acknowledgementAtAnyHour ? .anyHour : .hours(policy.windows.transactional),
            usefulUntil: promise.map { min(lapse, $0.due) } ?? lapse, reason: .caseOpened)
        let business = Recipient(
            audience: .business, id: seen.ref.text, name: seen.contact.lastName, email: seen.contact.email,
            language: seen.contact.language)
        file(candidate, stop: stop, recipient: { _ in business }, to: &plan) { _ in
            .caseOpened(brief(), promisedBy: promisedBy)
        }
    }

    /// The first of the clock times at or after an instant, on its own day; after the last one the instant stands.
    private func rounded(_ instant: Instant, to times: [LocalTime]) -> Instant {
        let day = policy.zone.day(at: instant)
        return times.map { policy.zone.instant(day, $0) }.filter { $0 >= instant }.min() ?? instant
    }

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
            key: key(MessageKind.newCase.rawValue, step: advisor, anchor: anchor, slot: .advisor),
            anchor: anchor, at: at, window: .hours(policy.windows.newCase), usefulUntil: lapse,
            reason: .caseAssigned)
        let stop: WithheldReason? = seen.recordedStage == .closed ? .caseClosed : stopped
        file(
            candidate, stop: stop,
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
