import RelanceCore
import RelanceIntake

@testable import RelanceDaemon

/// What is owed at an instant, by a planning that has no wakes to lose: of every case as it is, in the house as it is.
struct SimulatedOracle: Sendable {
    var house: House
    /// As the sources have it.
    var register: CaseRegister

    /// What one look found.
    struct Owed: Sendable {
        var messages: [PlannedMessage]
        /// When a look may find more.
        var nextWake: Instant?
    }

    /// What is owed, given what is recalled.
    fileprivate func owed(
        at now: Instant, instance: String, recalling recollection: FollowUps.Recollection
    ) -> Owed {
        var anew = FollowUps(planner: house.planner(instance: instance), now: now)
        anew.update(register.records, now: now)
        anew.hold(Set(register.held.keys), now: now)
        let found = anew.tick(at: now, recalling: recollection)
        return Owed(messages: found.messages, nextWake: anew.nextWake)
    }

    /// What of it nobody has thought of, or has and let fall.
    ///
    /// A digest or report is asked about at its own hour and when somebody has just begun, as is known `before` the turn:
    /// what is to be told of later than that is told of the next morning.
    static func complaints(
        of owed: Owed, before: Set<MessageKey>, isFirst: Bool, at now: Instant, ledger: LedgerState,
        inHand: Set<MessageKey>
    ) -> [String] {
        owed.messages.compactMap { message in
            let known = ledger.message(for: message.key)
            let name = { PlanRecord(message, instance: "").name }
            guard message.kind.isSetOffByCases else {
                guard before.contains(message.key), isFirst || message.anchor == now else { return nil }
                return ledger.admits(message.key) ? "never planned: \(name()) at \(now)" : nil
            }
            if ledger.admits(message.key) { return "never planned: \(name()) at \(now)" }
            if let known, let next = known.nextAttemptAt, next <= now, !inHand.contains(known.key) {
                return "in nobody's hands as \(known.phase): \(name()) at \(now)"
            }
            return nil
        }
    }
}

extension FollowUpLoop {
    /// What an oracle finds owed, given what the ledger recalls here.
    func owed(by oracle: SimulatedOracle, at now: Instant) -> SimulatedOracle.Owed {
        oracle.owed(at: now, instance: ledger.instance, recalling: recollection(at: now))
    }
}
