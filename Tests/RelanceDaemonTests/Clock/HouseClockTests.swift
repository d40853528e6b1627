import RelanceCore
import RelanceDaemon
import RelanceTestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct HouseClockTests {
    private let start = at("2020-11-02 08:25")

    @Test func `a virtual clock begins where it is told and an hour of it can pass in no time`() async throws
    {
        let clock = VirtualClock(start: start, speed: 3_600_000)
        #expect(clock.now() >= start)
        try await clock.sleep(until: start + .hours(1))
        #expect(clock.now() >= start + .hours(1))
    }

    @Test func `sleeping until an instant that has passed takes no time`() async throws {
        try await VirtualClock(start: start, speed: 0.000_001).sleep(until: start)
        try await SystemClock().sleep(until: at("2020-11-02 08:25"))
    }

    @Test func `a sleeper of any clock can be cancelled`() async {
        let clocks: [any HouseClock] = [SystemClock(), VirtualClock(start: start, speed: 1)]
        for clock in clocks {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await clock.sleep(until: clock.now() + .days(3650))
                        return false
                    } catch {
                        return true
                    }
                }
                group.cancelAll()
                #expect(await group.next() == true)
            }
        }
    }
}
