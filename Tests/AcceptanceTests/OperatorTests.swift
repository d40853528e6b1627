import Foundation
import Testing

/// An operator's commands on the built program: the same with a daemon at work and without.
@Suite(.serialized, .timeLimit(.minutes(10))) struct OperatorTests {
    private let who = ["--by", "anne.delmas", "--reason", "asked for on the phone"]

    private func house() throws -> Installation {
        let house = try Installation()
        try house.write("state: state\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write(
            #"[{"ref": "2020-0301", "opened_at": "2020-10-30T15:40:00+01:00", "stage": "listening"}]"#,
            to: "cases/good.json")
        return house
    }

    private func carryOut(_ house: Installation, _ arguments: String...) async throws -> FinishedProgram {
        try await house.start(arguments + who).end()
    }

    @Test func `a command goes through the socket of the daemon, and takes the lock when there is none`()
        async throws
    {
        let house = try house()
        let daemon = try house.start(["run"])
        _ = try await daemon.line(containing: "orders are taken")
        let held = try await carryOut(house, "hold", "2020-0301", "--until", "2037-01-01")
        #expect(held.status == 0 && held.output.contains("before 2037-01-01"), "\(held)")
        let unknown = try await carryOut(house, "hold", "2020-9999")
        #expect(unknown.status == 66 && unknown.errors == "relance: no case 2020-9999\n", "\(unknown)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)

        let resumed = try await carryOut(house, "resume", "2020-0301", "--json")
        #expect(
            try resumed.records().map { $0["sentence"] as? String } == ["2020-0301 is followed again"])
        let again = try await carryOut(house, "resume", "2020-0301")
        #expect(again.status == 65 && again.errors == "relance: 2020-0301 is not held\n", "\(again)")
        #expect(try await house.verifyLedger().sound)
        let ledger = String(
            decoding: try house.read("state/" + house.names(in: "state").filter { $0.hasSuffix("jsonl") }[0]),
            as: UTF8.self)
        #expect(ledger.contains(#""by":"anne.delmas","reason":"asked for on the phone""#))
    }

    @Test(arguments: [
        ["hold", "2020-0301", "--by", "anne"], ["hold", "2020-0301", "--by", "anne", "--reason", " "],
        ["retry", "no-key"], ["hold", "2020-0301", "--until", "tomorrow"],
    ])
    func `an order without its author, its reason or its object is a wrong usage`(arguments: [String])
        async throws
    {
        let house = try house()
        let end = try await house.start(arguments).end()
        #expect(end.status == 64, "\(end)")
    }
}
