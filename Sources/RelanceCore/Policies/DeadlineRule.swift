/// The name of a row of the deadline table ("first_call"): a row of the policy, not a case of the code (design 4).
package struct DeadlineKind: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    package static func < (a: DeadlineKind, b: DeadlineKind) -> Bool {
        a.rawValue < b.rawValue
    }
}

/// One row of the policy's deadline table: the fact it starts from, its rule, what satisfies it, whom it tells when.
package struct DeadlineRule: Hashable, Sendable {
    package var kind: DeadlineKind
    /// The deadline counts from the latest of these facts that is in sight; of two at one instant, from the one named
    /// last.
    package var from: [Fact]
    /// The stages in which the deadline is owed; empty means any stage but closed and suspended.
    package var stages: Set<Stage>
    /// Only when the case has one of these outcomes, respectively none of them.
    package var exceptOutcomes: Set<Outcome>
    /// The deadline is not owed to a case whose distress was ever flagged.
    package var exceptDistress: Bool
    /// Name of the calendar in which the rule counts.
    package var calendar: String
    package var due: TimeRule
    /// Rules that replace ``due`` for cases of a priority (red cases are followed every week).
    package var dueByPriority: [Priority: TimeRule]
    /// Further instants, counted from the same fact, at which it falls due again while not satisfied.
    package var again: [TimeRule]
    /// Any of these facts, once in sight and not older than the starting fact, satisfies the deadline; one that is also
    /// in ``from`` satisfies a round and begins the next.
    package var satisfiedBy: [Fact]
    /// From when on a satisfying fact counts, reckoned from the starting fact; nil is the starting fact itself.
    ///
    /// The control call of day 1 is not the call of day 7.
    package var satisfiedFrom: TimeRule?
    /// Whose move the deadline waits for: one of the business stands in digests as waiting, and becomes the advisor's
    /// to do once the last of ``due`` and ``again`` has passed.
    package var waitsFor: Party
    package var steps: [Step]
    /// Whether the deadline stands in digests as something the advisor has to do.
    package var inDigest: Bool

    package enum Party: String, CaseIterable, Hashable, Sendable {
        case advisor, business
    }

    /// One message a deadline sends on its way.
    package struct Step: Hashable, Sendable {
        package enum Phase: String, CaseIterable, Hashable, Sendable {
            /// Counted from the starting fact: told as soon as it is known.
            case notice
            /// Before the deadline.
            case reminder
            /// At the deadline or after, while it is not satisfied.
            case overdue
            /// To somebody else, while it is not satisfied.
            case escalation
        }

        package enum Reference: String, CaseIterable, Hashable, Sendable {
            case due, from
        }

        package var phase: Phase
        package var rule: TimeRule
        package var countsFrom: Reference
        package var kind: MessageKind
        package var variant: String?
        package var audience: [Audience]
        /// Leaves at any hour and on any day; everything else waits for the window of its audience.
        package var atAnyHour: Bool
        /// Counted from the step's own instant: after it the message is no longer worth sending.
        package var usefulFor: TimeRule

        package init(
            phase: Phase, rule: TimeRule, countsFrom: Reference, kind: MessageKind, variant: String? = nil,
            audience: [Audience], atAnyHour: Bool = false, usefulFor: TimeRule
        ) {
            self.phase = phase
            self.rule = rule
            self.countsFrom = countsFrom
            self.kind = kind
            self.variant = variant
            self.audience = audience
            self.atAnyHour = atAnyHour
            self.usefulFor = usefulFor
        }
    }

    package init(
        kind: DeadlineKind, from: [Fact], stages: Set<Stage> = [], exceptOutcomes: Set<Outcome> = [],
        exceptDistress: Bool = false, calendar: String, due: TimeRule,
        dueByPriority: [Priority: TimeRule] = [:], again: [TimeRule] = [], satisfiedBy: [Fact],
        satisfiedFrom: TimeRule? = nil, waitsFor: Party = .advisor, steps: [Step] = [],
        inDigest: Bool = true
    ) {
        self.kind = kind
        self.from = from
        self.stages = stages
        self.exceptOutcomes = exceptOutcomes
        self.exceptDistress = exceptDistress
        self.calendar = calendar
        self.due = due
        self.dueByPriority = dueByPriority
        self.again = again
        self.satisfiedBy = satisfiedBy
        self.satisfiedFrom = satisfiedFrom
        self.waitsFor = waitsFor
        self.steps = steps
        self.inDigest = inDigest
    }
}
