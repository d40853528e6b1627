import Foundation
import Glibc
import RelanceCore
import RelanceTestSupport
import Synchronization
import Testing

@testable import RelanceStore

/// Reliability 2.6: what the disk may do, and what becomes of it.
@Suite struct LedgerFaultTests {
    /// Fails calls of one kind on one kind of file while it is armed.
    final class Saboteur: Sendable {
        private let plan = Mutex<(operation: Disk.Operation, fault: Disk.Fault)?>(nil)
        private let seen = Mutex<[Disk.Call]>([])

        func arm(_ operation: Disk.Operation, _ fault: Disk.Fault) {
            plan.withLock { $0 = (operation, fault) }
        }

        func disarm() {
            plan.withLock { $0 = nil }
        }

        var calls: [Disk.Call] { seen.withLock { $0 } }

        func forget() {
            seen.withLock { $0 = [] }
        }

        var disk: Disk {
            Disk { [self] call in
                seen.withLock { $0.append(call) }
                return plan.withLock { plan in plan?.operation == call.operation ? plan?.fault : nil }
            }
        }
    }

    @Test func `a full disk cuts back, refuses new work and goes on when there is room`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let ledger = try fixture.open(disk: saboteur.disk)
        try await ledger.append([.planned(.make(1)), .attempt(1)])
        let before = ledger.withState { $0 }
        saboteur.arm(.write, .error(ENOSPC))
        let full = StoreError.diskFull(file: fixture.path + "/" + firstSegment)
        await #expect(throws: full) { try await ledger.append([.planned(.make(2))]) }
        #expect(ledger.withState { $0 } == before)
        #expect(ledger.isDiskFull)
        #expect(full.exitStatus == 74)
        #expect(
            full.description
                == "\(fixture.path)/\(firstSegment): the disk is full; no message is begun until there is room"
        )
        saboteur.disarm()
        try await ledger.append([.handover(1)])
        _ = try await ledger.admit([.make(2)])
        #expect(!ledger.isDiskFull)
        try await ledger.close()
        #expect(LedgerVerification(try fixture.directory()).records == 4)
    }

    @Test func `while no room can be reserved only the ends of work under way are written`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        var options = LedgerFixture.options()
        options.headroomBytes = 1
        let ledger = try fixture.open(disk: saboteur.disk, options: options)
        try await ledger.append([.planned(.make(1)), .attempt(1)])
        saboteur.arm(.reserve, .error(ENOSPC))
        try await ledger.append([.handover(1)])
        #expect(ledger.isDiskFull)
        await #expect(throws: StoreError.self) { _ = try await ledger.admit([.make(2)]) }
        try await ledger.append([.result(1, 1, .accepted(reply: "250 Ok"))])
        saboteur.disarm()
        #expect(try await ledger.admit([.make(2)]) == [.make(2)])
        try await ledger.close()
    }

    @Test func `short writes are continued`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let ledger = try fixture.open(disk: saboteur.disk)
        saboteur.arm(.write, .short(7))
        try await ledger.append([.planned(.make(1))] + LedgerEvent.delivery(1))
        try await ledger.close()
        #expect(LedgerVerification(try fixture.directory()).records == 4)
    }

    @Test(arguments: [Disk.Operation.write, .sync])
    func `an I/O error is final and its sync is never tried again`(_ operation: Disk.Operation) async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let ledger = try fixture.open(disk: saboteur.disk)
        try await ledger.append([.planned(.make(1))])
        saboteur.arm(operation, .error(EIO))
        let error = await #expect(throws: StoreError.self) { try await ledger.append([.planned(.make(2))]) }
        #expect(error?.exitStatus == 74)
        #expect(
            error?.description
                == "\(fixture.path)/\(firstSegment): \(operation.rawValue) failed: Input/output error; "
                + "nothing more is written, since what the disk holds is not known")
        saboteur.disarm()
        saboteur.forget()
        let again = await #expect(throws: StoreError.self) { try await ledger.append([.planned(.make(3))]) }
        #expect(again == error)
        #expect(saboteur.calls.allSatisfy { $0.operation != .write && $0.operation != .sync })
        try await ledger.close()
        // The next start may find the record or not, but finds a sound ledger.
        try await fixture.use { again in #expect(again.withState { $0.messages[.make(1)] } != nil) }
    }

    @Test func `a lock that fails is not taken for another daemon`() throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        saboteur.arm(.lock, .error(EIO))
        let error = #expect(throws: StoreError.self) { try fixture.open(disk: saboteur.disk) }
        #expect(
            error
                == .disk(file: fixture.path + "/lock", operation: "lock", reason: "Input/output error"))
    }

    @Test func `a folder that cannot be made says why`() throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        saboteur.arm(.makeDirectory, .error(ENOSPC))
        let directory = try fixture.directory(disk: saboteur.disk)
        let error = #expect(throws: StoreError.self) { try FrozenMessages(in: directory) }
        #expect(error == .diskFull(file: fixture.path + "/outbox"))
    }

    @Test func `the name of a new state folder is made durable in the one above`() throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        _ = try fixture.directory(disk: saboteur.disk)
        #expect(saboteur.calls.contains { $0.operation == .syncDirectory && $0.file == ".." })
        saboteur.forget()
        _ = try fixture.directory(disk: saboteur.disk)
        #expect(!saboteur.calls.contains { $0.operation == .syncDirectory })
    }

    @Test func `cutting back that fails is final`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let disk = saboteur.disk
        let failing = Disk { call in
            call.operation == .truncate ? .error(EIO) : disk.fault?(call)
        }
        let ledger = try fixture.open(disk: failing)
        saboteur.arm(.write, .error(ENOSPC))
        let error = await #expect(throws: StoreError.self) { try await ledger.append([.planned(.make(1))]) }
        guard case .disk(_, "truncate", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `the room behind the end is kept anew as soon as the file was cut back`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let ledger = try fixture.open(disk: saboteur.disk)
        saboteur.forget()
        saboteur.arm(.write, .error(ENOSPC))
        await #expect(throws: StoreError.self) { try await ledger.append([.planned(.make(1))]) }
        let own = saboteur.calls.filter { $0.file == firstSegment }
        #expect(own.map(\.operation) == [.write, .truncate, .sync, .reserve])
        #expect(ledger.isDiskFull)
        try await ledger.close()
    }

    @Test func `a new segment has its room before its first record, and the one before gives its own back`()
        async throws
    {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let options = LedgerFixture.options(segmentBytes: 1000, headroomBytes: 1 << 20)
        let ledger = try fixture.open(disk: saboteur.disk, options: options)
        saboteur.forget()
        var number = 0
        while try fixture.names.count < 3 {
            number += 1
            try await ledger.append([.planned(.make(number))])
        }
        try await ledger.append([.cancelled(.make(1), reason: "case_closed", by: nil)])
        let second = try #require(try fixture.names.first { $0.hasPrefix("ledger-") && $0 != firstSegment })
        let own = saboteur.calls.filter { $0.file == second }
        #expect(own.map(\.operation).starts(with: [.open, .reserve, .write]), "\(own)")
        #expect(saboteur.calls.last { $0.file == firstSegment }?.operation == .truncate)
        var status = stat()
        #expect(stat(fixture.path + "/" + firstSegment, &status) == 0)
        #expect(status.st_blocks * 512 < 64 << 10, "\(status.st_blocks) blocks")
        try await ledger.close()
    }

    @Test(arguments: [(Disk.Operation.open, EMFILE), (.reserve, ENOSPC)])
    func `without a descriptor or room for a new segment the old one is used for longer`(
        operation: Disk.Operation, code: Int32
    ) async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let disk = saboteur.disk
        let failing = Disk { call in call.file == firstSegment || call.file == "." ? nil : disk.fault?(call) }
        let ledger = try fixture.open(disk: failing, options: LedgerFixture.options(segmentBytes: 1000))
        saboteur.arm(operation, .error(code))
        for number in 1...6 { try await ledger.append([.planned(.make(number))]) }
        saboteur.disarm()
        for number in 7...12 { try await ledger.append([.planned(.make(number))]) }
        try await ledger.close()
        // The writer tries for a new one behind the answer, so what it had meanwhile is told by where the second begins.
        let names = try fixture.names
        #expect(names.count > 2 && names[0] == firstSegment)
        #expect(names[1] >= LedgerFormat.segmentName(firstSequence: 7))
        #expect(LedgerVerification(try fixture.directory()).records == 12)
    }

    @Test func `nobody is told before the sync, and nothing is synced twice`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let ledger = try fixture.open(disk: saboteur.disk)
        saboteur.forget()
        try await ledger.append([.planned(.make(1))])
        let own = saboteur.calls.filter { $0.file == firstSegment && $0.operation != .reserve }
        #expect(own.map(\.operation) == [.write, .sync])
        try await ledger.close()
    }

    @Test func `records that come while the disk is busy share the next sync`() async throws {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let gate = Gate()
        let disk = saboteur.disk
        let slow = Disk { call in
            if call.operation == .sync, call.file == firstSegment { gate.pass() }
            return disk.fault?(call)
        }
        let ledger = try fixture.open(disk: slow)
        saboteur.forget()
        gate.shut()
        async let first = ledger.append([.planned(.make(1))])
        while !gate.isReached { await Task.yield() }
        // Everything below gathers behind the sync that waits at the gate.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 2...40 {
                group.addTask { _ = try await ledger.append([.planned(.make(number))]) }
            }
            while ledger.books.withLock({ $0.pending.waiters.count }) < 39 { await Task.yield() }
            #expect(ledger.withState { $0.messages.isEmpty }, "what is not durable shows")
            gate.open()
            try await group.waitForAll()
        }
        _ = try await first
        let syncs = saboteur.calls.filter { $0.file == firstSegment && $0.operation == .sync }
        #expect(syncs.count == 2)
        try await ledger.close()
    }

    @Test func `nothing is compacted behind a record whose sync failed`() async throws {
        let fixture = try LedgerFixture()
        let gate = Gate()
        let syncs = Mutex(0)
        let failing = Disk { call in
            guard call.operation == .sync, call.file == firstSegment else { return nil }
            let number = syncs.withLock { count in
                count += 1
                return count
            }
            if number == 2 { gate.pass() }
            return number == 3 ? .error(EIO) : nil
        }
        let ledger = try fixture.open(disk: failing)
        try await ledger.append([.planned(.make(1))])
        gate.shut()
        let compaction = Task { try await ledger.compact() }
        while !gate.isReached { await Task.yield() }
        // Its flush stands in the queue before the snapshot does, which the forgetting at the gate holds up.
        let lost = Task { try await ledger.append([.planned(.make(2))]) }
        while ledger.books.withLock({ $0.pending.waiters.isEmpty }) { await Task.yield() }
        gate.open()
        let final = StoreError.disk(
            file: fixture.path + "/" + firstSegment, operation: "sync", reason: "Input/output error")
        await #expect(throws: final) { try await lost.value }
        await #expect(throws: final) { try await compaction.value }
        try await ledger.close()
        #expect(try fixture.names == [firstSegment, "lock"])
        try await fixture.use { again in
            #expect(again.warnings.isEmpty)
            try await again.append([.planned(.make(3))])
        }
    }

    /// Holds a thread up until it is opened.
    final class Gate: Sendable {
        private let state = Mutex((isShut: false, isReached: false))
        private let opened = DispatchSemaphore(value: 0)

        var isReached: Bool { state.withLock { $0.isReached } }

        func shut() { state.withLock { $0.isShut = true } }

        func open() {
            state.withLock { $0.isShut = false }
            opened.signal()
        }

        func pass() {
            let isShut = state.withLock { state in
                state.isReached = state.isShut
                return state.isShut
            }
            if isShut { opened.wait() }
        }
    }

    @Test(arguments: [
        Disk.Operation.open, .write, .sync, .rename, .syncDirectory,
    ])
    func `a snapshot that cannot be written leaves the ledger as it was`(_ operation: Disk.Operation)
        async throws
    {
        let fixture = try LedgerFixture()
        let saboteur = Saboteur()
        let disk = saboteur.disk
        // Only the files written whole are hit, not the segment the forgetting goes to.
        let failing = Disk { call in
            call.file == firstSegment ? nil : disk.fault?(call)
        }
        let ledger = try fixture.open(disk: failing)
        _ = try await ledger.admit([.make(1)])
        saboteur.arm(operation, .error(EIO))
        await #expect(throws: StoreError.self) { try await ledger.compact() }
        saboteur.disarm()
        _ = try? await ledger.append([.planned(.make(2))])
        try await ledger.close()
        try await fixture.use { again in
            #expect(again.withState { $0.messages[.make(1)] } != nil)
            let names = try fixture.names
            #expect(names.allSatisfy { !$0.contains(".tmp.") })
        }
        #expect(LedgerVerification(try fixture.directory()).isSound)
    }

    @Test func `a real full file system is survived`() async throws {
        guard geteuid() == 0 else { return }  // only root can mount one
        let place = NSTemporaryDirectory() + "relance-full-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        guard mount("tmpfs", place, "tmpfs", 0, "size=256k") == 0 else { return }
        defer { umount2(place, 2) }
        let fixture = try LedgerFixture(beside: place)
        let ledger = try fixture.open()
        #expect(
            ledger.warnings == [
                "\(fixture.path): lies on memory (tmpfs): it is gone after a restart of the machine"
            ])
        var admitted = 0
        do {
            while admitted < 5000 {
                admitted += 1
                _ = try await ledger.admit([.make(admitted)])
            }
        } catch StoreError.diskFull {
            admitted -= 1
        }
        #expect(admitted > 100 && admitted < 5000)
        #expect(ledger.isDiskFull)
        // The room behind the end was kept for this.
        try await ledger.append([.cancelled(.make(1), reason: "case_closed", by: nil)])
        let state = ledger.withState { $0 }
        try await ledger.close()
        try await fixture.use { again in #expect(again.withState { $0 } == state) }
    }
}
