import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A cell of a matrix played in a house with two routes: `a` leads to what the cell says, `b` to somebody who is well.
///
/// One message takes `a`; once its far side is where the cell has it, three take `b`, which nothing that ails `a` may delay
/// (reliability 2.2 G7, 3.4, goal 6). Where the ailment passes, one more message takes `a`.
struct MatrixHouse: Sendable {
    /// What stands at the end of route `a`, and what is expected of it.
    struct Sick: Sendable {
        let channel: Channel
        let courier: WatchedCourier
        /// The seconds after which our own patience is the end.
        let patience: Int64
        /// Whether nothing else is.
        let isSilent: Bool
        /// Whether the next message meets it too.
        let isLasting: Bool
    }

    /// What became of a message that took `a`.
    struct Fate: Sendable {
        let outcome: DeliveryOutcome
        let phase: LedgerMessage.Phase?
        /// The lines of the log that name it.
        let lines: [String]
        /// What stands last in the ledger of it.
        let written: LedgerEvent?

        var detail: String { outcome.failure?.detail ?? "" }
    }

    let first: Fate
    let next: Fate?
    /// How long the three on `b` took, and whether they were done while `a` was still at it.
    let neighbours: (took: Duration, wereFirst: Bool)
    let neighbourComplaints: [String]
    let cares: [String]
    private let sick: Sick

    init(_ sick: Sick) async throws {
        self.sick = sick
        let other: Channel = sick.channel == .email ? .sms : .email
        let neighbour = try Neighbour(carrying: other)
        defer { neighbour.stop() }
        let house = try OutboxFixture(
            [sick.courier, neighbour.courier], order: [sick.channel: ["a"], other: ["b"]])
        var (took, wereFirst) = (Duration.zero, false)
        try await house.atWork {
            try await house.take(Self.message(1, by: sick.channel))
            await sick.courier.isThere.opened()
            let start = ContinuousClock.now
            try await house.take((3...5).map { Self.message($0, by: other) })
            await house.log.waitForAttempts(3, onRoute: "b")
            took = .now - start
            wereFirst = house.log.dispatches.allSatisfy { $0.route == "b" }
            await house.log.waitForAttempts(1, onRoute: "a")
            if !sick.isLasting {
                try await house.take(Self.message(2, by: sick.channel))
                await house.log.waitForAttempts(2, onRoute: "a")
            }
        }
        neighbours = (took, wereFirst)
        neighbourComplaints =
            neighbour.complaints
            + house.log.dispatches.filter { $0.route == "b" && $0.outcome.failure != nil }.map {
                "\($0.outcome)"
            }
        cares = house.lines.all.filter { $0.contains("needs your help") }
        let fates = try house.log.dispatches.filter { $0.route == "a" }.map { dispatch in
            Fate(
                outcome: dispatch.outcome,
                phase: house.ledger.withState { $0.messages[dispatch.message.key]?.phase },
                lines: house.lines.all.filter { $0.contains("key=\(dispatch.message.key) ") },
                written: try house.trail(of: dispatch.message.key).last?.event)
        }
        first = try #require(fates.first)
        next = fates.dropFirst().first
    }

    private static func message(_ number: Int, by channel: Channel) -> PlannedMessage {
        switch channel {
        case .email: OutboxFixture.message(number)
        case .sms: OutboxFixture.text(number)
        }
    }

    // MARK: - Verdict

    /// Something that is not as it has to be; `mayPass` where a machine that is busy elsewhere could be the reason.
    struct Problem: Sendable, CustomStringConvertible {
        let description: String
        let mayPass: Bool
    }

    /// What is wrong with the fate of the first message but for its copies, and with everybody else's.
    func problems(expecting end: MatrixEnd, copies: Int, detail: String) -> [Problem] {
        var problems: [Problem] = []
        func check(_ holds: Bool, _ what: @autoclosure () -> String, mayPass: Bool = false) {
            if !holds { problems.append(Problem(description: what(), mayPass: mayPass || sick.isSilent)) }
        }
        let came = MatrixEnd(first.outcome, copies: copies)
        check(end.allows(came), "ended \(came): \(first.detail)")
        check(first.phase == phase(after: first.outcome), "is \(String(describing: first.phase))")
        check(came.isAccepted || detail.isEmpty || first.detail.contains(detail), "says \(first.detail)")
        check(isWritten(first), "the ledger says \(String(describing: first.written))")
        problems += Self.lineProblems(of: first).map { Problem(description: $0, mayPass: false) }
        check(cares.isEmpty != came.alerts, "a human is called: \(cares)")

        check(neighbours.took <= .seconds(5), "the neighbours waited \(neighbours.took)", mayPass: true)
        check(!sick.isSilent || neighbours.wereFirst, "the neighbours waited for the end")
        check(neighbourComplaints.isEmpty, "the neighbours: \(neighbourComplaints)")

        let deliveries = sick.courier.deliveries
        if let took = deliveries.first?.took {
            let cap = Duration.seconds(sick.isSilent ? sick.patience + 15 : 15)
            check(took <= cap, "it took \(took)", mayPass: true)
        }
        let handovers = deliveries.first?.handovers ?? 0
        check(handovers <= 1, "handed over \(handovers) times")
        if came.isAccepted || came.isAmbiguous { check(handovers == 1, "not handed over") }
        if let next {
            let end = MatrixEnd(next.outcome, copies: 0)
            check(end.isAccepted, "the next one ended \(end): \(next.detail)")
            check(next.phase == .sent, "the next one is \(String(describing: next.phase))")
        }
        return problems
    }

    /// Whether the ledger has the end as it was; of when to come back it keeps the instant.
    private func isWritten(_ fate: Fate) -> Bool {
        guard case .resulted(_, let result)? = fate.written else { return false }
        switch (result.outcome, fate.outcome) {
        case (.deferred(let written), .deferred(var failure)):
            failure.retryAfter = nil
            return written == failure
        case (let written, let outcome): return written == outcome
        }
    }

    /// The phase an outcome leaves a message in (reliability 2.3, 2.10), the clock standing.
    private func phase(after outcome: DeliveryOutcome) -> LedgerMessage.Phase? {
        let morning = OutboxFixture.morning
        return switch outcome {
        case .accepted: .sent
        case .deferred(let failure): .deferred(until: morning + (failure.retryAfter ?? .minutes(5)))
        case .refused: .failed
        case .ambiguous: sick.channel == .sms ? .unknown : .deferred(until: morning + .minutes(15))
        case .interrupted: nil
        }
    }

    /// What is wrong with the line of an attempt: one there is, and its level and sentence follow from the end.
    private static func lineProblems(of fate: Fate) -> [String] {
        guard fate.lines.count == 1, let line = fate.lines.first else { return ["lines: \(fate.lines)"] }
        let beginning: String
        var fields = ["attempt=1", "route=a"]
        switch fate.outcome {
        case .accepted(_, let proof?) where proof.isUnnamed:
            beginning = "<4>message accepted, its identifier is unknown "
        case .accepted: beginning = "<6>message accepted "
        case .deferred(let failure):
            beginning = failure.alert ? "<3>message deferred " : "<5>message deferred "
        case .refused: beginning = "<4>message refused "
        case .ambiguous: beginning = "<4>message may have been delivered "
        case .interrupted: beginning = "<5>attempt interrupted "
        }
        if let failure = fate.outcome.failure {
            fields += ["failure=\(failure.kind.rawValue)", "scope=\(failure.scope.rawValue)"]
            fields.append("detail=\(JournalLogHandler.value(failure.detail))")
            if failure.detail.allSatisfy(\.isWhitespace) { fields.append("a detail") }
        }
        var problems = fields.filter { !line.contains(" \($0)") }.map { "\($0) is not in the line: \(line)" }
        if !line.hasPrefix(beginning) { problems.append("the line is: \(line)") }
        if line.contains("@") { problems.append("an address is in the line: \(line)") }
        return problems
    }

    /// Plays every cell and tells what is wrong with any; for a process of its own, in which nothing else computes.
    static func judge<Cell: CustomTestStringConvertible & Sendable>(
        _ cells: [Cell], play: @escaping @Sendable (Cell, _ patience: Int64?) async throws -> [Problem]
    ) async {
        // Servers that mostly wait: two cores serve so many at once.
        let turnstile = Turnstile(places: 16)
        await withDiscardingTaskGroup { group in
            for cell in cells {
                group.addTask {
                    do {
                        let problems = try await turnstile.pass {
                            try await settle { try await play(cell, $0) }
                        }
                        for problem in problems { Issue.record("\(cell.testDescription): \(problem)") }
                    } catch {
                        Issue.record(error, "\(cell.testDescription)")
                    }
                }
            }
        }
    }

    /// Plays a cell until nothing is wrong with it, three times at most: a machine that is busy elsewhere gets more patience.
    private static func settle(
        _ play: (_ patience: Int64?) async throws -> [Problem]
    ) async throws -> [Problem] {
        var problems = try await play(nil)
        for patience in [Int64(30), 60] where !problems.isEmpty && problems.allSatisfy(\.mayPass) {
            problems = try await play(patience)
        }
        return problems
    }
}
