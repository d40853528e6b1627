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
        _ number: Int, case ref: String? = nil, channel: Channel = .email, addressee: AddressMark? = nil,
        dueAt: Instant = Instant(seconds: 1_604_304_000), covers: [MessageKey] = []
    ) -> PlanRecord {
        PlanRecord(
            key: .make(number), kind: .deadlineReminder, deadline: DeadlineKind(rawValue: "first_call"),
            cases: [.make(ref ?? "2020-\(1000 + number)")], role: .advisor, recipientID: "claire",
            channel: channel, addressee: addressee, anchor: dueAt - .hours(4), dueAt: dueAt,
            usefulUntil: dueAt + .days(3), reason: .deadlineNear, covers: covers)
    }

    /// A text message to a business that an appointment is confirmed.
    package static func text(
        _ number: Int, case ref: String? = nil, addressee: AddressMark? = .make(1),
        covers: [MessageKey] = []
    ) -> PlanRecord {
        var plan = make(number, case: ref, channel: .sms, addressee: addressee, covers: covers)
        (plan.kind, plan.deadline, plan.role) = (.appointmentConfirmed, nil, .business)
        (plan.recipientID, plan.reason) = (plan.cases[0].text, .appointmentConfirmed)
        return plan
    }
}

extension AddressMark {
    /// The mark of some mobile, another for each number up to 99.
    package static func make(_ number: Int) -> AddressMark {
        AddressMark(PhoneNumber.make("06 39 98 20 \(number + 10)"), instance: "test")
    }
}

extension DeparturesByAddress {
    /// So many messages of others to each address, all at one instant.
    package static func make(_ counts: [AddressMark: Int], at now: Instant) -> DeparturesByAddress {
        var departures = DeparturesByAddress()
        for (mark, count) in counts {
            for number in 0..<count {
                departures.begin(
                    Attempt(number: 1, route: "a", messageID: "", sha256: ""),
                    of: .make(5000 + number, addressee: mark), at: now)
            }
        }
        return departures
    }
}

extension Receipt {
    /// A receipt of the route that texts take in tests.
    package static func make(
        _ verdict: Verdict, part: Int? = nil, of parts: Int? = nil, _ failure: DeliveryFailure.Kind? = nil,
        route: String = "kannel", sending: Int? = nil
    ) -> Receipt {
        Receipt(
            verdict: verdict, part: part, parts: parts, failure: failure, detail: "type=\(verdict.rawValue)",
            route: route, sending: sending)
    }
}

extension Objection {
    package static let told = Objection(source: .person, by: "claire", proof: "au téléphone")
}

extension LedgerEvent {
    package static func attempt(
        _ number: Int, _ n: Int = 1, sha256: String = String(repeating: "ab", count: 32),
        route: String = "spool", parts: Int? = nil
    ) -> LedgerEvent {
        let key = MessageKey.make(number)
        return .attempted(
            key,
            Attempt(
                number: n, route: route, messageID: "<\(key).0@relance.example>",
                sha256: sha256, parts: parts))
    }

    /// A text message put on the wire.
    package static func texting(_ number: Int, _ n: Int = 1, parts: Int? = 1) -> [LedgerEvent] {
        [attempt(number, n, route: "kannel", parts: parts), handover(number, n)]
    }

    package static func receipt(_ number: Int, _ receipt: Receipt) -> LedgerEvent {
        .receipted(.make(number), receipt)
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

/// Stamps events one millisecond apart and folds them; whoever sets `now` back sets the clock back.
package struct LedgerScript {
    package private(set) var entries: [LedgerEntry] = []
    package private(set) var history = LedgerHistory(of: .everything)
    package var now: Instant

    package var state: LedgerState { history.state }

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
                sequence: UInt64(entries.count + 1), now: now, behind: state.lastInstant,
                bootMilliseconds: Int64(entries.count))
            let entry = LedgerEntry(stamp: stamp, event: event)
            try history.apply(entry)
            entries.append(entry)
        }
    }
}

extension LedgerHistory {
    /// Itself as a snapshot of it comes back.
    package var restored: LedgerHistory {
        get throws(IllegalTransition) {
            try LedgerHistory(
                of: scope, snapshot: liveEntries, lastSequence: state.lastSequence,
                lastInstant: state.lastInstant, lastTime: state.lastTime)
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
            guard random.number(in: 0...1) == 0 else {
                return .planned(.make(planned, case: ref, covers: covers))
            }
            return .planned(.text(planned, case: ref, addressee: mark(), covers: covers))
        }
        if random.number(in: 0...9) == 0 { return act(at: now) }
        if random.number(in: 0...3) == 0, let receipt = receipt(after: state) { return receipt }
        let message = state.messages[open[Int(random.number(in: 0...Int64(open.count - 1)))]]
        guard let message else { return .acknowledged(.make("2020-1"), by: "claire") }
        return step(of: message, at: now)
    }

    private mutating func act(at now: Instant) -> LedgerEvent {
        let ref = CaseReference.make("2020-\(random.number(in: 1...20))")
        switch random.number(in: 0...13) {
        case 12, 13: return reading()
        case 0: return .caseHeld(ref, until: LocalDay(daysSince1970: 18_600), by: "claire", reason: "congés")
        case 1: return .caseResumed(ref, by: "claire", reason: nil)
        case 2: return .acknowledged(ref, by: "marc")
        case 3: return .forgotten(.settled(details: now - .milliseconds(40), keys: now - .milliseconds(90)))
        case 4: return .forgotten(.ofCase(ref))
        case 5: return .objected(mark(), .told)
        case 6: return .objectionLifted(mark(), by: "marc", reason: "demandé par écrit")
        case 7: return .addressRestored(mark(), by: "marc", reason: "numéro corrigé")
        case 8: return .addressDied(mark(), detail: "inconnu au bataillon")
        case 9: return .downtime(Downtime(since: now - .days(8), until: now, mayBeOld: true))
        case 10: return .fenceLifted(by: "marc", reason: "vérifié")
        default: return .fenced(.longSilence)
        }
    }

    /// Some cases come to a source, or go.
    private mutating func reading() -> LedgerEvent {
        let from = Int(random.number(in: 0...1600))
        let cases = (from..<from + Int(random.number(in: 1...500))).map { CaseReference.make("2020-\($0)") }
        let source = random.number(in: 0...2) == 0 ? "cases" : "exports"
        let isGone = random.number(in: 0...2) == 0
        return .sourceRead(
            SourceReading(source: source, added: isGone ? [] : cases, gone: isGone ? cases : []))
    }

    private mutating func mark() -> AddressMark { .make(Int(random.number(in: 1...6))) }

    /// Something a gateway says of any message that was tried, early, late or again.
    private mutating func receipt(after state: LedgerState) -> LedgerEvent? {
        let tried = state.messages.values.filter { $0.attempts > 0 && $0.plan.channel == .sms }
            .map(\.key).sorted()
        guard !tried.isEmpty else { return nil }
        let verdicts = Receipt.Verdict.allCases
        let failures: [DeliveryFailure.Kind?] = [nil, .badAddress, .blacklisted, .throttled]
        let part = random.number(in: 0...2)
        return .receipted(
            tried[Int(random.number(in: 0...Int64(tried.count - 1)))],
            .make(
                verdicts[Int(random.number(in: 0...Int64(verdicts.count - 1)))],
                part: part == 0 ? nil : Int(part), of: part == 0 ? nil : 2,
                failures[Int(random.number(in: 0...3))],
                route: random.number(in: 0...4) == 0 ? "smtp" : "kannel"))
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
                        number: message.attempts + 1,
                        route: message.plan.channel == .sms ? "kannel" : "smtp",
                        messageID: "<\(message.reference)@x.example>", sha256: "00",
                        parts: message.plan.channel == .sms ? Int(random.number(in: 1...3)) : nil))
            }
        case .sending(let attempt, false) where random.number(in: 0...3) > 0:
            return .handedOver(key, attempt: attempt)
        case .sending(let attempt, _):
            let outcomes: [DeliveryOutcome] = [
                .accepted(reply: "250 Ok"), .deferred(.make()), .refused(.make(.refused, code: 550)),
                .ambiguous(.make()), .interrupted, .refused(.make(.badAddress)),
                .refused(.make(.blacklisted)),
                // One gateway that gives the same name again and again.
                .accepted(
                    reply: "202", proof: GatewayProof(reference: "\(random.number(in: 1...4))", parts: 2)),
            ]
            let retryAt = random.number(in: 0...1) == 0 ? now + .minutes(15) : nil
            return .resulted(
                key,
                AttemptResult(
                    number: attempt, outcome: outcomes[Int(random.number(in: 0...7))], retryAt: retryAt))
        default:
            return .retried(key, by: "marc", reason: "demandé au téléphone")
        }
    }
}
