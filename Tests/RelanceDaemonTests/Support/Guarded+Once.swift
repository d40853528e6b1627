import RelanceTestSupport

extension Guarded<Bool> {
    /// Makes it true; whether it was not before.
    func turnsTrue() -> Bool {
        withLock { isTrue in
            defer { isTrue = true }
            return !isTrue
        }
    }
}
