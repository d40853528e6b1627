import Logging
import RelanceConsole
import RelanceCore
import RelanceDelivery
import RelanceIntake
import RelanceStore

/// The whole program as a value: everything it touches is handed in, and `run()` is its life (design D12).
///
/// Contract:
/// - `run()` returns after a stop was asked for and everything begun is written down; asked again, it waits no longer for
///   what is on the wire. It throws what makes going on impossible: a route that cannot be opened, a ledger that cannot
///   be trusted or written.
/// - A reload that finds any error changes nothing and says so.
/// - While the clock cannot be believed nothing is read, planned, asked or sent, and what ends meanwhile is written down
///   by the time that was believed last (reliability 2.7).
/// - A start that finds no room on the disk, or no descriptor, waits for it and goes on by itself (reliability 2.6).
/// - The watchdog is fed by the loop itself, after a tick and a look at the outbox, never by a timer of its own.
package struct Relance: Sendable {
    package struct Setup: Sendable {
        /// Where a reload reads the house anew.
        package var source: House.Source
        /// The house it starts with.
        package var house: House
        package var clock: any HouseClock
        package var logger: Logger
        package var notifier: SystemdNotifier
        /// Numbers in 0 ..< 1 for the jitter of retries.
        package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
        package var observe: @Sendable (DaemonEvent) -> Void = { _ in }
        /// Asks to stop or to reload: signals, in a service.
        package var wishes: AsyncStream<Signals.Wish>
        /// Stops by itself at this instant of the clock; nil runs until asked.
        package var until: Instant?
        /// The folder of what may be lost (`CacheDirectory=` of the unit); nil where there is none.
        package var cache: String?
        /// No clock is right that stands before the program was built.
        package var builtAt = Instant.builtAt
        /// Calls to the disk; a test may have them fail.
        package var disk = Disk()
        /// Where a route's messages go; a test may put its own courier here.
        package var courier: @Sendable (Route) throws -> any Courier

        package init(
            source: House.Source, house: House, clock: any HouseClock, logger: Logger,
            notifier: SystemdNotifier,
            wishes: AsyncStream<Signals.Wish>, until: Instant? = nil
        ) {
            self.source = source
            self.house = house
            self.clock = clock
            courier = { try Couriers.courier(for: $0, now: { clock.now() }) }
            self.logger = logger
            self.notifier = notifier
            self.wishes = wishes
            self.until = until
        }
    }

    private let setup: Setup

    package init(_ setup: Setup) {
        self.setup = setup
    }

    package func run() async throws {
        let errands = Errands()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { [wishes = setup.wishes] in
                for await wish in wishes {
                    switch wish {
                    case .stop: await errands.stopAsked()
                    case .reload: await errands.reload()
                    }
                }
            }
            for warning in setup.house.warnings { setup.logger.warning("\(warning)") }
            let watch = ClockWatch(setup.clock, builtAt: setup.builtAt)
            guard let ledger = try await onceThereIsRoom(errands, { try openLedger(watch) }) else { return }
            do {
                try await run(ledger, errands, watch)
            } catch {
                try? await ledger.close()  // the first error is the one to tell
                throw error
            }
            try await ledger.close()
        }
    }

    private func openLedger(_ clock: ClockWatch) throws -> LedgerFile {
        let configuration = setup.house.configuration
        let state = try StateDirectory(
            path: configuration.state, apartFrom: setup.source.configuration, disk: setup.disk)
        var options = LedgerFile.Options()
        options.lowWaterBytes = configuration.ledger.lowWaterBytes
        return try LedgerFile(
            state, clock: LedgerFile.Clock(clock), options: options,
            mark: setup.cache.flatMap { LedgerMark(in: $0) })
    }

    /// Does what a start has to write, again every half minute while the disk has no room for it; nil when a stop was
    /// asked for first.
    private func onceThereIsRoom<Result>(
        _ errands: Errands, _ attempt: () async throws -> Result
    ) async throws -> Result? {
        var isTold = false
        while true {
            do {
                let result = try await attempt()
                if isTold { setup.logger.notice("the start goes on") }
                return result
            } catch let error as StoreError where error.isPassing {
                if await errands.isStopping || Task.isCancelled { return nil }
                if !isTold {
                    setup.logger.error("nothing is sent: \(error)")
                    setup.notifier.notify(.ready)
                    isTold = true
                }
                let now = setup.clock.now()
                setup.observe(.shortOfRoom(at: now))
                setup.notifier.notify(.watchdog, .status("nothing is sent: \(error)"))
                await setup.clock.sleep(
                    until: now + min(.seconds(30), setup.notifier.turn), or: errands.bell)
            }
        }
    }

    /// Waits until the clock can be believed; false when a stop was asked for first.
    ///
    /// Nothing is written meanwhile: a record of a wrong time would stay the newest one.
    private func isBelieved(_ watch: ClockWatch, _ errands: Errands) async -> Bool {
        guard let doubt = watch.doubt() else { return true }
        await errands.tell(.clockDoubted)
        setup.logger.error("nothing is sent: \(doubt.sentence)")
        setup.notifier.notify(.ready)
        while let doubt = watch.doubt() {
            if await errands.isStopping || Task.isCancelled { return false }
            setup.observe(.clockDoubted(at: setup.clock.now()))
            setup.notifier.notify(.watchdog, .status("nothing is sent: \(doubt.sentence)"))
            await setup.clock.sleep(until: setup.clock.now() + setup.notifier.turn, or: errands.bell)
        }
        return true
    }

    private func run(_ ledger: LedgerFile, _ errands: Errands, _ clock: ClockWatch) async throws {
        let (house, log) = (setup.house, setup.logger)
        ledger.withState { clock.begin($0) }
        for warning in ledger.warnings { log.warning("\(warning)") }
        if let notice = Couriers.notice(on: house.configuration.routes.values) { log.notice("\(notice)") }
        guard await isBelieved(clock, errands) else { return }
        let start = ProgramStart(version: Version.current, machine: try MachineIdentity.hash())
        let recovered = try await onceThereIsRoom(errands) {
            let now = clock.now()
            let recovery = ledger.withState {
                $0.recovery(
                    starting: start, at: now, onAmbiguous: house.configuration.onAmbiguous,
                    silence: house.configuration.catchUp.downtime, isBehind: ledger.isBehindMark)
            }
            try await ledger.append(recovery.events)
            return (recovery, now)
        }
        guard let (recovery, now) = recovered else { return }
        // A fence is durable by now: the mark has said what it had to say.
        var mark = MarkKeeper(ledger, folder: setup.cache, log: log)
        mark.renew(at: now)
        if !recovery.definite.isEmpty || !recovery.ambiguous.isEmpty {
            log.notice(
                "taking up what the last run left",
                metadata: ["safe": "\(recovery.definite.count)", "in_doubt": "\(recovery.ambiguous.count)"])
        }
        if let reason = ledger.withState({ $0.fenceReason }) { log.error("\(reason.summons)") }

        let unsettled = ledger.withState { $0.open }
        let tidied = try await onceThereIsRoom(errands) {
            let frozen = try FrozenMessages(in: ledger.directory)
            try await frozen.discardAll(but: unsettled)
            return frozen
        }
        guard let frozen = tidied else { return }
        let receipts = ReceiptsDesk(
            ledger: ledger, frozen: frozen, routes: house.configuration.routes, clock: clock,
            errands: errands, log: log)
        let inquiries = Inquiries(ledger: ledger, desk: receipts, clock: clock, watch: clock, log: log)
        let outbox = Outbox(
            ledger: ledger, frozen: frozen, settings: try Outbox.Settings(house, courier: setup.courier),
            clock: clock, random: setup.random, observe: setup.observe,
            announce: Outbox.Announcements(
                incident: { await errands.tell($0) }, changed: { await errands.plan($0) },
                left: { await inquiries.follow($0) }), watch: clock)
        await outbox.catchUp(before: now)
        let loop = FollowUpLoop(
            followUps: FollowUps(planner: house.planner(instance: ledger.instance), now: now), ledger: ledger,
            smsBudget: house.configuration.smsBudget, brake: house.configuration.brakes
        ) { messages, notBefore in
            await outbox.offer(messages, notBefore: notBefore)
        }
        if let downtime = recovery.downtime { await loop.catchUp(after: downtime) }
        await outbox.ask { message in await loop.verdict(on: message, at: clock.now()) }

        let watch = CaseFolderWatch(house.configuration.sources.caseFolders, errands: errands, log: log)
        let notes = HouseNotes()
        let control = ControlDesk(
            ledger: ledger, outbox: outbox, loop: loop, errands: errands, notes: notes,
            routes: Array(house.configuration.routes.keys), clock: clock, receipts: receipts)
        let (readiness, ready) = AsyncStream.makeStream(of: Void.self)
        var desk = Desk(
            setup: setup, house: house, ledger: ledger, outbox: outbox, loop: loop, errands: errands,
            notes: notes, receipts: receipts, inquiries: inquiries, watch: watch, clock: clock, mark: mark,
            onReady: { ready.finish() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await watch.run() }
            group.addTask {
                await inquiries.run { await outbox.courier(ofRoute: $0) as? any AskableGateway }
            }
            group.addTask {
                for await _ in readiness {}  // before, no case is known
                await serve(control, of: house, socket: ledger.directory.path + "/relance.sock")
            }
            group.addTask {
                await errands.haste.wait()
                if !Task.isCancelled { await outbox.drain(for: .seconds(0)) }
            }
            async let sending: Void = outbox.run(stopping: errands)
            do {
                try await desk.work()
            } catch {
                await outbox.fail(error)
                try? await sending  // the desk's error is the one to tell
                throw error
            }
            setup.notifier.notify(.stopping, .status("finishing what is on the wire"))
            await outbox.drain(for: desk.house.configuration.drain)
            try await sending
            desk.mark.renew(at: clock.now())
        }
    }

    /// Keeps the console's doors open until cancelled; one that cannot be opened is no reason to forget anybody.
    private func serve(_ control: ControlDesk, of house: House, socket: String) async {
        let receipts = house.configuration.console.listen.map { Console.Door.receipts($0) }
        let doors = [.orders(socket: socket)] + [receipts].compactMap { $0 }
        await withDiscardingTaskGroup { group in
            for door in doors {
                let console = Console(
                    [door], desk: control, publicURL: house.configuration.console.publicURL,
                    log: setup.logger
                ) { door, port in
                    setup.observe(.listening(door, port: port))
                }
                group.addTask { await setup.clock.keepOpen(door, setup.logger) { try await console.run() } }
            }
        }
    }
}

extension HouseClock {
    /// Keeps something open until cancelled: what ends is opened again, a minute later at the earliest.
    func keepOpen(_ door: Console.Door, _ log: Logger, _ serve: @Sendable () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await serve()
                if !Task.isCancelled { log.error("no longer listening", metadata: ["at": "\(door)"]) }
            } catch is CancellationError {
                return
            } catch {
                log.error("cannot listen", metadata: ["at": "\(door)", "reason": "\(error)"])
            }
            // Cut short by the end, which the loop sees.
            try? await sleep(until: now() + .minutes(1))
        }
    }
}

extension Outbox {
    /// Works until drained; when it cannot go on, the desk is not to either.
    fileprivate func run(stopping errands: Errands) async throws {
        do {
            try await run()
        } catch {
            await errands.stop()
            throw error
        }
    }
}

extension ClockWatch {
    /// One that begins with what a ledger says.
    package convenience init(_ clock: any HouseClock, builtAt: Instant, _ state: LedgerState) {
        self.init(clock, builtAt: builtAt)
        begin(state)
    }

    /// What the ledger says is known by the wall clock as it was, not as the ledger had to count it.
    fileprivate func begin(_ state: LedgerState) {
        begin(
            latest: state.lastTime,
            lastStart: (state.lastStart?.stamp).map {
                Moment(now: $0.time, uptime: .milliseconds($0.bootMilliseconds))
            })
    }
}

extension FenceReason {
    /// What the log asks of a person.
    var summons: String {
        let release = "with relance resume --by NAME --reason TEXT"
        return isBrake
            ? "messages are held: \(sentence); look at them with relance messages, and let them go \(release)"
            : "nothing is sent: \(sentence); make sure that no other copy sends, and lift the fence \(release)"
    }

    /// Why nothing, or nothing but what a brake lets pass, is sent.
    package var sentence: String {
        switch self {
        case .otherMachine: "the ledger was last written on another machine and may be a copy"
        case .restored: "the ledger is older than what left from this machine: a backup was put back"
        case .longSilence: "the ledger was silent for so long, with work due, that it may be an old backup"
        case .repaired: "the ledger was repaired and may have lost what was sent"
        case .catchUp: "too many messages are late after a downtime"
        case .massChange: "reading the cases set off too many messages"
        }
    }
}
