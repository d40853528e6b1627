/// What to write down at a start about attempts that a crash cut short (reliability 2.3).
package struct LedgerRecovery: Hashable, Sendable {
    /// Never handed over, so safe to send at once.
    package var definite: [MessageKey] = []
    /// Handed over without an answer: nobody can tell.
    package var ambiguous: [MessageKey] = []
    /// The ends to append, in the order the messages were planned.
    package var events: [LedgerEvent] = []
    /// Set when sends have to wait for a person from here on.
    package var fence: FenceReason?
    /// The time nobody was at work, if what it left may not have been seen to yet.
    package var downtime: Downtime?
}

extension LedgerState {
    /// Everything a start has to write down before it does anything else.
    ///
    /// Nothing written for `silence` or longer is a downtime; nil looks for none. A later start within a day finds it again.
    /// `isBehind` says that more had been written here than the ledger holds.
    package func recovery(
        starting start: ProgramStart, at now: Instant, onAmbiguous rule: AmbiguityRule = AmbiguityRule(),
        silence: Elapsed? = nil, isBehind: Bool = false
    ) -> LedgerRecovery {
        var recovery = recovery(at: now, onAmbiguous: rule)
        recovery.downtime = downtime(at: now)
        if let silence, let lastTime, now - lastTime >= silence {
            let new = downtime(since: lastTime, until: now, mayBeOld: now - lastTime > Self.longSilence)
            recovery.downtime = new
            recovery.events.append(.downtime(new))
        }
        recovery.fence = fenceReason(startingOn: start.machine, at: now, isBehind: isBehind)
        if let fence = recovery.fence { recovery.events.insert(.fenced(fence), at: 0) }
        recovery.events.append(.started(start))
        return recovery
    }

    /// The downtime that may not have been seen to yet: it ended within the last day.
    private func downtime(at now: Instant) -> Downtime? {
        guard case .downtime(let downtime)? = lastDowntime?.event,
            // One that ends in a time to come was told by a clock that has been set back since.
            (Elapsed.minutes(-5)..<Elapsed.days(1)).contains(now - downtime.until)
        else { return nil }
        return downtime
    }

    /// The downtime that ends now, to be written down; with it, one before that nobody has looked at.
    package func downtime(since: Instant, until now: Instant, mayBeOld: Bool) -> Downtime {
        guard let last = downtime(at: now), !last.isConfirmed else {
            return Downtime(since: since, until: now, mayBeOld: mayBeOld)
        }
        return Downtime(
            since: min(since, last.since), until: now, mayBeOld: mayBeOld || last.mayBeOld)
    }

    /// The ends of attempts that no living process is making any more; only a start may ask.
    package func recovery(
        at now: Instant, onAmbiguous rule: AmbiguityRule = AmbiguityRule()
    ) -> LedgerRecovery {
        var recovery = LedgerRecovery()
        let inFlight = open.compactMap { messages[$0] }.sorted { $0.planned.sequence < $1.planned.sequence }
        for message in inFlight {
            guard case .sending(let attempt, let handedOver) = message.phase else { continue }
            let outcome: DeliveryOutcome
            let retryAt: Instant?
            if handedOver {
                recovery.ambiguous.append(message.key)
                outcome = .ambiguous(.crash("stopped between handing over and the answer"))
                retryAt = message.retryAfterAmbiguity(at: now, rule)
            } else {
                recovery.definite.append(message.key)
                outcome = .deferred(.crash("stopped before handing over"))
                retryAt = now
            }
            recovery.events.append(
                .resulted(
                    message.key, AttemptResult(number: attempt, outcome: outcome, retryAt: retryAt)))
        }
        return recovery
    }
}

extension LedgerMessage {
    /// Copies of a message that may ever exist without a person wanting more (reliability 2.2, G3).
    package static let mostCopies = 2

    /// How long an ambiguous end is left alone, so that a slow far side can finish.
    package static let ambiguityPause = Elapsed.minutes(15)

    /// When to try again after the attempt under way ends ambiguously; nil means the message becomes `unknown`.
    ///
    /// What the rule has repeated gets one more copy, byte for byte the same, and never a third.
    package func retryAfterAmbiguity(at now: Instant, _ rule: AmbiguityRule) -> Instant? {
        guard rule.choice(for: plan.kind, by: plan.channel) != .hold, ambiguousEnds + 1 < Self.mostCopies
        else { return nil }
        return now + Self.ambiguityPause
    }
}

extension DeliveryFailure {
    /// Our own end: the route's scope, since it says nothing against the message.
    fileprivate static func crash(_ detail: String) -> DeliveryFailure {
        DeliveryFailure(kind: .crash, scope: .route, detail: detail)
    }
}

extension LedgerState {
    /// The silence after which a ledger with work due may be an old backup.
    package static let longSilence = Elapsed.days(7)

    /// Whether sends have to wait for a person before this start may go on (reliability 2.9); ask before writing it.
    package func fenceReason(
        startingOn machine: String, at now: Instant, isBehind: Bool = false
    ) -> FenceReason? {
        guard let lastStart, let lastTime, case .started(let start) = lastStart.event else { return nil }
        if start.machine != machine { return .otherMachine }
        // One that a person is to look at already is told by what it is held for.
        if isBehind, fenceReason?.isBrake != false { return .restored }
        let hasWorkDue = open.contains { key in
            messages[key]?.nextAttemptAt.map { $0 <= now } == true
        }
        return hasWorkDue && now - lastTime > Self.longSilence ? .longSilence : nil
    }
}
