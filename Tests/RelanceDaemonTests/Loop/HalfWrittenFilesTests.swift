import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Reloads with whatever an editor or a copy leaves on the disk half way (reliability 2.8 and 4, row 16).
@Suite(.timeLimit(.minutes(10))) struct HalfWrittenFilesTests {
    @Test func `through a thousand reloads of half-written files the last good ones are served`() async throws
    {
        let house = try TestHouse()
        let whole = TestHouse.configuration(digestAt: "08:45")
        let cases = "[" + TestHouse.followUpCase() + "]"
        var random = SplitMix64(seed: 20_201_102)
        let life = try await house.run(at: at("2020-11-02 08:00")) { life in
            for number in 1...1000 {
                // Never whole: a configuration without its last lines could be a good one.
                let bytes = Array(whole.utf8).prefix(Int.random(in: 1..<whole.utf8.count, using: &random))
                try house.folder.write(
                    String(decoding: bytes, as: UTF8.self) + "\n{half", to: "relance.yaml")
                let half = cases.prefix(Int.random(in: 0..<cases.count, using: &random))
                try house.folder.write(String(half), to: "cases/dieppe.json")
                life.wishes.yield(.reload)
                #expect(await life.log.waitForReload(number) == false)
            }
            await life.advance(to: at("2020-11-02 08:30"))
            await life.log.wait { events in
                events.contains {
                    if case .attempted(let one) = $0 { one.message.kind == .digest } else { false }
                }
            }
        }
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        #expect(digests.map(\.at) == [at("2020-11-02 08:30")])
        #expect(
            life.log.dispatches.count { $0.message.kind == .technicalIncident } <= 3, "told once a day each")
        #expect(try house.state().messages.values.allSatisfy { $0.phase == .sent })
    }
}
