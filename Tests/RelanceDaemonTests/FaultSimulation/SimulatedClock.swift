import RelanceCore
import RelanceDaemon
import Synchronization

/// A clock that stands where the simulation puts it, behind where it stood as well: wall clocks are set.
final class SimulatedClock: HouseClock {
    private struct State {
        var now: Instant
        var awake = Elapsed.seconds(0)
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

    /// Sets the time and wakes everybody whose instant has come; set back, it keeps nobody asleep for that.
    func set(to instant: Instant) {
        let woken = state.withLock { state in
            let isBack = instant < state.now
            state.awake = state.awake + max(instant - state.now, .seconds(0))
            state.now = instant
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
