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
        Damage("a flipped bit", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0[3][40] ^= 1
        },
        Damage("a deleted line", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0.remove(at: 3)
        },
        Damage("two lines swapped", "jsonl:4:%3: the record does not match its checksum; \(command)") {
            $0.swapAt(3, 4)
        },
        Damage("emptied", "jsonl:1:0: the file is empty; \(command)") { $0 = [] },
        Damage("of a later program", "jsonl: written by a later relance (format 9, this one reads 1)") {
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
    func `a torn tail is set aside with a warning, and the daemon goes on`(tail: [UInt8]) async throws {
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

    @Test func `a second daemon leaves at once, naming the first`() async throws {
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

    @Test func `a state folder that is not ours alone is refused with what it needs`() async throws {
        let house = try await house()
        let state = house.folder + "/state"
        func refusal(_ status: Int32, _ sentence: String) async throws {
            let started = try await start(house).end()
            #expect(started.status == status && started.errors.contains(sentence), "\(started)")
        }
        chmod(state, 0o755)
        try await refusal(77, "mode is 0755, others can read or change it; run: chmod 0700 ")
        chmod(state, 0o700)
        chown(state, 65_534, 65_534)
        try await refusal(77, "belongs to user 65534; it must belong to user \(geteuid())")
        chown(state, geteuid(), getegid())
        rename(state, house.folder + "/elsewhere")
        symlink("elsewhere", state)
        try await refusal(73, "is a symbolic link; state is never read or written through one")
        unlink(state)
        try house.write("state: nowhere/state\n", to: "relance.yaml")
        try await refusal(
            73, "nowhere/state: cannot use it as the state directory: No such file or directory")
        chmod(house.folder, 0o700)
        try house.write("state: .\n", to: "relance.yaml")
        let beside = try await start(house).end()
        #expect([73, 78].contains(beside.status), "\(beside)")
    }
}
