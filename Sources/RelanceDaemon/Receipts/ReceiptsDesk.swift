import Logging
import RelanceCore
import RelanceDelivery
import RelanceStore

/// Takes in what gateways tell of text messages after they took them: their calls, and their answers to our questions.
///
/// Contract (reliability 2.3, 2.11):
/// - A caller proves itself by the route's token or by the signature its preset asks for; before that nothing it says is
///   looked at, and no answer tells an unknown route from one that takes no receipts.
/// - What changes anything is durable before it is acknowledged; when it cannot be written down the answer is 503, and
///   the gateway calls again; when nothing can be any more, the loop hears of it and ends.
/// - A report that says nothing new (repeated, late, on its way) is acknowledged and leaves no trace but a count.
/// - Each case of which the ledger then says something new is planned again: what one channel did not bring over goes
///   to the other, else to a call task.
actor ReceiptsDesk {
    /// What a call or an answer came to.
    enum Kind: String, CaseIterable, Hashable, Sendable {
        case taken
        case nothingNew = "nothing_new"
        case unknownReference = "unknown_reference"
        case unknownRoute = "unknown_route"
        case forbidden, malformed
        case notWritten = "not_written"
    }

    private let ledger: any LedgerStore
    private let frozen: FrozenMessages
    private let clock: any HouseClock
    private let errands: Errands
    private let log: Logger
    private var dialects: [String: GatewayDialect] = [:]
    /// Since the start, for the status line and the log.
    private(set) var counts: [Kind: Int] = [:]
    private var warnedAt: [Kind: Instant] = [:]

    /// For the status line; empty while nothing has come.
    var sentence: String {
        let (all, taken) = (counts.values.reduce(0, +), counts[.taken, default: 0])
        return all == 0 ? "" : ", \(taken) receipts taken of \(all)"
    }

    /// How often a kind of refused call is told of in the log: whoever calls in vain does not fill the disk.
    private static let pauseBetweenWarnings = Elapsed.minutes(5)

    init(
        ledger: any LedgerStore, frozen: FrozenMessages, routes: [String: Route], clock: any HouseClock,
        errands: Errands, log: Logger
    ) {
        self.ledger = ledger
        self.frozen = frozen
        self.clock = clock
        self.errands = errands
        self.log = log
        dialects = routes.compactMapValues { GatewayDialect($0) }
    }

    /// The gateways of another configuration.
    func replace(_ routes: [String: Route]) {
        dialects = routes.compactMapValues { GatewayDialect($0) }
    }

    // MARK: - Calls

    /// Takes a gateway's call and gives the answer it waits for.
    func receive(_ callback: GatewayCallback) async -> CallbackAnswer {
        guard let dialect = dialects[callback.route], let receipts = dialect.gateway.receipts,
            let rules = dialect.preset.receipts
        else { return refuse(.unknownRoute, 404, "a route that takes no receipts") }
        let isKnown = callback.token.map(receipts.isToken) ?? (rules.signature != nil)
        guard isKnown else { return refuse(.forbidden, 403, "wrong or missing token", on: dialect.route) }
        switch dialect.reading(of: callback, now: clock.now()) {
        case .refused(let status, let reason):
            return refuse(status == 403 ? .forbidden : .malformed, status, reason, on: dialect.route)
        case .read(let reports, let answer):
            var kinds: [Kind] = []
            do {
                let call = dialect.mark(of: callback)
                for report in reports {
                    kinds.append(try await take(report, from: dialect.route, by: call))
                }
            } catch {
                return refuse(.notWritten, 503, "\(error)", on: dialect.route)
            }
            guard kinds.isEmpty || kinds.contains(where: { $0 != .unknownReference }) else {
                return refuse(.unknownReference, 404, "no message of that reference", on: dialect.route)
            }
            return CallbackAnswer(status: answer.status, contentType: answer.type, body: answer.body)
        }
    }

    /// Has a call that the console turned away counted and told of like any other; only a route that is known is named.
    func refused(route: String, status: Int) {
        _ = refuse(.malformed, status, "its body is not taken", on: dialects[route]?.route)
    }

    private func refuse(
        _ kind: Kind, _ status: Int, _ reason: String, on route: String? = nil
    ) -> CallbackAnswer {
        if kind != .unknownReference { count(kind) }
        let now = clock.now()
        if warnedAt[kind].map({ now >= $0 + ReceiptsDesk.pauseBetweenWarnings || now < $0 }) ?? true {
            warnedAt[kind] = now
            log.warning(
                "a receipt is refused",
                metadata: [
                    "status": "\(status)", "route": "\(route ?? "none")", "reason": "\(reason)",
                    "so_far": "\(counts[kind] ?? 0)",
                ])
        }
        return CallbackAnswer(status: status)
    }

    private func count(_ kind: Kind) {
        counts[kind, default: 0] += 1
    }

    // MARK: - Reports

    /// Writes a report down if it says anything new; durable when it returns.
    ///
    /// `call` is what the signed call that brought it is known by.
    @discardableResult
    func take(_ report: GatewayReport, from route: String, by call: String? = nil) async throws -> Kind {
        let kind =
            switch report {
            case .receipt(.ours(let reference), let receipt), .receipt(.theirs(let reference), let receipt):
                try await take(receipt, of: reference, from: route)
            case .objection(let number, let proof):
                try await take(
                    Objection(source: .answer, by: route, proof: proof, call: call), of: number)
            }
        count(kind)
        return kind
    }

    private func take(_ receipt: Receipt, of reference: String, from route: String) async throws -> Kind {
        let found = ledger.withState { state in
            state.sending(forReference: reference, on: route).map { ($0, state.messages[$0.key]) }
        }
        guard let (sending, message) = found, let message else { return .unknownReference }
        var receipt = receipt
        receipt.sending = sending.number
        guard message.wouldChange(receipt) else { return .nothingNew }
        try await write([.receipted(sending.key, receipt)])
        await settled(message.plan)
        if let failure = receipt.failure {
            if failure.isForSomebodyToMend { await errands.tell(.routeNeedsCare(route, failure)) }
            if failure.closesAddress, let mark = message.plan.addressee { await errands.plan(address: mark) }
        }
        return .taken
    }

    private func take(_ objection: Objection, of number: PhoneNumber) async throws -> Kind {
        let mark = AddressMark(number, instance: ledger.instance)
        let isKnown = ledger.withState { state in
            state.closedAddresses[mark] == .objection
                || state.trail(ofAddress: mark).contains { $0.repeats(objection) }
        }
        guard !isKnown else { return .nothingNew }
        try await write([.objected(mark, objection)])
        await errands.plan(address: mark)
        return .taken
    }

    /// Writes down what a look-up by our reference found out of an attempt nobody could tell the end of.
    func take(_ finding: GatewayFinding, of message: LedgerMessage) async throws {
        let now = clock.now()
        let result: AttemptResult
        switch finding {
        case .taken(let proof):
            result = AttemptResult(
                number: message.attempts, outcome: .accepted(reply: "found by its reference", proof: proof))
        case .absent:
            let failure = DeliveryFailure(
                kind: .unknown, scope: .message, detail: "the gateway has no message of that reference")
            let isUseful = now < message.plan.usefulUntil
            result = AttemptResult(
                number: message.attempts, outcome: isUseful ? .deferred(failure) : .refused(failure),
                retryAt: isUseful ? now : nil)
        case .undecided: return
        }
        try await write([.resulted(message.key, result)])
        await settled(message.plan)
    }

    /// Writes down; when that fails the loop looks at once whether it is for good.
    private func write(_ events: [LedgerEvent]) async throws {
        do {
            try await ledger.append(events)
        } catch {
            await errands.bell.ring()
            throw error
        }
    }

    /// Has the cases planned again and lets go of the words of a message that needs nothing more.
    ///
    /// Words that stay are no reason to have a gateway call again: the next start discards them. A disk that fails is
    /// one to end, though, as it is everywhere.
    private func settled(_ plan: PlanRecord) async {
        await errands.plan(plan.cases)
        guard ledger.withState({ $0.messages[plan.key]?.phase.isTerminal != false }) else { return }
        do {
            try await frozen.discard(plan.key)
        } catch let error as StoreError where error.isPassing {
            log.warning("the words of a settled message stay", metadata: ["reason": "\(error)"])
        } catch {
            await errands.fail(error)
        }
    }
}

extension GatewayDialect {
    /// Nil when the route is no gateway.
    fileprivate init?(_ route: Route) {
        guard case .sms(let gateway) = route.kind else { return nil }
        self.init(gateway, route: route.name)
    }
}

extension LedgerEntry {
    /// Whether a call that is written down here brought that objection already; it may have been lifted since.
    fileprivate func repeats(_ objection: Objection) -> Bool {
        guard case .objected(_, let known) = event else { return false }
        return objection.call != nil && known.by == objection.by && known.call == objection.call
    }
}

extension DeliveryFailure.Kind {
    /// Whether every message fails alike until a person does something at the provider.
    fileprivate var isForSomebodyToMend: Bool {
        switch self {
        case .credit, .authentication, .badSender: true
        default: false
        }
    }

    /// Whether nothing goes to that address any more.
    fileprivate var closesAddress: Bool { self == .badAddress || self == .blacklisted }
}
