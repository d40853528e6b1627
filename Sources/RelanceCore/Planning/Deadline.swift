/// The instant by which someone should have heard from us, or by which something should have been done.
package struct Deadline: Hashable, Sendable {
    package var kind: DeadlineKind
    package var ref: CaseReference
    /// The fact it counts from, and when that was.
    package var from: Fact
    package var anchor: Instant
    /// What tells several deadlines of one kind apart (the label of an external date).
    package var label: String?
    package var due: Instant
    package var rule: TimeRule
    /// Name of the calendar the rule counted in.
    package var calendar: String
    /// When it was satisfied; nil while it is owed.
    package var satisfiedAt: Instant?
    /// Whether it stands in digests.
    package var inDigest: Bool

    package init(
        kind: DeadlineKind, ref: CaseReference, from: Fact, anchor: Instant, label: String? = nil,
        due: Instant,
        rule: TimeRule, calendar: String, satisfiedAt: Instant? = nil, inDigest: Bool = true
    ) {
        self.kind = kind
        self.ref = ref
        self.from = from
        self.anchor = anchor
        self.label = label
        self.due = due
        self.rule = rule
        self.calendar = calendar
        self.satisfiedAt = satisfiedAt
        self.inDigest = inDigest
    }
}
