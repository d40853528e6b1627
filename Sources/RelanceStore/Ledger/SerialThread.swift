import Dispatch
import Foundation
import Synchronization

/// One thread of our own for calls that block: the tasks' threads are as few as the processors and must not wait for a disk.
package final class SerialThread: Sendable {
    typealias Job = @Sendable () -> Void

    /// Shared with the thread, which must not keep its owner alive.
    private final class Inbox: Sendable {
        struct State {
            var jobs: [Job] = []
            var isStopping = false
        }

        let state = Mutex(State())
        let wake = DispatchSemaphore(value: 0)

        /// Runs what comes in, in order, until it is stopped and empty.
        func serve() {
            while true {
                let (jobs, isOver) = state.withLock { state in
                    defer { state.jobs = [] }
                    return (state.jobs, state.isStopping && state.jobs.isEmpty)
                }
                if isOver { return }
                if jobs.isEmpty { wake.wait() }
                for job in jobs { job() }
            }
        }
    }

    private let inbox = Inbox()

    package init(name: String) {
        let inbox = inbox
        let thread = Thread { inbox.serve() }
        thread.name = name
        thread.start()
    }

    deinit {
        stop()
    }

    /// Takes no more jobs; those already taken are still run.
    func stop() {
        inbox.state.withLock { $0.isStopping = true }
        inbox.wake.signal()
    }

    /// False when the thread takes no more jobs.
    @discardableResult
    func enqueue(_ job: @escaping Job) -> Bool {
        let isTaken = inbox.state.withLock { state in
            if !state.isStopping { state.jobs.append(job) }
            return !state.isStopping
        }
        if isTaken { inbox.wake.signal() }
        return isTaken
    }

    /// Does something on the thread and waits for it without holding up another.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = enqueue {
                continuation.resume(with: Swift.Result { try body() })
            }
            if !isTaken { continuation.resume(throwing: StoreError.closed) }
        }
    }
}
