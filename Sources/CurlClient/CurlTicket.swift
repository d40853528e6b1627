import CCurl

/// One transfer asked for: what its caller and its worker have to say to each other.
///
/// Whatever comes first, an event or the wait for it, the order of cancelling and starting, or a decision that comes too
/// late: each event is handed out once, and an abort asked for before the start is seen at the start.
final class CurlTicket: Sendable {
    enum Event {
        /// The transfer stands before the point of no return and waits for `decide`.
        case handover
        case finished(CurlResult)
    }

    /// What a worker has to do next for its transfer.
    enum Order {
        case carryOn
        case abort(CurlProblem)
        case decided(proceed: Bool)
    }

    private struct State {
        var abort: CurlProblem?
        var decision: Bool?
        /// The multi handle of the worker that carries this ticket, while it does: waking it is the one thing libcurl allows
        /// other threads to do.
        var multi: UnsafeMutableRawPointer?
        var events: [Event] = []
        var waiting: CheckedContinuation<Event, Never>?
    }

    let transfer: CurlTransfer
    let asksForHandover: Bool
    private let state = Monitor(State())

    init(_ transfer: CurlTransfer, asksForHandover: Bool) {
        self.transfer = transfer
        self.asksForHandover = asksForHandover
    }

    // MARK: The caller's side

    func next() async -> Event {
        await withCheckedContinuation { continuation in
            let event: Event? = state.withLock { state in
                guard state.events.isEmpty else { return state.events.removeFirst() }
                state.waiting = continuation
                return nil
            }
            if let event { continuation.resume(returning: event) }
        }
    }

    func decide(proceed: Bool) {
        state.withLock { state in
            state.decision = proceed
            if let multi = state.multi { curl_multi_wakeup(multi) }
        }
    }

    /// Asks the worker to give up; the first reason stands.
    func abort(_ reason: CurlProblem) {
        state.withLock { state in
            state.abort = state.abort ?? reason
            if let multi = state.multi { curl_multi_wakeup(multi) }
        }
    }

    var abortReason: CurlProblem? {
        state.withLock { $0.abort }
    }

    // MARK: The worker's side

    func setCarrier(_ multi: UnsafeMutableRawPointer?) {
        state.withLock { $0.multi = multi }
    }

    func nextOrder() -> Order {
        state.withLock { state in
            if let reason = state.abort { return .abort(reason) }
            guard let decision = state.decision else { return .carryOn }
            state.decision = nil
            return .decided(proceed: decision)
        }
    }

    func deliver(_ event: Event) {
        let waiting = state.withLock { state -> CheckedContinuation<Event, Never>? in
            defer { state.waiting = nil }
            if state.waiting == nil { state.events.append(event) }
            return state.waiting
        }
        waiting?.resume(returning: event)
    }
}
