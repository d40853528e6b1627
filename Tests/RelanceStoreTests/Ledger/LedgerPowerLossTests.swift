import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

/// A loss of power at every place of a life of the ledger, with whatever it can take of what was not synced.
///
/// Some hundreds of the states that can be left in `make test`, all in `make torture` (RELANCE_TORTURE=full).
@Suite struct LedgerPowerLossTests {
    /// What the ledger has said, and what may be relied on since.
    enum Promise: Sendable {
        case opened(instance: String)
        case written([LedgerEntry])
        case frozen(MessageKey, sha256: String)
        /// The frozen words may be gone from here on.
        case settled(MessageKey)
    }

    private static let isFull = ProcessInfo.processInfo.environment["RELANCE_TORTURE"] == "full"
    private static let messages = 6

    @Test(arguments: Seeds.or([1]))
    func `whatever a loss of power takes of what was not synced, nothing confirmed is lost`(_ seed: UInt64)
        async throws
    {
        var random = SplitMix64(seed: seed)
        let fixture = try LedgerFixture(beside: "/dev/shm")
        var seen: Set<Int> = []
        var refused = 0
        for round in 1...(Self.isFull ? 9 : 1) {
            for life in try await lives(&random) {
                let losses = PowerLoss.all(in: life)
                for loss in Self.isFull ? losses : (0..<110).map({ _ in random.pick(losses) }) {
                    let left = loss.left(of: life)
                    guard seen.insert(left.fingerprint).inserted else { continue }
                    refused += try await isRefused(left, loss, of: life, in: fixture) ? 1 : 0
                }
            }
            if Self.isFull { print("round \(round): \(seen.count) states") }
        }
        print("seed \(seed): \(seen.count) states that a loss of power leaves; \(refused) refused")
        #expect(seen.count >= (Self.isFull ? 5000 : 200))
    }

    // MARK: Lives

    /// A first life, one that finds a torn tail, and one that finds the disk full.
    private func lives(_ random: inout SplitMix64) async throws -> [[PowerLossRecorder.Step]] {
        let torn = try LedgerFixture(beside: "/dev/shm")
        try await torn.use { ledger in
            for number in 1...3 { try await ledger.append([.planned(.make(number))]) }
        }
        let small = Array(try torn.bytes(firstSegment).dropLast(9))
        try torn.restore([firstSegment: small])
        let fullAt = Int(random.number(in: 2...30))
        return [
            try await live(in: try LedgerFixture(beside: "/dev/shm"), &random),
            try await live(in: torn, &random, over: [firstSegment: small], from: 4),
            try await live(in: try LedgerFixture(beside: "/dev/shm"), &random, fullAt: fullAt),
        ]
    }

    /// Several segments, compactions, many records at once, frozen words that stay and go.
    private func live(
        in fixture: LedgerFixture, _ random: inout SplitMix64, over files: [String: [UInt8]] = [:],
        from first: Int = 1, fullAt: Int? = nil
    ) async throws -> [PowerLossRecorder.Step] {
        _ = try fixture.directory()
        let recorder = PowerLossRecorder(folder: fixture.path, files, fullAt: fullAt)
        let segmentBytes = Int(random.number(in: 1500...6000))
        let ledger = try fixture.open(
            disk: recorder.disk, options: LedgerFixture.options(segmentBytes: segmentBytes))
        recorder.confirm(.opened(instance: ledger.instance))
        // A disk that is full for one write has room again for the next.
        func append(_ events: [LedgerEvent]) async throws {
            do {
                recorder.confirm(.written(try await ledger.append(events)))
            } catch let error as StoreError where error.isPassing {
                recorder.confirm(.written(try await ledger.append(events)))
            }
        }
        let frozen = try FrozenMessages(in: ledger.directory)
        for number in first..<first + Self.messages {
            let key = MessageKey.make(number)
            try await append([.planned(.make(number))])
            let sha256 = try await frozen.freeze(.make(), of: key)
            recorder.confirm(.frozen(key, sha256: sha256))
            try await append([.attempt(number, sha256: sha256)])
            if random.chance(30) { continue }
            try await append([.handover(number)])
            try await append([.result(number, 1, .accepted(reply: "250 Ok"))])
            recorder.confirm(.settled(key))
            try await frozen.discard(key)
            if random.chance(50) { try await compact(ledger) }
            if random.chance(40) {
                let count = Int(random.number(in: 2...30))
                try await append((0..<count).map { .planned(.make(100 * number + $0)) })
            }
        }
        try await compact(ledger)
        try await ledger.close()
        return recorder.steps
    }

    private func compact(_ ledger: LedgerFile) async throws {
        do {
            try await ledger.compact()
        } catch let error as StoreError where error.isPassing {
            // On a full disk the ledger goes on as it was.
        }
    }

    // MARK: The next start

    /// Whether the next start refuses what is left, as it may only where records lie behind a bad one (reliability 2.5).
    private func isRefused(
        _ left: PowerLoss.Left, _ loss: PowerLoss, of life: [PowerLossRecorder.Step],
        in fixture: LedgerFixture
    ) async throws -> Bool {
        _ = try fixture.directory()
        try fixture.restore([:])
        if left.hasOutbox {
            try FileManager.default.createDirectory(
                atPath: fixture.path + "/outbox", withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }
        for (name, bytes) in left.files { try fixture.write(bytes, to: name) }

        var confirmed = LedgerCrashTests.Confirmed()
        var frozen: [MessageKey: String] = [:]
        for case .confirmed(let promise) in life[..<loss.cut] {
            switch promise {
            case .opened(let instance): confirmed.instance = instance
            case .written(let entries): confirmed.entries += entries
            case .frozen(let key, let sha256): frozen[key] = sha256
            case .settled(let key): frozen[key] = nil
            }
        }
        let ledger: LedgerFile
        do {
            ledger = try fixture.open()
        } catch StoreError.damaged(let damage) {
            #expect(loss.hasHole, "\(loss): refused: \(damage)")
            return true
        }
        let messages = try FrozenMessages(in: ledger.directory)
        for (key, sha256) in frozen {
            await #expect(throws: Never.self, "\(loss): the words of \(key) are lost") {
                try await messages.message(of: key, sha256: sha256)
            }
        }
        try await ledger.close()
        try await LedgerCrashTests.judge(fixture, confirmed, "\(loss)")
        return false
    }
}
