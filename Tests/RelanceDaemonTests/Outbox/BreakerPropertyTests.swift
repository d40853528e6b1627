import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What holds of a breaker after any sequence of ends (reliability 2.10, 3.7).
@Suite struct BreakerPropertyTests {
    @Test(arguments: Seeds.or(first: 50))
    func `failures only ever lengthen the pause, one success ends it, one message probes it`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var breaker = Breaker()
        var now = Instant(seconds: 1_604_300_000)
        var underWay: [Breaker.Admission] = []
        var lastPause = Elapsed.seconds(0)
        for _ in 0..<400 {
            now = now + .seconds(random.number(in: 0...400))
            if random.number(in: 0...1) == 0, let admission = breaker.admit(at: now) {
                underWay.append(admission)
            }
            #expect(underWay.count { $0 == .probe } <= 1, "seed \(seed)")
            guard !underWay.isEmpty, random.number(in: 0...1) == 0 else { continue }
            let end = underWay.remove(at: Int(random.number(in: 0...Int64(underWay.count - 1))))
            switch random.number(in: 0...9) {
            case 0 where end == .ordinary && breaker.isProbing:
                let before = breaker
                breaker.succeeded(end)
                #expect(breaker == before, "seed \(seed)")
            case 0:
                breaker.succeeded(end)
                #expect(!breaker.isOpen && breaker.failures == 0, "seed \(seed)")
                // The probe of before is an ordinary straggler now.
                underWay = underWay.map { _ in .ordinary }
                lastPause = .seconds(0)
            case 1: breaker.abandoned(end)
            default:
                let wasPausedUntil = breaker.pausedUntil
                breaker.failed(end, at: now)
                guard let until = breaker.pausedUntil, until != wasPausedUntil else { continue }
                let pause = until - now
                #expect(pause >= lastPause && pause <= Breaker.longestPause, "seed \(seed)")
                lastPause = pause
            }
            if !breaker.isOpen { #expect(breaker.failures < Breaker.threshold, "seed \(seed)") }
        }
    }
}
