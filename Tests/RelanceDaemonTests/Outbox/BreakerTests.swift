import RelanceCore
import Testing

@testable import RelanceDaemon

@Suite struct BreakerTests {
    private let start = Instant(seconds: 1_604_300_000)

    @Test func `five failures in a row open it for a minute`() {
        var breaker = Breaker()
        for _ in 0..<5 {
            let admitted = breaker.admit(at: start)
            #expect(admitted == .ordinary)
            breaker.failed(.ordinary, at: start)
        }
        #expect(breaker.pausedUntil == start + .minutes(1))
        let early = breaker.admit(at: start + .seconds(59))
        #expect(early == nil)
    }

    @Test func `one success between failures keeps it closed`() {
        var breaker = Breaker()
        for _ in 0..<4 { breaker.failed(.ordinary, at: start) }
        breaker.succeeded(.ordinary)
        for _ in 0..<4 { breaker.failed(.ordinary, at: start) }
        #expect(!breaker.isOpen)
    }

    @Test
    func
        `only one message probes an open breaker, and each failed probe doubles the pause up to a quarter of an hour`()
    {
        var breaker = Breaker()
        for _ in 0..<5 { breaker.failed(.ordinary, at: start) }
        var now = start
        for minutes in [2, 4, 8, 15, 15] as [Int64] {
            now = breaker.pausedUntil ?? now
            let probe = breaker.admit(at: now)
            let second = breaker.admit(at: now)
            #expect(probe == .probe && second == nil)
            breaker.failed(.probe, at: now)
            #expect(breaker.pausedUntil == now + .minutes(minutes))
        }
        _ = breaker.admit(at: now + .minutes(15))
        breaker.succeeded(.probe)
        #expect(breaker == Breaker())
    }

    @Test func `the end of an attempt from before it opened is not that of the probe`() {
        var breaker = Breaker()
        for _ in 0..<5 { breaker.failed(.ordinary, at: start) }
        let later = start + .minutes(1)
        let probe = breaker.admit(at: later)
        #expect(probe == .probe)
        let before = breaker.pausedUntil
        breaker.failed(.ordinary, at: later)
        breaker.abandoned(.ordinary)
        breaker.succeeded(.ordinary)
        #expect(breaker.isProbing)
        #expect(breaker.pausedUntil == before)
        breaker.failed(.probe, at: later)
        #expect(breaker.pausedUntil == later + .minutes(2))
    }
}
