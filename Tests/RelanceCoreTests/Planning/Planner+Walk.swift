import RelanceCore
import RelanceTestSupport

/// A message at the instant it first appeared in a plan, in a line: `2020-11-02 10:10 deadline_reminder claire.duval`.
struct Sent: Hashable, CustomStringConvertible {
    let at: Instant
    let message: PlannedMessage

    var description: String {
        ([at.inParis, message.kind.rawValue] + [message.variant].compactMap { $0 } + [message.recipient.id])
            .joined(separator: " ")
    }
}

extension Instant {
    /// As the clocks of Paris show it; what is not on a whole minute keeps its seconds.
    var inParis: String {
        let (day, time, second) = Zone.paris.local(self)
        let rest = second == 0 && milliseconds % 1000 == 0 ? "" : ":\(second)"
        return "\(day) \(time)\(rest)"
    }
}

extension Planner {
    /// What one case sends from one instant to another, walking from wake to wake as the loop does.
    ///
    /// `acts` and the case stay as they are; its facts come into sight by themselves. What leaves is remembered as the
    /// ledger would, having come to the end that `ends` gives it.
    func walk(
        _ item: OpenCase, from start: String, to end: String, acts: CaseActs = CaseActs(),
        ends: (PlannedMessage) -> CaseMemory.Told.End = { _ in .sent }
    ) -> [Sent] {
        var sent: [Sent] = []
        var keys: Set<MessageKey> = []
        var memory = CaseMemory(acts: acts)
        var now = at(start)
        while now <= at(end) {
            let plan = plan(item, at: now, memory: memory)
            let fresh = plan.messages.filter { keys.insert($0.key).inserted }
            for message in fresh {
                sent.append(Sent(at: now, message: message))
                if message.recipient.audience == .business {
                    memory.tell(message, ends(message), at: now)
                }
            }
            if !fresh.isEmpty { continue }  // what left may change what is owed
            guard let next = plan.nextWake else { break }
            now = max(next, now + .milliseconds(1))
        }
        return sent
    }

    /// The same as lines, without the notice of the new case and the acknowledgement.
    func sends(_ item: OpenCase, from start: String, to end: String, acts: CaseActs = CaseActs()) -> [String]
    {
        walk(item, from: start, to: end, acts: acts)
            .filter { $0.message.kind != .newCase && $0.message.kind != .caseOpened }
            .map(\.description)
    }

    /// When a case's deadlines of one kind fall due, as seen at an instant.
    func due(_ kind: String, _ item: OpenCase, at now: String) -> [String] {
        plan(item, at: at(now), detail: .everything).deadlines
            .filter { $0.kind.rawValue == kind && $0.satisfiedAt == nil }
            .map(\.due.inParis)
    }

    /// Why messages of a kind do not leave, as seen at an instant.
    func withheld(_ kind: MessageKind, _ item: OpenCase, at now: String, acts: CaseActs = CaseActs())
        -> [WithheldReason]
    {
        withheld(kind, item, at: now, memory: CaseMemory(acts: acts))
    }

    func withheld(_ kind: MessageKind, _ item: OpenCase, at now: String, memory: CaseMemory)
        -> [WithheldReason]
    {
        plan(item, at: at(now), memory: memory, detail: .everything).withheld
            .filter { $0.kind == kind }.map(\.reason)
    }
}

extension CaseMemory {
    /// Remembers a message that left.
    mutating func tell(_ message: PlannedMessage, _ end: Told.End = .sent, at now: Instant) {
        told[message.key] = Told(
            kind: message.kind, channel: message.channel, end: end, leftAt: now, endedAt: now)
    }
}
