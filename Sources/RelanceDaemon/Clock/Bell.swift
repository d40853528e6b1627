import RelanceCore

/// Wakes one waiting task: a ring before the wait is kept, several rings are one.
actor Bell {
    private var isRung = false
    private var waiting: CheckedContinuation<Void, Never>?

    func ring() {
        if let waiting {
            self.waiting = nil
            waiting.resume()
        } else {
            isRung = true
        }
    }

    /// Returns at the next ring, at once when one is kept, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if isRung || Task.isCancelled {
                    isRung = false
                    continuation.resume()
                } else {
                    waiting = continuation
                }
            }
        } onCancel: {
            Task { await self.letGo() }  // only resumes; nothing is lost when it comes late
        }
    }

    private func letGo() {
        waiting?.resume()
        waiting = nil
    }
}

extension HouseClock {
    /// Sleeps until an instant or the bell, whichever comes first.
    func sleep(until instant: Instant, or bell: Bell) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.sleep(until: instant) }  // cancelled by the bell: nothing to tell
            group.addTask { await bell.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
