import RelanceCore
import Testing

@testable import RelanceDaemon

@Suite struct BreakerTests {
    private let start = Instant(seconds: 1_604_300_000)

    @Test func `five failures in a row open it for a minute`() {
        var breaker = Breaker()
        for _ in 0..<5 {
            let admitted = breaker.admits(at: start)
            #expect(admitted)
            breaker.failed(at: start)
        }
        #expect(breaker.pausedUntil == start + .minutes(1))
        let early = breaker.admits(at: start + .seconds(59))
        #expect(!early)
    }

    @Test func `one success between failures keeps it closed`() {
        var breaker = Breaker()
        for _ in 0..<4 { breaker.failed(at: start) }
        breaker.succeeded()
        for _ in 0..<4 { breaker.failed(at: start) }
        #expect(!breaker.isOpen)
    }

    @Test
    func
        `only one message probes an open breaker, and each failed probe doubles the pause up to a quarter of an hour`()
    {
        var breaker = Breaker()
        for _ in 0..<5 { breaker.failed(at: start) }
        var now = start
        for minutes in [2, 4, 8, 15, 15] as [Int64] {
            now = breaker.pausedUntil ?? now
            let probe = breaker.admits(at: now)
            let second = breaker.admits(at: now)
            #expect(probe && !second)
            breaker.failed(at: now)
            #expect(breaker.pausedUntil == now + .minutes(minutes))
        }
        _ = breaker.admits(at: now + .minutes(15))
        breaker.succeeded()
        #expect(breaker == Breaker())
    }
}
