import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Reliability 2.7 and 3.10 F17: which clocks are believed, and when again.
@Suite struct ClockWatchTests {
    private let built = at("2020-10-01 12:00")
    private let lastRecord = at("2020-11-02 09:00")

    /// A watch begun on the machine of the last start, so long after the newest record by its own time.
    private func watch(_ clock: ManualClock, lastStart: ClockWatch.Moment? = nil) -> ClockWatch {
        let watch = ClockWatch(clock, builtAt: built)
        watch.begin(
            latest: lastRecord,
            lastStart: lastStart ?? ClockWatch.Moment(now: lastRecord, uptime: .hours(100)))
        return watch
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", ClockDoubt.beforeBuild), ("2020-11-02 08:00", .behind),
        ("2020-11-05 09:01", .jumped), ("2038-01-19T03:14:07Z", .jumped), ("2106-02-07T06:28:15Z", .jumped),
    ])
    func `F17 a clock that is wrong at the start is doubted`(now: String, doubt: ClockDoubt) {
        #expect(watch(ManualClock(at(now), uptime: .hours(100) + .minutes(1))).doubt() == doubt)
    }

    @Test func `time that the machine was up, asleep or not, is no doubt`() {
        let clock = ManualClock(lastRecord + .minutes(1), uptime: .hours(100) + .minutes(1))
        let watch = watch(clock)
        #expect(watch.doubt() == nil)
        clock.advance(to: lastRecord + .days(3))
        #expect(watch.doubt() == nil)
    }

    @Test func `after a restart of the machine an hour is doubted for ten minutes, less is not`() {
        let soon = watch(ManualClock(lastRecord + .minutes(59), uptime: .minutes(1)))
        #expect(soon.doubt() == nil)
        let clock = ManualClock(lastRecord + .days(7), uptime: .minutes(1))
        let watch = watch(clock)
        #expect(watch.doubt() == .jumped)
        clock.advance(to: clock.now() + .minutes(10) - .seconds(1))
        #expect(watch.doubt() == .jumped)
        clock.advance(to: clock.now() + .seconds(1))
        #expect(watch.doubt() == nil)
    }

    @Test func `the kernel vouches for any clock but one before the program's own time`() {
        for (now, doubt) in [
            ("2020-11-02 08:00", nil), ("2020-11-09 08:00", nil),
            ("1970-01-01 08:00", ClockDoubt.beforeBuild),
        ] {
            let clock = ManualClock(at(now), uptime: .minutes(1), isSynchronised: true)
            #expect(watch(clock).doubt() == doubt)
        }
    }

    @Test func `a clock before the program's own time is not believed however long it stands`() {
        let clock = ManualClock(at("1970-01-01 08:00"), uptime: .hours(100))
        let watch = watch(clock)
        #expect(watch.doubt() == .beforeBuild)
        clock.advance(to: at("1970-01-02 08:00"))
        #expect(watch.doubt() == .beforeBuild)
        clock.set(to: lastRecord + .days(1), isSynchronised: true)
        #expect(watch.doubt() == nil)
    }

    @Test(arguments: [Elapsed.days(3), .hours(2), .milliseconds(-3_600_000)])
    func `a step while it runs is doubted until it is taken back`(step: Elapsed) {
        let clock = ManualClock(lastRecord, uptime: .hours(100))
        let watch = watch(clock)
        #expect(watch.doubt() == nil)
        clock.set(to: lastRecord + step)
        #expect(watch.doubt() != nil)
        clock.advance(to: lastRecord + step + .minutes(2))
        #expect(watch.doubt() != nil)
        clock.set(to: lastRecord + .minutes(2))
        #expect(watch.doubt() == nil)
    }

    @Test func `another step begins the ten minutes anew`() {
        let clock = ManualClock(lastRecord, uptime: .hours(100))
        let watch = watch(clock)
        #expect(watch.doubt() == nil)
        clock.set(to: lastRecord + .days(3))
        #expect(watch.doubt() == .jumped)
        clock.advance(to: clock.now() + .minutes(9))
        clock.set(to: clock.now() + .days(1))
        #expect(watch.doubt() == .jumped)
        clock.advance(to: clock.now() + .minutes(9))
        #expect(watch.doubt() == .jumped)
        clock.advance(to: clock.now() + .minutes(1))
        #expect(watch.doubt() == nil)
    }

    @Test func `while it doubts its time is the one believed last, gone on by the machine's own`()
        async throws
    {
        let (clock, wrong) = (ManualClock(lastRecord, uptime: .hours(100)), at("2038-01-19T03:14:07Z"))
        let watch = watch(clock)
        #expect(watch.now() == lastRecord)
        clock.set(to: wrong)
        #expect(watch.now() == lastRecord)
        clock.suspend(until: wrong + .minutes(4))
        #expect(watch.now() == lastRecord + .minutes(4))
        async let slept: Void = watch.sleep(until: lastRecord + .minutes(6))
        await clock.waitForSleeper(until: wrong + .minutes(6))
        clock.advance(to: wrong + .minutes(10))
        try await slept
        #expect(watch.now() == wrong + .minutes(10), "believed by now")
    }

    @Test func `a wrong clock at the start is told the time of the last start, gone on`() {
        let watch = watch(ManualClock(at("1970-01-01T00:00:00Z"), uptime: .hours(103)))
        #expect(watch.now() == lastRecord + .hours(3))
    }

    @Test func `what keeping time moves is no step`() {
        let clock = ManualClock(lastRecord, uptime: .hours(100))
        let watch = watch(clock)
        for drift in [Elapsed.minutes(4), .minutes(-4), .minutes(4), .minutes(50)] {
            clock.set(to: clock.now() + drift)
            #expect(watch.doubt() == nil)
        }
    }

    @Test func `a clock that keeps no other time, and a ledger that is new, are believed`() {
        #expect(watch(ManualClock(at("2106-02-07 06:28"))).doubt() == nil)
        let clock = ManualClock(at("2020-11-02 06:28"), uptime: .minutes(1))
        let first = ClockWatch(clock, builtAt: built)
        first.begin(latest: nil, lastStart: nil)
        #expect(first.doubt() == nil)
    }

    /// 10,000 clock walks: whatever somebody does to the clock, ten even minutes end the doubt.
    @Test(arguments: Seeds.or(first: 4)) func `every walk of the clock ends in belief`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2500 {
            let clock = ManualClock(lastRecord, uptime: .hours(100))
            let watch = watch(clock)
            for _ in 0..<5 {
                clock.set(to: clock.now() + .minutes(Int64.random(in: -1440...1440, using: &random)))
                _ = watch.doubt()
                clock.advance(to: clock.now() + .minutes(Int64.random(in: 0...3, using: &random)))
                _ = watch.doubt()
            }
            clock.advance(to: clock.now() + .minutes(10))
            #expect(watch.doubt() == nil)
        }
    }
}
