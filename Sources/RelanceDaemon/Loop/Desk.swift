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
    let notes: HouseNotes
    private let receipts: ReceiptsDesk
    private let inquiries: Inquiries
    let watch: CaseFolderWatch
    private let clock: ClockWatch
    var mark: MarkKeeper
    private let onReady: @Sendable () -> Void
    var intake: CaseIntake
    let rules: IntakeRules
    var readAgainAt = Instant.distantPast
    private(set) var isReady = false
    var toldProblems: Set<IntakeProblem> = []
    var toldDisappearances: Set<Disappearance> = []
    /// Whether the ledger may not know yet what the sources have come to hold, and when it was last told.
    var hasUnnotedCases = true
    var casesNotedAt: Instant?
    private var wasShortOfRoom = false
    /// The last reload found something wrong: what is in use is not what the files say.
    private var isOutOfDate = false
    /// The turn before, from which a downtime is told.
    private var lastTurn: Instant
    /// What this turn came upon, to be reported at its end.
    var noticed: [Incident] = []
    /// What a full disk has kept from being told, in the order it came.
    private var untold: [Incident] = []
    /// When compaction failed last.
    private var notCompactedAt: Instant?
    /// The day each incident was last told of.
    private var told: [Incident: LocalDay] = [:]

    /// How long something may be ready to leave before somebody should look (domain 2.4).
    private static let lateness = Elapsed.minutes(15)
    private static let compactionPause = Elapsed.minutes(10)

    init(
        setup: Relance.Setup, house: House, ledger: LedgerFile, outbox: Outbox, loop: FollowUpLoop,
        errands: Errands, notes: HouseNotes, receipts: ReceiptsDesk, inquiries: Inquiries,
        watch: CaseFolderWatch, clock: ClockWatch, mark: MarkKeeper,
        onReady: @escaping @Sendable () -> Void
    ) {
        self.setup = setup
        self.house = house
        self.ledger = ledger
        self.outbox = outbox
        self.loop = loop
        self.errands = errands
        self.notes = notes
        self.receipts = receipts
        self.inquiries = inquiries
        self.watch = watch
        self.clock = clock
        self.mark = mark
        lastTurn = clock.now()
        self.onReady = onReady
        intake = CaseIntake(
            folders: house.configuration.sources.caseFolders,
            recalling: ledger.withState { $0.sources.all })
        rules = IntakeRules(zone: house.zone, now: clock.now())
    }

    var log: Logger { setup.logger }

    /// Works until a stop is asked for or the last instant has come.
    mutating func work() async throws {
        while true {
            try Task.checkCancellation()  // a cancelled sleep returns at once: this would be a busy loop
            // Whoever's writing it was that failed: the process can remember nothing any more (reliability 2.6).
            if let failure = ledger.failure { throw failure }
            if let doubt = clock.doubt() {
                if await errands.isStopping { return }
                await waitForClock(doubt)
                continue
            }
            await notes.note { $0.clock = nil }
            let now = clock.now()
            let list = await errands.take()
            if let failure = list.failure { throw failure }
            if list.stop {
                try await noteCases(at: now, isLast: true)
                return
            }
            try await seeToTime(at: now)
            if list.acceptSources { await acceptSources(at: now) }
            if list.reload { await reload(at: now) }
            let isTimeToRead = list.read || now >= readAgainAt
            if isTimeToRead { await readCases(at: now) }
            await loop.change { followUps in
                followUps.remember(list.changed, now: now)
                followUps.remember(list.changedAddresses, now: now)
            }
            let ticked = try await loop.tick(at: now)
            if let fence = ticked.fence {
                log.error("\(fence.summons)", metadata: ["messages": "\(ticked.admitted.count)"])
            }
            // Told once a day for as long as it stands.
            if let incident = fence.flatMap({ Incident($0) }) { noticed.append(incident) }
            if !isReady { await loop.resume(Incident.all(routes: house.configuration.routes.keys), at: now) }
            if isTimeToRead || !isReady { try await reconcile(at: now) }
            if !isReady { await becomeReady() }
            if let ready = await outbox.oldestReady, now > ready + wire(Desk.lateness), fence == nil {
                noticed.append(.queueLate)
            }
            switch await loop.smsBudget(at: now) {
            case .open: break
            case .appointmentsOnly: noticed.append(.smsBudgetNearlySpent)
            case .spent: noticed.append(.smsBudgetSpent)
            }
            try await report(list.incidents, at: now)
            try await noteCases(at: now)
            try await compactIfLong(at: now)
            mark.renew(at: now, pause: wire(.minutes(1)))
            await giveSignOfLife()
            let nextWake = await loop.nextWake
            setup.observe(.ticked(at: now, nextWake: nextWake))
            if let until = setup.until, now >= until {
                await finish(until)
                try await noteCases(at: now, isLast: true)
                return
            }
            await clock.sleep(until: sleepUntil(now, nextWake), or: errands.bell)
        }
    }

    // MARK: - Time

    /// Sees to what is late when nobody was at work for a while, since the machine slept or the clock was in doubt, and to
    /// what was seen to too early when the clock was set back.
    private mutating func seeToTime(at now: Instant) async throws {
        if now + ClockWatch.step < lastTurn {
            log.notice(
                "taking up after the clock was set back",
                metadata: ["from": "\(lastTurn.rfc3339(in: house.zone))"])
            await loop.setBack(to: now)
            await outbox.setBack(to: now)
            await inquiries.setBack(to: now)
            readAgainAt = now
        }
        if now - lastTurn >= wire(house.configuration.catchUp.downtime) {
            log.notice(
                "taking up after a downtime", metadata: ["since": "\(lastTurn.rfc3339(in: house.zone))"])
            let downtime = ledger.withState { $0.downtime(since: lastTurn, until: now, mayBeOld: false) }
            do {
                try await ledger.append([.downtime(downtime)])
            } catch let error as StoreError where error.isPassing {
                // This life knows of it.
            }
            await loop.catchUp(after: downtime)
            await outbox.catchUp(before: now)
        }
        lastTurn = now
    }

    /// Nothing is planned, dropped or told by a clock that may be wrong.
    private mutating func waitForClock(_ doubt: ClockDoubt) async {
        let now = setup.clock.now()
        if !noticed.contains(.clockDoubted) {
            noticed.append(.clockDoubted)
            log.error("nothing is sent: \(doubt.sentence)")
        }
        await notes.note { $0.clock = doubt.sentence }
        setup.observe(.clockDoubted(at: now))
        setup.notifier.notify(.watchdog, .status("nothing is sent: \(doubt.sentence)"))
        await setup.clock.sleep(until: now + setup.notifier.turn, or: errands.bell)
    }

    // MARK: - Life

    private mutating func becomeReady() async {
        isReady = true
        onReady()
        let count = await loop.caseCount
        setup.notifier.notify(.ready, .status("following \(count) cases"))
        setup.observe(.ready(cases: count))
        log.notice("ready", metadata: ["cases": "\(count)", "version": "\(Version.current)"])
    }

    private func reconcile(at now: Instant) async throws {
        do {
            for dropped in try await loop.reconcile(at: now, except: await outbox.keys) {
                try await outbox.letGo(dropped)
            }
        } catch let error as StoreError where error.isPassing {
            // What is to be dropped is looked for again at every rescan.
        } catch is IllegalTransition {
            // A person decided on one of them meanwhile.
        }
    }

    /// Logs what went wrong, and has whoever looks after the machine told.
    private mutating func report(_ incidents: [Incident], at now: Instant) async throws {
        let today = house.zone.day(at: now)
        for incident in incidents + noticed where told[incident] != today {
            told[incident] = today
            log.log(incident)
            untold.append(incident)
        }
        noticed = []
        while let incident = untold.first {
            do {
                try await loop.report(incident, at: now)
                untold.removeFirst()
            } catch let error as StoreError where error.isPassing {
                // The log has it; a message follows when the disk has room.
                break
            }
        }
        let isShortOfRoom = await loop.isShortOfRoom || ledger.isDiskFull
        if isShortOfRoom != wasShortOfRoom {
            if isShortOfRoom {
                log.error("the disk is full: nothing new leaves until there is room")
            } else {
                log.notice("the disk has room again")
            }
        }
        wasShortOfRoom = isShortOfRoom
        await notes.note { $0.isDiskFull = isShortOfRoom }
    }

    private var fence: FenceReason? { ledger.withState { $0.fenceReason } }

    /// Reads everything anew; on any problem the old house stays.
    private mutating func reload(at now: Instant) async {
        setup.notifier.notify(.reloading(monotonicMicroseconds: SystemdNotifier.monotonicMicroseconds()))
        defer { setup.notifier.notify(.ready) }
        do {
            let new = try House.load(setup.source, now: now)
            try ledger.withState {
                try RoutesInUse.check($0, from: house.configuration, to: new.configuration)
            }
            for fixed in house.configuration.keptUntilRestart(changedBy: new.configuration) {
                log.warning("\(fixed) takes effect at the next start")
            }
            let settings = try Outbox.Settings(new, courier: setup.courier)
            let planner = new.planner(instance: ledger.instance)
            await outbox.replace(settings)
            await receipts.replace(new.configuration.routes)
            await loop.replace(
                planner: planner, smsBudget: new.configuration.smsBudget, brake: new.configuration.brakes,
                now: now)
            house = new
            isOutOfDate = false
            for warning in new.warnings { log.warning("\(warning)") }
            await notes.note { $0.failedReload = nil }
            log.notice("configuration reloaded")
            setup.observe(.reloaded(true))
        } catch {
            let problems = "\(error)".split(separator: "\n").map(String.init)
            for line in problems { log.error("\(line)") }
            await notes.note { $0.failedReload = .init(at: now, problems: Array(problems.prefix(10))) }
            noticed.append(.notReloaded)
            isOutOfDate = true
            setup.observe(.reloaded(false))
        }
    }

    /// Not on a full disk, and after a failure not for a while: each try writes into the room kept for the ends of
    /// attempts, and holds them up.
    private mutating func compactIfLong(at now: Instant) async throws {
        guard ledger.bytesSinceSnapshot > house.configuration.ledger.compactAtBytes, !ledger.isDiskFull,
            notCompactedAt.map({ !($0..<$0 + wire(Desk.compactionPause)).contains(now) }) ?? true
        else { return }
        do {
            let report = try await ledger.compact(
                retention: LedgerRetention(keys: .days(Int64(house.configuration.ledger.rememberDays))))
            log.info(
                "ledger compacted", metadata: ["entries": "\(report.entries)", "bytes": "\(report.bytes)"])
            mark.renew(at: now)
            Allocator.giveBack()
        } catch let error as StoreError where error.isPassing {
            notCompactedAt = now
            log.warning("the ledger is not compacted", metadata: ["reason": "\(error)"])
        }
    }

    /// Feeds the watchdog, unless an attempt has been on the wire for longer than any may take.
    private func giveSignOfLife() async {
        let longest = house.configuration.routes.values.compactMap(\.longestAttempt).max() ?? .minutes(15)
        if let oldest = await outbox.oldestUnderWay, oldest > wire(longest + .minutes(1)) {
            log.error("an attempt is stuck", metadata: ["minutes": "\(oldest.seconds / 60)"])
            return
        }
        let (waiting, underWay) = await outbox.count
        let cases = await loop.caseCount
        setup.notifier.notify(
            .watchdog,
            .status(
                "following \(cases) cases, \(waiting) messages waiting, \(underWay) on the wire"
                    + (await receipts.sentence)
                    + (isOutOfDate ? "; the configuration could not be reloaded, the old one is in use" : "")
                    + (fence.map {
                        "; " + ($0.isBrake ? "messages are held: " : "nothing is sent: ") + $0.sentence
                    }
                        ?? "")))
    }

    /// A length of the machine's time by the house's clock, which may run faster.
    private func wire(_ elapsed: Elapsed) -> Elapsed {
        .milliseconds(Int64(Double(elapsed.milliseconds) * max(1, clock.speed)))
    }

    private func sleepUntil(_ now: Instant, _ nextWake: Instant?) -> Instant {
        var limit = now + setup.notifier.turn
        for instant in [nextWake, readAgainAt, setup.until].compactMap({ $0 }) { limit = min(limit, instant) }
        return max(limit, now + .milliseconds(1))
    }

    /// Lets what is ready leave before the end that was set, unless a stop comes first.
    private func finish(_ until: Instant) async {
        while await outbox.isBusy(at: until), !Task.isCancelled {
            await clock.sleep(until: clock.now() + .seconds(10), or: errands.bell)
            if await errands.take().stop { return }
        }
    }
}

extension Route {
    /// How long one attempt on it may take; nil when it ends by itself.
    fileprivate var longestAttempt: Elapsed? {
        switch kind {
        case .spool: nil
        case .smtp(let relay): relay.totalTimeout
        case .sms(let gateway): gateway.totalTimeout
        case .mailToSMS(let mail): if case .smtp(let relay) = mail.carrier { relay.totalTimeout } else { nil }
        }
    }
}

extension Configuration {
    /// What was changed and a reload cannot change.
    fileprivate func keptUntilRestart(changedBy new: Configuration) -> [String] {
        var kept: [String] = []
        if state != new.state { kept.append("state") }
        if sources.caseFolders != new.sources.caseFolders { kept.append("sources.cases") }
        if console.listen != new.console.listen { kept.append("console.listen") }
        if ledger.lowWaterBytes != new.ledger.lowWaterBytes { kept.append("ledger.low_water") }
        if policies.house.zone != new.policies.house.zone {
            kept.append("the zone, for times in case files that name none,")
        }
        return kept
    }
}
