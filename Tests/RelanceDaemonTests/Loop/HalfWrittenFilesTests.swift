import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Reloads with whatever an editor or a copy leaves on the disk half way (reliability 2.8 and 4, row 16).
@Suite(.timeLimit(.minutes(60))) struct HalfWrittenFilesTests {
    /// As many as the goal has in `make torture`, a sample in `make test`.
    private static let reloads =
        ProcessInfo.processInfo.environment["RELANCE_TORTURE"] == "full" ? 10_000 : 500

    /// Asks for a reload and tells whether it took the new files, and when the loop would wake next after it.
    private func reload(_ life: TestHouse.Life) async -> (isNew: Bool, nextWake: Instant?)? {
        @Sendable func end(_ events: ArraySlice<DaemonEvent>) -> (isNew: Bool, nextWake: Instant?)? {
            var isNew: Bool?
            for event in events {
                switch event {
                case .reloaded(let took): isNew = took
                case .ticked(_, let nextWake): if let isNew { return (isNew, nextWake) }
                default: break
                }
            }
            return nil
        }
        let before = life.log.events.count
        life.wishes.yield(.reload)
        await life.log.wait { end($0[before...]) != nil }
        return end(life.log.events[before...])
    }

    @Test func `through reloads of which nine in ten are half written the last good files are served`()
        async throws
    {
        let house = try TestHouse()
        let cases = "[" + TestHouse.followUpCase() + "]"
        var random = SplitMix64(seed: 20_201_102)
        var digestAt = at("2020-11-02 08:30")
        let life = try await house.run(at: at("2020-11-02 08:00")) { life in
            for number in 1...Self.reloads {
                let isHalf = !number.isMultiple(of: 10)
                let minute = 31 + number % 29
                let whole = TestHouse.configuration(digestAt: "08:\(minute)")
                if isHalf {
                    // Never whole: a configuration without its last lines could be a good one.
                    let bytes = Array(whole.utf8).prefix(
                        Int.random(in: 1..<whole.utf8.count, using: &random))
                    try house.folder.write(
                        String(decoding: bytes, as: UTF8.self) + "\n{half", to: "relance.yaml")
                    let half = cases.prefix(Int.random(in: 0..<cases.count, using: &random))
                    try house.folder.write(String(half), to: "cases/dieppe.json")
                } else {
                    try house.folder.write(whole, to: "relance.yaml")
                    try house.folder.write(cases, to: "cases/dieppe.json")
                    digestAt = at("2020-11-02 08:\(minute)")
                }
                let answer = try #require(await reload(life))
                #expect(answer.isNew == !isHalf)
                #expect(answer.nextWake == digestAt, "reload \(number)")
            }
            await life.advance(to: digestAt)
            await life.log.waitForAttempts(1, of: .digest)
        }
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        #expect(digests.map(\.at) == [digestAt])
        #expect(digests.first?.message.cases == [.make("2020-0259")])
        #expect(
            life.log.dispatches.count { $0.message.kind == .technicalIncident } <= 3, "told once a day each")
        #expect(try house.state().messages.values.allSatisfy { $0.phase == .sent })
    }
}
