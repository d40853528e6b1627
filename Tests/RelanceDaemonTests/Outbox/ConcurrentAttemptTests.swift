import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What happens beside an attempt while it is made ready and written down.
@Suite(.timeLimit(.minutes(10))) struct ConcurrentAttemptTests {
    private let start = OutboxFixture.morning
    private let message = OutboxFixture.message()

    // MARK: - Ceilings

    @Test
    func `of seven messages to one address that fall due together six leave, as many as a day may have`()
        async throws
    {
        let cases = (1...7).map { number in
            TestHouse.newCase(
                "2020-030\(number)",
                more: #", "contact": {"email": "contact@entreprise.example"}"#)
        }
        let configuration = TestHouse.configuration().replacing("concurrency: 1", with: "concurrency: 8")
        let house = try TestHouse(configuration: configuration, cases: cases)
        let morning = at("2020-11-02 09:20")
        let life = try await house.run(at: morning) { life in
            await life.log.waitForBusiness(6)
            await life.advance(to: morning + .minutes(1))
            await life.advance(to: morning + .minutes(2))
        }
        let left = life.log.dispatches.filter { $0.message.recipient.audience == .business }
        #expect(left.count == 6)
        let phases = try house.state().messages.values.filter { $0.plan.role == .business }.map(\.phase.word)
        #expect(phases.sorted() == ["cancelled"] + [String](repeating: "sent", count: 6))
        #expect(life.log.drops == [WithheldReason.recipientCeiling.rawValue])  // tomorrow it is of no use
    }

    @Test(arguments: [true, false])
    func `what counts towards one ceiling is asked for when the attempt before stands in the ledger`(
        isText: Bool
    ) async throws {
        let (courier, asked) = (ScriptedCourier(), Guarded<[MessageKey]>([]))
        let house = try OutboxFixture([courier], concurrency: 8, hasTextBudget: true)
        let early = Guarded<[MessageKey]>([])
        await house.outbox.ask { message in
            let before = asked.withLock { keys in
                defer { keys.append(message.key) }
                return keys
            }
            let unwritten = house.ledger.withState { state in
                before.filter { state.messages[$0]?.attempts == 0 }
            }
            early.withLock { $0 += unwritten }
            return .owed(message)
        }
        try await house.atWork {
            // The mails all go to one address; the texts go to as many, and cost of one budget.
            try await house.take((1...7).map { isText ? text($0) : OutboxFixture.message($0) })
            await house.log.waitForAttempts(7)
        }
        #expect(early.withLock { $0 }.isEmpty)
        #expect(await courier.parcels.count == 7)
    }

    @Test func `what is not due yet is looked at when it is, though one before it is still being counted`()
        async throws
    {
        let (courier, isReady, first) = (ScriptedCourier(), Latch(), message.key)
        let house = try OutboxFixture([courier]) { _, event, moment in
            guard moment == .before, case .attempted(first, _) = event else { return }
            await isReady.opened()
        }
        try await house.atWork {
            try await house.take(OutboxFixture.message(1))
            while await house.outbox.count.underWay == 0 { await Task.yield() }
            _ = try await house.ledger.admit([
                PlanRecord(OutboxFixture.message(2), instance: house.ledger.instance)
            ])
            await house.outbox.offer(
                [OutboxFixture.message(2)],
                notBefore: [OutboxFixture.message(2).key: start + .seconds(40)])
            await house.clock.waitForSleeper(until: start + .seconds(40))
            isReady.open()
            house.clock.advance(to: start + .seconds(40))
            await house.log.waitForAttempts(2)
        }
        #expect(await courier.parcels.count == 2)
    }

    private func text(_ number: Int) -> PlannedMessage {
        var text = OutboxFixture.text(number)
        text.recipient.phone = .make("06 39 98 20 \(10 + number)")
        return text
    }

    // MARK: - People

    @Test func `what a person held and let go again while it was refused leaves`() async throws {
        let (courier, isHeld, key) = (ScriptedCourier(), Guarded(false), message.key)
        let house = try OutboxFixture([courier]) { house, event, moment in
            guard case .attempted = event else { return }
            // Of the orders, nothing can fail here.
            switch moment {
            case .before:
                guard isHeld.turnsTrue() else { return }
                _ = try? await house.ledger.append([.held(key, reason: "let me see", by: "anne")])
                try? await house.outbox.letGo(key)
            case .refused:
                _ = try? await house.ledger.append([.released(key, reason: nil, by: "anne")])
                try? await house.outbox.letGo(key)
                await house.outbox.offer([OutboxFixture.message()])
            case .written: break
            }
        }
        try await house.atWork {
            try await house.take(message)
            await house.log.waitForAttempts(1)
        }
        #expect(isHeld.withLock { $0 })
        #expect(house.phase() == .sent)
        #expect(await courier.parcels.count == 1)
    }

    @Test func `of a message that is cancelled while it is made ready no word stays on the disk`()
        async throws
    {
        let (courier, key) = (ScriptedCourier(), message.key)
        let house = try OutboxFixture([courier])
        await house.outbox.ask { [ledger = house.ledger, weak outbox = house.outbox] message in
            // Of the order, nothing can fail here.
            _ = try? await ledger.append([.cancelled(key, reason: "not wanted", by: "anne")])
            try? await outbox?.letGo(key)
            return .owed(message)
        }
        try await house.atWork {
            try await house.take(message)
            while house.phase() != .cancelled { await Task.yield() }
            while await house.outbox.count.underWay > 0 { await Task.yield() }
        }
        #expect(try house.frozenFiles().isEmpty)
        #expect(await courier.parcels.isEmpty)
    }

    // MARK: - A disk that takes its time

    enum Stall: CaseIterable, Sendable {
        case pastItsUse, intoTheNight, untilItIsOwedNoMore, whileTheClockIsSet
    }

    @Test(arguments: Stall.allCases, [false, true])
    func `what took so long to be written down that it may leave no more does not, and burns no attempt`(
        stall: Stall, atHandover: Bool
    ) async throws {
        let (courier, isOver) = (ScriptedCourier(), Guarded(false))
        let late = start + .minutes(30)
        let house = try OutboxFixture([courier], uptime: .hours(50)) { house, event, moment in
            guard moment == .written, event.isAttempt(handedOver: atHandover), isOver.turnsTrue() else {
                return
            }
            if stall == .whileTheClockIsSet {
                house.clock.set(to: late + .hours(5))
            } else {
                house.clock.advance(to: late)
            }
        }
        await house.outbox.ask { message in
            switch (stall, isOver.withLock { $0 }) {
            case (.intoTheNight, true): .wait(until: late + .hours(10))
            case (.untilItIsOwedNoMore, true): .notOwed(WithheldReason.satisfied.rawValue)
            default: .owed(message)
            }
        }
        let usefulUntil = stall == .pastItsUse ? late : start + .days(1)
        try await house.atWork {
            try await house.take(OutboxFixture.message(usefulUntil: usefulUntil))
            await house.log.waitForAttempts(1)
            switch stall {
            case .pastItsUse, .untilItIsOwedNoMore: await house.log.waitForDrops(1)
            case .intoTheNight, .whileTheClockIsSet: await house.turn()
            }
        }
        #expect(house.log.dispatches.map(\.outcome) == [.interrupted])
        let taken = await courier.parcels.count
        #expect(taken == (atHandover ? 1 : 0))  // begun at most, and broken off
        let known = house.ledger.withState { $0.messages[message.key] }
        #expect(known?.failures == 0 && known?.ambiguousEnds == 0)
        let word = [Stall.pastItsUse: "expired", .untilItIsOwedNoMore: "cancelled"][stall] ?? "deferred"
        #expect(known?.phase.word == word)
    }
}

extension LedgerEvent {
    fileprivate func isAttempt(handedOver: Bool) -> Bool {
        switch self {
        case .attempted: !handedOver
        case .handedOver: handedOver
        default: false
        }
    }
}
