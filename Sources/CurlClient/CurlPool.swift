import Glibc

/// The connections to one route, and the queue before them.
///
/// What it promises:
/// - **One route, one pool.** A pool never speaks to another server, under another TLS policy, with another account or
///   other authorities than its `CurlRoute` says, and no connection is ever shared between pools.
/// - **No silent clear text.** The route's TLS policy is demanded of libcurl, and looked at again on the connection itself
///   before the first word of each transfer. Clear text reaches this machine only, whatever the name resolves to.
/// - **Everything is a value.** `perform` never throws: a cancelled task, a time-out, a refusal and a closed pool are
///   results, and tell how far the transfer had come (`CurlStage`). Each call returns exactly once.
/// - **The owner decides on the point of no return.** Given a `handover`, the transfer stands still before the final dot
///   (SMTP), before the body (HTTP) or before the start (HTTP without a body) until the owner has answered, so that a
///   durable record can be made first. No thread waits meanwhile.
/// - **Nothing is sent twice behind one's back.** An SMTP transfer is repeated in one case only: the connection had stood
///   idle, and was gone before the server took a word. An HTTP request with a handover never shares a connection.
///
/// How: a worker is one thread that owns one multi handle with one connection; up to `CurlLimits.connections` of them
/// start when there is work, and end after `idleTimeout` without. One multi handle for several connections would be
/// the usual way, but libcurl (7.88.1, `smtp_done` and `smtp_disconnect` in lib/smtp.c) waits for the replies to the
/// final dot and to QUIT inside `curl_multi_perform`: one slow server queue would hold up every other transfer, the
/// cancellations and the time-outs. With a worker each, a stuck peer occupies its own slot and nothing else.
package final class CurlPool: Sendable {
    fileprivate struct State {
        var queue: [CurlTicket] = []
        var underWay: [ObjectIdentifier: CurlTicket] = [:]
        /// Workers that will look into the queue again, and those among them that wait for something in it.
        var workers = 0
        var idleWorkers = 0
        /// Threads that have not ended, those of closing workers included.
        var threads = 0
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    /// What the pool and its workers share; a worker outlives the pool by at most its last transfer.
    fileprivate final class Desk: Sendable {
        let route: CurlRoute
        let limits: CurlLimits
        let state = Monitor(State())

        init(route: CurlRoute, limits: CurlLimits) {
            self.route = route
            self.limits = limits
        }
    }

    private let desk: Desk

    package init(_ route: CurlRoute, limits: CurlLimits = CurlLimits()) {
        desk = Desk(route: route, limits: limits)
    }

    deinit {
        _ = desk.close()
    }

    /// Carries one transfer, in its turn, and says how it ended.
    ///
    /// `handover` runs in the caller's task when all but the decisive octets have been given; only `true` lets them go. If
    /// the transfer ends while it runs, its answer no longer matters and the result's stage is below `.answer`.
    package func perform(_ transfer: CurlTransfer, handover: (() async -> Bool)? = nil) async -> CurlResult {
        if let violation = transfer.violation(on: desk.route) {
            return CurlResult(problem: .invalid(violation))
        }
        let ticket = CurlTicket(transfer, asksForHandover: handover != nil)
        return await withTaskCancellationHandler {
            desk.queue(ticket)
            while true {
                switch await ticket.next() {
                case .finished(let result): return result
                case .handover: ticket.decide(proceed: await handover?() ?? true)
                }
            }
        } onCancel: {
            desk.cancel(ticket)
        }
    }

    /// Ends every transfer with `poolClosed` and closes every connection; returns when the last thread has gone.
    ///
    /// Safe to call twice. Whoever wants transfers to end by themselves waits for them first.
    package func shutdown() async {
        await withCheckedContinuation { continuation in
            if desk.close(notifying: continuation) { continuation.resume() }
        }
    }
}

extension CurlPool.Desk {
    fileprivate func queue(_ ticket: CurlTicket) {
        enum Verdict { case refused(CurlProblem), queued, needsWorker }
        let verdict: Verdict = state.withLock { state in
            if state.isClosed { return .refused(.poolClosed) }
            // Cancelled before it came: `cancel` found nothing in the queue to take out.
            if let reason = ticket.abortReason { return .refused(reason) }
            state.queue.append(ticket)
            guard state.queue.count > state.idleWorkers, state.workers < max(1, limits.connections) else {
                return .queued
            }
            state.workers += 1
            state.threads += 1
            return .needsWorker
        }
        switch verdict {
        case .refused(let problem): ticket.deliver(.finished(CurlResult(problem: problem)))
        case .queued: state.signal()
        case .needsWorker: startWorker()
        }
    }

    fileprivate func cancel(_ ticket: CurlTicket) {
        ticket.abort(.cancelled)
        let wasQueued = state.withLock { state in
            guard let index = state.queue.firstIndex(where: { $0 === ticket }) else { return false }
            state.queue.remove(at: index)
            return true
        }
        if wasQueued { ticket.deliver(.finished(CurlResult(problem: .cancelled))) }
    }

    /// True when there is nothing left to wait for; else the continuation is resumed by the last worker.
    fileprivate func close(notifying continuation: CheckedContinuation<Void, Never>? = nil) -> Bool {
        let (queued, isQuiet) = state.withLock { state in
            state.isClosed = true
            let queued = state.queue
            state.queue = []
            for ticket in state.underWay.values { ticket.abort(.poolClosed) }
            if state.threads > 0, let continuation { state.closing.append(continuation) }
            return (queued, state.threads == 0)
        }
        state.broadcast()
        for ticket in queued { ticket.deliver(.finished(CurlResult(problem: .poolClosed))) }
        return isQuiet
    }

    // MARK: Workers

    private func startWorker() {
        let desk = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<CurlPool.Desk>.fromOpaque(pointer).takeRetainedValue().runWorker()
                return nil
            }, desk.toOpaque())
        guard failure != 0 else {
            pthread_detach(thread)
            return
        }
        desk.release()
        failWorker(.noResources)
    }

    private func runWorker() {
        // Signals are other threads' business; OpenSSL's writes can raise SIGPIPE, which is then never delivered.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)

        do throws(CurlProblem) {
            try serveQueue()
            endThread()
        } catch {
            failWorker(error)
        }
    }

    /// Throws when libcurl cannot give a worker; returns once the worker is closed.
    private func serveQueue() throws(CurlProblem) {
        let worker = try CurlWorker(route: route, limits: limits)
        while let ticket = nextTicket() {
            let result = worker.carry(ticket)
            _ = state.withLock { $0.underWay.removeValue(forKey: ObjectIdentifier(ticket)) }
            ticket.deliver(.finished(result))
        }
    }

    /// The next in the queue; nil, and this worker no longer counts, after idling too long or when the pool is closed.
    private func nextTicket() -> CurlTicket? {
        enum Turn { case carry(CurlTicket), leave }
        func turn(_ state: inout CurlPool.State, mayLeave: Bool) -> Turn? {
            if !state.queue.isEmpty {
                let ticket = state.queue.removeFirst()
                state.underWay[ObjectIdentifier(ticket)] = ticket
                state.idleWorkers -= 1
                return .carry(ticket)
            }
            guard mayLeave || state.isClosed else { return nil }
            state.idleWorkers -= 1
            state.workers -= 1
            return .leave
        }
        state.withLock { $0.idleWorkers += 1 }
        let next =
            state.wait(for: limits.idleTimeout) { turn(&$0, mayLeave: false) }
            ?? state.withLock { turn(&$0, mayLeave: true) }
        guard case .carry(let ticket) = next else { return nil }
        return ticket
    }

    /// A worker could not start: without another one, nobody would ever look into the queue.
    private func failWorker(_ problem: CurlProblem) {
        let stranded = state.withLock { state -> [CurlTicket] in
            state.workers -= 1
            guard state.workers == 0 else { return [] }
            defer { state.queue = [] }
            return state.queue
        }
        for ticket in stranded { ticket.deliver(.finished(CurlResult(problem: problem))) }
        endThread()
    }

    private func endThread() {
        let closing = state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return [] as [CheckedContinuation<Void, Never>] }
            defer { state.closing = [] }
            return state.closing
        }
        for continuation in closing { continuation.resume() }
    }
}
