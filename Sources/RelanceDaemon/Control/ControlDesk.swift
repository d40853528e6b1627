import RelanceCore
import RelanceStore

/// Has what operators order written down and take effect at once; the same for a running daemon and for a command that
/// holds the lock itself (design 5).
///
/// Contract:
/// - An order is one act of the ledger with its author and reason, durable before anything follows from it; one that is
///   refused has changed nothing.
/// - Orders are carried out one after the other; what happens to a message meanwhile is the ledger's to judge, so that
///   nothing is cancelled, held or sent anew while it is being sent.
/// - Sentences name keys and references, never an address.
package struct ControlDesk: ConsoleDesk {
    /// What follows from an act where a daemon is at work; a command that holds the lock has nothing to tell.
    package struct Effects: Sendable {
        /// A message is to be looked at again: sent, let be or kept back as the ledger now says.
        var messageChanged: @Sendable (PlanRecord) async throws -> Void = { _ in }
        var caseChanged: @Sendable (CaseReference) async -> Void = { _ in }
        /// Every case that has the address is concerned.
        var addressChanged: @Sendable (AddressMark) async -> Void = { _ in }
        var fenceLifted: @Sendable () async -> Void = {}
        /// The cases that are missing from their sources; nil where nobody reads them.
        var missingCases: @Sendable () async -> Set<CaseReference>? = { nil }
        var sourcesAccepted: @Sendable () async -> Void = {}
        /// An act could not be written down.
        var notWritten: @Sendable () async -> Void = {}
        var status: @Sendable () async -> HouseStatus? = { nil }

        package init() {}
    }

    private let ledger: any LedgerStore
    private let effects: Effects
    private let now: @Sendable () -> Instant
    /// The case as it is recorded at present.
    private let openCase: @Sendable (CaseReference) async -> OpenCase?
    private let receipts: @Sendable (GatewayCallback) async -> CallbackAnswer
    private let refusals: @Sendable (_ route: String, _ status: Int) async -> Void

    package init(
        ledger: any LedgerStore, effects: Effects = Effects(), now: @escaping @Sendable () -> Instant,
        openCase: @escaping @Sendable (CaseReference) async -> OpenCase?,
        receipts: @escaping @Sendable (GatewayCallback) async -> CallbackAnswer = { _ in
            CallbackAnswer(status: 404)
        },
        refusals: @escaping @Sendable (_ route: String, _ status: Int) async -> Void = { _, _ in }
    ) {
        self.ledger = ledger
        self.effects = effects
        self.now = now
        self.openCase = openCase
        self.receipts = receipts
        self.refusals = refusals
    }

    package func receive(_ callback: GatewayCallback) async -> CallbackAnswer {
        await receipts(callback)
    }

    package func refused(route: String, status: Int) async {
        await refusals(route, status)
    }

    package func status() async -> HouseStatus? { await effects.status() }

    package func act(_ order: OperatorOrder) async throws(OperatorProblem) -> String {
        let (by, reason) = (order.by, order.reason)
        switch order.act {
        case .retry(let key, let mayArriveTwice):
            return try await retry(key, mayArriveTwice: mayArriveTwice, by: by, reason: reason)
        case .cancel(let key):
            let message = try message(key)
            try await write([.cancelled(message.key, reason: reason, by: by)], about: message)
            return message.phase == .unknown
                ? "\(message.key) is done with: nobody knows whether it arrived, and it is not sent again"
                : "\(message.key) is cancelled"
        case .hold(let key):
            let message = try message(key)
            try await write([.held(message.key, reason: reason, by: by)], about: message)
            return "\(message.key) is held until somebody releases it"
        case .release(let key):
            let message = try message(key)
            guard message.hold != nil else { throw .refused("\(message.key) is not held") }
            try await write([.released(message.key, reason: reason, by: by)], about: message)
            return "\(message.key) is released"
        case .holdCase(let ref, let until):
            try await known(ref)
            try await write([.caseHeld(ref, until: until, by: by, reason: reason)], about: ref)
            return "nothing automatic leaves on \(ref) "
                + (until.map { "before \($0)" } ?? "until somebody resumes it")
        case .resumeCase(let ref):
            try await known(ref)
            let acts = ledger.withState { $0.acts(onCase: ref) }
            guard acts.isHeld || acts.heldUntil != nil else { throw .refused("\(ref) is not held") }
            try await write([.caseResumed(ref, by: by, reason: reason)], about: ref)
            return "\(ref) is followed again"
        case .acknowledge(let ref):
            try await known(ref)
            try await write([.acknowledged(ref, by: by)], about: ref)
            return "\(ref) is acknowledged"
        case .liftFence:
            return try await liftFence(by: by, reason: reason)
        case .acceptSources:
            return try await acceptSources(by: by, reason: reason)
        case .object(let ref, let channel):
            let marks = try await marks(of: ref, channel)
            let objection = Objection(source: .person, by: by, proof: reason)
            try await write(marks.map { .objected($0, objection) }, about: marks)
            return "\(ref) gets no more messages at \(addresses(marks.count))"
        case .liftObjection(let ref, let channel):
            let marks = try await marks(of: ref, channel)
            try await write(
                marks.map { .objectionLifted($0, by: by, reason: reason) }, about: marks)
            return "\(ref) may get messages again at \(addresses(marks.count))"
        case .restoreAddresses(let ref, let channel):
            let marks = try await marks(of: ref, channel)
            try await write(marks.map { .addressRestored($0, by: by, reason: reason) }, about: marks)
            return "\(ref) is tried again at \(addresses(marks.count))"
        }
    }

    // MARK: - Messages

    private func retry(
        _ key: MessageKey, mayArriveTwice: Bool, by: String, reason: String
    ) async throws(OperatorProblem) -> String {
        let message = try message(key)
        let isDoubtful = message.phase == .unknown
        if isDoubtful, message.plan.channel == .sms, !mayArriveTwice {
            throw .refused(
                "\(message.key) may have arrived, and a text message would arrive twice: say --may-arrive-twice "
                    + "when that is wanted, or cancel it when it need not arrive")
        }
        guard now() < message.plan.usefulUntil else {
            throw .refused("\(message.key) is of no more use: its moment has passed")
        }
        if message.hold != nil { throw .refused("\(message.key) is held: release it") }
        try await write([.retried(message.key, by: by, reason: reason)], about: message)
        return "\(message.key) is sent anew" + (isDoubtful ? "; it may arrive twice" : "")
    }

    /// The message that does a duty: its own, or the one that carries it.
    private func message(_ key: MessageKey) throws(OperatorProblem) -> LedgerMessage {
        guard let message = ledger.withState({ $0.message(for: key) }) else {
            throw .unknown("no message \(key)")
        }
        return message
    }

    private func write(_ events: [LedgerEvent], about message: LedgerMessage) async throws(OperatorProblem) {
        try await append(events)
        do {
            try await effects.messageChanged(message.plan)
        } catch {
            throw .unavailable("it is written down, but the outbox could not follow: \(error)")
        }
    }

    // MARK: - Cases

    private func known(_ ref: CaseReference) async throws(OperatorProblem) {
        if await openCase(ref) != nil { return }
        let isInLedger = ledger.withState { state in
            !state.messages(onCase: ref).isEmpty || !state.trail(ofCase: ref).isEmpty
        }
        guard isInLedger else { throw .unknown("no case \(ref)") }
    }

    /// The marks of the addresses a case has at present, each once.
    private func marks(
        of ref: CaseReference, _ channel: Channel?
    ) async throws(OperatorProblem) -> [AddressMark] {
        guard let contact = await openCase(ref)?.contact else { throw .unknown("no case \(ref)") }
        let instance = ledger.instance
        var marks: Set<AddressMark> = []
        if channel != .sms, let email = contact.email { marks.insert(AddressMark(email, instance: instance)) }
        if channel != .email {
            for number in [contact.mobile, contact.landline].compactMap({ $0 }) {
                marks.insert(AddressMark(number, instance: instance))
            }
        }
        guard !marks.isEmpty else { throw .refused("\(ref) has no such address") }
        return marks.sorted()
    }

    private func write(
        _ events: [LedgerEvent], about marks: [AddressMark]
    ) async throws(OperatorProblem) {
        try await append(events)
        for mark in marks { await effects.addressChanged(mark) }
    }

    private func addresses(_ count: Int) -> String { count == 1 ? "1 address" : "\(count) addresses" }

    private func write(_ events: [LedgerEvent], about ref: CaseReference) async throws(OperatorProblem) {
        try await append(events)
        await effects.caseChanged(ref)
    }

    // MARK: - Sources

    private func acceptSources(by: String, reason: String) async throws(OperatorProblem) -> String {
        guard let missing = await effects.missingCases() else {
            throw .refused("no daemon is at work: say so once it has started and read the sources")
        }
        guard !missing.isEmpty else { throw .refused("no case is missing from its source") }
        let left = ledger.withState { state in
            state.sources.events(becoming: state.sources.all.mapValues { $0.subtracting(missing) })
        }
        try await append([.sourcesAccepted(cases: missing.count, by: by, reason: reason)] + left)
        await effects.sourcesAccepted()
        return missing.count == 1 ? "1 missing case is let go" : "\(missing.count) missing cases are let go"
    }

    // MARK: - The ledger

    private func liftFence(by: String, reason: String) async throws(OperatorProblem) -> String {
        guard ledger.withState({ $0.fence != nil }) else { return "there is no fence to lift" }
        try await append([.fenceLifted(by: by, reason: reason)])
        await effects.fenceLifted()
        return "the fence is lifted: messages leave again"
    }

    private func append(_ events: [LedgerEvent]) async throws(OperatorProblem) {
        do {
            try await ledger.append(events)
        } catch let transition as IllegalTransition {
            throw .refused(transition.refusal)
        } catch {
            await effects.notWritten()
            throw .unavailable("\(error)")
        }
    }
}

extension IllegalTransition {
    /// Why an order makes no sense where the message stands.
    fileprivate var refusal: String {
        guard let key, let phase else { return description }
        if isHeld { return "\(key) is held already" }
        return switch phase {
        case .sending: "\(key) is being sent at this moment: ask again when it has ended"
        default: "\(key) is \(phase.word)"
        }
    }
}
