import Logging
import RelanceCore
import RelanceDelivery
import RelanceIntake
import RelanceStore
import RelanceTestSupport
import Synchronization

@testable import RelanceDaemon

/// One life of the daemon between a start and its end: the real planner, ledger, outbox and desks, wired as `Relance`
/// wires them, on a simulated clock, disk and network.
final class SimulatedLife: Sendable {
    let ledger: LedgerFile
    let disk: SimulatedDisk
    let loop: FollowUpLoop
    private let control: ControlDesk
    private let receipts: ReceiptsDesk
    private let outbox: Outbox
    private let errands: Errands
    private let inquiries: Inquiries
    private let clock: ClockWatch
    private let machine: SimulatedClock
    private let couriers: @Sendable (Route) -> SimulatedCourier
    private let running: Task<Void, any Error>
    private let asking: Task<Void, Never>
    private let ended = Guarded(false)
    private let memory: Mutex<Memory>

    /// What a turn leaves to the next.
    private struct Memory {
        var house: House
        var lastTurn: Instant
        /// What has come to its end without having left; nil once a person may have had a hand in it.
        var ended: Set<MessageKey>?
        /// When the oracle wants to look again.
        var oracleWake: Instant?
    }

    /// The world a life is born into.
    struct World: Sendable {
        var house: House
        var folder: String
        var clock: SimulatedClock
        var network: SimulatedNetwork
        var seed: UInt64
        /// Looks at what is about to be taken, and is told whether the clock is in doubt.
        var judge: @Sendable (SimulatedNetwork.Taken, LedgerState, Bool) -> Void
    }

    /// A start that read another history than a reader did.
    struct OtherHistory: Error {}

    /// A tiny disk, so that segments and headroom come into play.
    private static let options: LedgerFile.Options = {
        var options = LedgerFile.Options()
        (options.segmentBytes, options.headroomBytes, options.lowWaterBytes) = (24 << 10, 16 << 10, 0)
        return options
    }()

    /// Takes up what the last life left; throws when the disk or a death does not let it.
    init(
        _ world: World, disk: SimulatedDisk, cases: [OpenCase], held: Set<CaseReference>,
        replayed: LedgerState?
    ) async throws {
        let (house, machine) = (world.house, world.clock)
        let clock = ClockWatch(machine, builtAt: .distantPast)
        (self.machine, self.clock, self.disk) = (machine, clock, disk)
        let state = try StateDirectory(path: world.folder, disk: disk.disk)
        let ledger = try LedgerFile(
            state, clock: LedgerFile.Clock(clock), options: SimulatedLife.options)
        self.ledger = ledger
        // Who only looks and who mends find the same.
        guard replayed == nil || ledger.withState({ $0 == replayed }) else {
            try await ledger.close()
            throw OtherHistory()
        }
        ledger.withState { state in
            clock.begin(
                latest: state.lastTime,
                lastStart: (state.lastStart?.stamp).map {
                    ClockWatch.Moment(now: $0.time, uptime: .milliseconds($0.bootMilliseconds))
                })
        }
        while clock.doubt() != nil { machine.pass(to: machine.now() + .minutes(1)) }
        let now = clock.now()
        memory = Mutex(Memory(house: house, lastTurn: now))
        do {
            let start = ProgramStart(version: "simulation", machine: "simulation")
            let recovery = ledger.withState {
                $0.recovery(
                    starting: start, at: now, onAmbiguous: house.configuration.onAmbiguous,
                    silence: house.configuration.catchUp.downtime)
            }
            try await ledger.append(recovery.events)
            let frozen = try FrozenMessages(in: ledger.directory)
            try await frozen.discardAll(but: ledger.withState { $0.open })
            let errands = Errands()
            self.errands = errands
            let log = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
            let receipts = ReceiptsDesk(
                ledger: ledger, frozen: frozen, routes: house.configuration.routes, clock: clock,
                errands: errands, log: log)
            self.receipts = receipts
            let inquiries = Inquiries(ledger: ledger, desk: receipts, clock: clock, watch: clock, log: log)
            self.inquiries = inquiries
            let couriers: @Sendable (Route) -> SimulatedCourier = { route in
                SimulatedCourier(
                    network: world.network, route: route.name, ledger: ledger, disk: disk,
                    clock: machine,
                    judge: { taken in
                        let isDoubted = clock.doubt() != nil
                        ledger.withState { world.judge(taken, $0, isDoubted) }
                    })
            }
            self.couriers = couriers
            let random = Mutex(SplitMix64(seed: world.seed ^ UInt64(bitPattern: now.milliseconds)))
            let outbox = Outbox(
                ledger: ledger, frozen: frozen, settings: Outbox.Settings(house, courier: couriers),
                clock: clock,
                random: { random.withLock { Double($0.next() >> 11) / Double(1 << 53) } }, observe: { _ in },
                announce: Outbox.Announcements(
                    incident: { await errands.tell($0) }, changed: { await errands.plan($0) },
                    left: { await inquiries.follow($0) }), watch: clock)
            self.outbox = outbox
            await outbox.catchUp(before: now)
            var followUps = FollowUps(planner: house.planner(instance: ledger.instance), now: now)
            followUps.update(cases.map { CaseRecord($0, at: .nowhere) }, now: now)
            followUps.hold(held, now: now)
            let loop = FollowUpLoop(
                followUps: followUps, ledger: ledger, smsBudget: house.configuration.smsBudget,
                brake: house.configuration.brakes
            ) { messages, notBefore in
                await outbox.offer(messages, notBefore: notBefore)
            }
            self.loop = loop
            if let downtime = recovery.downtime { await loop.catchUp(after: downtime) }
            await outbox.ask { message in await loop.verdict(on: message, at: clock.now()) }
            control = ControlDesk(
                ledger: ledger, outbox: outbox, loop: loop, errands: errands,
                routes: Array(house.configuration.routes.keys), clock: clock, receipts: receipts)
            let ended = ended
            running = Task {
                defer {
                    ended.withLock { $0 = true }
                    machine.noteRest()
                }
                try await outbox.run()
            }
            asking = Task {
                // One gateway can be asked, the other cannot.
                await inquiries.run { route in
                    route == "t" ? await outbox.courier(ofRoute: route) as? any AskableGateway : nil
                }
            }
        } catch {
            try? await ledger.close()
            throw error
        }
    }

    // MARK: - At work

    private var hasEnded: Bool { ended.withLock { $0 } }

    /// When it wants to be looked at again.
    var nextWake: Instant? {
        get async {
            let now = clock.now()
            if clock.doubt() != nil { return machine.now() + .minutes(1) }
            let retries = ledger.withState { state in
                state.open.compactMap { state.messages[$0]?.nextAttemptAt }.filter { $0 > now }.min()
            }
            // What leaves at a pace does so by the second.
            let paced = await outbox.nextReady(after: now)
            return [
                await loop.nextWake, retries, await inquiries.nextQuestion, memory.withLock { $0.oracleWake },
                paced < now + .minutes(1) ? paced : nil,
            ].compactMap { $0 }.min()
        }
    }

    /// One turn of the desk: plans, sends, drops what is owed no more, until nothing is left to do at this instant.
    ///
    /// Returns what is owed and nobody has thought of. Throws when the process has come to its end.
    func turn(isFirst: Bool, reconciles: Bool, _ oracle: SimulatedOracle) async throws -> [String] {
        if hasEnded || disk.isDead { try await end() }
        if clock.doubt() != nil { return complaintsInDoubt() }
        let now = clock.now()
        try await seeToTime(at: now)
        let mornings = await loop.owed(by: oracle, at: now).messages.filter { !$0.kind.isSetOffByCases }
        try await work(at: now, isFirst: isFirst, reconciles: reconciles)
        let owed = await loop.owed(by: oracle, at: now)
        memory.withLock { $0.oracleWake = owed.nextWake }
        noteEnded()
        // What finds no room is told of when there is some.
        if await loop.isShortOfRoom { return [] }
        let inHand = await outbox.keys
        return ledger.withState { state in
            SimulatedOracle.complaints(
                of: owed, before: Set(mornings.map(\.key)), isFirst: isFirst, at: now, ledger: state,
                inHand: inHand)
        }
    }

    /// As the desk does.
    private func seeToTime(at now: Instant) async throws {
        let (last, house) = memory.withLock { memory in
            defer { memory.lastTurn = now }
            return (memory.lastTurn, memory.house)
        }
        if now + ClockWatch.step < last {
            await loop.setBack(to: now)
            await outbox.setBack(to: now)
            await inquiries.setBack(to: now)
        }
        if now - last >= house.configuration.catchUp.downtime {
            let downtime = ledger.withState { $0.downtime(since: last, until: now, mayBeOld: false) }
            do {
                try await ledger.append([.downtime(downtime)])
            } catch let error as StoreError where error.isPassing {
                // This life knows of it.
            }
            await loop.catchUp(after: downtime)
            await outbox.catchUp(before: now)
        }
    }

    /// Nothing may end while nobody knows the time.
    private func complaintsInDoubt() -> [String] {
        let before = memory.withLock { $0.ended }
        noteEnded()
        guard let before, let now = memory.withLock({ $0.ended }) else { return [] }
        return ledger.withState { state in
            now.subtracting(before).compactMap { key in
                state.messages[key].map { "ends in doubt as \($0.phase): \($0.plan.name)" }
            }
        }
    }

    private func noteEnded() {
        let ended = ledger.withState { state in
            Set(state.messages.values.filter(\.phase.hasEndedUnsent).map(\.key))
        }
        memory.withLock { $0.ended = ended }
    }

    private func work(at now: Instant, isFirst: Bool, reconciles: Bool) async throws {
        var isFirst = isFirst
        var list = await errands.take()
        for _ in 0..<20 {
            await loop.change { [list] followUps in
                followUps.remember(list.changed, now: now)
                followUps.remember(list.changedAddresses, now: now)
            }
            try await loop.tick(at: now)
            if isFirst { await loop.resume(Incident.all(routes: ["a", "b", "t", "u"]), at: now) }
            if isFirst || reconciles { try await reconcile(at: now) }
            isFirst = false
            for incident in list.incidents {
                do {
                    try await loop.report(incident, at: now)
                } catch let error as StoreError where error.isPassing {
                    // The log has it.
                }
            }
            try await becomeQuiet(at: now)
            list = await errands.take()
            if list.changed.isEmpty, list.changedAddresses.isEmpty, list.incidents.isEmpty { return }
        }
        throw Restless()
    }

    private func reconcile(at now: Instant) async throws {
        do {
            let dropped = try await loop.reconcile(at: now, except: await outbox.keys)
            let owed = await loop.owed(of: dropped, at: now).map(\.name)
            if !owed.isEmpty { throw DroppedThoughOwed(names: owed) }
        } catch let error as StoreError where error.isPassing {
            // Looked for again at the next turn.
        } catch is IllegalTransition {
            // Decided meanwhile.
        }
    }

    /// What was dropped as asked for by nothing, while planning asks for it.
    struct DroppedThoughOwed: Error {
        var names: [String]
    }

    /// What never comes to rest.
    struct Restless: Error {}

    /// Returns once nothing is on the wire and nothing could be at this instant.
    private func becomeQuiet(at now: Instant) async throws {
        for _ in 0..<2000 {
            let rests = machine.rests
            if hasEnded || disk.isDead { try await end() }
            if await !outbox.isBusy(at: now) { return try await becomeQuiet(asking: now) }
            await machine.waitForRest(after: rests)
        }
        throw Restless()
    }

    /// Returns once nothing is asked, nor could be at this instant.
    private func becomeQuiet(asking now: Instant) async throws {
        for _ in 0..<1_000_000 {
            let (isIdle, next) = (await inquiries.current.isEmpty, await inquiries.nextQuestion)
            if isIdle, next.map({ $0 > now }) ?? true { return }
            if hasEnded || disk.isDead { try await end() }
            await Task.yield()
        }
        throw Restless()
    }

    /// The daemon ended by itself: throws why.
    private func end() async throws -> Never {
        asking.cancel()
        running.cancel()
        try await running.value
        throw CancellationError()
    }

    func change(_ items: [OpenCase], gone: [CaseReference], held: Set<CaseReference>) async {
        let now = clock.now()
        await loop.change { followUps in
            followUps.update(items.map { CaseRecord($0, at: .nowhere) }, now: now)
            followUps.remove(gone)
            followUps.hold(held, now: now)
        }
    }

    func reload(_ house: House) async {
        await outbox.replace(Outbox.Settings(house, courier: couriers))
        memory.withLock { $0.house = house }
        await receipts.replace(house.configuration.routes)
        await loop.replace(
            planner: house.planner(instance: ledger.instance), smsBudget: house.configuration.smsBudget,
            brake: house.configuration.brakes, now: clock.now())
    }

    /// Takes in a receipt; whether there is such a message.
    func take(_ call: SimulatedNetwork.Call) async throws -> Bool {
        if disk.isDead { throw CancellationError() }
        let report = GatewayReport.receipt(.ours(call.reference), call.receipt)
        return try await receipts.take(report, from: call.receipt.route) != .unknownReference
    }

    /// Whether an operator's order was carried out.
    func obey(_ act: OperatorAct) async -> Bool {
        guard let order = OperatorOrder(act, by: "nadia.perrin", reason: "simulation") else { return false }
        do {
            memory.withLock { $0.ended = nil }
            _ = try await control.act(order)
            return true
        } catch {
            return false
        }
    }

    /// Whether an owner of a number that has written STOP is known to want no more.
    func takeStop(from number: PhoneNumber) async -> Bool {
        let report = GatewayReport.objection(number, proof: "STOP")
        return (try? await receipts.take(report, from: "t")) != nil
    }

    func compact() async {
        _ = try? await ledger.compact()  // what a full or broken disk makes of it shows in what follows
    }

    // MARK: - Ends

    /// SIGTERM: everything begun is written down.
    func stop() async throws {
        asking.cancel()
        await asking.value
        await outbox.drain(for: .seconds(20))
        do {
            try await running.value
        } catch {
            try? await ledger.close()  // the first error is the one to tell
            throw error
        }
        try await ledger.close()
    }

    /// kill -9: whatever it was about to write never reaches the disk.
    func die() async {
        disk.die()
        asking.cancel()
        running.cancel()
        await asking.value
        _ = try? await running.value
        try? await ledger.close()
    }
}

extension FollowUpLoop {
    /// Those of the messages that planning asks for.
    fileprivate func owed(of keys: [MessageKey], at now: Instant) -> [PlanRecord] {
        let memory = recollection(at: now).memory
        return keys.compactMap { key in ledger.withState { $0.messages[key]?.plan } }.filter { plan in
            plan.cases.contains { ref in
                let owed = followUps.plan(ref, at: now, detail: .messages, memory: memory)
                return owed?.messages.contains { $0.key == plan.key } == true
            }
        }
    }
}

extension LedgerMessage.Phase {
    /// Whether nobody but a person brings it out any more, though it has not left for certain.
    fileprivate var hasEndedUnsent: Bool {
        switch self {
        case .expired, .cancelled, .superseded, .unknown: true
        default: false
        }
    }
}
