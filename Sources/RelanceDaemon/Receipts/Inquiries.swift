import DequeModule
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
/// no more; a few at a time of each route, so that a silent gateway holds up its own messages alone; nothing is asked
/// about a route whose gateway does not answer questions. A gateway is asked by the name it gave the attempt made last or
/// by our reference, never by the name of an earlier one. An ambiguous end becomes plain when the gateway has the
/// message, or plainly has not had it five minutes after: then it may be sent. While the clock is in doubt nothing is
/// asked, and silence or absence is no answer: it is asked again (reliability 2.7).
actor Inquiries {
    static let schedule: [Elapsed] = [
        .minutes(1), .minutes(5), .minutes(30), .hours(2), .hours(12), .hours(24),
    ]
    /// A gateway may take its time to know what it has just taken.
    static let earliestAbsence = Elapsed.minutes(5)
    /// Of each route.
    static let atOnce = 4

    private let ledger: any LedgerStore
    private let desk: ReceiptsDesk
    private let clock: any HouseClock
    private let watch: ClockWatch?
    private let log: Logger
    /// When it began, or the clock was set back last: attempts that seem to be still to come count from then.
    private var since = Instant.distantPast
    /// Messages without a final word, by when each is asked for next.
    private var next = WakeHeap<MessageKey>()
    /// Messages whose moment has come: they wait for their turn or for the answer.
    private(set) var current: Set<MessageKey> = []
    private var lines: [String: Line] = [:]
    private let bell = Bell()

    /// The questions about one route.
    private struct Line {
        var waiting: Deque<MessageKey> = []
        var underWay = 0
    }

    /// A question as it is put: the ledger may move on while the gateway thinks.
    private struct Question: Sendable {
        var message: LedgerMessage
        var attempt: LedgerMessage.LastAttempt
    }

    init(
        ledger: any LedgerStore, desk: ReceiptsDesk, clock: any HouseClock, watch: ClockWatch? = nil,
        log: Logger
    ) {
        self.ledger = ledger
        self.desk = desk
        self.clock = clock
        self.watch = watch
        self.log = log
    }

    /// When something is to be asked; nil while there is nothing.
    var nextQuestion: Instant? { next.next }

    /// Follows a message that has just left, or may have.
    func follow(_ key: MessageKey) async {
        next.set(key, to: clock.now() + Inquiries.schedule[0])
        await bell.ring()
    }

    /// Asks until cancelled; begins with what the last run left without a final word.
    func run(asking gateway: @escaping @Sendable (_ route: String) async -> (any AskableGateway)?) async {
        takeUp(at: clock.now())
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let now = clock.now()
                guard watch?.doubt() == nil else {
                    await clock.sleep(until: now + .seconds(30), or: bell)
                    continue
                }
                for key in next.take(until: now) { lineUp(key, at: now) }
                for route in Array(lines.keys) {
                    while let question = begin(on: route) {
                        group.addTask {
                            await self.ask(question, gateway)
                            await self.end(question)
                        }
                    }
                }
                await clock.sleep(until: next.next ?? now + .hours(1), or: bell)
            }
        }
    }

    /// The clock was set back: what it was to ask at an instant that only the wrong one made is asked in its time.
    func setBack(to now: Instant) async {
        takeUp(at: now)
        await bell.ring()
    }

    /// Has everything without a final word asked for at the moments that are left to it.
    private func takeUp(at now: Instant) {
        since = now
        for message in ledger.withState({ $0.messages.values.filter(\.wantsFinalWord) }) {
            guard let attempt = message.lastAttempt, let last = Inquiries.schedule.last else { continue }
            let begun = begin(of: attempt, at: now)
            if now < begun + last { next.set(message.key, to: max(now, begun + Inquiries.schedule[0])) }
        }
    }

    /// From when on the moments of an attempt count.
    private func begin(of attempt: LedgerMessage.LastAttempt, at now: Instant) -> Instant {
        attempt.at <= now + ClockWatch.step ? attempt.at : since
    }

    // MARK: - Turns

    /// What is to be asked of a message at present; nil when nothing is any more.
    private func question(on key: MessageKey) -> Question? {
        guard let message = ledger.withState({ $0.messages[key] }), message.wantsFinalWord,
            let attempt = message.lastAttempt
        else { return nil }
        return Question(message: message, attempt: attempt)
    }

    private func lineUp(_ key: MessageKey, at now: Instant) {
        guard let question = question(on: key) else { return }
        let begun = begin(of: question.attempt, at: now)
        next.set(key, to: Inquiries.schedule.lazy.map { begun + $0 }.first { $0 > now })
        guard current.insert(key).inserted else { return }
        lines[question.attempt.route, default: Line()].waiting.append(key)
    }

    /// The next question about a route that may be put now.
    private func begin(on route: String) -> Question? {
        while let line = lines[route], line.underWay < Inquiries.atOnce, let key = line.waiting.first {
            lines[route]?.waiting.removeFirst()
            // Sent anew since, perhaps another way: then it is asked for at its own moments.
            guard let question = question(on: key), question.attempt.route == route else {
                current.remove(key)
                continue
            }
            lines[route]?.underWay += 1
            return question
        }
        return nil
    }

    private func end(_ question: Question) async {
        let (key, route) = (question.message.key, question.attempt.route)
        if self.question(on: key) == nil { next.set(key, to: nil) }
        current.remove(key)
        lines[route]?.underWay -= 1
        guard let line = lines[route] else { return }
        if !line.waiting.isEmpty { return await bell.ring() }
        if line.underWay == 0 { lines[route] = nil }
    }

    // MARK: - Questions

    private func ask(
        _ question: Question, _ gateway: @Sendable (_ route: String) async -> (any AskableGateway)?
    ) async {
        let (known, route) = (question.message, question.attempt.route)
        guard let gateway = await gateway(route) else {
            next.set(known.key, to: nil)
            return
        }
        let now = clock.now()
        let begun = begin(of: question.attempt, at: now)
        do {
            if known.phase == .unknown, let finding = await gateway.lookUp(reference: known.reference) {
                if finding == .absent {
                    guard await isBelieved(known.key), now >= begun + Inquiries.earliestAbsence else {
                        return
                    }
                }
                try await desk.take(finding, of: known)
            } else {
                let said = await gateway.poll(id: question.attempt.reference, reference: known.reference)
                if said?.isFinal != true {
                    guard await isBelieved(known.key) else { return }
                }
                let isLast = Inquiries.schedule.last.map { now >= begun + $0 } ?? true
                let givenUp = Receipt(
                    verdict: .unknown, detail: "no report within a day", route: route)
                if let receipt = said?.isFinal == true ? said : isLast ? givenUp : nil {
                    try await desk.take(.receipt(.ours(known.reference), receipt), from: route)
                }
            }
        } catch {
            log.warning("what a gateway said is not written down", metadata: ["reason": "\(error)"])
        }
    }

    /// Whether an answer may be judged by the time; else the message is asked for again as soon as it may.
    private func isBelieved(_ key: MessageKey) async -> Bool {
        guard watch?.doubt() != nil else { return true }
        next.set(key, to: clock.now())
        await bell.ring()
        return false
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
}
