import RelanceCore
import RelanceDaemon
import Synchronization

/// A clock that stands where the simulation puts it, behind where it stood as well: wall clocks are set.
///
/// The machine's own time goes on as time passes, and stands while it is set.
final class SimulatedClock: HouseClock {
    private struct State {
        var now: Instant
        var awake = Elapsed.seconds(0)
        var uptime = Elapsed.hours(100)
        var isSynchronised = false
        var lastID = 0
        var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelledEarly: Set<Int> = []
        /// Times somebody fell asleep or was said to have ended, and who waits for the next.
        var rests = 0
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ start: Instant) {
        state = Mutex(State(now: start))
    }

    func now() -> Instant { state.withLock { $0.now } }

    var awake: Elapsed { state.withLock { $0.awake } }

    var reading: ClockReading? {
        state.withLock {
            ClockReading(now: $0.now, uptime: $0.uptime, isSynchronised: $0.isSynchronised)
        }
    }

    func sleep(until instant: Instant) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let end: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelledEarly.remove(id) != nil { return .failure(CancellationError()) }
                    if instant <= state.now { return .success(()) }
                    state.sleepers[id] = (instant, continuation)
                    return nil
                }
                if let end { continuation.resume(with: end) } else { noteRest() }
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

    /// Time passes until then; whoever's instant has come wakes.
    func pass(to instant: Instant) {
        let passed = max(instant - now(), .seconds(0))
        state.withLock { state in
            state.awake = state.awake + passed
            state.uptime = state.uptime + passed
        }
        set(to: instant, isSynchronised: state.withLock { $0.isSynchronised })
    }

    /// The machine was off for a while.
    func restart() {
        state.withLock { $0.uptime = .seconds(20) }
    }

    /// Somebody sets the time, perhaps one who knows it; set back, it keeps nobody asleep for that.
    func set(to instant: Instant, isSynchronised: Bool) {
        let woken = state.withLock { state in
            let isBack = instant < state.now
            (state.now, state.isSynchronised) = (instant, isSynchronised)
            let woken = state.sleepers.filter { isBack || $0.value.until <= instant }
            for id in woken.keys { state.sleepers[id] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    var rests: Int { state.withLock { $0.rests } }

    /// Somebody has fallen asleep, or will never sleep again.
    func noteRest() {
        let watchers = state.withLock { state in
            state.rests += 1
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Returns once somebody has fallen asleep since that many had.
    func waitForRest(after rests: Int) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.rests == rests { state.watchers.append(continuation) }
                return state.rests != rests
            }
            if isOver { continuation.resume() }
        }
    }
}
