import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

@testable import RelanceDaemon

/// An outbox over a real ledger, with scripted couriers and a clock that stands.
final class OutboxFixture: Sendable {
    static let morning = at("2020-11-02 08:30")

    let clock: ManualClock
    let log = EventLog()
    let lines = LogLines()
    let ledger: LedgerFile
    let outbox: Outbox
    private let folder: TemporaryFolder
    private let state: String
    let tellings = Told()

    /// One route a courier, named `a`, `b` and so on; every channel takes them in this order, unless told otherwise.
    ///
    /// `attend` is let in at everything the outbox writes down; `onAmbiguous` is what the house says of doubtful ends; the
    /// state lies at `place`, when that is another than a folder of its own.
    init(
        _ couriers: [any Courier], order: [Channel: [String]]? = nil, disk: Disk = Disk(),
        at place: String? = nil, options: LedgerFile.Options = LedgerFile.Options(), concurrency: Int = 2,
        perMinute: Int? = nil, onAmbiguous: AmbiguityRule = AmbiguityRule(),
        hasTextBudget: Bool = false, uptime: Elapsed? = nil,
        attend: (@Sendable (OutboxFixture, LedgerEvent, AttendedLedger.Moment) async -> Void)? = nil
    ) throws {
        clock = ManualClock(OutboxFixture.morning, uptime: uptime)
        folder = try TemporaryFolder()
        self.state = place ?? folder.path + "/state"
        let state = try StateDirectory(path: self.state, disk: disk)
        let (clock, ledger) = (
            clock, try LedgerFile(state, clock: LedgerFile.Clock(clock), options: options)
        )
        self.ledger = ledger
        let (tellings, log, logger) = (tellings, log, lines.logger())
        let me = Guarded(Weak())
        var settings = OutboxFixture.settings(
            couriers, order: order, concurrency: concurrency, perMinute: perMinute)
        (settings.onAmbiguous, settings.countsTexts) = (onAmbiguous, hasTextBudget)
        let attended = attend.map { attend in
            AttendedLedger(ledger) { event, moment in
                if let house = me.withLock({ $0.house }) { await attend(house, event, moment) }
            }
        }
        outbox = Outbox(
            ledger: attended ?? ledger, frozen: try FrozenMessages(in: state), settings: settings,
            clock: clock,
            random: { 0.5 },
            observe: { event in
                logger.log(event)
                log.add(event)
            },
            announce: Outbox.Announcements(
                incident: { incident in
                    logger.log(incident)
                    await tellings.add(incident)
                }, changed: { await tellings.add(changed: $0) },
                left: { await tellings.add(left: $0) }),
            watch: uptime.map { _ in
                let watch = ClockWatch(clock, builtAt: .distantPast)
                watch.begin(latest: nil, lastStart: nil)
                return watch
            })
        me.withLock { $0.house = self }
    }

    /// Itself as seen from within, which does not keep it alive.
    private struct Weak: Sendable {
        weak var house: OutboxFixture?
    }

    /// The files of frozen messages.
    func frozenFiles() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: state + "/outbox")
    }

    /// Its state directory, as another program sees it.
    func directory() throws -> StateDirectory {
        try StateDirectory(path: state)
    }

    /// What is written down of a message after it was planned.
    func trail(of key: MessageKey) throws -> [LedgerEntry] {
        let reading = try LedgerReading(path: state, into: LedgerHistory(of: .everything))
        return reading?.contents.history.trail(of: key) ?? []
    }

    /// What others were told, in order.
    actor Told {
        private(set) var incidents: [Incident] = []
        private(set) var changed: [CaseReference] = []
        private(set) var left: [MessageKey] = []

        func add(_ incident: Incident) {
            incidents.append(incident)
        }

        func add(changed refs: [CaseReference]) {
            changed += refs
        }

        func add(left key: MessageKey) {
            left.append(key)
        }
    }

    var incidents: [Incident] {
        get async { await tellings.incidents }
    }

    static func settings(
        _ couriers: [any Courier], order: [Channel: [String]]? = nil, concurrency: Int = 2,
        perMinute: Int? = nil
    ) -> Outbox.Settings {
        let retry = RetrySchedule(
            delays: [.minutes(5), .minutes(15)], then: .hours(4), jitterPercent: 20, expiresAfter: .hours(72),
            otherChannelAfter: .hours(1))
        let lanes = zip(["a", "b", "c"], couriers).map { name, courier in
            Lane(
                route: Route(
                    name: name, kind: .spool(folder: "/nowhere"), perMinute: perMinute,
                    concurrency: concurrency),
                courier: courier)
        }
        let names = lanes.map(\.route.name)
        return Outbox.Settings(
            retry: retry, calendar: .office, service: .make(),
            composer: Composer(templates: .shipped, service: .make()),
            lanes: Dictionary(uniqueKeysWithValues: zip(names, lanes)),
            order: order ?? [.email: names, .sms: names],
            catchUp: CatchUpRule(downtime: .hours(1), perMinute: 30, ramp: .minutes(10), jitterPercent: 20))
    }

    /// A text message to a business that is due this morning.
    static func text(_ number: Int = 1, usefulUntil: Instant = morning + .days(2)) -> PlannedMessage {
        let business = Recipient(
            audience: .business, id: "2020-0301", email: nil, phone: .make("06 39 98 20 14"),
            language: .french)
        var message = PlannedMessage.make(
            .unreachable, to: business, channel: .sms,
            content: .unreachable(.make(), triedAt: at("2020-11-02 08:20"), nextTryOn: nil))
        message.key = .make("message \(number)")
        message.usefulUntil = usefulUntil
        return message
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
