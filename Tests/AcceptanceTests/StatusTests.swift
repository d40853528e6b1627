import Foundation
import Testing

/// What `relance status` tells of a house, with a daemon at work and without.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StatusTests {
    private let who = ["--by", "anne.delmas", "--reason", "closed since"]

    private func list(_ count: Int) -> String {
        let cases = (0..<count).map {
            #"{"ref": "2020-\#(1000 + $0)", "opened_at": "2020-10-30T15:40:00+01:00", "stage": "listening"}"#
        }
        return "[" + cases.joined(separator: ",") + "]"
    }

    private func house() throws -> Installation {
        let house = try Installation()
        try house.write("state: state\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write(list(20), to: "cases/all.json")
        return house
    }

    private func status(_ house: Installation) async throws -> [String: Any] {
        let end = try await house.relance("status", "--json")
        #expect(end.status == 0, "\(end)")
        return try #require(end.records().first)
    }

    private func missing(_ status: [String: Any]) -> [Int] {
        (status["sources"] as? [[String: Any]] ?? []).compactMap { $0["missing"] as? Int }
    }

    @Test func `cases that went missing are told with a daemon and without, until they are let go`()
        async throws
    {
        let house = try house()
        let first = try house.start(["run", "--clock", "2020-11-02T09:00:00+01:00"])
        _ = try await first.line(containing: "orders are taken")
        let well = try await status(house)
        let daemon = try #require(well["daemon"] as? [String: Any])
        #expect(daemon["pid"] as? Int32 == first.identifier && daemon["silent"] == nil)
        #expect(missing(well) == [0] && well["disk_full"] as? Bool == false && well["clock"] == nil)
        first.signal(SIGTERM)
        #expect(try await first.end().status == 0)

        try house.replace("[]", in: "cases/all.json")
        let stopped = try await status(house)
        #expect(stopped["daemon"] == nil && missing(stopped) == [20])
        let screen = try await house.relance("status")
        #expect(
            screen.output.contains("20 of 20 cases are missing: nothing of theirs is cancelled"), "\(screen)")
        let early = try await house.start(["source", "accept"] + who).end()
        #expect(early.status == 65 && early.errors.contains("no daemon is at work"), "\(early)")

        let second = try house.start(["run", "--clock", "2020-11-02T09:10:00+01:00"])
        _ = try await second.line(containing: "orders are taken")
        #expect(missing(try await status(house)) == [20])
        let accepted = try await house.start(["source", "accept"] + who).end()
        #expect(
            accepted.status == 0 && accepted.output.contains("20 missing cases are let go"), "\(accepted)")
        second.signal(SIGTERM)
        #expect(try await second.end().status == 0)
        #expect(missing(try await status(house)) == [0])
        #expect(try await house.verifyLedger().sound)
    }

    @Test func `a daemon that does not answer is told, with what ledger and files know`() async throws {
        let house = try house()
        let daemon = try house.start(["run", "--clock", "2020-11-02T09:00:00+01:00"])
        _ = try await daemon.line(containing: "orders are taken")
        unlink(house.folder + "/state/relance.sock")
        let silent = try await status(house)
        let told = try #require(silent["daemon"] as? [String: Any])
        #expect((told["silent"] as? String)?.contains("cannot be reached by") == true, "\(silent)")
        #expect(missing(silent) == [0])
        let screen = try await house.relance("status")
        #expect(screen.output.contains("it does not answer: "), "\(screen)")
        #expect(screen.output.contains("what follows is what its ledger and the files tell"), "\(screen)")
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }
}
