import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A small disk that is filled to the last byte at any call, and freed again, over and over (reliability 2.6).
///
/// Fifty times in `make test`, and a thousand in `make torture` (RELANCE_TORTURE=full): half of them on a real one.
@Suite(.timeLimit(.minutes(30))) struct FillingDiskTests {
    private static let isFull = ProcessInfo.processInfo.environment["RELANCE_TORTURE"] == "full"
    private static let cycles = FillingDisk.canMount ? 25 : 50

    @Test(arguments: [true, false].filter { !$0 || FillingDisk.canMount }, Seeds.or(first: isFull ? 20 : 1))
    func
        `however often it fills up, each mail leaves once, a minute after there is room, and every end is written down`(
            isMounted: Bool, seed: UInt64
        ) async throws
    {
        var random = SplitMix64(seed: seed)
        let disk = try FillingDisk(isMounted: isMounted)
        defer { disk.unmount() }
        let taken = Guarded<[MessageKey: Int]>([:])
        let courier = ScriptedCourier { parcel, isHandedOver in
            if isHandedOver { taken.withLock { $0[parcel.key, default: 0] += 1 } }
        }
        var options = LedgerFile.Options()
        (options.segmentBytes, options.headroomBytes, options.lowWaterBytes) = (48 << 10, 32 << 10, 0)
        let house = try OutboxFixture([courier], disk: disk.disk, at: disk.path, options: options)
        var keys: [MessageKey] = []
        var met = 0
        try await house.atWork {
            for _ in 1...Self.cycles {
                disk.fill(after: Int(random.number(in: 0...50)))
                let first = keys.count
                var messages = (0..<random.number(in: 1...3)).map { OutboxFixture.message(first + Int($0)) }
                keys += messages.map(\.key)
                // As planning does: what finds no room is planned again.
                func take() async throws {
                    do {
                        try await house.take(messages)
                        messages = []
                    } catch let error as StoreError where error.isPassing {}
                    await rest(house)
                }
                try await take()
                for _ in 0..<random.number(in: 0...4) { await pass(random.number(in: 1...40), house) }
                met += disk.isFull ? 1 : 0
                if random.chance(20) { disk.fill() }
                if random.chance(20) { await compact(house.ledger) }
                disk.free()
                try await take()
                await pass(30, house)
                await pass(30, house)
                let sent = house.log.dispatches.count {
                    if case .accepted = $0.outcome { true } else { false }
                }
                try #require(sent == keys.count, "a minute after there was room")
                if random.chance(30) { await compact(house.ledger) }
            }
        }
        #expect(house.log.unwritten.isEmpty)
        #expect(taken.withLock { $0 } == Dictionary(uniqueKeysWithValues: keys.map { ($0, 1) }))
        let known = house.ledger.withState { state in keys.compactMap { state.messages[$0] } }
        #expect(known.allSatisfy { $0.phase == .sent } && !known.isEmpty)
        let verdict = LedgerVerification(try house.directory())
        #expect(verdict.isSound, "\(verdict.problems)")
        print(
            "seed \(seed): \(Self.cycles) times full, \(met) of them at a call; \(keys.count) mails, each once"
        )
    }

    /// So many seconds go by, and everybody does what he does then.
    private func pass(_ seconds: Int64, _ house: OutboxFixture) async {
        house.clock.advance(to: house.clock.now() + .seconds(seconds))
        await rest(house)
    }

    /// Returns once the outbox sleeps, and so does every attempt whose end found no room, for a while.
    private func rest(_ house: OutboxFixture) async {
        var quiet = 0
        while quiet < 50 {
            let underWay = await house.outbox.count.underWay
            let isBusy = await house.outbox.isBusy(at: house.clock.now())
            let rests = house.clock.sleepers == 1 + underWay && (underWay > 0 || !isBusy)
            quiet = rests ? quiet + 1 : 0
            await Task.yield()
        }
    }

    private func compact(_ ledger: LedgerFile) async {
        // On a full disk it goes on as it was.
        _ = try? await ledger.compact(retention: LedgerRetention(details: .minutes(3)))
    }
}
