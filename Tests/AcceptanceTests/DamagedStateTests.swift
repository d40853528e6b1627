import Foundation
import RelanceTestSupport
import Testing

/// A state that cannot be relied on, through the command line (reliability 2.5, 3.10 F7 and F16): the daemon refuses to
/// start, says where and what to do, and sends nothing.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DamagedStateTests {
    private static let segment = "state/ledger-0000000000000001.jsonl"

    /// What a start and `ledger verify` say of a ledger that was changed behind the daemon's back.
    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let change: @Sendable (inout [[UInt8]]) -> Void
        let says: String

        init(_ name: String, _ says: String, _ change: @escaping @Sendable (inout [[UInt8]]) -> Void) {
            testDescription = name
            self.change = change
            self.says = says
        }
    }

    /// A house that has sent three mails to its spool.
    private func house() async throws -> Installation {
        let house = try Installation()
        try house.write("state: state\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        let cases = ["A", "B", "C"].map {
            """
            {"ref": "\($0)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "follow_up",
             "contact": {"email": "contact@entreprise.example", "prefers": "email"}}
            """
        }
        try house.write("[\(cases.joined(separator: ","))]", to: "cases/all.json")
        let ended = try await start(house).end()
        #expect(ended.status == 0, "\(ended)")
        #expect(try house.names(in: "spool/mail/new").count == 3, "\(ended)")
        return house
    }

    private func start(_ house: Installation, until: String = "2020-11-02T09:01:00+01:00") throws
        -> RunningProgram
    {
        try house.start(["run", "--clock", "2020-11-02T09:00:00+01:00", "--speed", "60", "--until", until])
    }

    private static let command = "nothing was changed, run: relance ledger verify"

    @Test(arguments: [
        Damage("F16 a flipped bit", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0[3][40] ^= 1
        },
        Damage("F16 a deleted line", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0.remove(at: 3)
        },
        Damage("F16 two lines swapped", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0.swapAt(3, 4)
        },
        Damage("F16 4 KiB of zeros", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0.insert(Array(repeating: 0, count: 4096), at: 3)
        },
        Damage(
            "F16 a header without its end",
            "jsonl:1:0: the first line is not the header of a ledger file; \(command)"
        ) {
            $0 = [Array($0[0].prefix(20))]
        },
        Damage("F16 emptied", "jsonl:1:0: the file is empty; \(command)") { $0 = [] },
        Damage("F16 of a later program", "jsonl: written by a later relance (format 9, this one reads 1)") {
            $0[0] = Array(
                String(decoding: $0[0], as: UTF8.self).replacing("\"min_reader\":1", with: "\"min_reader\":9")
                    .utf8)
        },
    ]) func `a damaged ledger refuses to start, with its place and the command`(damage: Damage) async throws {
        let house = try await house()
        var lines = [UInt8](try house.read(Self.segment)).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
        ).map(Array.init)
        // The place of a record is the file, its line and the octets before it.
        let offset = lines[..<3].reduce(0) { $0 + $1.count + 1 }
        damage.change(&lines)
        let damaged = Data(lines.joined(separator: [UInt8(ascii: "\n")]))
        try house.write(damaged, to: Self.segment, mode: 0o600)
        let says = damage.says.replacing("%3", with: "\(offset)")

        let started = try await start(house).end()
        #expect(started.status == 65 && started.errors.contains(says), "\(started)")
        let verified = try await house.relance("ledger", "verify")
        #expect(verified.status == 65 && verified.errors.contains(says), "\(verified)")
        #expect(verified.output.hasPrefix("damaged: "))
        #expect(try house.read(Self.segment) == damaged, "nothing was changed")
        #expect(try house.names(in: "spool/mail/new").count == 3)
    }

    @Test(arguments: [Array("{\"s\":99,\"t\":\"2020".utf8), Array(repeating: UInt8(0), count: 4096)])
    func `F16 a torn tail is set aside with a warning, and the daemon goes on`(tail: [UInt8]) async throws {
        let house = try await house()
        let sound = try house.read(Self.segment)
        try house.write(sound + Data(tail), to: Self.segment, mode: 0o600)
        let verified = try await house.verifyLedger()
        #expect(verified.sound && verified.warnings.count == 1)
        let started = try await start(house, until: "2020-11-02T09:02:00+01:00").end()
        #expect(started.status == 0, "\(started)")
        #expect(
            started.errors.contains("the last \(tail.count) bytes were half written and are set aside"),
            "\(started)")
        let torn = try house.names(in: "state").filter { $0.hasPrefix("torn-") }
        #expect(try torn.map { Array(try house.read("state/" + $0)) } == [tail])
        #expect(try await house.verifyLedger().warnings == [])
        #expect(try house.names(in: "spool/mail/new").count == 3)
    }

    @Test func `F7 a second daemon leaves at once, naming the first`() async throws {
        let house = try await house()
        let first = try house.start(["run", "--clock", "2020-11-02T12:00:00+01:00"])
        _ = try await first.line(containing: "ready")
        let second = try await start(house).end()
        #expect(second.status == 75, "\(second)")
        #expect(
            second.errors.contains("in use by another relance (process \(first.identifier), started "),
            "\(second)")
        first.signal(SIGTERM)
        #expect(try await first.end().status == 0)
    }

    /// What a compaction leaves: the old segment, the snapshot of it, and the segment that goes on.
    @Test(arguments: [
        ("F16 the snapshot corrupt", [true, false], Int32(0)),
        ("F16 the old segment corrupt", [false, true], 0),
        ("F16 both corrupt", [true, true], 65),
    ]) func `a snapshot and what it was made of stand in for each other`(
        name: String, isHit: [Bool], status: Int32
    ) async throws {
        let house = try await house()
        let compacted = try await house.relance("ledger", "compact")
        #expect(compacted.status == 0, "\(compacted)")
        let snapshot = try #require(try house.names(in: "state").first { $0.hasPrefix("snapshot-") })
        for (file, isHit) in zip(["state/" + snapshot, Self.segment], isHit) where isHit {
            var bytes = try house.read(file)
            bytes[bytes.count / 2] ^= 1
            try house.write(bytes, to: file, mode: 0o600)
        }
        let started = try await start(house).end()
        #expect(started.status == status, "\(name): \(started)")
        if status == 65 {
            #expect(started.errors.contains(Self.command), "\(started)")
            try FileManager.default.removeItem(atPath: house.folder + "/" + Self.segment)
            let missing = try await start(house).end()
            #expect(missing.status == 65 && missing.errors.contains(Self.command), "\(missing)")
        }
        #expect(try house.names(in: "spool/mail/new").count == 3, "nothing is lost, and nothing sent again")
    }

    /// A place for the state that is not ours alone, and what is said of it.
    ///
    /// Reliability 3.10 asks for 73 or 77 in each row of F7; two are decided otherwise. The configuration's own folder is a
    /// mistake in the configuration, found by `check` and at a reload as well: 78, with its line. A state in memory is used
    /// with a warning, as 2.5 says: the demonstration and a trial want nothing else, and whoever reads the log knows.
    struct Place: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let status: Int32
        let says: String
        /// Given the house's folder, where the state is at first `state`.
        let change: @Sendable (String) throws -> Void

        init(
            _ name: String, _ status: Int32, _ says: String,
            _ change: @escaping @Sendable (String) throws -> Void
        ) {
            (testDescription, self.status, self.says, self.change) = (name, status, says, change)
        }
    }

    @Test(arguments: [
        Place("F7 read by others", 77, "mode is 0755, others can read or change it; run: chmod 0700 ") {
            chmod($0 + "/state", 0o755)
        },
        Place("F7 written by others", 77, "mode is 0777, others can read or change it; run: chmod 0700 ") {
            chmod($0 + "/state", 0o777)
        },
        Place("F7 of somebody else", 77, "belongs to user 65534; it must belong to user ") {
            chown($0 + "/state", 65_534, 65_534)
        },
        Place("F7 a link", 73, "is a symbolic link; state is never read or written through one") {
            rename($0 + "/state", $0 + "/elsewhere")
            symlink("elsewhere", $0 + "/state")
        },
        Place(
            "F7 a ledger that is a link", 73,
            ".jsonl: is a symbolic link; state is never read or written through one"
        ) {
            rename($0 + "/" + segment, $0 + "/elsewhere")
            symlink("../elsewhere", $0 + "/" + segment)
        },
        Place("F7 a ledger of somebody else", 77, ".jsonl: belongs to user 65534; it must belong to user ") {
            chown($0 + "/" + segment, 65_534, 65_534)
        },
        Place(
            "F7 nowhere", 73, "nowhere/state: cannot use it as the state directory: No such file or directory"
        ) {
            try "state: nowhere/state\n".write(
                toFile: $0 + "/relance.yaml", atomically: false, encoding: .utf8)
        },
        Place("F7 a file", 73, "relance.yaml: cannot use it as the state directory: Not a directory") {
            try "state: relance.yaml\n".write(
                toFile: $0 + "/relance.yaml", atomically: false, encoding: .utf8)
        },
        Place(
            "F7 the configuration's folder", 78,
            "state: the folder of the ledger has to be its own, not that of this file"
        ) {
            chmod($0, 0o700)
            try "state: .\n".write(toFile: $0 + "/relance.yaml", atomically: false, encoding: .utf8)
        },
    ]) func `a state folder that is not ours alone is refused with what it needs`(place: Place) async throws {
        let house = try await house()
        try place.change(house.folder)
        let started = try await start(house).end()
        #expect(started.status == place.status && started.errors.contains(place.says), "\(started)")
        #expect(try house.names(in: "spool/mail/new").count == 3, "nothing was sent")
    }

    @Test(arguments: [
        ("0777", "mode is 0777, others can read or change it; run: chmod 0700 "),
        ("link", "is a symbolic link; messages are never written through one"),
    ]) func `F7 a spool that others could read or turn elsewhere takes no message`(
        change: String, says: String
    ) async throws {
        let house = try Installation()
        try house.write("state: state\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.makeFolder("cases")
        if change == "link" {
            try house.makeFolder("elsewhere", mode: 0o700)
            symlink("elsewhere", house.folder + "/spool")
        } else {
            try house.makeFolder("spool")
            chmod(house.folder + "/spool", 0o777)
        }
        let run = try await house.relance("run", "--clock", "2020-11-02T08:00:00+01:00")
        #expect(run.status == 77 && run.errors.contains("\(house.folder)/spool: \(says)"), "\(run)")
    }

    @Test func `F7 a state in memory is used, with a warning`() async throws {
        let house = try await house()
        let memory = "/dev/shm/relance-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: memory) }  // left behind it harms nobody
        try house.write("state: \(memory)\n", to: "relance.yaml")
        let started = try await start(house).end()
        #expect(
            started.status == 0
                && started.errors.contains("\(memory): lies on memory (tmpfs): it is gone after a restart"),
            "\(started)")
    }
}
