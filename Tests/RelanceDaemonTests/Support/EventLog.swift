import RelanceCore
import RelanceDaemon
import Synchronization

/// What a daemon told its onlooker; a test waits for what it wants to see.
final class EventLog: Sendable {
    private struct Watcher {
        var isIt: @Sendable ([DaemonEvent]) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var events: [DaemonEvent] = []
        var watchers: [Watcher] = []
        var isOver = false
    }

    private let state = Mutex(State())

    var events: [DaemonEvent] { state.withLock { $0.events } }

    var dispatches: [DaemonEvent.Dispatch] {
        events.compactMap { if case .attempted(let dispatch) = $0 { dispatch } else { nil } }
    }

    var drops: [String] {
        events.compactMap { if case .dropped(_, let reason, _) = $0 { reason } else { nil } }
    }

    /// The ends that could not be written down, by key.
    var unwritten: [MessageKey: DeliveryOutcome] {
        events.reduce(into: [:]) { ends, event in
            if case .unwritten(let key, _, let outcome, _) = event { ends[key] = outcome }
        }
    }

    func add(_ event: DaemonEvent) {
        let satisfied = state.withLock { state in
            state.events.append(event)
            let events = state.events
            let satisfied = state.watchers.filter { $0.isIt(events) }
            state.watchers.removeAll { $0.isIt(events) }
            return satisfied
        }
        for watcher in satisfied { watcher.continuation.resume() }
    }

    /// Nothing more will be told: lets everybody go who waits.
    func end() {
        let left = state.withLock { state in
            state.isOver = true
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in left { watcher.continuation.resume() }
    }

    /// Returns once something holds of all that was told so far, or the telling is over.
    func wait(until isIt: @escaping @Sendable ([DaemonEvent]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if state.isOver || isIt(state.events) { return true }
                state.watchers.append(Watcher(isIt: isIt, continuation: continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    func waitForAttempts(_ count: Int) async {
        await wait { events in
            events.filter { if case .attempted = $0 { true } else { false } }.count >= count
        }
    }

    func waitForAttempts(_ count: Int, onRoute name: String) async {
        await wait { events in
            events.count { if case .attempted(let one) = $0 { one.route == name } else { false } } >= count
        }
    }

    /// Returns once so many attempts to tell a business something have ended.
    func waitForBusiness(_ count: Int) async {
        await wait { events in
            events.filter {
                if case .attempted(let dispatch) = $0 {
                    dispatch.message.recipient.audience == .business
                } else {
                    false
                }
            }.count >= count
        }
    }

    /// Returns once so many messages of a kind were tried.
    func waitForAttempts(_ count: Int, of kind: MessageKind) async {
        await wait { events in
            events.count { if case .attempted(let one) = $0 { one.message.kind == kind } else { false } }
                >= count
        }
    }

    func waitForDrops(_ count: Int) async {
        await wait { events in
            events.filter { if case .dropped = $0 { true } else { false } }.count >= count
        }
    }

    /// Returns once so many ends could not be written down.
    func waitForUnwritten(_ count: Int) async {
        await wait { events in
            events.filter { if case .unwritten = $0 { true } else { false } }.count >= count
        }
    }

    /// Returns once the loop has ticked at or after an instant.
    func waitForTick(from instant: Instant) async {
        await wait { events in
            events.contains { if case .ticked(let at, _) = $0 { at >= instant } else { false } }
        }
    }

    /// Returns once the loop has ticked at or after an instant, or found that it must not.
    func waitForTurn(from instant: Instant) async {
        await wait { events in
            events.contains { event in
                switch event {
                case .ticked(let at, _), .clockDoubted(let at), .shortOfRoom(let at): at >= instant
                default: false
                }
            }
        }
    }

    /// Whether the reload of this number, from 1, took the new configuration.
    func waitForReload(_ number: Int) async -> Bool? {
        @Sendable func answers(_ events: [DaemonEvent]) -> [Bool] {
            events.compactMap { if case .reloaded(let isNew) = $0 { isNew } else { nil } }
        }
        await wait { answers($0).count >= number }
        return answers(events).dropFirst(number - 1).first
    }
}
