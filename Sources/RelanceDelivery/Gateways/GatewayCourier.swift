import CurlClient
import RelanceCore

/// Text messages through a provider's HTTP interface, as its preset says.
///
/// Contract:
/// - `handover` is awaited before the first octet after which the provider may act: before the body of a request that has
///   one, before the start of one that has none. The steps before it (token, clock) ask for nothing to be sent.
/// - A sending is repeated within one delivery in one case only: the provider refused the token, hence took nothing, and a
///   new one was had.
/// - What ended without an answer after the handover is ambiguous; before it, the route waits.
/// - Redirects are answers, never followed: a message goes to the address that was configured or nowhere.
package final class GatewayCourier: Courier {
    package let dialect: GatewayDialect
    private let pool: CurlPool
    private let steps = GatewaySteps()
    private let now: @Sendable () -> Instant

    /// Throws when the route's words cannot make a connection.
    package init(
        _ gateway: SMSGateway, route: String, concurrency: Int, now: @escaping @Sendable () -> Instant
    ) throws(CurlViolation) {
        dialect = GatewayDialect(gateway, route: route)
        self.now = now
        let address = gateway.address
        let tls: CurlRoute.TLSPolicy =
            address.isProtected
            ? .implicit
            : gateway.clearText == .onPrivateNetwork ? .clearTextOnPrivateNetwork : .clearTextOnLoopback
        let curlRoute = try CurlRoute(
            .http, host: address.host, port: address.port, tls: tls,
            reach: gateway.allowsPrivate ? .thisMachine : .internet, authorities: gateway.certificateFile)
        var limits = CurlLimits()
        limits.connections = concurrency
        limits.connectTimeout = .milliseconds(gateway.connectTimeout.milliseconds)
        limits.responseTimeout = .milliseconds(gateway.totalTimeout.milliseconds)
        limits.totalTimeout = .milliseconds(gateway.totalTimeout.milliseconds)
        pool = CurlPool(curlRoute, limits: limits)
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        var exchange = Exchange()
        return await deliver(parcel, &exchange, handover: handover)
    }

    /// One delivery with the whole exchange beside its outcome, for a person to read: `> ` before our lines, `< ` before the
    /// provider's, secrets masked.
    package func deliverTraced(_ parcel: Parcel) async -> (outcome: DeliveryOutcome, exchange: [String]) {
        var exchange = Exchange()
        let outcome = await deliver(parcel, &exchange) {}
        return (outcome, exchange.lines)
    }

    /// What became of a message the provider has taken, where it can be asked; nil when it cannot, or does not say.
    package func poll(id: String?, reference: String) async -> Receipt? {
        guard let poll = dialect.preset.poll,
            case .answered(let answer) = await ask(poll.request, id: id, reference: reference)
        else { return nil }
        return dialect.receipt(inPoll: answer)
    }

    /// Whether the provider has a message, by our reference; nil when it cannot be asked.
    package func lookUp(reference: String) async -> GatewayFinding? {
        guard let lookup = dialect.preset.lookup else { return nil }
        return switch await ask(lookup.request, id: nil, reference: reference) {
        case .answered(let answer): dialect.finding(inLookup: answer)
        case .failed: .undecided("the provider does not answer")
        }
    }

    // MARK: Sending

    private func deliver(
        _ parcel: Parcel, _ exchange: inout Exchange, handover: @escaping @Sendable () async throws -> Void
    ) async -> DeliveryOutcome {
        guard case .text(let message) = parcel.content else {
            return .refused(
                DeliveryFailure(
                    kind: .configuration, scope: .message,
                    detail: "a gateway carries text messages, not mail",
                    alert: true))
        }
        // The provider would keep it for longer than it is of use.
        guard message.usefulUntil - now() >= dialect.preset.validity.lowerBound else {
            return .refused(
                DeliveryFailure(
                    kind: .refused, scope: .message,
                    detail: "too little time left for it to arrive before its moment"))
        }
        switch await openSession(&exchange) {
        case .failed(let outcome): return outcome
        case .opened(let session):
            let (outcome, answer) = await send(message, session, &exchange, handover: handover)
            guard session.token != nil, answer?.status == 401 else { return outcome }
            // A token can end before its time. What was refused for it was not taken.
            await steps.forgetToken()
            guard case .opened(let renewed) = await openSession(&exchange) else { return outcome }
            return await send(message, renewed, &exchange) {}.outcome
        }
    }

    private func send(
        _ message: Parcel.TextMessage, _ session: GatewayDialect.Session, _ exchange: inout Exchange,
        handover: @escaping @Sendable () async throws -> Void
    ) async -> (outcome: DeliveryOutcome, answer: GatewayAnswer?) {
        let instant = now()
        let written: GatewayDialect.Written
        do throws(GatewayRefusal) {
            written = try dialect.written(
                dialect.preset.send, session: session, now: instant, message: message)
        } catch {
            return (
                .refused(
                    DeliveryFailure(
                        kind: .configuration, scope: .message, detail: error.description, alert: true)), nil
            )
        }
        exchange.tell(written.shown)
        let result = await pool.perform(.http(written.request)) {
            do {
                try await handover()
                return true
            } catch {
                return false  // the owner knows why: it threw
            }
        }
        exchange.hear(result, secrets: written.secrets)
        // What a provider says before it had the request is heard as a refusal only.
        guard let answer = GatewayAnswer(result, secrets: written.secrets),
            result.stage >= .answer || (300...499).contains(answer.status)
        else {
            return (
                GatewayFailures.outcome(of: result, isSending: true, secrets: written.secrets), nil
            )
        }
        return (dialect.outcome(of: answer), answer)
    }

    // MARK: Steps

    private enum Opening {
        case opened(GatewayDialect.Session)
        case failed(DeliveryOutcome)
    }

    private enum Reply {
        case answered(GatewayAnswer)
        case failed(DeliveryOutcome)
    }

    private func openSession(_ exchange: inout Exchange) async -> Opening {
        let preset = dialect.preset
        var session = await steps.session(at: now())
        if let clock = preset.clock, session.clockAhead == nil {
            switch await perform(clock.request, GatewayDialect.Session(), &exchange) {
            case .failed(let outcome): return .failed(outcome)
            case .answered(let answer):
                let instant = now()
                guard let ahead = dialect.clockAhead(in: answer, now: instant) else {
                    return .failed(stepFailure("the provider does not tell the time", answer))
                }
                await steps.keep(clockAhead: ahead, until: instant + clock.keep)
                session.clockAhead = ahead
            }
        }
        let clockAhead = session.clockAhead ?? .seconds(0)
        guard let token = preset.token else { return .opened(.init(clockAhead: clockAhead)) }
        if let known = session.token { return .opened(.init(token: known, clockAhead: clockAhead)) }
        switch await perform(token.request, .init(clockAhead: clockAhead), &exchange, hidesAnswer: true) {
        case .failed(let outcome): return .failed(outcome)
        case .answered(let answer):
            guard let (text, keep) = dialect.token(in: answer) else {
                return .failed(stepFailure("the provider gives no token", answer))
            }
            await steps.keep(token: text, until: now() + keep)
            return .opened(.init(token: text, clockAhead: clockAhead))
        }
    }

    /// A step that does not bring what it is for is about the route; by its status, about the account.
    private func stepFailure(_ what: String, _ answer: GatewayAnswer) -> DeliveryOutcome {
        let isAccount = [400, 401, 403].contains(answer.status)
        return .deferred(
            DeliveryFailure(
                kind: isAccount ? .authentication : answer.status == 429 ? .throttled : .refused,
                scope: .route,
                code: answer.status, detail: "\(what): status \(answer.status)", alert: isAccount))
    }

    private func ask(_ request: GatewayRequest, id: String?, reference: String) async -> Reply {
        var exchange = Exchange()
        return switch await openSession(&exchange) {
        case .failed(let outcome): .failed(outcome)
        case .opened(let session):
            await perform(request, session, &exchange, id: id, reference: reference)
        }
    }

    /// A request that asks for nothing to be sent.
    private func perform(
        _ request: GatewayRequest, _ session: GatewayDialect.Session, _ exchange: inout Exchange,
        id: String? = nil, reference: String? = nil, hidesAnswer: Bool = false
    ) async -> Reply {
        let instant = now()
        let written: GatewayDialect.Written
        do throws(GatewayRefusal) {
            written = try dialect.written(
                request, session: session, now: instant, id: id, reference: reference)
        } catch {
            return .failed(
                .deferred(
                    DeliveryFailure(
                        kind: .configuration, scope: .route, detail: error.description, alert: true)))
        }
        exchange.tell(written.shown)
        let result = await pool.perform(.http(written.request))
        exchange.hear(result, secrets: written.secrets, hidesAnswer: hidesAnswer)
        guard let answer = GatewayAnswer(result, secrets: written.secrets), answer.isWhole else {
            return .failed(
                GatewayFailures.outcome(of: result, isSending: false, secrets: written.secrets))
        }
        return .answered(answer)
    }
}

/// What the steps brought, while it lasts; shared by the deliveries of one route.
private actor GatewaySteps {
    private var token: (text: String, until: Instant)?
    private var clockAhead: (time: Elapsed, until: Instant)?

    /// A token in its last ten seconds is not used any more: it has to outlive the request.
    func session(at now: Instant) -> (token: String?, clockAhead: Elapsed?) {
        (
            token.flatMap { now < $0.until ? $0.text : nil },
            clockAhead.flatMap { now < $0.until ? $0.time : nil }
        )
    }

    func keep(token text: String, until end: Instant) {
        token = (text, end - .seconds(10))
    }

    func keep(clockAhead time: Elapsed, until end: Instant) {
        clockAhead = (time, end)
    }

    func forgetToken() {
        token = nil
    }
}

extension GatewayAnswer {
    /// What came of a transfer; nil when no status did.
    fileprivate init?(_ result: CurlResult, secrets: SpokenSecrets) {
        guard result.responseCode > 0 else { return nil }
        let retryAfter = result.replies.last { $0.lowercased().hasPrefix("retry-after:") }
            .map { String($0.dropFirst("retry-after:".count)).trimmed }
        self.init(
            status: result.responseCode, retryAfter: retryAfter.map { String($0.prefix(40)) },
            isWhole: result.problem == nil, body: result.body)
        self.secrets = secrets
    }
}

/// The lines of an exchange as a person reads them.
private struct Exchange {
    private(set) var lines: [String] = []

    mutating func tell(_ request: HTTPRequest) {
        lines.append("> \(request.method) \(request.target)")
        lines += request.headers.map { "> \($0.name): \($0.value)" }
        if let body = request.body, !body.isEmpty {
            lines += ["> ", "> " + String(decoding: body, as: UTF8.self)]
        }
    }

    /// Masked before it is cut: half a secret is one.
    mutating func hear(_ result: CurlResult, secrets: SpokenSecrets, hidesAnswer: Bool = false) {
        // What answers with a token may have it in a header as well.
        let replies = hidesAnswer ? result.replies.filter { $0.hasPrefix("HTTP/") } : result.replies
        lines += replies.map { "< " + secrets.masked($0) }
        if hidesAnswer {
            lines.append("< «masked»")
        } else if !result.body.isEmpty {
            var room = 4096
            for line in String(decoding: result.body, as: UTF8.self).split(separator: "\n") where room > 0 {
                let clean = secrets.masked(SafeText.line(String(line), limit: .max), octets: room)
                room -= clean.utf8.count
                lines.append("< " + SafeText.line(clean, limit: 1000))
            }
        }
        if let problem = result.problem { lines.append("! " + secrets.masked(problem.description)) }
    }
}
