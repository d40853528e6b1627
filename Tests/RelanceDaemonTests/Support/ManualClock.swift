import RelanceCore
import RelanceDaemon
import Synchronization

/// A clock that stands still until a test moves it, and tells the test who is asleep.
///
/// Given an uptime it keeps the machine's own time as well, and can be set to a wrong time.
final class ManualClock: HouseClock {
    private struct Sleeper {
        var until: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        var isSatisfied: @Sendable ([Instant]) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Instant
        var uptime: Elapsed?
        var awake = Elapsed.seconds(0)
        var isSynchronised: Bool
        var lastID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelledEarly: Set<Int> = []
        var watchers: [Watcher] = []
    }

    private let state: Mutex<State>

    init(_ start: Instant, uptime: Elapsed? = nil, isSynchronised: Bool = false) {
        state = Mutex(State(now: start, uptime: uptime, isSynchronised: isSynchronised))
    }

    var reading: ClockReading? {
        state.withLock { state in
            state.uptime.map {
                ClockReading(now: state.now, uptime: $0, isSynchronised: state.isSynchronised)
            }
        }
    }

    /// Somebody sets the wall clock, which the machine's own time does not follow; nobody sleeps for longer for that.
    func set(to instant: Instant, isSynchronised: Bool = false) {
        let woken = state.withLock { state in
            (state.now, state.isSynchronised) = (instant, isSynchronised)
            defer { state.sleepers = [:] }
            return state.sleepers.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    var awake: Elapsed { state.withLock { $0.awake } }

    /// The machine sleeps until an instant: its clocks go on, and nothing else does.
    func suspend(until instant: Instant) { move(to: instant, isAwake: false) }

    func now() -> Instant {
        state.withLock { $0.now }
    }

    func sleep(until instant: Instant) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (end, watchers): (Result<Void, any Error>?, [Watcher]) = state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil { return (.failure(CancellationError()), []) }
                    if instant <= state.now { return (.success(()), []) }
                    state.sleepers[id] = Sleeper(until: instant, continuation: continuation)
                    let wakes = state.sleepers.values.map(\.until)
                    let satisfied = state.watchers.filter { $0.isSatisfied(wakes) }
                    state.watchers.removeAll { $0.isSatisfied(wakes) }
                    return (nil, satisfied)
                }
                if let end { continuation.resume(with: end) }
                for watcher in watchers { watcher.continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelledEarly.insert(id) }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// How many tasks sleep.
    var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// Returns once so many tasks sleep at the same time.
    func waitForSleepers(_ count: Int = 1) async {
        await wait { $0.count >= count }
    }

    /// Returns once somebody sleeps until exactly this instant.
    func waitForSleeper(until instant: Instant) async {
        await wait { $0.contains(instant) }
    }

    private func wait(until isSatisfied: @escaping @Sendable ([Instant]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if isSatisfied(state.sleepers.values.map(\.until)) { return true }
                state.watchers.append(Watcher(isSatisfied: isSatisfied, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Moves time forward and wakes everybody whose instant has come.
    func advance(to instant: Instant) { move(to: instant, isAwake: true) }

    private func move(to instant: Instant, isAwake: Bool) {
        let woken = state.withLock { state in
            let passed = max(state.now, instant) - state.now
            state.now = state.now + passed
            state.uptime = state.uptime.map { $0 + passed }
            if isAwake { state.awake = state.awake + passed }
            let woken = state.sleepers.filter { $0.value.until <= state.now }
            for id in woken.keys { state.sleepers[id] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }
}
