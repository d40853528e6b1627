import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Whatever happens to the file, a reload takes it whole or not at all (reliability 3.7); the argument of a failing test
/// is its seed.
@Suite(.timeLimit(.minutes(10))) struct ReloadPropertyTests {
    private let eight = at("2020-11-02 08:00")

    private static let good = TestHouse.configuration(
        digestAt: "09:15",
        more: """
            retry: {delays: [5 min, 15 min], then: 1 hour, jitter_percent: 20}
            brakes: {messages: 150, cases_percent: 25, at_least: 12}
            stop: {drain: 15 s}
            """)

    /// A good file after an accident: octets lost, doubled, replaced, or the rest of it gone.
    private static func damaged(_ random: inout SplitMix64) -> [UInt8] {
        var bytes = Array(good.utf8)
        for _ in 0..<random.number(in: 1...3) {
            guard !bytes.isEmpty else { break }
            let place = Int(random.number(in: 0...Int64(bytes.count - 1)))
            let length = min(Int(random.number(in: 1...20)), bytes.count - place)
            switch random.number(in: 0...4) {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 2: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 3: bytes.removeSubrange(place...)
            default:
                bytes.insert(
                    contentsOf: random.pick([": ", "\n", "- ", "{", "]", "\"", "\t", "x"]).utf8, at: place)
            }
        }
        return bytes
    }

    @Test(arguments: Seeds.or(first: 3))
    func `what is refused leaves in force what was`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let house = try TestHouse()
        var inForce = try house.load(at: eight).policy.digest.at
        let life = try await house.run(at: eight) { life in
            for number in 1...5 {
                try house.folder.write(
                    String(decoding: Self.damaged(&random), as: UTF8.self), to: "relance.yaml")
                life.wishes.yield(.reload)
                let isTaken = await life.log.waitForReload(number)
                let read = try? House.load(house.source, now: eight)
                #expect(isTaken == (read != nil), "seed \(seed): a reload judges as check does")
                if isTaken == true, let read { inForce = read.policy.digest.at }
            }
            await life.advance(to: Zone.paris.instant(date("2020-11-02"), inForce) + .hours(1))
            await life.log.waitForAttempts(1, of: .digest)
        }
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        let hour = Zone.paris.instant(date("2020-11-02"), inForce)
        #expect(digests.contains { $0.message.anchor == hour }, "seed \(seed): \(digests.map(\.at))")
    }
}
