/// Which addresses nothing may be sent to any more, and what shows it: a part of `LedgerState`.
///
/// An address is closed by a person's act, or by the refusal or receipt of a message that went to it. The latter stands
/// in the message's trail; when the message is forgotten, it stays as an entry of its own, with the same stamp. So an
/// objection is known for as long as the ledger, and a death until it is put right or older than any key.
struct ClosedAddresses: Hashable, Sendable {
    private struct Cause: Hashable {
        /// As an entry of its own.
        var entry: LedgerEntry
        /// The message in whose trail it stands; nil when it stands for itself.
        var carrier: MessageKey?

        var isObjection: Bool {
            if case .objected = entry.event { true } else { false }
        }
    }

    private(set) var closed: [AddressMark: CaseMemory.ClosedAddress] = [:]
    /// What stands for itself, in order.
    private(set) var trails: [AddressMark: [LedgerEntry]] = [:]
    /// What closes an address at present, in order.
    private var causes: [AddressMark: [Cause]] = [:]

    /// Takes in what was said of an address itself.
    mutating func apply(_ entry: LedgerEntry, to mark: AddressMark) {
        trails[mark, default: []].append(entry)
        switch entry.event {
        case .objected, .addressDied: causes[mark, default: []].append(Cause(entry: entry))
        case .objectionLifted: causes[mark]?.removeAll(where: \.isObjection)
        case .addressRestored: causes[mark]?.removeAll { !$0.isObjection }
        default: break
        }
        judge(mark)
    }

    /// Takes in what happened to a message, as far as it says something of the address it went to.
    mutating func apply(_ entry: LedgerEntry, to message: LedgerMessage) {
        guard let mark = message.plan.addressee else { return }
        if message.phase == .delivered {
            withdraw(message.key, from: mark)
        } else if let finding = entry.event.finding(on: mark, route: message.lastAttempt?.route ?? "") {
            let entry = LedgerEntry(stamp: entry.stamp, event: finding)
            causes[mark, default: []].append(Cause(entry: entry, carrier: message.key))
            judge(mark)
        }
    }

    /// The message arrived after all: what it seemed to show is not so.
    private mutating func withdraw(_ key: MessageKey, from mark: AddressMark) {
        guard causes[mark] != nil else { return }
        causes[mark]?.removeAll { $0.carrier == key }
        judge(mark)
    }

    /// Keeps what a message shows of its address when the message itself is forgotten.
    mutating func outlive(_ message: LedgerMessage) {
        guard let mark = message.plan.addressee, let before = causes[mark] else { return }
        causes[mark] = before.indices.compactMap { index in
            var cause = before[index]
            guard cause.carrier == message.key else { return cause }
            // One of a kind is enough.
            guard !before[(index + 1)...].contains(where: { $0.isObjection == cause.isObjection }) else {
                return nil
            }
            cause.carrier = nil
            trails[mark, default: []].append(cause.entry)
            return cause
        }
        trails[mark]?.sort { $0.stamp.sequence < $1.stamp.sequence }
        judge(mark)
    }

    /// What messages show of their addresses, for those messages that are lost.
    func findings(of isLost: (MessageKey) -> Bool) -> [LedgerEntry] {
        causes.values.joined().filter { $0.carrier.map(isLost) == true }.map(\.entry)
    }

    /// Forgets deaths that were told before an instant and stand for themselves.
    mutating func forgetDeaths(before instant: Instant) {
        for (mark, trail) in trails where trail.contains(where: { $0.isDeath(before: instant) }) {
            let left = trail.filter { !$0.isDeath(before: instant) }
            trails[mark] = left.isEmpty ? nil : left
            causes[mark]?.removeAll { $0.carrier == nil && $0.entry.isDeath(before: instant) }
            judge(mark)
        }
    }

    private mutating func judge(_ mark: AddressMark) {
        let current = causes[mark] ?? []
        if current.isEmpty { causes[mark] = nil }
        if current.contains(where: \.isObjection) {
            closed[mark] = .objection
        } else if let last = current.last, case .addressDied(_, let detail) = last.entry.event {
            closed[mark] = .dead(since: last.entry.stamp.time, detail: detail)
        } else {
            closed[mark] = nil
        }
    }
}

extension LedgerEntry {
    fileprivate func isDeath(before instant: Instant) -> Bool {
        if case .addressDied = event { stamp.time < instant } else { false }
    }
}

extension LedgerEvent {
    /// What the refusal or receipt of a message says of the address it went to, as an event of its own.
    func finding(on mark: AddressMark, route: String) -> LedgerEvent? {
        switch self {
        case .resulted(_, let result):
            guard case .refused(let failure) = result.outcome, failure.scope == .message else { return nil }
            return .finding(failure.kind, on: mark, route: route, detail: failure.detail)
        case .receipted(_, let receipt):
            guard receipt.verdict == .undelivered, let kind = receipt.failure else { return nil }
            return .finding(kind, on: mark, route: receipt.route, detail: receipt.detail)
        default: return nil
        }
    }

    private static func finding(
        _ kind: DeliveryFailure.Kind, on mark: AddressMark, route: String, detail: String
    ) -> LedgerEvent? {
        switch kind {
        case .badAddress: .addressDied(mark, detail: detail)
        case .blacklisted: .objected(mark, Objection(source: .gateway, by: route, proof: detail))
        default: nil
        }
    }
}
