// What the ledger means.
//
// The state is the fold of its entries in order and of nothing else: no clock, no file, no order but theirs. So two
// readers of the same entries agree, and a snapshot is nothing but the entries that are still needed to fold the same.
// It holds what planning and sending ask, not what happened on the way there: months of settled messages have to fit
// into a small machine. Who wants their trails reads them from the files (LedgerHistory).
//
//                +-------------- cancelled   (case closed, opt-out, operator; also from unknown)
//                |   +---------- superseded  (a later message says it all)
//                |   |   +------ expired     (its moment has passed)
//                |   |   |
//     plan ──▶ planned / deferred ──attempt n──▶ sending ──handover n──▶ sending, handed over
//                ▲ ▲          ▲                    │                          │
//       release  │ │ hold     │                    ├──accepted──▶ sent        │   result n may follow either
//                ▼ │          ├──deferred, ambiguous with a retry, interrupted┤
//               held          │                    ├──refused───▶ failed      │
//                             │                    └──ambiguous─▶ unknown ◀───┘
//                             └──retry (a person)── failed, unknown,    unknown ──plain result──▶ sent, failed, deferred
//                                                   undelivered
//
//     deferred after an ambiguous end ──cancelled by nobody, expired──▶ unknown
//     sent, unknown, deferred after an ambiguous end ──receipt──▶ undelivered
//     whatever was attempted and is not being sent   ──receipt──▶ delivered
//
// Receipts come in any order, any number of times, and before the answer of the attempt they speak of: then they wait
// for it. Where a message stands follows from its attempts and from what the receipts say together (ReceiptTally).
//
// Promises:
// - A key is admitted once, for as long as it is remembered; the keys a message covers are taken with it and share its
//   fate.
// - Nothing is cancelled, expired, superseded or held while it is being sent; nothing that was sent is opened again.
// - A message that may have left is dropped without a trace by nobody but a person: else it is unknown.
// - An entry that cannot follow is reported and changes nothing; it never traps.
// - A message that was delivered stays delivered.
// - A settled message is forgotten only by an entry that says so, its key later than its details; what it showed of an
//   address outlives it (ClosedAddresses).

/// What all entries of the ledger amount to.
package struct LedgerState: Hashable, Sendable {
    package private(set) var messages = LedgerMessages()
    /// Messages that are not settled.
    package private(set) var open: Set<MessageKey> = []
    /// Covered keys, and the message that carries each.
    package private(set) var carriers: [MessageKey: MessageKey] = [:]
    /// Keys of which nothing else is known any more, and when they were settled.
    package private(set) var remembered: [MessageKey: Instant] = [:]
    /// The newest start of the program.
    package private(set) var lastStart: LedgerEntry?
    /// The newest downtime, seen to or not.
    package private(set) var lastDowntime: LedgerEntry?
    /// The fence that holds all sends, while there is one.
    package private(set) var fence: LedgerEntry?
    /// What each source of cases was known to hold.
    package private(set) var sources = SourceCases()
    /// Records of later versions, in order.
    package private(set) var foreign: [LedgerEntry] = []
    package private(set) var lastSequence: UInt64 = 0
    /// Of the last entry, for the order: ahead of `lastTime` when the clock was set back.
    package private(set) var lastInstant: Instant?
    /// When the last entry was written.
    package private(set) var lastTime: Instant?
    /// What gateways call the messages they took, with the sending each is; the newest is the last.
    private(set) var references: [GatewayReference: [Sending]] = [:]
    private(set) var departures = Departures()
    private var addresses = ClosedAddresses()

    private var keysOfCase: [CaseReference: [MessageKey]] = [:]
    private var trailOfCase: [CaseReference: [LedgerEntry]] = [:]

    package init() {}

    mutating func endSnapshot(lastSequence: UInt64, lastInstant: Instant?, lastTime: Instant?) {
        self.lastSequence = max(self.lastSequence, lastSequence)
        self.lastInstant = lastInstant ?? self.lastInstant
        self.lastTime = lastTime ?? lastInstant ?? self.lastTime
    }

    /// Why sends are held; nil when they are not.
    package var fenceReason: FenceReason? {
        if case .fenced(let reason) = fence?.event { reason } else { nil }
    }

    /// Whether the duty is new: neither planned, nor carried by another message, nor remembered.
    package func admits(_ key: MessageKey) -> Bool {
        messages[key] == nil && carriers[key] == nil && remembered[key] == nil
    }

    /// The message that does this duty: its own, or the one that covers it.
    package func message(for key: MessageKey) -> LedgerMessage? {
        messages[key] ?? carriers[key].flatMap { messages[$0] }
    }

    /// All messages that speak of a case, in the order they were planned.
    package func messages(onCase ref: CaseReference) -> [LedgerMessage] {
        (keysOfCase[ref] ?? []).compactMap { messages[$0] }
    }

    /// What people decided on a case, apart from its file.
    package func acts(onCase ref: CaseReference) -> CaseActs {
        trail(ofCase: ref).reduce(into: CaseActs()) { $0.apply($1) }
    }

    /// What people decided on every case they decided anything on.
    package var acts: [CaseReference: CaseActs] {
        trailOfCase.mapValues { trail in trail.reduce(into: CaseActs()) { $0.apply($1) } }
    }

    /// Every act of a person on a case, in order.
    package func trail(ofCase ref: CaseReference) -> [LedgerEntry] {
        trailOfCase[ref] ?? []
    }

    /// Addresses that nothing may be sent to, each with why.
    package var closedAddresses: [AddressMark: CaseMemory.ClosedAddress] { addresses.closed }

    /// What was said of an address itself, in order; what messages showed of it stands in their own trails.
    package func trail(ofAddress mark: AddressMark) -> [LedgerEntry] {
        addresses.trails[mark] ?? []
    }

    /// What messages that are about to be given up show of the addresses they went to, as entries of their own; for
    /// repair.
    package func findings(ofMessages areLost: (MessageKey) -> Bool) -> [LedgerEntry] {
        addresses.findings(of: areLost)
    }

    /// What an event says against an address, as an event of its own; nil when it says nothing.
    package func finding(in event: LedgerEvent) -> LedgerEvent? {
        switch event {
        case .objected, .addressDied: return event
        default:
            guard let message = event.message.flatMap({ messages[$0] }), let mark = message.plan.addressee
            else { return nil }
            return event.finding(on: mark, route: message.lastAttempt?.route ?? "")
        }
    }

    /// Takes in the next entry, or leaves the state untouched and says why it cannot follow.
    package mutating func apply(_ entry: LedgerEntry) throws(IllegalTransition) {
        if case .remembered(let settled) = entry.event {
            remembered.merge(settled) { _, new in new }
            return
        }
        guard entry.stamp.sequence > lastSequence else {
            throw IllegalTransition(sequence: entry.stamp.sequence)
        }
        switch entry.event {
        case .planned(let plan): try admit(plan, entry)
        case .started: lastStart = entry
        case .downtime: lastDowntime = entry
        case .fenced: fence = entry
        case .fenceLifted: liftFence()
        case .caseHeld(let ref, _, _, _), .caseResumed(let ref, _, _), .acknowledged(let ref, _):
            trailOfCase[ref, default: []].append(entry)
        case .forgotten(let forgetting): forget(forgetting)
        case .objected(let mark, _), .objectionLifted(let mark, _, _), .addressDied(let mark, _),
            .addressRestored(let mark, _, _):
            addresses.apply(entry, to: mark)
        case .sourceRead(let reading): sources.apply(reading, entry.stamp)
        case .foreign: foreign.append(entry)
        case .remembered, .sourcesAccepted: break  // taken in above; told to whoever reads the ledger
        case .attempted(let key, _), .handedOver(let key, _), .resulted(let key, _),
            .cancelled(let key, _, _),
            .expired(let key, _), .superseded(let key, _), .held(let key, _, _), .released(let key, _, _),
            .retried(let key, _, _), .receipted(let key, _):
            try move(key, entry)
        }
        lastSequence = entry.stamp.sequence
        (lastInstant, lastTime) = (entry.stamp.at, entry.stamp.time)
    }

    /// Somebody has looked at what a downtime left as well.
    private mutating func liftFence() {
        fence = nil
        guard case .downtime(var downtime)? = lastDowntime?.event else { return }
        (downtime.mayBeOld, downtime.isConfirmed) = (false, true)
        lastDowntime?.event = .downtime(downtime)
    }

    /// Takes in a message and its sums from another state, or that its key is taken, for a look ahead.
    mutating func adopt(_ key: MessageKey, from other: LedgerState) {
        guard messages[key] == nil, remembered[key] == nil else { return }
        if let message = other.messages[key] {
            enter(message)
        } else if let settledAt = other.remembered[key] {
            remembered[key] = settledAt
        } else if other.carriers[key] != nil {
            remembered[key] = .distantFuture
        }
    }

    private mutating func enter(_ message: LedgerMessage) {
        messages[message.key] = message
        if !message.phase.isTerminal { open.insert(message.key) }
        for key in message.plan.covers {
            carriers[key] = message.key
        }
        for ref in message.plan.cases {
            keysOfCase[ref, default: []].append(message.key)
        }
    }

    private mutating func admit(_ plan: PlanRecord, _ entry: LedgerEntry) throws(IllegalTransition) {
        guard admits(plan.key) else {
            throw IllegalTransition(sequence: entry.stamp.sequence, key: plan.key, isTaken: true)
        }
        var plan = plan
        // A duty that has a message already keeps it: the first to take a key has it.
        plan.covers = plan.covers.filter { $0 != plan.key && admits($0) }
        enter(LedgerMessage(plan: plan, planned: entry.stamp))
    }

    private mutating func move(_ key: MessageKey, _ entry: LedgerEntry) throws(IllegalTransition) {
        guard var message = messages[key] else {
            throw IllegalTransition(sequence: entry.stamp.sequence, key: key)
        }
        try message.apply(entry)
        messages[key] = message
        if message.phase.isTerminal {
            open.remove(key)
        } else {
            open.insert(key)
        }
        follow(entry, of: key)
    }

    /// Keeps what is asked across messages: references, departures, addresses.
    private mutating func follow(_ entry: LedgerEntry, of key: MessageKey) {
        switch entry.event {
        case .attempted(_, let attempt):
            guard let plan = messages[key]?.plan else { return }
            departures.begin(attempt, of: plan, at: entry.stamp.time)
        case .resulted(_, let result):
            guard let message = messages[key] else { return }
            departures.end(result, of: message.plan)
            if let reference = message.reference(givenBy: result) {
                references[reference, default: []].append(Sending(key: key, number: message.resends))
            }
            addresses.apply(entry, to: message)
        case .receipted:
            if let message = messages[key] { addresses.apply(entry, to: message) }
        default: break
        }
    }
}

// MARK: - Forgetting

extension LedgerMessage {
    /// From when on its key counts as settled: not from before its duty was due, however far back the clock stood.
    fileprivate var spentAt: Instant { max(changedAt, plan.dueAt) }
}

extension LedgerState {
    mutating func forget(_ forgetting: Forgetting) {
        switch forgetting {
        case .settled(let details, let keys): forgetSettled(details: details, keys: keys)
        case .ofCase(let ref): forget(ref)
        }
    }

    private mutating func forgetSettled(details: Instant, keys: Instant) {
        for (key, settledAt) in remembered where settledAt < keys {
            remembered[key] = nil
        }
        forgetDetails(of: messages.values.filter { $0.phase.isTerminal && $0.changedAt < details }) {
            message in
            message.spentAt >= keys
        }
        addresses.forgetDeaths(before: keys)
    }

    private mutating func forget(_ ref: CaseReference) {
        trailOfCase[ref] = nil
        sources.forget(ref)
        forgetDetails(of: messages(onCase: ref).filter(\.phase.isTerminal)) { _ in true }
    }

    private mutating func forgetDetails(
        of settled: [LedgerMessage], rememberingKeyWhere isKeyKept: (LedgerMessage) -> Bool
    ) {
        guard !settled.isEmpty else { return }
        for message in settled {
            forgetDetails(of: message, rememberingKey: isKeyKept(message))
        }
        for ref in Set(settled.flatMap(\.plan.cases)) {
            dropForgottenKeys(of: ref)
        }
        dropReferences(to: Set(settled.map(\.key)))
        departures.forget(settled.map(\.plan))
    }

    private mutating func forgetDetails(of message: LedgerMessage, rememberingKey: Bool) {
        messages[message.key] = nil
        addresses.outlive(message)
        for key in message.plan.covers {
            carriers[key] = nil
        }
        guard rememberingKey else { return }
        for key in [message.key] + message.plan.covers {
            remembered[key] = message.spentAt
        }
    }

    private mutating func dropReferences(to keys: Set<MessageKey>) {
        for (reference, sendings) in references where sendings.contains(where: { keys.contains($0.key) }) {
            let left = sendings.filter { !keys.contains($0.key) }
            references[reference] = left.isEmpty ? nil : left
        }
    }

    private mutating func dropForgottenKeys(of ref: CaseReference) {
        let left = (keysOfCase[ref] ?? []).filter { messages[$0] != nil }
        keysOfCase[ref] = left.isEmpty ? nil : left
    }
}

// MARK: - The entries still needed

extension LedgerState {
    /// The fewest entries that fold to all of this but the messages, in order; for a snapshot.
    package var entriesBesideMessages: [LedgerEntry] {
        var entries = foreign
        if let lastStart { entries.append(lastStart) }
        if let lastDowntime { entries.append(lastDowntime) }
        if let fence { entries.append(fence) }
        entries.append(contentsOf: sources.entries)
        for trail in trailOfCase.values {
            entries.append(contentsOf: trail)
        }
        for trail in addresses.trails.values {
            entries.append(contentsOf: trail)
        }
        entries.sort { $0.stamp.sequence < $1.stamp.sequence }
        return rememberedEntries + entries
    }

    /// What stands of an entry about a message in a snapshot; nil when it is needed no more or the message is forgotten.
    package func remnant(of entry: LedgerEntry) -> LedgerEntry? {
        guard let key = entry.event.message, let message = messages[key] else { return nil }
        if entry.stamp.sequence == message.planned.sequence {
            return LedgerEntry(stamp: message.planned, event: .planned(message.plan))
        }
        return entry.stamp.sequence > message.planned.sequence ? entry : nil
    }

    /// The keys known by themselves, some hundred an entry so that none grows too long; they stand outside the order.
    private var rememberedEntries: [LedgerEntry] {
        let stamp = LedgerStamp(sequence: 0, at: .init(milliseconds: 0), bootMilliseconds: 0)
        return LedgerState.chunks(of: remembered).map { LedgerEntry(stamp: stamp, event: .remembered($0)) }
    }

    /// Keys in portions that fit into one entry each.
    package static func chunks(of keys: [MessageKey: Instant]) -> [[MessageKey: Instant]] {
        let all = keys.sorted { $0.key < $1.key }
        return stride(from: 0, to: all.count, by: 500).map { start in
            Dictionary(uniqueKeysWithValues: all[start..<min(start + 500, all.count)].map { ($0, $1) })
        }
    }
}

// MARK: - Acts of people

extension CaseActs {
    fileprivate mutating func apply(_ entry: LedgerEntry) {
        switch entry.event {
        case .caseHeld(_, let until, _, _): (heldUntil, isHeld) = (until, until == nil)
        case .caseResumed: (heldUntil, isHeld) = (nil, false)
        case .acknowledged: acknowledgedAt = entry.stamp.time
        default: break
        }
    }
}
