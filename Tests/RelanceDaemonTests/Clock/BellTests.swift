import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

@Suite(.timeLimit(.minutes(10))) struct BellTests {
    private let start = at("2020-11-02 08:30")

    @Test func `a ring before the wait is kept, and several are one`() async {
        let (bell, clock) = (Bell(), ManualClock(start))
        await bell.ring()
        await bell.ring()
        await bell.wait()
        async let second: Void = clock.sleep(until: start + .seconds(1), or: bell)
        await clock.waitForSleepers()
        clock.advance(to: start + .seconds(1))
        await second
    }

    @Test func `a ring ends a sleep before its instant`() async {
        let (bell, clock) = (Bell(), ManualClock(start))
        async let sleeping: Void = clock.sleep(until: start + .hours(1), or: bell)
        await clock.waitForSleepers()
        await bell.ring()
        await sleeping
        #expect(clock.now() == start)
    }

    @Test func `the instant ends a sleep nobody rings for`() async {
        let (bell, clock) = (Bell(), ManualClock(start))
        async let sleeping: Void = clock.sleep(until: start + .hours(1), or: bell)
        await clock.waitForSleepers()
        clock.advance(to: start + .hours(1))
        await sleeping
    }

    @Test func `cancelling lets whoever waits go`() async {
        let bell = Bell()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await bell.wait() }
            group.cancelAll()
        }
    }
}
