import PositionedJSON
import RelanceCore

/// What can still be read of damaged files.
struct LedgerSalvage {
    private(set) var files: [String] = []
    private(set) var instance = ""
    private(set) var lastSegment = 0
    /// Records behind the snapshot whose seal follows from the line before, in order.
    private(set) var proved: [LedgerEntry] = []
    private(set) var linesLost = 0

    private var snapshot: LedgerSnapshot?
    private var snapshotEntries: [LedgerEntry] = []
    /// Records that can be read though nothing proves them: enough to keep silent, not enough to act on.
    private var hearsay: [LedgerEntry] = []
    /// Keys that stand in lines nobody can read any more.
    private var namedKeys: Set<MessageKey> = []

    /// Throws `damaged` when not even the name of the ledger is left.
    init(_ directory: StateDirectory) throws(StoreError) {
        let names = try directory.names()
        let snapshots = names.filter { LedgerFormat.lastSequence(ofSnapshot: $0) != nil }
        let segments = names.filter { LedgerFormat.firstSequence(ofSegment: $0) != nil }
        files = snapshots + segments
        for file in snapshots.reversed() where snapshot == nil {
            snapshotEntries = []
            snapshot = try LedgerSnapshot.read(file, in: directory) { snapshotEntries += $0 }
        }
        instance = snapshot?.instance ?? ""
        for file in segments {
            read(try directory.read(file), file: file)
        }
        guard !instance.isEmpty else {
            throw .damaged(
                LedgerDamage(file: segments.first ?? directory.path, line: 1, offset: 0, kind: .header))
        }
        let begun = snapshot?.lastSequence ?? 0
        proved = proved.filter { $0.stamp.sequence > begun }.sorted { $0.stamp.sequence < $1.stamp.sequence }
    }

    private mutating func read(_ bytes: [UInt8], file: String) {
        var previous: UInt32?
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let line = Array(bytes[start..<end])
            let isFirst = start == 0
            start = end + 1
            let (seal, isProved) = line.withUnsafeBytes { line in
                let seal = LedgerFormat.sealed(line)
                return (
                    seal, seal != nil && previous.map { LedgerFormat.checksum(of: line, after: $0) } == seal
                )
            }
            if isFirst {
                previous = readHeader(line, seal, file: file)
            } else {
                take(line, isProved: isProved)
                previous = seal
            }
        }
    }

    /// The seal the first record follows; nil when the header cannot be trusted.
    private mutating func readHeader(_ line: [UInt8], _ seal: UInt32?, file: String) -> UInt32? {
        guard let header = try? LedgerHeader(of: line + [UInt8(ascii: "\n")], file: file),
            line.withUnsafeBytes({ LedgerFormat.checksum(of: $0, after: header.previousSeal) }) == seal
        else {
            linesLost += 1
            return nil
        }
        instance = header.instance
        lastSegment = max(lastSegment, header.segment)
        return header.previousSeal
    }

    private mutating func take(_ line: [UInt8], isProved: Bool) {
        guard let document = try? JSONDocument.parse(line, limits: LedgerSegment.limits),
            let entry = try? LedgerEntry(RecordReader(node: document.root), line: line)
        else {
            linesLost += 1
            let words = line.split(separator: UInt8(ascii: "\""))
            namedKeys.formUnion(words.compactMap { MessageKey(String(decoding: $0, as: UTF8.self)) })
            return
        }
        if isProved {
            proved.append(entry)
        } else {
            linesLost += 1
            hearsay.append(entry)
        }
    }

    /// The state to go on from, with nothing in it that would be sent by itself.
    func mended(at now: Instant) throws(StoreError) -> LedgerHistory {
        let history = folded()
        let known = history.state
        let all = proved + hearsay
        var silenced: [MessageKey: Instant] = [:]
        for key in namedKeys where known.admits(key) { silenced[key] = now }
        for entry in all {
            guard let key = entry.event.message else { continue }
            let message = known.messages[key]
            let isLost = message == nil && known.admits(key)
            let wasAccepted =
                message?.phase.isTerminal == false && entry.event.isAcceptance
                && !history.trail(of: key).contains(entry)
            guard isLost || wasAccepted else { continue }
            for key in [key] + (message?.plan.covers ?? []) { silenced[key] = now }
        }
        for case .planned(let plan) in hearsay.map(\.event) {
            for key in plan.covers where known.admits(key) { silenced[key] = now }
        }
        var entries = history.liveEntries.filter { entry in
            entry.event.message.map { silenced[$0] == nil } ?? true
        }
        entries += known.findings(ofMessages: { silenced[$0] != nil })
        entries.sort { $0.stamp.sequence < $1.stamp.sequence }
        let stamp = LedgerStamp(sequence: 0, at: now, bootMilliseconds: 0)
        for chunk in LedgerState.chunks(of: silenced) {
            entries.insert(LedgerEntry(stamp: stamp, event: .remembered(chunk)), at: 0)
        }
        var sequence = max(known.lastSequence, all.map(\.stamp.sequence).max() ?? 0, lastNamed)
        for event in hearsay.compactMap({ known.finding(in: $0.event) }) + quieting(known, but: silenced) {
            sequence += 1
            entries.append(
                LedgerEntry(
                    stamp: LedgerStamp(sequence: sequence, at: now, bootMilliseconds: 0), event: event))
        }
        do throws(IllegalTransition) {
            return try LedgerHistory(
                of: .everything, snapshot: entries, lastSequence: sequence, lastInstant: now)
        } catch {
            throw .damaged(
                LedgerDamage(file: files.last ?? "", line: 1, offset: 0, kind: .content("\(error)")))
        }
    }

    /// The last record that the names of the files speak of: a file that comes in their place must not bear one of them.
    private var lastNamed: UInt64 {
        let named = files.compactMap {
            LedgerFormat.firstSequence(ofSegment: $0) ?? LedgerFormat.lastSequence(ofSnapshot: $0)
        }
        return named.filter { $0 <= UInt64(LedgerFormat.numbers.upperBound) }.max() ?? 0
    }

    /// What the proved records amount to; those that cannot follow for want of a lost one are left out.
    private func folded() -> LedgerHistory {
        var history = LedgerHistory(of: .everything)
        if let snapshot,
            let begun = try? LedgerHistory(
                of: .everything, snapshot: snapshotEntries, lastSequence: snapshot.lastSequence,
                lastInstant: snapshot.lastInstant, lastTime: snapshot.lastTime)
        {
            history = begun
        }
        for entry in proved {
            // Its key is silenced when it matters.
            try? history.apply(entry)
        }
        return history
    }

    /// The events after which nothing is sent without a person.
    private func quieting(_ state: LedgerState, but silenced: [MessageKey: Instant]) -> [LedgerEvent] {
        var events: [LedgerEvent] = []
        for key in state.open.sorted() where silenced[key] == nil {
            guard let message = state.messages[key] else { continue }
            switch message.phase {
            case .sending(let attempt, _):
                let lost = DeliveryFailure(
                    kind: .crash, scope: .message, detail: "its end was lost with the ledger")
                events.append(.resulted(key, AttemptResult(number: attempt, outcome: .ambiguous(lost))))
            case .planned, .deferred:
                if message.hold == nil {
                    events.append(.held(key, reason: FenceReason.repaired.rawValue, by: nil))
                }
            default: break
            }
        }
        return events + [.fenced(.repaired)]
    }
}

extension LedgerEvent {
    fileprivate var isAcceptance: Bool {
        switch self {
        case .resulted(_, let result): if case .accepted = result.outcome { true } else { false }
        case .receipted(_, let receipt): receipt.verdict == .delivered
        default: false
        }
    }
}
