/// What the ledger knows of one message; its life is drawn at the head of `LedgerState`.
package struct LedgerMessage: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case planned
        case sending(attempt: Int, handedOver: Bool)
        case deferred(until: Instant)
        /// It may have been delivered; nothing more happens without a person or a receipt.
        case unknown
        case sent, failed, cancelled, expired
        case superseded(by: MessageKey)
        /// A receipt says so; nothing undoes it.
        case delivered
        /// A receipt says so; only one that says delivered undoes it, or a person who has it sent anew.
        case undelivered
    }

    package struct Failure: Hashable, Sendable {
        package var at: Instant
        package var detail: String
        /// The route whose failure it was; nil when it was the message's own.
        package var route: String?
    }

    package struct Hold: Hashable, Sendable {
        package var reason: String
        package var by: String?
    }

    /// The attempt made last, as far as it matters still.
    package struct LastAttempt: Hashable, Sendable {
        package let at: Instant
        package let route: String
        /// Parts of a text message as we counted them; nil for a mail.
        package let parts: Int?
        /// What the gateway calls the message it took; nil when it gave no name.
        package fileprivate(set) var reference: String?

        fileprivate init(_ attempt: Attempt, at: Instant) {
            self.at = at
            route = attempt.route
            parts = attempt.parts
        }
    }

    /// The bytes of an attempt, for the next one to send again.
    package struct Frozen: Hashable, Sendable {
        package let messageID: String
        /// Of the frozen message, its envelope included; lower-case hexadecimal.
        package let sha256: String
    }

    /// What few settled messages have: apart, since a ledger holds hundreds of thousands of the others.
    private struct Rare: Hashable, Sendable {
        var hold: Hold?
        var failures = 0
        var ambiguousEnds = 0
        var resends = 0
        var frozen: Frozen?
        var earlierRoutes: [String] = []
        var lastFailure: Failure?
    }

    package let plan: PlanRecord
    package let planned: LedgerStamp
    /// Where its attempts and people have brought it, receipts aside.
    private var course: Phase = .planned
    /// What the receipts say of the attempt made last.
    private var receipts = ReceiptTally()
    /// Attempts begun, interrupted ones included.
    package private(set) var attempts = 0
    /// When the first attempt began.
    package private(set) var firstAttemptAt: Instant?
    /// Nil before the first attempt and when sent anew.
    package private(set) var lastAttempt: LastAttempt?
    /// When the newest entry about it was written.
    package private(set) var changedAt: Instant
    private var boxedRare: Box<Rare>?

    package init(plan: PlanRecord, planned: LedgerStamp) {
        self.plan = plan
        self.planned = planned
        changedAt = planned.time
    }

    package var key: MessageKey { plan.key }

    private var rare: Rare {
        get { boxedRare?.value ?? Rare() }
        set { boxedRare = newValue == Rare() ? nil : Box(newValue) }
    }

    /// While it lasts no attempt is begun.
    package var hold: Hold? { rare.hold }

    /// Attempts put off because of the message itself; what the route or our own shutdown did burns none.
    package var failures: Int { rare.failures }

    /// Ends nobody can tell since the last deliberate sending: each may have left a copy.
    package var ambiguousEnds: Int { rare.ambiguousEnds }

    /// Times a person had it sent anew: the number in its reference.
    package var resends: Int { rare.resends }

    /// What the next attempt sends again; nil before the first, when sent anew and once the message is settled.
    package var frozen: Frozen? { rare.frozen }

    /// What the far side said last against it, and when; nil when it never did.
    package var lastFailure: Failure? { rare.lastFailure }

    /// What the far side said last against it; empty when it never did.
    package var failureDetail: String { lastFailure?.detail ?? "" }

    /// The name of the sending that is due or under way, for Message-IDs and gateways: the same at every attempt, another
    /// when a person has it sent anew (reliability 2.1).
    package var reference: String { "\(key).\(resends)" }

    /// Where it stands.
    ///
    /// Receipts count once the answer is there, whichever of the two came first.
    package var phase: Phase {
        switch course {
        case .planned, .sending: course
        case _ where receipts.isDelivered: .delivered
        case .sent, .unknown: receipts.failures.isEmpty ? course : .undelivered
        case .deferred: receipts.failures.isEmpty || ambiguousEnds == 0 ? course : .undelivered
        // Its refusal is known already, or a person let go of it.
        default: course
        }
    }

    /// When the next attempt may be made; nil while one is under way and when there is none to come.
    package var nextAttemptAt: Instant? {
        guard hold == nil else { return nil }
        return switch phase {
        case .planned: plan.dueAt
        case .deferred(let until): until
        default: nil
        }
    }

    /// When the next attempt may be made, as seen at an instant: what was put off by a clock that has been set back since
    /// waits a quarter of an hour.
    package func nextAttempt(at now: Instant) -> Instant? {
        guard changedAt > now, let next = nextAttemptAt else { return nextAttemptAt }
        return max(plan.dueAt, min(next, now + Self.ambiguityPause))
    }

    /// Takes in what happened, or leaves the message untouched and says why it cannot have.
    mutating func apply(_ entry: LedgerEntry) throws(IllegalTransition) {
        switch (entry.event, phase) {
        case (.attempted(_, let attempt), .planned), (.attempted(_, let attempt), .deferred):
            guard hold == nil, attempt.number == attempts + 1 else { throw refusal(entry) }
            course = .sending(attempt: attempt.number, handedOver: false)
            // What is said of an attempt that certainly failed says nothing of the next.
            if ambiguousEnds == 0 { receipts = ReceiptTally() }
            firstAttemptAt = firstAttemptAt ?? entry.stamp.time
            attempts = attempt.number
            noteRoute()
            lastAttempt = LastAttempt(attempt, at: entry.stamp.time)
            rare.frozen = Frozen(messageID: attempt.messageID, sha256: attempt.sha256)
        case (.handedOver(_, let number), .sending(let attempt, handedOver: false)) where number == attempt:
            course = .sending(attempt: number, handedOver: true)
        case (.resulted(_, let result), .sending(let attempt, _)) where result.number == attempt:
            settle(result, at: entry.stamp.time)
        case (.resulted(_, let result), .unknown) where result.number == attempts && result.isPlain:
            settle(result, at: entry.stamp.time)
        case (.resulted(_, let result), .delivered), (.resulted(_, let result), .undelivered):
            // Looked up, and the receipt was faster: it has the last word.
            guard course == .unknown, result.number == attempts, result.isPlain else { throw refusal(entry) }
            if case .accepted(_, let proof) = result.outcome {
                course = .sent
                lastAttempt?.reference = proof?.reference
            }
        case (.receipted(_, let receipt), _) where attempts > 0:
            receipts = tally(with: receipt)
        case (.cancelled(_, _, by: nil), .deferred) where ambiguousEnds > 0,
            (.expired, .deferred) where ambiguousEnds > 0:
            // One of its attempts may have delivered it, which is not to be forgotten silently.
            course = .unknown
        case (.cancelled, .planned), (.cancelled, .deferred), (.cancelled, .unknown):
            course = .cancelled
        case (.expired, .planned), (.expired, .deferred):
            course = .expired
        case (.superseded(_, let successor), .planned), (.superseded(_, let successor), .deferred):
            course = .superseded(by: successor)
        case (.held(_, let reason, let by), .planned), (.held(_, let reason, let by), .deferred):
            rare.hold = Hold(reason: reason, by: by)
        case (.released, .planned), (.released, .deferred):
            guard hold != nil else { throw refusal(entry) }
            rare.hold = nil
        case (.retried, .unknown), (.retried, .failed), (.retried, .undelivered):
            rare.resends += 1
            rare.ambiguousEnds = 0
            noteRoute()
            lastAttempt = nil
            rare.frozen = nil
            receipts = ReceiptTally()
            course = .deferred(until: entry.stamp.time)
        case (.retried, .deferred):
            course = .deferred(until: entry.stamp.time)
        default:
            throw refusal(entry)
        }
        if phase.isTerminal {
            rare.hold = nil
            rare.frozen = nil
        }
        changedAt = entry.stamp.time
        if let detail = entry.event.failureDetail {
            rare.lastFailure = Failure(
                at: changedAt, detail: detail, route: entry.event.isRouteFailure ? lastAttempt?.route : nil)
        }
    }

    /// Whether an attempt was made by a route.
    func wasTried(on route: String) -> Bool {
        lastAttempt?.route == route || rare.earlierRoutes.contains(route)
    }

    private mutating func noteRoute() {
        guard let route = lastAttempt?.route, !rare.earlierRoutes.contains(route) else { return }
        rare.earlierRoutes.append(route)
    }

    /// Whether a receipt says anything that is not known yet; what says nothing need not be written down.
    package func wouldChange(_ receipt: Receipt) -> Bool {
        attempts > 0 && tally(with: receipt) != receipts
    }

    /// What the receipts say with one more; of a sending or a route that is behind counts only that it arrived.
    private func tally(with receipt: Receipt) -> ReceiptTally {
        let isOfLast = receipt.route == lastAttempt?.route && (receipt.sending ?? resends) == resends
        guard isOfLast || receipt.verdict == .delivered && receipt.isOfWholeMessage else { return receipts }
        var receipts = receipts
        receipts.take(receipt, parts: lastAttempt?.parts)
        return receipts
    }

    private mutating func settle(_ result: AttemptResult, at now: Instant) {
        switch result.outcome {
        case .accepted(_, let proof):
            course = .sent
            lastAttempt?.reference = proof?.reference
        case .refused: course = .failed
        case .interrupted: course = .deferred(until: result.retryAt ?? now)
        case .deferred(let failure):
            if failure.scope == .message { rare.failures += 1 }
            course = .deferred(until: result.retryAt ?? now)
        case .ambiguous:
            rare.ambiguousEnds += 1
            course = result.retryAt.map { .deferred(until: $0) } ?? .unknown
        }
    }

    private func refusal(_ entry: LedgerEntry) -> IllegalTransition {
        IllegalTransition(sequence: entry.stamp.sequence, key: key, phase: phase, isHeld: hold != nil)
    }
}

extension LedgerMessage.Phase {
    /// Whether the message needs nothing more; a receipt may still say what became of it.
    package var isTerminal: Bool {
        switch self {
        case .sent, .failed, .cancelled, .expired, .superseded, .delivered, .undelivered: true
        case .planned, .sending, .deferred, .unknown: false
        }
    }

    /// The word used in lists and JSON.
    package var word: String {
        switch self {
        case .planned: "planned"
        case .sending: "sending"
        case .deferred: "deferred"
        case .unknown: "unknown"
        case .sent: "sent"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .superseded: "superseded"
        case .delivered: "delivered"
        case .undelivered: "undelivered"
        }
    }
}

extension AttemptResult {
    /// Whether it says what became of the message.
    fileprivate var isPlain: Bool {
        switch outcome {
        case .accepted, .refused, .deferred: true
        case .ambiguous, .interrupted: false
        }
    }
}

/// An entry that cannot follow what the ledger holds; the state stays as it was.
package struct IllegalTransition: Error, Hashable, Sendable, CustomStringConvertible {
    package var sequence: UInt64
    package var key: MessageKey?
    /// Where the message stood; nil when the ledger has no such message.
    package var phase: LedgerMessage.Phase?
    package var isHeld = false
    /// Whether the key was taken already when it was to be planned.
    package var isTaken = false

    package var description: String {
        let message = key.map { "message \($0)" } ?? "the ledger"
        if isTaken { return "entry \(sequence): \(message) has been planned before" }
        guard let phase else { return "entry \(sequence) cannot follow: \(message) is not known" }
        return "entry \(sequence) cannot follow: \(message) is \(isHeld ? "held" : phase.word)"
    }
}
