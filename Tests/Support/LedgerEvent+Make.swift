import RelanceCore

extension MessageKey {
    /// The key of some duty, another for each number.
    package static func make(_ number: Int) -> MessageKey {
        MessageKey(
            instance: "test", subject: "case \(number)", duty: "first_call", step: "reminder",
            anchor: Instant(milliseconds: 0), channel: .email, slot: "advisor")
    }
}

extension PlanRecord {
    /// A planned reminder about one case.
    package static func make(
        _ number: Int, case ref: String? = nil, channel: Channel = .email,
        dueAt: Instant = Instant(seconds: 1_604_304_000), covers: [MessageKey] = []
    ) -> PlanRecord {
        PlanRecord(
            key: .make(number), kind: .deadlineReminder, deadline: DeadlineKind(rawValue: "first_call"),
            cases: [.make(ref ?? "2020-\(1000 + number)")], role: .advisor, recipientID: "claire",
            channel: channel, anchor: dueAt - .hours(4), dueAt: dueAt, usefulUntil: dueAt + .days(3),
            reason: .deadlineNear, covers: covers)
    }
}

extension LedgerEvent {
    package static func attempt(
        _ number: Int, _ n: Int = 1, sha256: String = String(repeating: "ab", count: 32)
    ) -> LedgerEvent {
        let key = MessageKey.make(number)
        return .attempted(
            key,
            Attempt(
                number: n, route: "spool", messageID: "<\(key).0@relance.example>",
                sha256: sha256))
    }

    package static func handover(_ number: Int, _ n: Int = 1) -> LedgerEvent {
        .handedOver(.make(number), attempt: n)
    }

    package static func result(
        _ number: Int, _ n: Int = 1, _ outcome: DeliveryOutcome, retryAt: Instant? = nil
    ) -> LedgerEvent {
        .resulted(.make(number), AttemptResult(number: n, outcome: outcome, retryAt: retryAt))
    }

    /// The three records of a message that is delivered at once.
    package static func delivery(_ number: Int) -> [LedgerEvent] {
        [attempt(number), handover(number), result(number, 1, .accepted(reply: "250 2.0.0 Ok"))]
    }
}

extension DeliveryFailure {
    package static func make(
        _ kind: Kind = .timeout, scope: Scope = .message, code: Int? = 451
    ) -> DeliveryFailure {
        DeliveryFailure(kind: kind, scope: scope, code: code, detail: "try again later, s'il vous plaît")
    }
}

/// Stamps events one millisecond apart and folds them.
package struct LedgerScript {
    package private(set) var entries: [LedgerEntry] = []
    package private(set) var state = LedgerState()
    package var now: Instant

    package init(from now: Instant = Instant(seconds: 1_604_300_000)) {
        self.now = now
    }

    package mutating func add(_ events: LedgerEvent...) throws(IllegalTransition) {
        try add(events)
    }

    package mutating func add(_ events: [LedgerEvent]) throws(IllegalTransition) {
        for event in events {
            now = now + .milliseconds(1)
            let stamp = LedgerStamp(
                sequence: UInt64(entries.count + 1), at: now, bootMilliseconds: Int64(entries.count))
            let entry = LedgerEntry(stamp: stamp, event: event)
            try state.apply(entry)
            entries.append(entry)
        }
    }
}

/// Plausible histories for properties: every step is legal when it is made.
package struct RandomLedger {
    package var random: SplitMix64
    private var planned = 0

    package init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The next thing that may happen to a state.
    package mutating func next(after state: LedgerState, at now: Instant) -> LedgerEvent {
        let open = state.open.sorted()
        if open.isEmpty || random.number(in: 0...5) == 0 {
            planned += 1
            let covers = random.number(in: 0...3) == 0 ? [MessageKey.make(-planned)] : []
            let ref = "2020-\(random.number(in: 1...20))"
            return .planned(.make(planned, case: ref, covers: covers))
        }
        if random.number(in: 0...9) == 0 { return act(at: now) }
        let message = state.messages[open[Int(random.number(in: 0...Int64(open.count - 1)))]]
        guard let message else { return .acknowledged(.make("2020-1"), by: "claire") }
        return step(of: message, at: now)
    }

    private mutating func act(at now: Instant) -> LedgerEvent {
        let ref = CaseReference.make("2020-\(random.number(in: 1...20))")
        switch random.number(in: 0...5) {
        case 0: return .caseHeld(ref, until: LocalDay(daysSince1970: 18_600), by: "claire", reason: "congés")
        case 1: return .caseResumed(ref, by: "claire", reason: nil)
        case 2: return .acknowledged(ref, by: "marc")
        case 3: return .forgotten(.settled(details: now - .milliseconds(40), keys: now - .milliseconds(90)))
        case 4: return .forgotten(.ofCase(ref))
        default: return .fenced(.longSilence)
        }
    }

    private mutating func step(of message: LedgerMessage, at now: Instant) -> LedgerEvent {
        let key = message.key
        if message.hold != nil { return .released(key, reason: nil, by: "marc") }
        switch message.phase {
        case .planned, .deferred:
            switch random.number(in: 0...7) {
            case 0: return .cancelled(key, reason: WithheldReason.caseClosed.rawValue, by: nil)
            case 1: return .expired(key, reason: WithheldReason.noLongerUseful.rawValue)
            case 2: return .superseded(key, by: .make(planned))
            case 3: return .held(key, reason: "brake", by: nil)
            default:
                return .attempted(
                    key,
                    Attempt(
                        number: message.attempts + 1, route: "smtp", messageID: "<\(key)@x.example>",
                        sha256: "00"))
            }
        case .sending(let attempt, false) where random.number(in: 0...3) > 0:
            return .handedOver(key, attempt: attempt)
        case .sending(let attempt, _):
            let outcomes: [DeliveryOutcome] = [
                .accepted(reply: "250 Ok"), .deferred(.make()), .refused(.make(.refused, code: 550)),
                .ambiguous(.make()), .interrupted,
            ]
            let retryAt = random.number(in: 0...1) == 0 ? now + .minutes(15) : nil
            return .resulted(
                key,
                AttemptResult(
                    number: attempt, outcome: outcomes[Int(random.number(in: 0...4))], retryAt: retryAt))
        default:
            return .retried(key, by: "marc", reason: "demandé au téléphone")
        }
    }
}
