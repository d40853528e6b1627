import Foundation

/// Something that happens once, and that threads and tasks can wait for.
package final class Latch: @unchecked Sendable {
    // Sendable because the state is reached under `condition` only.
    private let condition = NSCondition()
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() {}

    package func open() {
        let waiting = condition.withLock {
            isOpen = true
            condition.broadcast()
            defer { self.waiting = [] }
            return self.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func opened() async {
        await withCheckedContinuation { continuation in
            let wasOpen = condition.withLock {
                if !isOpen { waiting.append(continuation) }
                return isOpen
            }
            if wasOpen { continuation.resume() }
        }
    }

    /// For threads of a server: never call it from a task.
    func waitOnThisThread() {
        condition.withLock {
            while !isOpen { condition.wait() }
        }
    }
}

/// A count that only grows, and that tasks can wait for.
package final class Tally: @unchecked Sendable {
    // Sendable because the count is reached under `condition` only.
    private let condition = NSCondition()
    private var count = 0

    package init() {}

    package func add() {
        condition.withLock {
            count += 1
            condition.broadcast()
        }
    }

    /// Waits until it has come to a number; false when it has not within a minute.
    package func reaches(_ number: Int) async throws -> Bool {
        try await onThread {
            let deadline = Date(timeIntervalSinceNow: 60)
            return self.condition.withLock {
                while self.count < number {
                    guard self.condition.wait(until: deadline) else { return false }
                }
                return true
            }
        }
    }
}

/// A value that several threads share.
package final class Guarded<Value>: @unchecked Sendable {
    // Sendable because `value` is reached under `lock` only.
    private let lock = NSLock()
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
    }

    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// Runs something that blocks on a thread of its own, so that the tasks of other tests go on.
package func onThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws
    -> Result
{
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Swift.Result(catching: work))
        }
    }
}
