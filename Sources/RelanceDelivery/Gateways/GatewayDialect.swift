import CurlClient
import RelanceCore

/// A provider's way of speaking, as its preset and one route's account give it: pure, so that every preset can be tried
/// without a network.
///
/// Contract:
/// - **Values never change the structure.** Each is escaped for the place it stands in; what cannot stand there (a line end in
///   a header) is refused before anything leaves.
/// - **Taken only when the provider says so**, by status and by every condition of the preset.
/// - **Ambiguous whenever it may have been taken**: a 2xx that does not say so, a page of somebody else's, a 5xx without a
///   statement, an end without an answer. A second copy costs money and bothers somebody (reliability 2.2, G4).
/// - **An answer that says taken and cannot be read is taken**, by a name nobody knows (reliability 2.4): cut, too long, empty,
///   no JSON where the preset asks for some.
/// - **Nothing personal comes out**: what the provider said is kept without addresses and numbers (design D10).
package struct GatewayDialect: Sendable {
    package let gateway: SMSGateway
    package let route: String

    package init(_ gateway: SMSGateway, route: String) {
        self.gateway = gateway
        self.route = route
    }

    package var preset: GatewayPreset { gateway.preset }

    /// What the steps before a sending brought.
    package struct Session: Hashable, Sendable {
        package var token: String?
        /// How far the provider's clock is ahead of ours.
        package var clockAhead: Elapsed

        package init(token: String? = nil, clockAhead: Elapsed = .seconds(0)) {
            self.token = token
            self.clockAhead = clockAhead
        }
    }

    /// Where the provider reports on this route; nil when it cannot or nobody told it to.
    package var callbackURL: String? {
        gateway.receipts.flatMap { $0.url(ofRoute: route, token: $0.token.revealed()) }
    }

    // MARK: Requests

    /// The request that sends a message; `masked` shows it to people, its secrets left out.
    package func sending(
        _ message: Parcel.TextMessage, session: Session, now: Instant, masked: Bool = false
    ) throws(GatewayRefusal) -> HTTPRequest {
        let written = try written(preset.send, session: session, now: now, message: message)
        return masked ? written.shown : written.request
    }

    /// The request of a step, a poll or a look-up; `id` is the provider's name of a message, `reference` ours.
    package func request(
        _ request: GatewayRequest, session: Session, now: Instant, id: String? = nil,
        reference: String? = nil
    ) throws(GatewayRefusal) -> HTTPRequest {
        try written(request, session: session, now: now, id: id, reference: reference).request
    }

    /// A request as it leaves and as people may see it.
    struct Written {
        let request: HTTPRequest
        let shown: HTTPRequest
        /// What must not be printed, should the provider repeat it: the secrets of the account, what the steps brought, and
        /// what was made of both for this request.
        let secrets: SpokenSecrets
    }

    func written(
        _ rules: GatewayRequest, session: Session, now: Instant, message: Parcel.TextMessage? = nil,
        id: String? = nil, reference: String? = nil
    ) throws(GatewayRefusal) -> Written {
        if let message, message.text.isEmpty { throw GatewayRefusal("the text is empty") }
        func writer(masked: Bool) -> GatewayRequestWriter {
            GatewayRequestWriter(
                self, session: session, now: now, message: message, id: id, reference: reference,
                masked: masked)
        }
        let request = try writer(masked: false).request(rules)
        return Written(
            request: request, shown: try writer(masked: true).request(rules),
            secrets: SpokenSecrets(accountSecrets + writer(masked: false).secrets(of: rules, in: request)))
    }

    // MARK: Answers

    /// The token of a token step's answer and how long it lasts; nil when it holds none.
    package func token(in answer: GatewayAnswer) -> (token: String, keep: Elapsed)? {
        guard let step = preset.token, (200...299).contains(answer.status),
            let token = answer.words[step.token], !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let stated = step.lifetime.flatMap { answer.words[$0] }.flatMap { Int64($0) }.map {
            Elapsed.seconds(min(max($0, 0), 31_536_000))  // a year; beyond it sums would overflow one day
        }
        return (token, stated ?? step.keep)
    }

    /// How far the provider's clock is ahead of `now`; nil when the answer does not tell the time.
    package func clockAhead(in answer: GatewayAnswer, now: Instant) -> Elapsed? {
        guard let step = preset.clock, (200...299).contains(answer.status),
            let seconds = answer.words[step.seconds].flatMap({ Int64($0) }), (0...1 << 40).contains(seconds)
        else { return nil }
        return Instant(seconds: seconds) - Instant(seconds: now.seconds)
    }

    /// What an answer to a sending means.
    package func outcome(of answer: GatewayAnswer) -> DeliveryOutcome {
        let rules = preset.answer
        let said = said(in: answer)
        let statusSaysTaken = rules.success.contains { $0.contains(answer.status) }
        guard answer.isWhole else {
            return statusSaysTaken && !answer.words.isPage && statedClass(of: answer) == nil
                ? unreadable(answer) : outcomeOfFragment(answer, said)
        }
        if statusSaysTaken {
            switch verdict(of: rules.conditions, in: answer.words) {
            case .all: return .accepted(reply: acceptance(answer), proof: proof(in: answer))
            case .some:
                return outcome(.ambiguous, answer, said.isEmpty ? "taken in part" : "taken in part: " + said)
            case .none: break
            }
        }
        if let name = statedClass(of: answer) { return outcome(name, answer, said) }
        let words = answer.words
        if statusSaysTaken, !words.isJSON, !words.isPage, rules.conditions.contains(where: \.field.isJSON) {
            return unreadable(answer)
        }
        return outcome(statusClass(of: answer), answer, said)
    }

    /// Taken by its status; the provider's name of it stays unknown.
    private func unreadable(_ answer: GatewayAnswer) -> DeliveryOutcome {
        .accepted(
            reply: "\(answer.status), the rest of the answer cannot be read",
            proof: GatewayProof(isUnnamed: preset.answer.reference != nil))
    }

    /// Status and headers came, the body did not, or not whole.
    private func outcomeOfFragment(_ answer: GatewayAnswer, _ said: String) -> DeliveryOutcome {
        let isRefusal = (300...499).contains(answer.status)
        return outcome(isRefusal ? statusClass(of: answer) : .ambiguous, answer, said)
    }

    /// The class the preset puts an answer into: by code first, then by a condition, then by status.
    ///
    /// Words in a sentence do not speak against a status that is plain.
    private func statedClass(of answer: GatewayAnswer) -> GatewayClass? {
        let codes = preset.answer.errorCode.map { answer.words.all($0) } ?? []
        let classes = preset.answer.classes
        let isPlain = Self.plainStatuses.contains { $0.contains(answer.status) }
        func first(_ fits: (GatewayAnswerRules.Mark) -> Bool) -> GatewayClass? {
            classes.first { $0.marks.contains(where: fits) }?.name
        }
        return first { if case .code(let code) = $0 { codes.contains(code) } else { false } }
            ?? first {
                if case .condition(let condition) = $0 {
                    !(isPlain && condition.isGuess) && answer.words.verdict(on: condition) != .none
                } else {
                    false
                }
            }
            ?? first { if case .status(let range) = $0 { range.contains(answer.status) } else { false } }
    }

    /// About the account, the pace, or the provider itself.
    private static let plainStatuses: [ClosedRange<Int>] = [401...403, 429...429, 500...599]

    /// What a status says by itself (RFC 9110, 15; reliability 2.4).
    private func statusClass(of answer: GatewayAnswer) -> GatewayClass {
        switch answer.status {
        case 401, 403: .authentication
        case 402: .credit
        case 429: .throttled
        // It says when to come back: a statement that it did nothing now.
        case 503 where answer.retryAfter != nil: .throttled
        case 503: .transient
        // The first may have arrived, or arrive yet.
        case 408, 409, 425: .ambiguous
        case 300...399, 404, 405, 406, 415: .configuration
        case 400...499: .refused
        default: .ambiguous
        }
    }

    private func outcome(_ name: GatewayClass, _ answer: GatewayAnswer, _ said: String) -> DeliveryOutcome {
        func failure(
            _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, alert: Bool = false
        ) -> DeliveryFailure {
            DeliveryFailure(
                kind: kind, scope: scope, code: answer.status, detail: said, alert: alert,
                retryAfter: scope == .route ? answer.wait : nil)
        }
        return switch name {
        case .taken: .accepted(reply: acceptance(answer), proof: proof(in: answer))
        case .transient: .deferred(failure(.refused, .route))
        case .throttled: .deferred(failure(.throttled, .route))
        case .authentication: .deferred(failure(.authentication, .route, alert: true))
        case .credit: .deferred(failure(.credit, .route, alert: true))
        case .badNumber: .refused(failure(.badAddress, .message))
        case .blacklisted: .refused(failure(.blacklisted, .message))
        case .badSender: .deferred(failure(.badSender, .route, alert: true))
        case .configuration: .deferred(failure(.configuration, .route, alert: true))
        case .refused: .refused(failure(.refused, .message))
        case .ambiguous: .ambiguous(failure(.unknown, .message))
        }
    }

    private func proof(in answer: GatewayAnswer) -> GatewayProof {
        let rules = preset.answer
        let name = reference(rules.reference, in: answer)
        return GatewayProof(
            reference: name,
            // A text has no more (3GPP TS 23.040, 9.2.3.24.1): another number is no count.
            parts: rules.parts.flatMap { answer.words[$0] }.flatMap { Int($0) }.flatMap {
                (1...255).contains($0) ? $0 : nil
            },
            cost: rules.cost.map { answer.words.all($0) }.flatMap { costs in
                costs.isEmpty
                    ? nil
                    : FarSideWords.plain(
                        costs.joined(separator: " + "), limit: 60, secrets: secrets(for: answer))
            },
            isUnnamed: rules.reference != nil && name == nil)
    }

    /// The provider's name of a message; what could not come back to us as it was is none.
    func reference(_ field: GatewayField?, in answer: GatewayAnswer) -> String? {
        field.flatMap { answer.words[$0] }.flatMap {
            FarSideWords.plain($0, limit: 200, secrets: secrets(for: answer)) == $0 ? $0 : nil
        }
    }

    private func acceptance(_ answer: GatewayAnswer) -> String {
        let credit = preset.answer.credit.flatMap { answer.words[$0] }.flatMap {
            FarSideWords.plain($0, limit: 40, secrets: secrets(for: answer))
        }.map { "credit left \($0)" }
        return ["\(answer.status)", credit].compactMap { $0 }.joined(separator: ", ")
    }

    /// The provider's words for what went wrong: its code and text, else the beginning of the body.
    private func said(in answer: GatewayAnswer) -> String {
        let rules = preset.answer
        var words = [rules.errorCode, rules.errorText].compactMap { $0 }.flatMap { answer.words.all($0) }
        if words.isEmpty { words = [answer.words.text] }
        if let wait = answer.retryAfter { words.append("Retry-After \(wait)") }
        return FarSideWords.kept(
            words.joined(separator: " "), after: "\(answer.status)", secrets: secrets(for: answer))
    }

    func verdict(of conditions: [GatewayCondition], in words: GatewayWords) -> GatewayCondition.Verdict {
        let verdicts = conditions.map { words.verdict(on: $0) }
        return verdicts.contains(.none) ? .none : verdicts.contains(.some) ? .some : .all
    }

    /// What must not be printed, should the provider repeat it; an answer knows what its request held besides.
    var secrets: SpokenSecrets { SpokenSecrets(accountSecrets) }

    func secrets(for answer: GatewayAnswer) -> SpokenSecrets { answer.secrets ?? secrets }

    private var accountSecrets: [String] {
        gateway.values.values.compactMap {
            if case .secret(let secret) = $0 { secret.revealed() } else { nil }
        }
            + [gateway.receipts?.token.revealed()].compactMap { $0 }
    }
}

/// Why no request could be made of a message.
package struct GatewayRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension GatewayField {
    fileprivate var isJSON: Bool {
        if case .json = source { true } else { false }
    }
}

/// What a provider answered.
package struct GatewayAnswer: Sendable {
    package let status: Int
    /// Seconds or a date, as it stood.
    package let retryAfter: String?
    /// The seconds of it within what we bear with; a date is left to our own schedule.
    package var wait: Elapsed? {
        guard let retryAfter, !retryAfter.isEmpty, retryAfter.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let longest: Int64 = 6 * 3600
        return .seconds(min(max(Int64(retryAfter) ?? longest, 1), longest))
    }
    /// Whether the body came to its end.
    package let isWhole: Bool
    package let words: GatewayWords
    /// What its request held that must not be printed.
    package var secrets: SpokenSecrets?

    package init(status: Int, retryAfter: String? = nil, isWhole: Bool = true, body: [UInt8]) {
        self.status = status
        self.retryAfter = retryAfter
        self.isWhole = isWhole
        words = GatewayWords(body: body)
    }
}
