import Logging
import RelanceCore
import RelanceDelivery

/// A gateway that can be asked what became of a message.
protocol AskableGateway: Sendable {
    /// What became of a message it took; nil when it cannot be asked or does not say.
    func poll(id: String?, reference: String) async -> Receipt?
    /// Whether it has a message, by our reference; nil when it cannot be asked.
    func lookUp(reference: String) async -> GatewayFinding?
}

extension GatewayCourier: AskableGateway {}

/// Asks gateways what became of text messages that left, or may have, without a final word.
///
/// Contract: a message is asked for one, five and thirty minutes, two, twelve and twenty-four hours after its attempt, then
/// no more; a few at a time; nothing is asked about a route whose gateway does not answer questions. An ambiguous end
/// becomes plain when the gateway has the message, or plainly has not had it five minutes after: then it may be sent.
actor Inquiries {
    static let schedule: [Elapsed] = [
        .minutes(1), .minutes(5), .minutes(30), .hours(2), .hours(12), .hours(24),
    ]
    /// A gateway may take its time to know what it has just taken.
    static let earliestAbsence = Elapsed.minutes(5)
    private static let atOnce = 4

    private let ledger: any LedgerStore
    private let desk: ReceiptsDesk
    private let clock: any HouseClock
    private let log: Logger
    /// Messages without a final word, and when each is asked for next.
    private var next: [MessageKey: Instant] = [:]
    private let bell = Bell()

    init(
        ledger: any LedgerStore, desk: ReceiptsDesk, clock: any HouseClock, log: Logger
    ) {
        self.ledger = ledger
        self.desk = desk
        self.clock = clock
        self.log = log
    }

    /// Follows a message that has just left, or may have.
    func follow(_ key: MessageKey) async {
        next[key] = clock.now() + Inquiries.schedule[0]
        await bell.ring()
    }

    /// Asks until cancelled; begins with what the last run left without a final word.
    func run(asking gateway: @escaping @Sendable (_ route: String) async -> (any AskableGateway)?) async {
        let start = clock.now()
        for message in ledger.withState({ $0.messages.values.filter(\.wantsFinalWord) }) {
            guard let at = message.lastAttemptAt, let last = Inquiries.schedule.last, start < at + last else {
                continue
            }
            next[message.key] = max(start, at + Inquiries.schedule[0])
        }
        while !Task.isCancelled {
            let now = clock.now()
            let due = next.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            await withDiscardingTaskGroup { group in
                for (key, _) in due.prefix(Inquiries.atOnce) {
                    group.addTask { await self.ask(key, gateway) }
                }
            }
            guard due.count <= Inquiries.atOnce else { continue }
            await clock.sleep(until: next.values.min() ?? now + .hours(1), or: bell)
        }
    }

    private func ask(
        _ key: MessageKey, _ gateway: @Sendable (_ route: String) async -> (any AskableGateway)?
    ) async {
        let known = ledger.withState { $0.messages[key] }
        guard let known, known.wantsFinalWord, let attempt = known.lastAttempt, let at = known.lastAttemptAt,
            let gateway = await gateway(attempt.route)
        else {
            next[key] = nil
            return
        }
        let now = clock.now()
        next[key] = Inquiries.schedule.lazy.map { at + $0 }.first { $0 > now }
        let isLast = next[key] == nil
        do {
            if known.phase == .unknown, let finding = await gateway.lookUp(reference: known.reference) {
                if finding != .absent || now >= at + Inquiries.earliestAbsence {
                    try await desk.take(finding, of: known)
                }
            }
            let said = await gateway.poll(id: known.gatewayReference, reference: known.reference)
            let givenUp = Receipt(
                verdict: .unknown, detail: "no report within a day", route: attempt.route)
            if let receipt = said?.isFinal == true ? said : isLast ? givenUp : nil {
                try await desk.take(.receipt(.ours(known.reference), receipt), from: attempt.route)
            }
        } catch {
            log.warning("what a gateway said is not written down", metadata: ["reason": "\(error)"])
        }
        if ledger.withState({ $0.messages[key]?.wantsFinalWord != true }) { next[key] = nil }
    }
}

extension Receipt {
    fileprivate var isFinal: Bool { verdict != .pending }
}

extension LedgerMessage {
    /// Whether it left, or may have, and nobody has said what became of it.
    fileprivate var wantsFinalWord: Bool {
        plan.channel == .sms && (phase == .sent || phase == .unknown)
    }

    /// When the last attempt began.
    fileprivate var lastAttemptAt: Instant? {
        trail.last { if case .attempted = $0.event { true } else { false } }?.stamp.at
    }

    /// What the gateway that took it calls it.
    fileprivate var gatewayReference: String? {
        for entry in trail.reversed() {
            if case .resulted(_, let result) = entry.event, case .accepted(_, let proof) = result.outcome {
                return proof?.reference
            }
        }
        return nil
    }
}
