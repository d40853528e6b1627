import Dispatch
import Synchronization

/// The end of asynchronous work, for callers such as libFuzzer that cannot await it.
final class Waiting: Sendable {
    private let end = DispatchSemaphore(value: 0)
    private let problem = Mutex<(any Error)?>(nil)

    /// Blocks until the work is done; it must not need the thread that waits.
    static func forEnd(of work: @escaping @Sendable () async throws -> Void) throws {
        let waiting = Waiting()
        Task {
            do { try await work() } catch { waiting.problem.withLock { $0 = error } }
            waiting.end.signal()
        }
        waiting.end.wait()
        if let problem = waiting.problem.withLock({ $0 }) { throw problem }
    }
}
