import Foundation
import Logging
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Synchronization

@testable import RelanceDaemon

/// A small house on disk: one or two advisors at Dieppe, a few cases, a state directory of its own.
final class TestHouse: Sendable {
    let folder: TemporaryFolder
    /// As first read: what is read the second time is the same unless a test reloads.
    private let loaded = Mutex<House?>(nil)

    init(configuration: String = TestHouse.configuration(), cases: [String] = [TestHouse.followUpCase()])
        throws
    {
        folder = try TemporaryFolder()
        try folder.write(configuration, to: "relance.yaml")
        try folder.write(TestHouse.advisors, to: "advisors.json")
        try folder.write("[" + cases.joined(separator: ",") + "]", to: "cases/dieppe.json")
    }

    static func configuration(digestAt: String = "08:30", more: String = "") -> String {
        """
        service: {it_mailbox: informatique@cci.example}
        sites:
          dieppe: {name: Dieppe, mailbox: dieppe@cci.example, phone: 02 61 91 00 76}
        routes:
          a: {kind: spool, folder: spool, concurrency: 1}
        mail: [a]
        policy: {digest: {at: \(digestAt)}}
        \(more)
        """
    }

    private static let advisors = """
        [
          {"id": "claire.duval", "first_name": "Claire", "last_name": "Duval", "email": "claire.duval@cci.example",
           "site": "dieppe", "role": "advisor"},
          {"id": "nadia.perrin", "first_name": "Nadia", "last_name": "Perrin", "email": "nadia.perrin@cci.example",
           "site": "dieppe", "role": "advisor"}
        ]
        """

    /// A case whose follow-up is due on Monday 2 November 2020, two weeks after the last one.
    static func followUpCase(_ ref: String = "2020-0259", advisor: String = "claire.duval", more: String = "")
        -> String
    {
        """
        {"ref": "\(ref)", "opened_at": "2020-10-14T10:00:00+02:00", "stage": "follow_up", "site": "dieppe",
         "advisor": "\(advisor)", "assigned_at": "2020-10-14T10:00:00+02:00",
         "first_contact_at": "2020-10-14T10:00:00+02:00", "diagnosis_done_at": "2020-10-16T15:10:00+02:00",
         "follow_up_done_at": "2020-10-19T11:00:00+02:00"\(more)}
        """
    }

    /// A case opened and given to Claire on that Monday at 09:20.
    static func newCase(_ ref: String, more: String = "") -> String {
        """
        {"ref": "\(ref)", "opened_at": "2020-11-02T09:20:00+01:00", "stage": "listening", "site": "dieppe",
         "advisor": "claire.duval", "assigned_at": "2020-11-02T09:20:00+01:00"\(more)}
        """
    }

    private static let templates = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Templates").path

    var source: House.Source {
        House.Source(configuration: folder.path + "/relance.yaml", shippedTemplates: TestHouse.templates)
    }

    var statePath: String { folder.path + "/state" }

    func load(at now: Instant) throws -> House {
        try loaded.withLock { loaded in
            let house = try loaded ?? House.load(source, now: now)
            loaded = house
            return house
        }
    }

    /// Has the next life read the house from its files again.
    func forget() {
        loaded.withLock { $0 = nil }
    }

    /// What the ledger holds while nobody is at work.
    func state() throws -> LedgerState {
        try LedgerReading(path: statePath)?.contents.state ?? LedgerState()
    }

    /// The same with how it came to be.
    func history() throws -> LedgerHistory {
        try LedgerReading(path: statePath, into: LedgerHistory(of: .everything))?.contents.history
            ?? LedgerHistory()
    }

    /// The identifier of the ledger, part of every key.
    func instance() throws -> String {
        try LedgerReading(path: statePath)?.contents.instance ?? ""
    }

    /// Writes events into the ledger while nobody is at work.
    func write(_ events: [LedgerEvent], at now: Instant) async throws {
        let clock = ManualClock(now)
        let ledger = try LedgerFile(try StateDirectory(path: statePath), clock: LedgerFile.Clock(clock))
        try await ledger.append(events)
        try await ledger.close()
    }

    /// The daemon at work, and what a test sees and does of it.
    struct Life: Sendable {
        let clock: ManualClock
        let log: EventLog
        let courier: ScriptedCourier
        let lines: LogLines
        let wishes: AsyncStream<Signals.Wish>.Continuation

        /// Moves time and returns once the loop has ticked then.
        func advance(to instant: Instant) async {
            clock.advance(to: instant)
            await log.waitForTurn(from: instant)
        }
    }

    /// Runs the daemon from an instant; stops it when the body is over.
    ///
    /// A route without a courier of its own has the one of all.
    @discardableResult
    func run(
        at start: Instant, clock: ManualClock? = nil, builtAt: Instant = .distantPast, until: Instant? = nil,
        courier: ScriptedCourier = ScriptedCourier(), onRoute others: [String: any Courier] = [:],
        hasRealCouriers: Bool = false, disk: Disk = Disk(), cache: String? = nil,
        notifier: SystemdNotifier = SystemdNotifier(environment: [:]), _ body: (Life) async throws -> Void
    ) async throws -> Life {
        let (wishes, continuation) = AsyncStream.makeStream(of: Signals.Wish.self)
        let life = Life(
            clock: clock ?? ManualClock(start), log: EventLog(), courier: courier, lines: LogLines(),
            wishes: continuation)
        let logger = life.lines.logger()
        var setup = Relance.Setup(
            source: source, house: try load(at: start), clock: life.clock,
            logger: logger, notifier: notifier, wishes: wishes, until: until)
        if !hasRealCouriers { setup.courier = { others[$0.name] ?? courier } }
        setup.disk = disk
        setup.observe = { event in
            logger.log(event)
            life.log.add(event)
        }
        setup.random = { 0.5 }
        setup.builtAt = builtAt
        setup.cache = cache
        let relance = Relance(setup)
        async let running: Void = {
            defer { life.log.end() }
            try await relance.run()
        }()
        await life.log.waitForTurn(from: start)
        do {
            try await body(life)
        } catch {
            continuation.yield(.stop)
            throw error
        }
        continuation.yield(.stop)
        try await running
        return life
    }
}
