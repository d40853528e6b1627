import Foundation
import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A start on a disk without room (reliability 2.6): it waits, says so, and goes on by itself.
@Suite(.timeLimit(.minutes(10))) struct FullDiskStartTests {
    private let start = at("2020-11-02 09:30")

    enum Before: CaseIterable {
        case nothing, ledger, tornLedger
    }

    struct Want: CustomTestStringConvertible, Sendable {
        var operation: Disk.Operation
        var code: Int32

        var testDescription: String { "\(operation.rawValue) \(String(cString: strerror(code)))" }
    }

    static let wants = [
        Want(operation: .write, code: ENOSPC), Want(operation: .write, code: EDQUOT),
        Want(operation: .makeDirectory, code: ENOSPC), Want(operation: .open, code: EMFILE),
    ]

    /// A house with one message, which was put off in the life before if there was one.
    private func house(_ before: Before) async throws -> TestHouse {
        let house = try TestHouse(cases: [TestHouse.newCase("2020-0301")])
        guard before != .nothing else { return house }
        try await house.run(at: start - .minutes(6), courier: ScriptedCourier([.busyMailbox])) { life in
            await life.log.waitForAttempts(1)
        }
        guard before == .tornLedger else { return house }
        let file = FileHandle(forWritingAtPath: house.statePath + "/ledger-0000000000000001.jsonl")
        try file?.seekToEnd()
        try file?.write(contentsOf: Data(#"{"seq":9,"k":"pla"#.utf8))
        try file?.close()
        return house
    }

    private func torn(_ house: TestHouse) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: house.statePath).count { $0.hasPrefix("torn-") }
    }

    @Test(arguments: wants, Before.allCases)
    func `a start without room waits, alive, and within a minute of its return the mail has left`(
        want: Want, before: Before
    ) async throws {
        let (house, saboteur) = (try await house(before), Saboteur())
        let socket = try NotifySocket("@relance-tests-" + UUID().uuidString)
        saboteur.arm(want.operation, want.code)
        let life = try await house.run(
            at: start, disk: saboteur.disk, notifier: socket.notifier(watchdogMicroseconds: 60_000_000)
        ) { life in
            for half in Int64(1)...3 { await life.advance(to: start + .seconds(30 * half)) }
            let said = socket.received()
            #expect(said.first == "READY=1")
            #expect(said.count { $0.hasPrefix("WATCHDOG=1\nSTATUS=nothing is sent: /") } >= 4, "\(said)")
            #expect(life.log.dispatches.isEmpty)
            saboteur.disarm()
            life.clock.advance(to: start + .seconds(120))
            await life.log.waitForAttempts(1)
        }
        #expect(life.log.dispatches.map(\.message.kind) == [.newCase])
        #expect(life.log.dispatches.allSatisfy { $0.at <= start + .seconds(150) })
        #expect(life.lines.all.count { $0.hasPrefix("<3>nothing is sent: /") } == 1)
        #expect(try house.state().messages.values.map(\.phase) == [.sent])
        #expect(try torn(house) == (before == .tornLedger ? 1 : 0))
    }

    @Test func `room for the torn tail alone is waited with, and one copy of it is kept`() async throws {
        let (house, saboteur) = (try await house(.tornLedger), Saboteur())
        let disk = Disk { call in
            call.file.hasPrefix("ledger-") ? saboteur.disk.fault?(call) : nil
        }
        saboteur.arm(.write, ENOSPC)
        try await house.run(at: start, disk: disk) { life in
            for half in Int64(1)...3 { await life.advance(to: start + .seconds(30 * half)) }
            let count = try torn(house)
            #expect(count == 0)
            saboteur.disarm()
            life.clock.advance(to: start + .seconds(120))
            await life.log.waitForAttempts(1)
        }
        #expect(try torn(house) == 1)
    }

    @Test(arguments: Before.allCases)
    func `stopped while it waits for room it ends in order and leaves the ledger as it was`(before: Before)
        async throws
    {
        let (house, saboteur) = (try await house(before), Saboteur())
        let held = try house.state()
        saboteur.arm(.write, ENOSPC)
        let life = try await house.run(at: start, disk: saboteur.disk) { life in
            await life.advance(to: start + .minutes(1))
        }
        #expect(life.log.dispatches.isEmpty)
        #expect(try house.state() == held)
    }
}
