import Glibc
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Synchronization
import Testing

@testable import RelanceDaemon

/// The contract of the outbox, line by line.
@Suite(.timeLimit(.minutes(10))) struct OutboxTests {
    private let start = OutboxFixture.morning

    @Test
    func `the attempt is in the ledger before the courier is called, the hand-over before its last byte`()
        async throws
    {
        let fixture = Mutex<OutboxFixture?>(nil)
        let seen = Mutex<[LedgerMessage.Phase?]>([])
        let courier = ScriptedCourier { parcel, _ in
            let phase = fixture.withLock { $0 }?.ledger.withState { $0.messages[parcel.key]?.phase }
            seen.withLock { $0.append(phase) }
        }
        let house = try OutboxFixture([courier])
        fixture.withLock { $0 = house }
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
        }
        #expect(
            seen.withLock { $0 } == [
                .sending(attempt: 1, handedOver: false), .sending(attempt: 1, handedOver: true),
            ])
        #expect(house.phase() == .sent)
    }

    @Test func `every attempt sends the very same bytes`() async throws {
        let courier = ScriptedCourier([.busyMailbox, .breaksOff])
        let house = try OutboxFixture([courier])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .minutes(5))
            await house.log.waitForAttempts(2)
            house.clock.advance(to: start + .minutes(20))
            await house.log.waitForAttempts(3)
        }
        let bytes = await courier.parcels.compactMap(\.mail?.bytes)
        #expect(bytes.count == 3 && Set(bytes).count == 1)
        #expect(house.phase() == .sent)
    }

    @Test
    func `a later attempt goes where the first went, whoever stands in and whatever the templates are now`()
        async throws
    {
        let courier = ScriptedCourier([.busyMailbox])
        let house = try OutboxFixture([courier])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            await house.outbox.ask { message in
                var elsewhere = message
                elsewhere.recipient = Recipient(
                    audience: .it, id: "nadia", email: .make("nadia.perrin@cci.example"), language: .french)
                elsewhere.content = .technicalIncident("Autre chose.")
                return .owed(elsewhere)
            }
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .minutes(5))
            await house.log.waitForAttempts(2)
        }
        #expect(Set(await courier.parcels).count == 1)
        #expect(Set(house.log.dispatches.map(\.words)).count == 1)
    }

    @Test func `a failure of the route goes to the next route at once`() async throws {
        let (first, second) = (ScriptedCourier([.routeIsDown]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(2)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "b"])
        #expect(house.phase() == .sent)
    }

    @Test func `a failure of the message waits on its own route`() async throws {
        let (first, second) = (ScriptedCourier([.busyMailbox]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            #expect(house.phase() == .deferred(until: start + .minutes(5)))
            house.clock.advance(to: start + .minutes(5))
            await house.log.waitForAttempts(2)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "a"])
    }

    @Test func `a message that fails again and again waits longer each time, as the schedule has it`()
        async throws
    {
        let house = try OutboxFixture([ScriptedCourier(otherwise: .busyMailbox)])
        var now = start
        try await house.atWork {
            try await house.take(OutboxFixture.message(usefulUntil: start + .days(2)))
            let pauses: [Elapsed] = [.minutes(5), .minutes(15), .hours(4), .hours(4)]
            for (number, pause) in pauses.enumerated() {
                await house.log.waitForAttempts(number + 1)
                #expect(house.phase() == .deferred(until: now + pause), "after attempt \(number + 1)")
                now = now + pause
                await house.clock.waitForSleepers()
                house.clock.advance(to: now)
            }
            await house.log.waitForAttempts(pauses.count + 1)
        }
        #expect(house.log.dispatches.count == 5)
    }

    @Test
    func
        `a mail nobody can tell of gets one more copy after a quarter of an hour, on its route, then is unknown`()
        async throws
    {
        let (first, second) = (ScriptedCourier([.breaksOff, .breaksOff]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            #expect(house.phase() == .deferred(until: start + .minutes(15)))
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForAttempts(2)
        }
        #expect(house.phase() == .unknown)
        #expect(house.log.dispatches.map(\.route) == ["a", "a"])
    }

    @Test(arguments: [true, false])
    func `a mail that may have left is unknown, not dropped, once it is no longer owed or its time is over`(
        isOwed: Bool
    ) async throws {
        let house = try OutboxFixture([ScriptedCourier([.breaksOff])])
        try await house.atWork {
            try await house.take(OutboxFixture.message(usefulUntil: start + .minutes(isOwed ? 10 : 60)))
            await house.log.waitForAttempts(1)
            if !isOwed { await house.outbox.ask { _ in .notOwed(WithheldReason.satisfied.rawValue) } }
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForDrops(1)
        }
        #expect(house.phase() == .unknown)
        #expect(LedgerVerification(try house.directory()).isSound)
    }

    @Test func `a mail that may have left takes no other route even when its own is down`() async throws {
        let (first, second) = (ScriptedCourier([.breaksOff, .routeIsDown]), ScriptedCourier())
        let house = try OutboxFixture([first, second])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            house.clock.advance(to: start + .minutes(15))
            await house.log.waitForAttempts(2)
            #expect(house.phase() == .deferred(until: start + .minutes(20)))
            house.clock.advance(to: start + .minutes(20))
            await house.log.waitForAttempts(3)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "a", "a"])
        #expect(await second.parcels.isEmpty)
    }

    @Test func `a mail that may have left waits for its own route while others pass that one over`()
        async throws
    {
        let down = [ScriptedCourier.Act](repeating: .routeIsDown, count: 4)
        let (first, second) = (ScriptedCourier([.breaksOff] + down), ScriptedCourier())
        let house = try OutboxFixture([first, second], concurrency: 1)
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            house.clock.advance(to: start + .minutes(14) + .seconds(40))
            try await house.take((2...5).map { OutboxFixture.message($0) })
            await house.log.waitForAttempts(9)  // the fifth failure of a in a row pauses it for a minute
            while await house.outbox.count.underWay > 0 { await Task.yield() }
            #expect(await !house.outbox.isBusy(at: start + .minutes(15)))
            house.clock.advance(to: start + .minutes(15) + .seconds(40))
            await house.log.waitForAttempts(10)
        }
        let routes = house.log.dispatches.filter { $0.message.key == OutboxFixture.message().key }.map(
            \.route)
        #expect(routes == ["a", "a"])
    }

    @Test
    func `words once frozen are of use as long as they were planned to be, however long a reload has it`()
        async throws
    {
        let house = try OutboxFixture([ScriptedCourier([.busyMailbox, .busyMailbox])])
        let later = OutboxFixture.message(usefulUntil: start + .days(1))
        await house.outbox.ask { _ in .owed(later) }
        try await house.atWork {
            try await house.take(OutboxFixture.message(usefulUntil: start + .minutes(10)))
            await house.log.waitForAttempts(1)
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .minutes(5))
            await house.log.waitForAttempts(2)
            await house.clock.waitForSleepers()
            house.clock.advance(to: start + .minutes(20))
            await house.log.waitForDrops(1)
        }
        #expect(house.phase() == .expired)
        #expect(house.log.dispatches.count == 2)
    }

    @Test func `a route whose breaker is open is passed over, and told of once`() async throws {
        let (first, second) = (ScriptedCourier(otherwise: .routeIsDown), ScriptedCourier())
        let house = try OutboxFixture([first, second], concurrency: 1)
        try await house.atWork {
            try await house.take((1...8).map { OutboxFixture.message($0) })
            await house.log.waitForAttempts(13)  // five fail on a, all eight leave by b
        }
        #expect(await first.parcels.count == 5)
        #expect(await second.parcels.count == 8)
        #expect(await house.incidents == [.routeFails("a")])
    }

    @Test func `a refusal is final`() async throws {
        let refusal = ScriptedCourier.Act(outcome: .refused(.make(.refused, code: 550)), handsOver: false)
        let house = try OutboxFixture([ScriptedCourier([refusal]), ScriptedCourier()])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .failed)
    }

    @Test func `what is on the wire when the time to drain is up is cancelled, and the end written down`()
        async throws
    {
        let house = try OutboxFixture([])
        await house.outbox.replace(
            OutboxFixture.settings([EndlessCourier(clock: house.clock, until: start + .days(1))]))
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.clock.waitForSleeper(until: start + .days(1))  // the courier is at work
            await house.outbox.drain(for: .seconds(20))
            await house.clock.waitForSleeper(until: start + .seconds(20))
            house.clock.advance(to: start + .seconds(20))
        }
        #expect(house.phase() == .deferred(until: start + .seconds(20) + .minutes(15)))
    }

    @Test func `what is no longer useful is work until it has ended`() async throws {
        let house = try OutboxFixture([ScriptedCourier()])
        try await house.take(OutboxFixture.message(usefulUntil: start))
        #expect(await house.outbox.isBusy(at: start))
        try await house.atWork { await house.log.waitForDrops(1) }
        #expect(await !house.outbox.isBusy(at: start))
    }

    @Test func `what is no longer useful expires and is never attempted`() async throws {
        let courier = ScriptedCourier()
        let house = try OutboxFixture([courier])
        try await house.atWork {
            try await house.take(OutboxFixture.message(usefulUntil: start))
            await house.log.waitForDrops(1)
        }
        #expect(house.phase() == .expired)
        #expect(await courier.parcels.isEmpty)
    }

    @Test func `what is no longer owed just before its attempt is cancelled with the reason`() async throws {
        let courier = ScriptedCourier()
        let house = try OutboxFixture([courier])
        await house.outbox.ask { _ in .notOwed(WithheldReason.satisfied.rawValue) }
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForDrops(1)
        }
        #expect(house.phase() == .cancelled)
        #expect(house.log.drops == ["satisfied"])
        #expect(await courier.parcels.isEmpty)
    }

    @Test func `while its case cannot be read a message waits, then leaves`() async throws {
        let courier = ScriptedCourier()
        let house = try OutboxFixture([courier])
        let isReadable = Guarded(false)
        await house.outbox.ask { [clock = house.clock] message in
            isReadable.withLock { $0 } ? .owed(message) : .wait(until: clock.now() + .seconds(40))
        }
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.clock.waitForSleeper(until: start + .seconds(40))
            isReadable.withLock { $0 = true }
            house.clock.advance(to: start + .seconds(40))
            await house.log.waitForAttempts(1)
        }
        #expect(house.log.dispatches.map(\.at) == [start + .seconds(40)])
    }

    /// A disk without room; a process without descriptors, which the frozen message is the first to need.
    @Test(arguments: [(Disk.Operation.write, ENOSPC), (.open, EMFILE)])
    func `a full disk lets nothing leave, and half a minute after there is room everything does`(
        operation: Disk.Operation, code: Int32
    ) async throws {
        let (saboteur, courier) = (Saboteur(), ScriptedCourier())
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        try await house.atWork {
            _ = try await house.ledger.admit([
                PlanRecord(OutboxFixture.message(), instance: house.ledger.instance)
            ])
            saboteur.arm(operation, code)
            await house.outbox.offer([OutboxFixture.message()])
            await house.clock.waitForSleeper(until: start + .seconds(30))
            #expect(await courier.parcels.isEmpty)
            #expect(house.phase() == .planned)
            saboteur.disarm()
            house.clock.advance(to: start + .seconds(30))
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .sent)
    }

    @Test func `what is too late on a full disk does not leave, and ends when there is room`()
        async throws
    {
        let (saboteur, courier) = (Saboteur(), ScriptedCourier())
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        try await house.atWork {
            _ = try await house.ledger.admit([
                PlanRecord(OutboxFixture.message(), instance: house.ledger.instance)
            ])
            saboteur.arm(.write, ENOSPC)
            await house.outbox.offer([OutboxFixture.message(usefulUntil: start)])
            await house.clock.waitForSleeper(until: start + .seconds(30))
            #expect(house.phase() == .planned)
            saboteur.disarm()
            house.clock.advance(to: start + .seconds(30))
            await house.log.waitForDrops(1)
        }
        #expect(house.phase() == .expired)
        #expect(await courier.parcels.isEmpty)
    }

    @Test func `a disk that fails ends the work, and what could not be made ready is still its own`()
        async throws
    {
        let (saboteur, courier) = (Saboteur(), ScriptedCourier())
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        try await house.take(OutboxFixture.message(1), OutboxFixture.message(2))
        let keys = await house.outbox.keys
        saboteur.arm(.rename, EIO)
        await #expect(throws: StoreError.self) { try await house.outbox.run() }
        #expect(await house.outbox.keys == keys)
        #expect([house.phase(1), house.phase(2)] == [.planned, .planned])
        try await house.ledger.close()
    }

    @Test func `what left while the disk filled up is written down when there is room, and leaves once`()
        async throws
    {
        let saboteur = Saboteur()
        let courier = ScriptedCourier { _, isHandedOver in
            if isHandedOver { saboteur.arm(.write, ENOSPC) }
        }
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.clock.waitForSleeper(until: start + .seconds(30))
            saboteur.disarm()
            house.clock.advance(to: start + .seconds(30))
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .sent)
        #expect(await courier.parcels.count == 1)
    }

    @Test func `a full disk that keeps the bytes of a sent text keeps nobody from hearing of it`()
        async throws
    {
        let saboteur = Saboteur()
        let courier = ScriptedCourier { _, isHandedOver in
            if isHandedOver { saboteur.arm(.unlink, ENOSPC) }
        }
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        let text = OutboxFixture.text()
        try await house.atWork {
            try await house.take(text)
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .sent)
        #expect(await house.tellings.left == [text.key])
        #expect(await house.tellings.changed == text.cases)
    }

    @Test func `a ledger that cannot be written ends the work, and nothing is handed over`() async throws {
        let saboteur = Saboteur()
        let courier = ScriptedCourier { _, isHandedOver in
            if !isHandedOver { saboteur.arm(.sync, EIO) }
        }
        let house = try OutboxFixture([courier], disk: saboteur.disk)
        try await house.take(OutboxFixture.message(1), OutboxFixture.message(2))
        await #expect(throws: StoreError.self) { try await house.outbox.run() }
        saboteur.disarm()
        try await house.ledger.close()
        let phases = [house.phase(1), house.phase(2)]
        #expect(!phases.contains(.sent))
    }

    @Test func `draining lets what was handed over finish and begins nothing`() async throws {
        let answer = Latch()
        let handedOver = Latch()
        let courier = ScriptedCourier([ScriptedCourier.Act(after: answer)]) { _, isHandedOver in
            if isHandedOver { handedOver.open() }
        }
        let house = try OutboxFixture([courier], concurrency: 1)
        try await house.atWork {
            try await house.take(OutboxFixture.message(1), OutboxFixture.message(2))
            await handedOver.opened()
            await house.outbox.drain(for: .seconds(20))
            answer.open()
        }
        #expect(
            [house.phase(1), house.phase(2)].compactMap { $0 }.sorted { $0.word < $1.word } == [
                .planned, .sent,
            ])
        #expect(await courier.parcels.count == 1)
    }

    @Test func `draining hands nothing over, and burns no attempt of the message`() async throws {
        let connected = Latch()
        let courier = ScriptedCourier([ScriptedCourier.Act(before: connected)])
        let house = try OutboxFixture([courier], concurrency: 1)
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await courier.waitForParcels(1)
            await house.outbox.drain(for: .seconds(20))
            connected.open()
        }
        let message = house.ledger.withState { $0.messages[.make("message 1")] }
        #expect(message?.phase == .deferred(until: start))
        #expect(message?.failures == 0)
    }

    @Test func `a reload keeps the count of what is on the wire`() async throws {
        let answer = Latch()
        let stalled = ScriptedCourier(otherwise: ScriptedCourier.Act(after: answer))
        let (house, fresh) = (try OutboxFixture([stalled], concurrency: 1), ScriptedCourier())
        try await house.atWork {
            try await house.take(OutboxFixture.message(1))
            await stalled.waitForParcels(1)
            await house.outbox.replace(OutboxFixture.settings([fresh], concurrency: 1))
            try await house.take(OutboxFixture.message(2))
            await house.turn()
            #expect(await fresh.parcels.isEmpty)
            answer.open()
            await house.log.waitForAttempts(2)
        }
        #expect(await fresh.parcels.count == 1)
    }

    @Test func `a route taken out and brought back while an attempt is on it has no place more`() async throws
    {
        let answer = Latch()
        let first = ScriptedCourier(otherwise: .init(after: answer))
        let second = ScriptedCourier(otherwise: .init(after: answer))
        let house = try OutboxFixture([first, second], concurrency: 1)
        try await house.atWork {
            try await house.take(OutboxFixture.message(1))
            await first.waitForParcels(1)
            await house.outbox.replace(OutboxFixture.settings([], concurrency: 1))
            await house.outbox.replace(OutboxFixture.settings([first], concurrency: 1))
            try await house.take(OutboxFixture.message(2), OutboxFixture.message(3))
            await house.turn()
            #expect(await first.parcels.count == 1)
            answer.open()
            await house.log.waitForAttempts(3)
            while await house.outbox.count.underWay > 0 { await Task.yield() }
            #expect(await house.outbox.settings.lanes["a"]?.onTheWire == 0)
        }
    }

    @Test func `a reload that removes the route of an attempt under way lets it end`() async throws {
        let answer = Latch()
        let leaving = ScriptedCourier(
            otherwise: ScriptedCourier.Act(outcome: .deferred(.make(scope: .route)), after: answer))
        let house = try OutboxFixture([ScriptedCourier([.routeIsDown]), leaving])
        let fresh = ScriptedCourier()
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            await leaving.waitForParcels(1)
            await house.outbox.replace(OutboxFixture.settings([fresh]))
            answer.open()
            await house.log.waitForAttempts(2)
            house.clock.advance(to: start + .minutes(5))
            await house.log.waitForAttempts(3)
        }
        #expect(house.log.dispatches.map(\.route) == ["a", "b", "a"])
        #expect(house.phase() == .sent)
    }

    @Test func `while the ledger is fenced nothing leaves`() async throws {
        let courier = ScriptedCourier()
        let house = try OutboxFixture([courier])
        try await house.atWork {
            try await house.ledger.append([.fenced(.repaired)])
            try await house.take(OutboxFixture.message())
            await house.turn()
            #expect(await courier.parcels.isEmpty)
            try await house.ledger.append([.fenceLifted(by: "anne", reason: "the copy is gone")])
            house.clock.advance(to: start + .minutes(2))
            await house.log.waitForAttempts(1)
        }
        #expect(house.phase() == .sent)
    }

    @Test func `a message offered again after it was settled is let go`() async throws {
        let courier = ScriptedCourier()
        let house = try OutboxFixture([courier])
        try await house.atWork {
            try await house.take(OutboxFixture.message())
            await house.log.waitForAttempts(1)
            await house.outbox.offer([OutboxFixture.message()])
            await house.turn()
        }
        #expect(await courier.parcels.count == 1)
    }
}
