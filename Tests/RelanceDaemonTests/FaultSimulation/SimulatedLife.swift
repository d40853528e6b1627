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
    private let clock: SimulatedClock
    private let couriers: @Sendable (Route) -> SimulatedCourier
    private let running: Task<Void, any Error>
    private let ended = Guarded(false)
    /// Of the turn before.
    private let lastTurn: Mutex<Instant>

    /// The world a life is born into.
    struct World: Sendable {
        var house: House
        var folder: String
        var clock: SimulatedClock
        var network: SimulatedNetwork
        var seed: UInt64
        var judge: @Sendable (SimulatedNetwork.Taken, LedgerState) -> Void
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
        let (house, clock, now) = (world.house, world.clock, world.clock.now())
        self.clock = clock
        self.disk = disk
        lastTurn = Mutex(now)
        let state = try StateDirectory(path: world.folder, disk: disk.disk)
        let ledger = try LedgerFile(
            state,
            clock: LedgerFile.Clock(
                now: { clock.now() }, bootMilliseconds: { clock.now().milliseconds - 1_600_000_000_000 }),
            options: SimulatedLife.options)
        self.ledger = ledger
        // Who only looks and who mends find the same.
        guard replayed == nil || ledger.withState({ $0 == replayed }) else {
            try await ledger.close()
            throw OtherHistory()
        }
        do {
            let start = ProgramStart(version: "simulation", machine: "simulation")
            let recovery = ledger.withState { $0.recovery(starting: start, at: now) }
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
            let couriers: @Sendable (Route) -> SimulatedCourier = { route in
                SimulatedCourier(
                    network: world.network, route: route.name, ledger: ledger, disk: disk, clock: clock,
                    judge: { taken in ledger.withState { world.judge(taken, $0) } })
            }
            self.couriers = couriers
            let random = Mutex(SplitMix64(seed: world.seed ^ UInt64(bitPattern: now.milliseconds)))
            let outbox = Outbox(
                ledger: ledger, frozen: frozen, settings: Outbox.Settings(house, courier: couriers),
                clock: clock,
                random: { random.withLock { Double($0.next() >> 11) / Double(1 << 53) } }, observe: { _ in },
                announce: Outbox.Announcements(
                    incident: { await errands.tell($0) }, changed: { await errands.plan($0) }))
            self.outbox = outbox
            var followUps = FollowUps(planner: house.planner(instance: ledger.instance), now: now)
            followUps.update(cases.map { CaseRecord($0, at: .nowhere) }, now: now)
            followUps.hold(held, now: now)
            let loop = FollowUpLoop(
                followUps: followUps, ledger: ledger, smsBudget: SMSBudgetRule(soft: nil, hard: nil)
            ) { messages, notBefore in
                await outbox.offer(messages, notBefore: notBefore)
            }
            self.loop = loop
            await outbox.ask { message in await loop.verdict(on: message, at: clock.now()) }
            control = ControlDesk(
                ledger: ledger, outbox: outbox, loop: loop, errands: errands,
                routes: Array(house.configuration.routes.keys), clock: clock, receipts: receipts)
            let ended = ended
            running = Task {
                defer {
                    ended.withLock { $0 = true }
                    clock.noteRest()
                }
                try await outbox.run()
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
            let retries = ledger.withState { state in
                state.open.compactMap { state.messages[$0]?.nextAttemptAt }.filter { $0 > now }.min()
            }
            return [await loop.nextWake, retries].compactMap { $0 }.min()
        }
    }

    /// One turn of the desk: plans, sends, drops what is owed no more, until nothing is left to do at this instant.
    ///
    /// Throws when the process has come to its end.
    func turn(isFirst: Bool, reconciles: Bool) async throws {
        let now = clock.now()
        var isFirst = isFirst
        let last = lastTurn.withLock { last in
            defer { last = now }
            return last
        }
        if now + ClockWatch.step < last {
            await loop.setBack(to: now)
            await outbox.setBack(to: now)
        }
        for _ in 0..<20 {
            let list = await errands.take()
            await loop.change { followUps in
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
            if list.changed.isEmpty, list.changedAddresses.isEmpty, list.incidents.isEmpty { return }
        }
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
            let rests = clock.rests
            if hasEnded || disk.isDead { try await end() }
            if await !outbox.isBusy(at: now) { return }
            await clock.waitForRest(after: rests)
        }
        throw Restless()
    }

    /// The daemon ended by itself: throws why.
    private func end() async throws -> Never {
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
        let (planner, now) = (house.planner(instance: ledger.instance), clock.now())
        await loop.change { $0.replace(planner: planner, now: now) }
    }

    /// Takes in a receipt; whether there is such a message.
    func take(_ call: SimulatedNetwork.Call) async throws -> Bool {
        let report = GatewayReport.receipt(.ours(call.reference), call.receipt)
        return try await receipts.take(report, from: call.receipt.route) != .unknownReference
    }

    /// Whether an operator's order was carried out.
    func obey(_ act: OperatorAct) async -> Bool {
        guard let order = OperatorOrder(act, by: "nadia.perrin", reason: "simulation") else { return false }
        do {
            _ = try await control.act(order)
            return true
        } catch {
            return false
        }
    }

    func compact() async {
        _ = try? await ledger.compact()  // what a full or broken disk makes of it shows in what follows
    }

    // MARK: - Ends

    /// SIGTERM: everything begun is written down.
    func stop() async throws {
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
        running.cancel()
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
