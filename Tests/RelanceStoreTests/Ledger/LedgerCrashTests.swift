import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Synchronization
import Testing

/// Every call to the disk that a life of the ledger makes is hit once; a run without a hit ends the count (SQLite's rule).
@Suite struct LedgerCrashTests {
    enum Blow: String, CaseIterable, Sendable {
        /// The process dies before the call: nothing reaches the disk any more.
        case death
        /// It dies in the middle of a write.
        case tornWrite
        /// One call fails for good, the process lives on.
        case inputOutputError
        /// One call finds no room, the next ones do.
        case diskFull
    }

    /// Counts calls and strikes one of them.
    final class Striker: Sendable {
        private let state = Mutex((calls: 0, hasStruck: false))
        private let blow: Blow
        private let target: Int

        init(_ blow: Blow, at target: Int) {
            self.blow = blow
            self.target = target
        }

        var hasStruck: Bool { state.withLock { $0.hasStruck } }

        var disk: Disk {
            Disk { [self] call in
                let (number, struckBefore) = state.withLock { state in
                    state.calls += 1
                    defer { if state.calls >= target { state.hasStruck = true } }
                    return (state.calls, state.hasStruck)
                }
                guard number >= target else { return nil }
                switch blow {
                case .death: return .error(EIO)
                case .tornWrite:
                    return !struckBefore && call.operation == .write ? .short(100) : .error(EIO)
                case .inputOutputError: return struckBefore ? nil : .error(EIO)
                case .diskFull: return struckBefore ? nil : .error(ENOSPC)
                }
            }
        }
    }

    /// What the ledger confirmed before the blow.
    struct Confirmed {
        var instance: String?
        var entries: [LedgerEntry] = []
    }

    /// Some messages, several segments, two compactions, an open message with frozen bytes.
    private func live(_ fixture: LedgerFixture, _ disk: Disk, _ confirmed: inout Confirmed) async throws {
        let ledger = try fixture.open(disk: disk, options: LedgerFixture.options(segmentBytes: 1500))
        confirmed.instance = ledger.instance
        do {
            let frozen = try FrozenMessages(in: ledger.directory)
            for number in 1...5 {
                confirmed.entries += try await ledger.append([.planned(.make(number))])
                let sha256 = try await frozen.freeze(.make(), of: .make(number))
                confirmed.entries += try await ledger.append([.attempt(number, sha256: sha256)])
                if number == 5 { break }
                confirmed.entries += try await ledger.append([.handover(number)])
                confirmed.entries += try await ledger.append([.result(number, 1, .accepted(reply: "250 Ok"))])
                try await frozen.discard(.make(number))
                if number.isMultiple(of: 2) { _ = try await ledger.compact() }
            }
        } catch {
            try await ledger.close()
            throw error
        }
        try await ledger.close()
    }

    @Test(arguments: Blow.allCases)
    func `whatever call is hit, nothing confirmed is lost and the ledger is sound`(_ blow: Blow) async throws
    {
        var target = 0
        var isDone = false
        while !isDone {
            target += 1
            // In memory: what counts here is the order of the calls, not what a sync costs.
            let fixture = try LedgerFixture(beside: "/dev/shm")
            // The directory itself is there, as systemd makes it.
            _ = try fixture.directory()
            let striker = Striker(blow, at: target)
            var confirmed = Confirmed()
            try? await live(fixture, striker.disk, &confirmed)
            isDone = !striker.hasStruck
            try await Self.judge(fixture, confirmed, "\(blow) at call \(target)")
            #expect(try LedgerReading(path: fixture.path)?.contents.state.messages.count ?? 0 <= 5)
        }
        #expect(target > 100)
    }

    @Test func `a start that dies while it mends a torn tail leaves it to the next`() async throws {
        let fixture = try LedgerFixture(beside: "/dev/shm")
        let torn = Array(try await LedgerDamageTests.small(fixture).dropLast(9))
        var target = 0
        var isDone = false
        while !isDone {
            target += 1
            try fixture.restore([firstSegment: torn])
            let striker = Striker(.death, at: target)
            try? await fixture.open(disk: striker.disk).close()
            isDone = !striker.hasStruck
            let ledger = try fixture.open()
            #expect(ledger.withState { $0.lastSequence } == 6, "death at call \(target)")
            try await ledger.close()
            #expect(LedgerVerification(try fixture.directory()).records == 6, "death at call \(target)")
            let saved = try fixture.names.filter { $0.hasPrefix("torn-") }
            #expect(!saved.isEmpty, "death at call \(target)")
        }
        #expect(target > 20)
    }

    /// Opens what is left and looks whether it holds what was confirmed, and whether it can be gone on with.
    static func judge(_ fixture: LedgerFixture, _ confirmed: Confirmed, _ name: String) async throws {
        let ledger = try fixture.open()
        if let instance = confirmed.instance { #expect(ledger.instance == instance, "\(name)") }
        let read = try #require(
            try LedgerReading(path: fixture.path, into: LedgerHistory(of: .everything))?.contents)
        #expect(read.illegal.isEmpty && read.state == ledger.withState { $0 }, "\(name): two readings differ")
        for entry in confirmed.entries {
            guard let key = entry.event.message else { continue }
            let isKnown =
                if case .planned = entry.event { read.state.messages[key]?.planned == entry.stamp } else {
                    read.history.trail(of: key).contains(entry)
                }
            #expect(isKnown, "\(name): record \(entry.stamp.sequence) is lost")
        }
        try await ledger.append([.acknowledged(.make("2020-1"), by: "claire")])
        try await ledger.close()
        let verdict = LedgerVerification(try fixture.directory())
        #expect(verdict.isSound, "\(name): \(verdict.problems)")
        let names = try fixture.names
        #expect(names.allSatisfy { !$0.contains(".tmp.") }, "\(name)")
    }
}
