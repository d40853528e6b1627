import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct CatchUpRuleTests {
    private let rule = CatchUpRule(downtime: .hours(1), perMinute: 30, ramp: .minutes(10), jitterPercent: 20)

    /// When so many late messages leave, counted from the first.
    private func departures(_ count: Int, _ random: () -> Double) -> [Elapsed] {
        var at = Elapsed.milliseconds(0)
        return (0..<count).map { _ in
            defer { at = at + rule.pause(after: at, random: random()) }
            return at
        }
    }

    private func most(_ departures: [Elapsed], inAnyMinuteFrom start: Elapsed, to end: Elapsed) -> Int {
        departures.filter { start <= $0 && $0 < end }.map { first in
            departures.count { first <= $0 && $0 < first + .minutes(1) }
        }.max() ?? 0
    }

    @Test(arguments: Seeds.or(first: 5))
    func `no minute has more than thirty late messages, and the first minutes far fewer`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let departures = departures(600) { Double.random(in: 0..<1, using: &random) }
        #expect(most(departures, inAnyMinuteFrom: .minutes(0), to: .hours(10)) <= 30)
        #expect(most(departures, inAnyMinuteFrom: .minutes(0), to: .minutes(1)) <= 6)
        #expect(most(departures, inAnyMinuteFrom: .minutes(0), to: .minutes(4)) <= 15)
        let fullPace = departures.count { .minutes(20) <= $0 && $0 < .minutes(21) }
        #expect((20...30).contains(fullPace))
    }

    @Test func `the pauses stray by a fifth either way`() {
        let pauses = [0, 0.5, 0.999_999].map { rule.pause(after: .hours(1), random: $0).milliseconds }
        #expect(pauses == [2000, 2500, 3000])
    }
}
