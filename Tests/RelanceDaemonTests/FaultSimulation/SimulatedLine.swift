import Foundation
import RelanceCore
import RelanceTestSupport

@testable import RelanceDaemon
@testable import RelanceStore

/// Some days of the line drawn from one seed: what businesses and advisors do, what the network, the disk, the clock
/// and the machine do to the daemon meanwhile, and what was wrong with what came of it.
///
/// Everything that happens to the daemon comes from the seed. How its own tasks interleave where two attempts are on
/// the wire at once does not: a seed that fails by that alone may have to be played more than once.
final class SimulatedLine {
    private let seed: UInt64
    private var random: SplitMix64
    private let folder: String
    private let clock: SimulatedClock
    private let network: SimulatedNetwork
    private let scene = Guarded(Scene())
    private var cases = SimulatedCases()
    private var source = SimulatedSource(items: [:])
    private var house = SimulatedHouse.first
    private var life: SimulatedLife?
    private var disk: SimulatedDisk
    private var isDiskFull = false
    private var isHealed = false
    /// Starts to come that do not get far.
    private var startsToDeath: Int64 = 0
    private var reconciledAt = Instant.distantPast
    private var events: [(at: Instant, event: Event)] = []
    private var complaints: [String] = []
    /// What the run consisted of, for the curious.
    private(set) var tally: [String: Int] = [:]

    /// What the far sides judge by: the last good source and the objections, as the daemon was told of them.
    fileprivate struct Scene {
        var items: [CaseReference: OpenCase] = [:]
        var objections: Set<String> = []
        /// Everything that was taken so far.
        var left: [SimulatedNetwork.Taken] = []
        var house = SimulatedHouse.first
        var complaints: [String] = []
    }

    private enum Event: String, CaseIterable {
        case call, change, spoilSource, mendSource, operate, reload, compact
        case outage, mend, diskFull, diskFree, diskError
        case kill, killAtCall, killAtDelivery, killAtStarts, stop, stepBack, stepForth, sleep, reboot
        case stopAnswer, resume
    }

    /// Keys contain the ledger's own name, which is drawn when it begins: here it is given.
    fileprivate static let instance = "00000000-0000-4000-8000-000000000000"

    init(seed: UInt64) throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        // Across the end of summer time, All Saints' Day, Armistice Day and Christmas.
        let start = at(
            random.pick([
                "2020-10-23 15:00", "2020-10-30 09:00", "2020-11-10 12:00", "2020-12-23 08:00",
            ]))
        clock = SimulatedClock(start)
        network = SimulatedNetwork(seed: seed)
        folder = "/dev/shm/relance-simulation-\(UUID().uuidString)"
        disk = SimulatedDisk(folder: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let header = LedgerHeader(
            instance: Self.instance, segment: 1, previousSequence: 0, previousSeal: 0)
        try Data(header.line).write(
            to: URL(filePath: folder + "/" + LedgerFormat.segmentName(firstSequence: 1)))
        draw(from: start)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)  // a leftover harms nobody
    }

    /// The events of one to four days, a third of them on the hour.
    private func draw(from start: Instant) {
        let length = Elapsed.hours(random.number(in: 20...90)).milliseconds
        for _ in 0..<random.number(in: 20...60) {
            var instant = start + .milliseconds(random.number(in: 0...length))
            if random.chance(33) {
                instant = Instant(milliseconds: instant.milliseconds / 3_600_000 * 3_600_000)
            }
            let roll = random.number(in: 1...100)
            events.append((instant, roll <= 12 ? .call : roll <= 50 ? .change : random.pick(Event.allCases)))
        }
        events.sort { $0.at < $1.at }
        for _ in 0..<random.number(in: 3...7) { cases.open(at: start, &random) }
        tellScene()
    }

    // MARK: - The run

    /// Plays it to the end, and some days longer in good weather, so that nothing has an excuse to stay behind; what was
    /// not kept.
    func run() async -> [String] {
        while let next = events.first {
            await live(until: next.at)
            events.removeFirst()
            await happen(next.event)
            tally[next.event.rawValue, default: 0] += 1
        }
        await heal()
        await live(until: clock.now() + .hours(80))
        await finish()
        return complaints + network.complaints + scene.withLock { $0.complaints }
    }

    /// Lets the daemon live to an instant, from wake to wake.
    private func live(until end: Instant) async {
        while true {
            if life == nil { await start() }
            await turn()
            await callReceipts()
            let now = clock.now()
            guard now < end else { return }
            let wake = await life?.nextWake ?? now + .minutes(10)
            // Not past a quarter of an hour while something waits for a breaker or for room.
            let limit = now + .minutes(isWaiting ? 20 : 600)
            let next = [end, wake, network.nextCall ?? end, limit].min() ?? end
            clock.pass(to: max(next, now + .milliseconds(1)))
        }
    }

    private var isWaiting: Bool {
        guard let life else { return true }
        let now = clock.now()
        return life.ledger.withState { state in
            state.open.contains { state.messages[$0]?.nextAttemptAt.map { $0 <= now } == true }
        }
    }

    private func start() async {
        tally["lives", default: 0] += 1
        do {
            let before = try LedgerReading(path: folder)?.contents.state
            disk = SimulatedDisk(folder: folder)
            disk.setFull(isDiskFull)
            if startsToDeath > 0 {
                startsToDeath -= 1
                disk.die(after: Int(random.number(in: 0...60)), torn: random.chance(50))
            }
            let world = SimulatedLife.World(
                house: house, folder: folder, clock: clock, network: network, seed: seed,
                judge: { [scene] taken, state, isDoubted in
                    scene.withLock { $0.judge(taken, state, isDoubted: isDoubted) }
                })
            life = try await SimulatedLife(world, disk: disk, replayed: before)
            complaints += try await life?.turn(isFirst: true, reconciles: true, source) ?? []
        } catch {
            await bury(error)
        }
    }

    private var isFenced: Bool { life?.ledger.withState { $0.fence != nil } ?? false }

    private func turn() async {
        tally["turns", default: 0] += 1
        if life?.isDoubted == true { tally["turns in doubt", default: 0] += 1 }
        if isFenced { tally["turns behind a fence", default: 0] += 1 }
        let now = clock.now()
        let reconciles = now > reconciledAt + .minutes(5) || now < reconciledAt
        if reconciles { reconciledAt = now }
        do {
            complaints += try await life?.turn(isFirst: false, reconciles: reconciles, source) ?? []
            if isHealed, isFenced { _ = await life?.obey(.liftFence) }
        } catch {
            await bury(error)
        }
    }

    /// The process is gone; it starts again a little later.
    private func bury(_ error: any Error) async {
        if error is SimulatedLife.Restless { complaints.append("never at rest at \(clock.now())") }
        if let dropped = error as? SimulatedLife.DroppedThoughOwed {
            complaints += dropped.names.map { "dropped though owed at \(clock.now()): \($0)" }
        }
        if error is SimulatedLife.OtherHistory { complaints.append("two readings differ at \(clock.now())") }
        if error is IllegalTransition { complaints.append("\(error) at \(clock.now())") }
        if let life {
            await life.die()
            self.life = nil
        }
        disk.losePower(&random)
        clock.pass(to: clock.now() + .seconds(random.number(in: 0...90)))
    }

    private func callReceipts() async {
        for call in network.takeCalls(until: clock.now()).shuffled(using: &random) {
            do {
                guard let life else { throw CancellationError() }
                let isKnown = try await life.take(call)
                if isKnown == false, call.reference != "nobody.0" {
                    complaints.append("a receipt of \(call.reference) is of nobody's message")
                }
                tally["receipts", default: 0] += 1
            } catch {
                network.callAgain(call, at: clock.now() + .minutes(5))
            }
        }
    }

    // MARK: - What happens

    private func happen(_ event: Event) async {
        let now = clock.now()
        switch event {
        case .call:
            cases.open(at: now, &random)
            tellScene()
        case .change:
            for _ in 0..<random.number(in: 1...4) {
                _ = cases.change(at: now, &random)
            }
            tellScene()
        case .spoilSource:
            let some = Set(cases.items.keys.sorted().filter { _ in random.chance(50) })
            switch random.number(in: 1...4) {
            case 1: source.vanished = some
            case 2: source.vanished = Set(cases.items.keys)
            default: source.broken = some
            }
            tellScene()
        case .mendSource:
            (source.broken, source.vanished) = ([], [])
            tellScene()
        case .operate: await operate()
        case .reload:
            house = random.chance(50) ? SimulatedHouse.second : SimulatedHouse.first
            tellScene()
            await life?.reload(house)
        case .compact: await life?.compact()
        case .outage:
            network.setDown(Set(["a", "b", "t", "u"].filter { _ in random.chance(60) }))
        case .mend: network.setDown([])
        case .diskFull, .diskFree:
            isDiskFull = event == .diskFull
            disk.setFull(isDiskFull)
        case .diskError: disk.fail(after: Int(random.number(in: 0...30)))
        case .kill: await bury(CancellationError())
        case .killAtCall: disk.die(after: Int(random.number(in: 0...40)), torn: random.chance(50))
        case .killAtDelivery:
            network.die(after: Int(random.number(in: 0...2)), random.pick(SimulatedNetwork.Place.allCases))
        case .killAtStarts:
            startsToDeath = random.number(in: 1...3)
            await bury(CancellationError())
        case .stop: await stop()
        case .stepBack: step(to: now + .seconds(-drawStep()))
        case .stepForth: step(to: now + .seconds(drawStep()))
        case .sleep: clock.pass(to: now + .minutes(random.number(in: 1...3000)))
        case .reboot:
            await bury(CancellationError())
            clock.pass(to: clock.now() + .minutes(random.number(in: 0...100)))
            clock.restart()
        case .stopAnswer:
            guard let ref = cases.items.keys.sorted().randomElement(using: &random),
                let number = cases.items[ref]?.contact.mobile, let life, await life.takeStop(from: number)
            else { return }
            scene.withLock { _ = $0.objections.insert(number.dialled) }
        case .resume: _ = await life?.obey(.liftFence)
        }
    }

    /// Most are of a couple of hours, some of days.
    private func drawStep() -> Int64 {
        random.number(in: 1...(random.chance(70) ? 7200 : 200_000))
    }

    /// As often as not by somebody who knows the time.
    private func step(to instant: Instant) {
        clock.set(to: instant, isSynchronised: random.chance(50))
    }

    /// A planned stop for some time, which must lose nothing of what the ledger said.
    private func stop() async {
        guard let life else { return }
        do {
            try await life.stop()
            let (last, read) = (
                life.ledger.withState { $0 }, try LedgerReading(path: folder)?.contents.state
            )
            if read != last { complaints.append("what is read is not what was written at \(clock.now())") }
        } catch {
            await life.die()
        }
        self.life = nil
        clock.pass(to: clock.now() + .minutes(random.number(in: 0...600)))
    }

    private func operate() async {
        guard let life, let ref = cases.items.keys.sorted().randomElement(using: &random) else { return }
        let open = life.ledger.withState { state in
            state.messages(onCase: ref).map(\.key)
        }
        let key = open.randomElement(using: &random)
        let acts: [OperatorAct?] = [
            .object(ref, nil), .liftObjection(ref, nil), .holdCase(ref, until: nil), .resumeCase(ref),
            .acknowledge(ref), .restoreAddresses(ref, nil), key.map { .cancel($0) }, key.map { .hold($0) },
            key.map { .release($0) }, key.map { .retry($0, mayArriveTwice: true) }, .liftFence,
        ]
        guard let act = random.pick(acts), let item = cases.items[ref] else { return }
        let addresses = [
            item.contact.email.map { $0.description.lowercased() }, item.contact.mobile.map(\.dialled),
        ].compactMap { $0 }
        guard await life.obey(act) else { return }
        scene.withLock { scene in
            if case .object = act { scene.objections.formUnion(addresses) }
            if case .liftObjection = act { scene.objections.subtract(addresses) }
        }
    }

    /// Good weather from here on, and nothing that a person keeps back.
    private func heal() async {
        network.heal()
        isHealed = true
        isDiskFull = false
        startsToDeath = 0
        (source.broken, source.vanished) = ([], [])
        tellScene()
        if life == nil { await start() }
        await bury(CancellationError())  // a last restart, so that no fault is armed any more
        await start()
        _ = await life?.obey(.liftFence)
    }

    private func finish() async {
        guard let life else {
            complaints.append("it does not start any more")
            return
        }
        await stop()
        let state = life.ledger.withState { $0 }
        tally["messages"] = state.messages.count
        tally["taken"] = network.taken.count
        tally["entries"] = Int(state.lastSequence)
        for message in state.messages.values { tally["ended \(message.phase.word)", default: 0] += 1 }
        do {
            let reading = try LedgerReading(path: folder, into: LedgerHistory(of: .everything))
            let history = reading?.contents.history ?? LedgerHistory()
            if history.state != state { complaints.append("two readings differ at the end") }
            complaints += SimulatedVerdict.complaints(of: state, taken: network.taken, now: clock.now())
            let verdict = LedgerVerification(try StateDirectory(path: folder))
            if !verdict.isSound { complaints.append("the ledger is not sound: \(verdict.problems)") }
        } catch {
            complaints.append("\(error)")
        }
    }

    // MARK: - Who is told

    private func tellScene() {
        source.items = cases.items
        let (house, source) = (house, source)
        scene.withLock { scene in
            // What cannot be relied on stays as it was last good.
            let kept = source.broken.union(source.vanished)
            scene.items = source.items.merging(scene.items.filter { kept.contains($0.key) }) { $1 }
            scene.house = house
        }
    }
}

extension SimulatedLine.Scene {
    fileprivate mutating func judge(
        _ taken: SimulatedNetwork.Taken, _ state: LedgerState, isDoubted: Bool
    ) {
        if isDoubted { complaints.append("leaves in doubt: \(taken.plan.name) at \(taken.at)") }
        let item = taken.plan.cases.count == 1 ? items[taken.plan.cases[0]] : nil
        complaints += SimulatedVerdict.complaints(
            of: taken, item: item, objections: objections, house: house, ledger: state, before: left,
            current: current(taken, of: item, state))
        left.append(taken)
    }

    /// The message as planning has it at that moment; nil when it is not of one case alone.
    private func current(
        _ taken: SimulatedNetwork.Taken, of item: OpenCase?, _ state: LedgerState
    ) -> PlannedMessage? {
        guard let item else { return nil }
        let planner = house.planner(instance: SimulatedLine.instance)
        return planner.plan(item, at: taken.at, memory: state.memory(onCase: item.ref)).messages
            .first { $0.key == taken.plan.key }
    }
}
