import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

@Suite struct LaneTests {
    private let start = at("2020-11-02 08:30")

    private func lane(perMinute: Int? = nil, concurrency: Int = 2) -> Lane {
        Lane(
            route: Route(
                name: "a", kind: .spool(folder: "/nowhere"), perMinute: perMinute, concurrency: concurrency),
            courier: ScriptedCourier())
    }

    @Test func `no more attempts are on the wire than the route has places`() {
        var lane = lane(concurrency: 2)
        let begun = [lane.begin(at: start), lane.begin(at: start), lane.begin(at: start)]
        #expect(begun == [.ordinary, .ordinary, nil])
        #expect(lane.opensAt(start) == nil)
        _ = lane.end(.ordinary, .accepted(reply: ""), at: start)
        #expect(lane.opensAt(start) == start)
    }

    @Test func `attempts of a route with a rate begin evenly`() {
        var lane = lane(perMinute: 30, concurrency: 100)
        let begun = [
            lane.begin(at: start), lane.begin(at: start + .seconds(1)), lane.begin(at: start + .seconds(2)),
        ]
        #expect(begun == [.ordinary, nil, .ordinary])
        #expect(lane.opensAt(start + .seconds(2)) == start + .seconds(4))
    }

    @Test func `it tells since when it fails, with what, and until when it is paused`() {
        var lane = lane(concurrency: 5)
        #expect(lane.health == HouseStatus.Route(name: "a"))
        func fail(at now: Instant, _ failure: DeliveryFailure) {
            guard let admission = lane.begin(at: now) else { return }
            _ = lane.end(admission, .deferred(failure), at: now)
        }
        fail(at: start, .make(.refused, scope: .message))
        #expect(lane.health.failingSince == nil)
        for minute in 0..<5 as Range<Int64> {
            fail(at: start + .minutes(minute), .make(.connection, scope: .route))
            #expect(lane.health.failingSince == start)
        }
        #expect(lane.health.failure == DeliveryFailure.make().detail)
        #expect(lane.health.pausedUntil == start + .minutes(5))
        fail(at: start + .minutes(5), .make(.connection, scope: .route))
        #expect(lane.health.failingSince == start)
        #expect(lane.health.pausedUntil == start + .minutes(7))
        let replaced = lane.replaced(by: self.lane())
        #expect(replaced.health == lane.health)
        _ = lane.begin(at: start + .minutes(7))
        _ = lane.end(.probe, .accepted(reply: ""), at: start + .minutes(7))
        #expect(lane.health == HouseStatus.Route(name: "a"))
    }

    @Test func `while a message probes a failing route no other begins, and nobody is told when one could`() {
        var lane = lane(concurrency: 5)
        for _ in 0..<Breaker.threshold {
            _ = lane.begin(at: start)
            _ = lane.end(.ordinary, .deferred(.make(scope: .route)), at: start)
        }
        let later = start + .minutes(1)
        #expect(lane.isPaused(at: start))
        #expect(lane.opensAt(start) == later)
        let begun = [lane.begin(at: later), lane.begin(at: later)]
        #expect(begun == [.probe, nil])
        #expect(lane.opensAt(later) == nil)
        #expect(lane.isPaused(at: later))
        _ = lane.end(.probe, .accepted(reply: ""), at: later)
        #expect(lane.opensAt(later) == later)
    }

    @Test func `a refused message says that its route works`() {
        var lane = lane()
        for _ in 0..<20 {
            _ = lane.begin(at: start)
            _ = lane.end(.ordinary, .refused(.make(.refused, code: 550)), at: start)
        }
        #expect(!lane.isPaused(at: start))
    }

    @Test func `a refusal of our own, which nobody was asked about, says nothing of the route`() {
        var lane = lane()
        func fail() {
            _ = lane.begin(at: start)
            _ = lane.end(.ordinary, .deferred(.make(scope: .route)), at: start)
        }
        for _ in 1..<Breaker.threshold { fail() }
        _ = lane.begin(at: start)
        _ = lane.end(.ordinary, .refused(.make(.badAddress, code: nil)), at: start)
        #expect(lane.breaker.failures == Breaker.threshold - 1)
        fail()
        #expect(lane.isPaused(at: start))

        let later = start + .minutes(1)
        let probe = lane.begin(at: later)
        #expect(probe == .probe)
        _ = lane.end(.probe, .refused(.make(.refused, code: nil)), at: later)
        #expect(lane.breaker.isOpen)
        let next = lane.begin(at: later)
        #expect(next == .probe)
    }

    @Test func `a straggler that succeeds leaves the message that probes alone`() {
        var lane = lane(concurrency: 10)
        for _ in 0...Breaker.threshold { _ = lane.begin(at: start) }
        for _ in 0..<Breaker.threshold { _ = lane.end(.ordinary, .deferred(.make(scope: .route)), at: start) }
        let later = start + .minutes(1)
        _ = lane.begin(at: later)
        _ = lane.end(.ordinary, .accepted(reply: ""), at: later)
        #expect(lane.begin(at: later) == nil)
        _ = lane.end(.probe, .deferred(.make(scope: .route)), at: later)
        #expect(lane.opensAt(later) == later + .minutes(2))
    }

    @Test func `the same route of a new configuration keeps its load and its health`() {
        var old = lane(concurrency: 1)
        _ = old.begin(at: start)
        var new = old.replaced(by: lane(concurrency: 2))
        let begun = [new.begin(at: start), new.begin(at: start)]
        #expect(begun == [.ordinary, nil])
    }
}
