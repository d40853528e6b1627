/// A deadline with the row of the policy it comes from.
package struct OwedDeadline: Hashable, Sendable {
    package var deadline: Deadline
    package var rule: DeadlineRule
    /// When the house learnt of it: nothing can be reminded of before.
    package var knownFrom: Instant
    /// 0 the first time it falls due, then one more each time it does again.
    package var round: Int
}

extension Planner {
    /// Every deadline of a case as seen, owed or satisfied, in the order of the policy's rows.
    package func deadlines(of seen: OpenCase, policy: Policy) -> [OwedDeadline] {
        var all: [OwedDeadline] = []
        for rule in policy.deadlines {
            // `check` vouches for the name.
            guard let calendar = policy.calendars[rule.calendar] else { continue }
            if rule.exceptDistress, seen.distress != nil { continue }
            if let outcome = seen.outcome, rule.exceptOutcomes.contains(outcome) { continue }
            let due = seen.priority.flatMap { rule.dueByPriority[$0] } ?? rule.due

            func add(
                _ from: Fact, _ anchor: Instant, knownFrom: Instant, label: String? = nil,
                satisfiedAt: Instant?
            ) {
                guard satisfiedAt != nil || rule.isOwed(in: seen.recordedStage) else { return }
                for (round, due) in ([due] + rule.again).enumerated() {
                    guard let at = calendar.instant(due, from: anchor) else { continue }
                    let deadline = Deadline(
                        kind: rule.kind, ref: seen.ref, from: from, anchor: anchor, label: label, due: at,
                        rule: due,
                        calendar: rule.calendar, satisfiedAt: satisfiedAt, inDigest: rule.inDigest)
                    all.append(
                        OwedDeadline(deadline: deadline, rule: rule, knownFrom: knownFrom, round: round))
                }
            }

            if rule.from == [.externalDateOn] {
                for date in seen.externalDates {
                    add(
                        .externalDateOn, policy.zone.startOfDay(date.on),
                        knownFrom: date.declaredAt ?? seen.openedAt,
                        label: date.label, satisfiedAt: date.doneAt)
                }
                continue
            }
            let anchors = rule.from.enumerated()
                .compactMap { order, fact in
                    seen.instant(of: fact, in: policy.zone).map { (fact: fact, at: $0, order: order) }
                }
                .sorted { ($0.at, $0.order) < ($1.at, $1.order) }
            guard let newest = anchors.last else { continue }
            // A row that starts again from what satisfied it: the round before is done.
            if let previous = anchors.dropLast().last, rule.satisfiedBy.contains(newest.fact),
                previous.at < newest.at
            {
                add(previous.fact, previous.at, knownFrom: previous.at, satisfiedAt: newest.at)
            }
            let countsFrom = rule.satisfiedFrom.flatMap { calendar.instant($0, from: newest.at) } ?? newest.at
            let satisfiedAt = rule.satisfiedBy
                .filter { !rule.from.contains($0) }
                .compactMap { seen.instant(of: $0, in: policy.zone) }
                .filter { $0 >= countsFrom }
                .min()
            add(newest.fact, newest.at, knownFrom: newest.at, satisfiedAt: satisfiedAt)
        }
        return all
    }
}

extension DeadlineRule {
    func isOwed(in stage: Stage) -> Bool {
        stages.isEmpty ? stage != .closed && stage != .suspended : stages.contains(stage)
    }
}
