import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

@testable import RelanceDaemon

/// An outbox over a real ledger, with scripted couriers and a clock that stands.
final class OutboxFixture: Sendable {
    static let morning = at("2020-11-02 08:30")

    let clock = ManualClock(morning)
    let log = EventLog()
    let ledger: LedgerFile
    let outbox: Outbox
    private let folder: TemporaryFolder
    private let tellings = Told()

    /// One route a courier, named `a`, `b` and so on.
    init(
        _ couriers: [any Courier], disk: Disk = Disk(), concurrency: Int = 2, perMinute: Int? = nil
    ) throws {
        folder = try TemporaryFolder()
        let state = try StateDirectory(path: folder.path + "/state", disk: disk)
        ledger = try LedgerFile(state, clock: LedgerFile.Clock(clock))
        let (tellings, log) = (tellings, log)
        outbox = Outbox(
            ledger: ledger, frozen: try FrozenMessages(in: state),
            settings: OutboxFixture.settings(couriers, concurrency: concurrency, perMinute: perMinute),
            clock: clock,
            random: { 0.5 }, observe: { log.add($0) }, tell: { await tellings.add($0) })
    }

    /// Its state directory, as another program sees it.
    func directory() throws -> StateDirectory {
        try StateDirectory(path: folder.path + "/state")
    }

    /// What somebody should be told, in order.
    actor Told {
        private(set) var incidents: [Incident] = []

        func add(_ incident: Incident) {
            incidents.append(incident)
        }
    }

    var incidents: [Incident] {
        get async { await tellings.incidents }
    }

    static func settings(
        _ couriers: [any Courier], concurrency: Int = 2, perMinute: Int? = nil
    ) -> Outbox.Settings {
        let retry = RetrySchedule(
            delays: [.minutes(5), .minutes(15)], then: .hours(4), jitterPercent: 20, expiresAfter: .hours(72))
        let lanes = zip(["a", "b", "c"], couriers).map { name, courier in
            Lane(
                route: Route(
                    name: name, kind: .spool(folder: "/nowhere"), perMinute: perMinute,
                    concurrency: concurrency),
                courier: courier)
        }
        return Outbox.Settings(
            retry: retry, calendar: .office, service: .make(),
            composer: Composer(templates: .shipped, service: .make()), lanes: lanes)
    }

    /// A message that is due this morning.
    static func message(_ number: Int = 1, usefulUntil: Instant = morning + .days(1)) -> PlannedMessage {
        var message = PlannedMessage.make(
            .technicalIncident, variant: nil, cases: [], content: .technicalIncident("Essai \(number)."))
        message.key = .make("message \(number)")
        message.usefulUntil = usefulUntil
        return message
    }

    /// Admits and offers them as the loop does.
    func take(_ messages: PlannedMessage...) async throws {
        try await take(messages)
    }

    func take(_ messages: [PlannedMessage]) async throws {
        _ = try await ledger.admit(messages.map { PlanRecord($0, instance: ledger.instance) })
        await outbox.offer(messages)
    }

    func phase(_ number: Int = 1) -> LedgerMessage.Phase? {
        ledger.withState { $0.messages[.make("message \(number)")]?.phase }
    }

    /// Lets the outbox, which sleeps, look at everything it has once more, a minute later.
    func turn() async {
        await clock.waitForSleepers()
        clock.advance(to: clock.now() + .minutes(1))
        await clock.waitForSleepers()
    }

    /// Has the outbox at work while the body runs, then drains it; the ledger is closed afterwards.
    func atWork(_ body: () async throws -> Void) async throws {
        let outbox = outbox
        async let working: Void = outbox.run()
        do {
            try await body()
        } catch {
            await outbox.drain(for: .seconds(0))
            throw error
        }
        await outbox.drain(for: .seconds(20))
        do {
            try await working
        } catch {
            try await ledger.close()
            throw error
        }
        try await ledger.close()
    }
}
