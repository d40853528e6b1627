import Foundation
import RelanceTestSupport
import Testing

/// The built program on disks that are full, read-only or out of descriptors (reliability 2.6 and 4, row 17).
@Suite(.serialized, .timeLimit(.minutes(15))) struct DiskTroubleTests {
    /// Whether file systems may be mounted here: root in a container often may not.
    static let canMount: Bool = {
        let trial = Process()
        trial.executableURL = URL(filePath: "/usr/bin/unshare")
        trial.arguments = ["--mount", "/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        trial.standardError = FileHandle.nullDevice
        do { try trial.run() } catch { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }()

    private static let nine = "2020-11-02T09:00:00+01:00"

    private func house(more: String = "") throws -> Installation {
        let house = try Installation()
        try house.write("state: disk/state\n" + more, to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write("[]", to: "cases/none.json")
        try house.makeFolder("disk")
        return house
    }

    /// A case whose acknowledgement leaves at once.
    private func write(_ ref: String, _ house: Installation) throws {
        try house.write(
            """
            {"ref": "\(ref)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "follow_up",
             "contact": {"email": "contact@entreprise.example", "prefers": "email"}}
            """, to: "cases/.\(ref)")
        rename("\(house.folder)/cases/.\(ref)", "\(house.folder)/cases/\(ref).json")
    }

    private func run(_ program: String, _ arguments: String..., in house: Installation) async throws
        -> FinishedProgram
    {
        try await RunningProgram(
            program, arguments, environment: ["PATH": "/usr/bin:/bin"], folder: house.folder
        ).end()
    }

    /// Has a small file system in memory under the state for as long as the body runs.
    private func onSmallDisk(
        _ house: Installation, megabytes: Int, _ body: () async throws -> Void
    ) async throws {
        let disk = house.folder + "/disk"
        let mounted = try await run(
            "/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", disk, in: house)
        try #require(mounted.status == 0, "\(mounted)")
        do {
            try await body()
        } catch {
            _ = try await run("/usr/bin/umount", "--lazy", disk, in: house)
            throw error
        }
        _ = try await run("/usr/bin/umount", "--lazy", disk, in: house)
    }

    /// How many mails have left; waits until there are so many, and tells how long that took.
    private func waitForMails(_ count: Int, _ daemon: RunningProgram) async throws -> TimeInterval {
        let start = Date()
        _ = try await daemon.lines(containing: "message accepted", count: count)
        return Date().timeIntervalSince(start)
    }

    @Test(.enabled(if: canMount))
    func `a disk that is full stops what is new, and a minute after there is room it has left, once`()
        async throws
    {
        let house = try house()
        try await onSmallDisk(house, megabytes: 96) {
            let daemon = try house.start(["run", "--clock", Self.nine])
            _ = try await daemon.line(containing: "ready")
            for cycle in 1...2 {
                // Less than 64 MiB left is too little to begin anything; the results still find their room.
                try house.write(Data(count: 60 << 20), to: "disk/ballast")
                try write("F-\(cycle)", house)
                _ = try await daemon.lines(containing: "the disk is full", count: cycle)
                let status = try await house.relance("status")
                #expect(status.output.contains("disk       full: nothing new leaves"), "\(status)")
                #expect(try house.names(in: "spool/mail/new").count == cycle - 1)
                unlink(house.folder + "/disk/ballast")
                let took = try await waitForMails(cycle, daemon)
                #expect(took <= 60, "\(took) s")
                _ = try await daemon.lines(containing: "the disk has room again", count: cycle)
            }
            daemon.signal(SIGTERM)
            #expect(try await daemon.end().status == 0)
            #expect(try house.names(in: "spool/mail/new").count == 2)
            #expect(try await house.verifyLedger().sound)
        }
    }

    @Test(.enabled(if: canMount))
    func `a small disk does with a low water of its own`() async throws {
        let house = try house(more: "ledger: {low_water: 8 MiB}\n")
        try await onSmallDisk(house, megabytes: 24) {
            let daemon = try house.start(["run", "--clock", Self.nine])
            _ = try await daemon.line(containing: "ready")
            try write("S", house)
            #expect(try await waitForMails(1, daemon) <= 60)
            let status = try await house.relance("status")
            #expect(!status.output.contains("full: nothing new leaves"), "\(status)")
            try house.write(Data(count: 12 << 20), to: "disk/ballast")
            try write("T", house)
            _ = try await daemon.line(containing: "the disk is full")
            #expect(try house.names(in: "spool/mail/new").count == 1)
            daemon.signal(SIGTERM)
            #expect(try await daemon.end().status == 0)
        }
    }

    @Test(.enabled(if: canMount))
    func `a disk without a byte left at the start is waited for`() async throws {
        let house = try house()
        try write("A", house)
        try await onSmallDisk(house, megabytes: 96) {
            // The last page is written until there is none.
            let ballast = try #require(fopen(house.folder + "/disk/ballast", "w"))
            let page = [UInt8](repeating: 1, count: 4096)
            while fwrite(page, 1, page.count, ballast) == page.count {}
            fclose(ballast)
            let daemon = try house.start(["run", "--clock", Self.nine])
            _ = try await daemon.line(containing: "nothing is sent: ")
            #expect(try house.names(in: "spool/mail/new").isEmpty)
            unlink(house.folder + "/disk/ballast")
            #expect(try await waitForMails(1, daemon) <= 60)
            daemon.signal(SIGTERM)
            #expect(try await daemon.end().status == 0)
            #expect(try await house.verifyLedger().sound)
        }
    }

    @Test(.enabled(if: canMount))
    func `a read-only disk is refused with its path, and nothing is sent`() async throws {
        let house = try house()
        try write("A", house)
        try await onSmallDisk(house, megabytes: 96) {
            try house.makeFolder("disk/state", mode: 0o700)
            _ = try await run(
                "/usr/bin/mount", "-o", "remount,ro", house.folder + "/disk", in: house)
            let started = try await house.start(["run", "--clock", Self.nine]).end()
            #expect(started.status == 73, "\(started)")
            #expect(
                started.errors.contains("disk/state/lock: the file system is read-only"), "\(started)")
            #expect(try house.names(in: "spool/mail/new").isEmpty)
        }
    }

    @Test func `a second daemon touches nothing of the first one's`() async throws {
        let house = try house()
        let first = try house.start(["run", "--clock", Self.nine])
        _ = try await first.line(containing: "ready")
        let before = try everything(in: "disk/state", house)
        let second = try await house.start(["run", "--clock", Self.nine]).end()
        #expect(second.status == 75, "\(second)")
        #expect(
            second.errors.contains("in use by another relance (process \(first.identifier), started 2020-"))
        #expect(try everything(in: "disk/state", house) == before)
        first.signal(SIGTERM)
        #expect(try await first.end().status == 0)
    }

    private func everything(in folder: String, _ house: Installation) throws -> [String: Data] {
        try house.names(in: folder).filter { $0 != "relance.sock" && $0 != "outbox" }.reduce(into: [:]) {
            $0[$1] = try house.read(folder + "/" + $1)
        }
    }
}
