import Glibc
import Logging
import RelanceCore
import RelanceIntake
import RelanceStore

/// The one place where the loop's life is led: read what changed, tick, say so, sleep until the next wake.
struct Desk {
    let setup: Relance.Setup
    private(set) var house: House
    let ledger: LedgerFile
    let outbox: Outbox
    let loop: FollowUpLoop
    let errands: Errands
    private var intake: CaseIntake
    private let rules: IntakeRules
    private var readAgainAt = Instant.distantPast
    private var isReady = false
    private var toldProblems: Set<IntakeProblem> = []

    init(
        setup: Relance.Setup, house: House, ledger: LedgerFile, outbox: Outbox, loop: FollowUpLoop, errands: Errands
    ) {
        self.setup = setup
        self.house = house
        self.ledger = ledger
        self.outbox = outbox
        self.loop = loop
        self.errands = errands
        intake = CaseIntake(folders: house.configuration.sources.caseFolders)
        rules = IntakeRules(zone: house.zone, now: setup.clock.now())
    }

    private var log: Logger { setup.logger }

    /// Works until a stop is asked for or the last instant has come.
    mutating func work() async throws {
        while true {
            let now = setup.clock.now()
            let list = await errands.take()
            if list.stop { return }
            if list.reload { await reload(at: now) }
            if list.read || now >= readAgainAt { await readCases(at: now) }
            try await loop.tick(at: now)
            if !isReady { try await becomeReady(at: now) }
            try await compactIfLong()
            await giveSignOfLife(at: now)
            let nextWake = await loop.nextWake
            setup.observe(.ticked(at: now, nextWake: nextWake))
            if let until = setup.until, now >= until {
                await finish(until)
                return
            }
            await setup.clock.sleep(until: sleepUntil(now, nextWake), or: errands.bell)
        }
    }

    // MARK: - Cases

    private mutating func readCases(at now: Instant) async {
        let changes = intake.read(rules: rules, now: now)
        let (register, again) = (intake.register, intake.comeAgainAfter)
        readAgainAt = now + (again ?? house.configuration.sources.rescan)
        guard changes != CaseChanges() || !isReady else { return }
        let (changed, held) = (changes.changed.compactMap { register[$0]?.openCase }, Set(register.held.keys))
        await loop.change { followUps in
            followUps.update(changed, now: now)
            followUps.remove(changes.gone)
            followUps.hold(held, now: now)
        }
        if again == nil { tellProblems() }
        log.info(
            "cases read",
            metadata: [
                "cases": "\(register.records.count)", "changed": "\(changes.changed.count)",
                "gone": "\(changes.gone.count)", "held": "\(held.count)",
                "problems": "\(register.problems.count)",
            ])
    }

    /// Each problem once, however often its file is read.
    private mutating func tellProblems() {
        let problems = intake.register.problems + intake.register.problems(with: house.directory)
        for problem in problems where !toldProblems.contains(problem) {
            log.warning("\(problem)")
        }
        for lost in intake.register.disappearances {
            log.error(
                "cases are missing from a source: the last good copy stays",
                metadata: ["source": "\(lost.source)", "missing": "\(lost.missing)", "of": "\(lost.of)"])
        }
        toldProblems = Set(problems)
    }

    // MARK: - Life

    private mutating func becomeReady(at now: Instant) async throws {
        try await loop.reconcile(at: now) { [outbox] key in await outbox.has(key) }
        isReady = true
        let count = await loop.caseCount
        setup.notifier.notify(.ready, .status("following \(count) cases"))
        setup.observe(.ready(cases: count))
        log.notice("ready", metadata: ["cases": "\(count)", "version": "\(Version.current)"])
    }

    /// Reads everything anew; on any problem the old house stays.
    private mutating func reload(at now: Instant) async {
        setup.notifier.notify(.reloading(monotonicMicroseconds: SystemdNotifier.monotonicMicroseconds()))
        defer { setup.notifier.notify(.ready) }
        do {
            let new = try House.load(setup.source, now: now)
            if let fixed = house.configuration.keptUntilRestart(changedBy: new.configuration) {
                log.warning("\(fixed) takes effect at the next start")
            }
            let settings = try Outbox.Settings(new, courier: setup.courier)
            let planner = new.planner(instance: ledger.instance)
            await outbox.replace(settings)
            await loop.change { $0.replace(planner: planner, now: now) }
            house = new
            for warning in new.warnings { log.warning("\(warning)") }
            log.notice("configuration reloaded")
            setup.observe(.reloaded(true))
        } catch {
            for line in "\(error)".split(separator: "\n") { log.error("\(line)") }
            log.error("configuration not reloaded: the old one stays")
            setup.observe(.reloaded(false))
        }
    }

    private func compactIfLong() async throws {
        guard ledger.bytesSinceSnapshot > house.configuration.ledger.compactAtBytes else { return }
        let report = try await ledger.compact(
            retention: LedgerRetention(keys: .days(Int64(house.configuration.ledger.rememberDays))))
        log.info("ledger compacted", metadata: ["entries": "\(report.entries)", "bytes": "\(report.bytes)"])
    }

    /// Feeds the watchdog, unless an attempt has been on the wire for longer than any may take.
    private func giveSignOfLife(at now: Instant) async {
        let longest = house.configuration.routes.values.compactMap(\.longestAttempt).max() ?? .minutes(15)
        if let oldest = await outbox.oldestUnderWay, now > oldest + longest + .minutes(1), setup.until == nil {
            log.error("an attempt is stuck", metadata: ["since": "\(oldest.rfc3339(in: house.zone))"])
            return
        }
        let (waiting, underWay) = await outbox.count
        let cases = await loop.caseCount
        setup.notifier.notify(
            .watchdog, .status("following \(cases) cases, \(waiting) messages waiting, \(underWay) on the wire"))
    }

    private func sleepUntil(_ now: Instant, _ nextWake: Instant?) -> Instant {
        var limit = now + .minutes(1)
        if let watchdog = setup.notifier.watchdog {
            limit = min(limit, now + .milliseconds(Int64(watchdog / .milliseconds(2))))
        }
        for instant in [nextWake, readAgainAt, setup.until].compactMap({ $0 }) { limit = min(limit, instant) }
        return max(limit, now + .milliseconds(1))
    }

    /// Lets what is ready leave before the end that was set.
    private func finish(_ until: Instant) async {
        while await outbox.isBusy(at: until) {
            await setup.clock.sleep(until: setup.clock.now() + .seconds(10), or: errands.bell)
        }
    }
}

extension Route {
    /// How long one attempt on it may take; nil when it ends by itself.
    fileprivate var longestAttempt: Elapsed? {
        if case .smtp(let relay) = kind { relay.totalTimeout } else { nil }
    }
}

extension Configuration {
    /// What a reload cannot change, if that was changed.
    fileprivate func keptUntilRestart(changedBy new: Configuration) -> String? {
        if state != new.state { return "state" }
        if sources.caseFolders != new.sources.caseFolders { return "sources.cases" }
        return nil
    }
}
