import Foundation
import Glibc
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@Suite struct StateDirectoryTests {
    @Test func `a second writer is turned away by name and has touched nothing`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open()
        try await ledger.append([.planned(.make(1))])
        let before = try fixture.names.map { [$0: try fixture.bytes($0)] }
        let error = #expect(throws: StoreError.self) { try fixture.open() }
        #expect(
            error
                == .alreadyRunning(path: fixture.path, pid: getpid(), since: "2020-11-02T06:53:21.000Z"))
        #expect(error?.exitStatus == 75)
        #expect(
            error?.description
                == "\(fixture.path): in use by another relance (process \(getpid()), "
                + "started 2020-11-02T06:53:21.000Z)")
        #expect(try fixture.names.map { [$0: try fixture.bytes($0)] } == before)
        try await ledger.close()
        try await fixture.use { _ in }
    }

    @Test func `every file is ours alone`() async throws {
        let fixture = try LedgerFixture()
        // Under the umask as it is: it is every test's, and takes no more away than what others may read.
        try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1))])
            try await ledger.compact()
            let frozen = try FrozenMessages(in: ledger.directory)
            _ = try await frozen.freeze(.make(), of: .make(1))
        }
        var status = stat()
        #expect(lstat(fixture.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
        for name in try fixture.names where name != "outbox" {
            #expect(
                lstat(fixture.path + "/" + name, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(name)")
        }
        #expect(lstat(fixture.path + "/outbox", &status) == 0 && status.st_mode & 0o777 == 0o700)
    }

    @Test func `a directory others can enter is refused with what to do`() throws {
        let fixture = try LedgerFixture()
        try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: true)
        chmod(fixture.path, 0o757)
        let error = #expect(throws: StoreError.self) { try fixture.directory() }
        #expect(error?.exitStatus == 77)
        #expect(
            error?.description
                == "\(fixture.path): mode is 0757, others can read or change it; run: chmod 0700 \(fixture.path)"
        )
    }

    @Test func `a directory that cannot be made says what kept it from being made`() {
        // Nobody makes folders there, and a missing one is not the reason.
        let error = #expect(throws: StoreError.self) { try StateDirectory(path: "/sys/relance") }
        guard case .noDirectory(_, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason != String(cString: strerror(ENOENT)))
    }

    @Test func `a link in place of the directory or of a file is refused`() throws {
        let fixture = try LedgerFixture()
        _ = try fixture.directory()
        let link = fixture.path + "-link"
        defer { unlink(link) }
        #expect(symlink(fixture.path, link) == 0)
        let error = #expect(throws: StoreError.self) { try StateDirectory(path: link) }
        #expect(error == .symbolicLink(path: link))
        #expect(error?.exitStatus == 73)
        #expect(symlink("/etc/passwd", fixture.path + "/" + firstSegment) == 0)
        #expect(throws: StoreError.symbolicLink(path: fixture.path + "/" + firstSegment)) {
            try fixture.directory()
        }
    }

    @Test func `a directory or file of somebody else is refused`() throws {
        guard geteuid() == 0 else { return }  // only root can give files away
        let fixture = try LedgerFixture()
        _ = try fixture.directory()
        try fixture.write([], to: "notes")
        chown(fixture.path + "/notes", 65534, 65534)
        let error = #expect(throws: StoreError.self) { try fixture.directory() }
        #expect(error == .foreignOwner(path: fixture.path + "/notes", owner: 65534, needed: 0))
        #expect(error?.exitStatus == 77)
        chown(fixture.path, 65534, 65534)
        #expect(throws: StoreError.foreignOwner(path: fixture.path, owner: 65534, needed: 0)) {
            try fixture.directory()
        }
    }

    @Test func `the configuration's directory cannot hold the state`() throws {
        let fixture = try LedgerFixture()
        _ = try fixture.directory()
        #expect(throws: StoreError.sharedDirectory(path: fixture.path)) {
            try StateDirectory(path: fixture.path, apartFrom: fixture.path + "/.")
        }
    }

    @Test func `a place that is no directory is refused`() throws {
        let error = #expect(throws: StoreError.self) { try StateDirectory(path: "/etc/passwd") }
        #expect(error == .noDirectory(path: "/etc/passwd", reason: "Not a directory"))
        #expect(error?.exitStatus == 73)
        let fixture = try LedgerFixture()
        #expect(throws: StoreError.noDirectory(path: fixture.path, reason: "No such file or directory")) {
            try StateDirectory(path: fixture.path, isMade: false)
        }
        let missing = "/nonexistent/deep/state"
        #expect(throws: StoreError.noDirectory(path: missing, reason: "No such file or directory")) {
            try StateDirectory(path: missing)
        }
    }

    @Test(arguments: [(EACCES, 77), (EROFS, 73), (EIO, 74), (ENOSPC, 74)] as [(Int32, Int32)])
    func `what the disk refuses at a start ends with the code of its kind`(code: Int32, exit: Int32) throws {
        let fixture = try LedgerFixture()
        let disk = Disk { $0.operation == .rename ? .error(code) : nil }
        let error = #expect(throws: StoreError.self) { try fixture.open(disk: disk) }
        #expect(error?.exitStatus == exit)
        #expect(try fixture.names == ["lock"])
    }

    @Test func `memory and networks are warned of`() throws {
        let fixture = try LedgerFixture(beside: "/dev/shm")
        #expect(
            try fixture.directory().warnings == [
                "\(fixture.path): lies on memory (tmpfs): it is gone after a restart of the machine"
            ])
    }
}
