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
    let outbox: Outbox
    let errands: Errands
    let inquiries: Inquiries
    let clock: ClockWatch
    let machine: SimulatedClock
    private let couriers: @Sendable (Route) -> SimulatedCourier
    let running: Task<Void, any Error>
    let asking: Task<Void, Never>
    let ended = Guarded(false)
    let memory: Mutex<Memory>

    /// What a turn leaves to the next.
    struct Memory: Sendable {
        var house: House
        var register: CaseRegister
        /// Whether the ledger does not know yet what the sources hold.
        var hasUnnotedCases = true
        var lastTurn: Instant
        /// The same, as far as the clock was not set back since by so much that everything is looked at again.
        var latestTurn: Instant
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
        _ world: World, disk: SimulatedDisk, replayed: LedgerState?
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
        let register = CaseRegister(recalling: ledger.withState { $0.sources.all })
        memory = Mutex(Memory(house: house, register: register, lastTurn: now, latestTurn: now))
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
            let loop = FollowUpLoop(
                followUps: FollowUps(planner: house.planner(instance: ledger.instance), now: now),
                ledger: ledger, smsBudget: house.configuration.smsBudget,
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
