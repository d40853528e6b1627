import RelanceCore
import RelanceStore

/// Everything there is to say of one case: why each deadline is when it is, and what became of each message.
package struct Explanation: Sendable {
    /// As it was known then.
    package var item: OpenCase
    package var deadlines: [Reckoning]
    package var plan: CasePlan
    /// What the ledger knows, in the order it was planned.
    package var messages: [Told]

    /// A message of the ledger and how it came to where it stands.
    package struct Told: Sendable {
        package var message: LedgerMessage
        package var trail: [LedgerEntry]
    }

    /// A deadline with the count that led to it.
    package struct Reckoning: Sendable {
        package var deadline: Deadline
        package var derivation: Derivation?
    }
}

package struct Explainer: Sendable {
    private let house: House
    private let planner: Planner
    private let now: Instant

    /// `instance` is the ledger's, so that the keys shown are the real ones.
    package init(house: House, instance: String, now: Instant) {
        self.house = house
        self.now = now
        planner = house.planner(instance: instance)
    }

    /// `history` has the trails of the case's messages.
    package func explain(_ item: OpenCase, history: LedgerHistory) -> Explanation {
        let state = history.state
        let common = state.memoryOfAllCases(
            at: now, zone: house.zone, smsBudget: house.configuration.smsBudget)
        var plan = planner.plan(
            item, at: now, memory: state.memory(onCase: item.ref, within: common), detail: .everything)
        plan.messages.removeAll { !state.admits($0.key) }
        plan.withheld.removeAll { !state.admits($0.key) }
        let policy = house.configuration.policies.policy(ofSite: item.site)
        let reckonings = plan.deadlines.sorted { ($0.due, $0.kind) < ($1.due, $1.kind) }.map { deadline in
            Explanation.Reckoning(
                deadline: deadline,
                derivation: policy.calendars[deadline.calendar]?.derivation(
                    deadline.rule, from: deadline.anchor))
        }
        return Explanation(
            item: item.asOf(now, day: policy.zone.day(at: now)), deadlines: reckonings, plan: plan,
            messages: state.messages(onCase: item.ref).map(history.told))
    }
}

extension LedgerHistory {
    package func told(_ message: LedgerMessage) -> Explanation.Told {
        Explanation.Told(message: message, trail: trail(of: message.key))
    }
}
