/// Who answers for somebody on a given day.
package enum StandIn: Hashable, Sendable {
    /// The person meant, or the one standing in for her.
    case person(Advisor)
    /// Nobody is there: the site's generic mailbox.
    case mailbox(Site)
}

extension Directory {
    /// Whether somebody is on the staff and not away on a day.
    package func isPresent(_ advisor: Advisor, on day: LocalDay) -> Bool {
        advisor.isActive(on: day) && advisor.absence(on: day) == nil
    }

    /// Who gets what is meant for an advisor on a day: herself, else her stand-in and in turn theirs, else the lead,
    /// else the site's mailbox (design 4).
    ///
    /// - Parameters:
    ///   - id: the advisor's id; nil or unknown goes straight to the lead.
    ///   - site: the case's site, for its lead and mailbox.
    ///   - lead: the case's own lead, before the site's.
    ///   - day: the day in question.
    ///   - accepts: a further condition on the person (working that day); absences are always looked at.
    /// - Returns: nil when there is neither a lead nor a mailbox to fall back on.
    package func standIn(
        for id: String?, site: String?, lead: String?, on day: LocalDay,
        where accepts: (Advisor) -> Bool = { _ in true }
    ) -> StandIn? {
        var asked: Set<String> = []
        var next = id
        while let current = next, asked.insert(current).inserted, let advisor = advisors[current] {
            if isPresent(advisor, on: day), accepts(advisor) { return .person(advisor) }
            next = advisor.absence(on: day)?.backup ?? advisor.backup
        }
        let site = site ?? id.flatMap { advisors[$0]?.site }
        if let lead = self.lead(ofSite: site, named: lead), isPresent(lead, on: day) { return .person(lead) }
        return mailbox(ofSite: site).map(StandIn.mailbox)
    }

    /// The case's own lead, else the site's, else the first lead of the site or of the house by id.
    package func lead(ofSite site: String?, named id: String?) -> Advisor? {
        if let id, let lead = advisors[id] { return lead }
        if let site, let id = sites[site]?.lead, let lead = advisors[id] { return lead }
        return leads.first { $0.site == site } ?? leads.first
    }

    /// The site's mailbox, else the house's first by id.
    package func mailbox(ofSite site: String?) -> Site? {
        site.flatMap { sites[$0] } ?? sites.values.min { $0.id < $1.id }
    }

    /// The next instant at which somebody may come or go: midnight, or an edge of somebody's hours.
    package func nextChange(after instant: Instant, in zone: Zone) -> Instant {
        let (day, _, _) = zone.local(instant)
        let spans = advisors.values.flatMap { $0.works?.hours(on: day.weekday).spans ?? [] }
        // The end of a span still belongs to it: she is gone a minute later.
        let edges = spans.flatMap {
            [zone.instant(day, $0.opens), zone.instant(day, $0.closes) + .minutes(1)]
        }
        return edges.filter { $0 > instant }.min().map { min($0, zone.startOfDay(day.adding(days: 1))) }
            ?? zone.startOfDay(day.adding(days: 1))
    }

    /// Everybody on call on a day, by id.
    package func onCall(on day: LocalDay) -> [Advisor] {
        advisors.values.filter { $0.role == .onCall && isPresent($0, on: day) }.sorted { $0.id < $1.id }
    }
}

extension Advisor {
    package func isActive(on day: LocalDay) -> Bool {
        if let activeFrom, day < activeFrom { return false }
        if let activeUntil, day > activeUntil { return false }
        return true
    }

    package func absence(on day: LocalDay) -> Absence? {
        absences.first { $0.from <= day && day <= $0.to }
    }

    /// Whether the person works at all on a weekday; the service's calendar has its own say.
    package func works(on day: LocalDay) -> Bool {
        works.map { !$0.hours(on: day.weekday).isClosed } ?? true
    }

    /// Whether the person is at work at a wall-clock time; the end of a span still belongs to it.
    package func works(on day: LocalDay, at time: LocalTime) -> Bool {
        guard let works else { return true }
        return works.hours(on: day.weekday).spans.contains { $0.opens <= time && time <= $0.closes }
    }
}
