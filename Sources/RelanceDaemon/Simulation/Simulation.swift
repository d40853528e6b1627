import RelanceCore
import RelanceIntake
import Synchronization

/// The real loop on a clock that jumps from wake to wake; nothing leaves, everything is told.
///
/// Contract: each fact of a case comes into sight at its own instant; a message counts as delivered at the instant it
/// was due; lines come in order of time, then of kind and case; the same input gives the same lines.
package struct Simulation: Sendable {
    /// One thing that happened or is due, as `simulate` prints it.
    package enum Line: Hashable, Sendable {
        case deadline(Deadline)
        case satisfied(Deadline, at: Instant)
        case message(PlannedMessage, at: Instant)
        /// A call somebody has to make because no channel works: a line of her digest.
        case callTask(CallTask, Recipient)
        case withheld(WithheldMessage)

        package var at: Instant {
            switch self {
            case .deadline(let deadline): deadline.due
            case .satisfied(_, let at), .message(_, let at): at
            case .callTask(let task, _): task.since
            case .withheld(let message): message.at
            }
        }
    }

    private let planner: Planner
    private let cases: [OpenCase]
    private let held: Set<CaseReference>

    package init(planner: Planner, cases: [OpenCase], held: Set<CaseReference> = []) {
        self.planner = planner
        self.cases = cases
        self.held = held
    }

    /// Everything from one instant to another, both included.
    package func run(from start: Instant, to end: Instant) async throws -> [Line] {
        let clock = SteppedClock(start)
        let ledger = MemoryLedger(instance: planner.instance, now: { clock.now() })
        var followUps = FollowUps(planner: planner, now: start)
        followUps.update(cases.map { CaseRecord($0, at: .nowhere) }, now: start)
        followUps.hold(held, now: start)
        let loop = FollowUpLoop(
            followUps: followUps, ledger: ledger, smsBudget: SMSBudgetRule(soft: nil, hard: nil)
        ) { messages, _ in
            for message in messages { await Simulation.deliver(message, ledger) }
        }
        let items = Dictionary(cases.map { ($0.ref, $0) }, uniquingKeysWith: { $1 })
        var transcript = Transcript(start: start, end: end)
        var now = start
        while now <= end {
            clock.set(now)
            while true {
                let ticked = try await loop.tick(at: now, detail: .everything)
                transcript.add(ticked, at: now, ledger)
                for task in ticked.plans.flatMap(\.plan.callTasks) {
                    guard let caller = items[task.ref].flatMap({ caller(for: $0, at: now) }) else { continue }
                    transcript.add(task, caller)
                }
                // What has left may be followed by more, such as the text that says to look at the mail.
                let told = ticked.admitted.filter { $0.recipient.audience == .business }.flatMap(\.cases)
                guard !told.isEmpty else { break }
                await loop.change { [now] in $0.remember(told, now: now) }
            }
            guard let next = await loop.nextWake else { break }
            now = max(next, now + .milliseconds(1))
        }
        return transcript.sorted
    }

    /// Who reads of a call to make on a case.
    private func caller(for item: OpenCase, at now: Instant) -> Recipient? {
        let day = planner.policies.policy(ofSite: item.site).zone.day(at: now)
        return DigestPlanner(planner).reader(of: item, on: day).map {
            Recipient($0, as: $0.role == .lead ? .lead : .advisor)
        }
    }

    /// Writes the message down as delivered, so that digests and reports count it.
    private static func deliver(_ message: PlannedMessage, _ ledger: MemoryLedger) async {
        let attempt = Attempt(number: 1, route: "simulation", messageID: "", sha256: "")
        // In memory and in order: there is nothing that could fail.
        _ = try? await ledger.append([
            .attempted(message.key, attempt), .handedOver(message.key, attempt: 1),
            .resulted(message.key, AttemptResult(number: 1, outcome: .accepted(reply: ""))),
        ])
    }
}

/// What a simulation has told so far, each thing once.
private struct Transcript {
    let start: Instant
    let end: Instant
    private var lines: Set<Simulation.Line> = []
    private var told: Set<WithheldKey> = []
    private var toldCalls: Set<CallName> = []

    init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    private struct CallName: Hashable {
        var ref: CaseReference
        var kind: MessageKind
        var variant: String?
        var since: Instant
    }

    private struct WithheldKey: Hashable {
        var key: MessageKey
        var reason: WithheldReason
    }

    mutating func add(_ ticked: FollowUpLoop.Ticked, at now: Instant, _ ledger: MemoryLedger) {
        for message in ticked.admitted { lines.insert(.message(message, at: now)) }
        for (_, plan) in ticked.plans {
            for var deadline in plan.deadlines {
                let satisfiedAt = deadline.satisfiedAt
                deadline.satisfiedAt = nil
                insert(.deadline(deadline))
                if let satisfiedAt { insert(.satisfied(deadline, at: satisfiedAt)) }
            }
            let left = ledger.withState { state in plan.withheld.filter { state.admits($0.key) } }
            for message in left
            where told.insert(WithheldKey(key: message.key, reason: message.reason)).inserted {
                insert(.withheld(message))
            }
        }
    }

    /// A call to make, once for as long as it stands.
    mutating func add(_ task: CallTask, _ caller: Recipient) {
        let name = CallName(ref: task.ref, kind: task.kind, variant: task.variant, since: task.since)
        if toldCalls.insert(name).inserted { insert(.callTask(task, caller)) }
    }

    private mutating func insert(_ line: Simulation.Line) {
        guard start <= line.at, line.at <= end else { return }
        lines.insert(line)
    }

    var sorted: [Simulation.Line] {
        lines.sorted { ($0.at, $0.order, $0.name) < ($1.at, $1.order, $1.name) }
    }
}

extension Simulation.Line {
    fileprivate var order: Int {
        switch self {
        case .satisfied: 0
        case .deadline: 1
        case .message: 2
        case .callTask: 3
        case .withheld: 4
        }
    }

    fileprivate var name: String {
        switch self {
        case .deadline(let deadline), .satisfied(let deadline, _):
            "\(deadline.ref) \(deadline.kind) \(deadline.label ?? "") \(deadline.anchor.milliseconds) \(deadline.due.milliseconds)"
        case .message(let message, _): (message.cases.first?.text ?? "") + message.key.text
        case .callTask(let task, _): "\(task.ref) \(task.kind.rawValue) \(task.variant ?? "")"
        case .withheld(let message): message.ref.text + message.key.text + message.reason.rawValue
        }
    }
}

/// A clock that stands where it is set.
private final class SteppedClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ start: Instant) {
        instant = Mutex(start)
    }

    func now() -> Instant {
        instant.withLock { $0 }
    }

    func set(_ new: Instant) {
        instant.withLock { $0 = new }
    }
}
