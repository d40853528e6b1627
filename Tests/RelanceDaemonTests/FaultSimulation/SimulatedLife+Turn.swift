import RelanceCore
import RelanceIntake
import RelanceStore
import RelanceTestSupport
import Synchronization

@testable import RelanceDaemon

/// A life at work, turn by turn, as the desk does it.
extension SimulatedLife {
    var isDoubted: Bool { clock.doubt() != nil }

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
    func turn(isFirst: Bool, reconciles: Bool, _ source: SimulatedSource) async throws -> [String] {
        if hasEnded || disk.isDead { try await end() }
        if clock.doubt() != nil { return complaintsInDoubt() }
        let now = clock.now()
        try await seeToTime(at: now)
        await readCases(source, at: now)
        let oracle = memory.withLock { SimulatedOracle(house: $0.house, register: $0.register) }
        let isOracleAwake = memory.withLock { $0.oracleWake.map { $0 <= now } ?? true }
        let mornings =
            isFirst || isOracleAwake
            ? await loop.owed(by: oracle, at: now).messages.filter { !$0.kind.isSetOffByCases } : []
        try await work(at: now, isFirst: isFirst, reconciles: reconciles)
        try await noteCases()
        var owed = await loop.owed(by: oracle, at: now)
        memory.withLock { $0.oracleWake = owed.nextWake }
        noteEnded()
        // What finds no room is told of when there is some.
        if await loop.isShortOfRoom { return [] }
        let latest = memory.withLock { $0.latestTurn }
        if now < latest {
            // A clock set back by less than a step has nobody look again: what was not owed a moment later is not either.
            let later = Set(await loop.owed(by: oracle, at: latest).messages.map(\.key))
            owed.messages.removeAll { !later.contains($0.key) }
        }
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
            defer {
                memory.latestTurn =
                    now + ClockWatch.step < memory.lastTurn ? now : max(memory.latestTurn, now)
                memory.lastTurn = now
            }
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

    /// As the desk does.
    private func readCases(_ source: SimulatedSource, at now: Instant) async {
        let (register, changes) = memory.withLock { memory in
            let changes = memory.register.update(with: [source.reading])
            memory.hasUnnotedCases = memory.hasUnnotedCases || changes != CaseChanges()
            return (memory.register, changes)
        }
        await loop.change { followUps in
            followUps.update(changes.changed.compactMap { register[$0] }, now: now)
            followUps.remove(changes.gone)
            followUps.hold(Set(register.held.keys), now: now)
        }
    }

    /// So that the next start tells what is missing.
    private func noteCases() async throws {
        let (register, isUnnoted) = memory.withLock { ($0.register, $0.hasUnnotedCases) }
        guard isUnnoted else { return }
        do {
            try await ledger.append(
                ledger.withState { $0.sources.events(becoming: register.casesOfSources) })
            memory.withLock { $0.hasUnnotedCases = false }
        } catch let error as StoreError where error.isPassing {
            // Asked again at the next turn.
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
            let before = await loop.owed(of: ledger.withState { Array($0.open) }, at: now)
            let dropped = try await loop.reconcile(at: now, except: await outbox.keys)
            // What ended in doubt is asked for only from then on: as what must not be said elsewhere.
            let owed = await loop.owed(of: dropped, at: now).filter(before.contains).map(\.name)
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
