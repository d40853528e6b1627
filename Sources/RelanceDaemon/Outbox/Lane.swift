import RelanceCore
import RelanceDelivery

/// One route at work: its courier, and how much may be on it when.
struct Lane: Sendable {
    let route: Route
    let courier: any Courier
    private(set) var breaker = Breaker()
    private(set) var onTheWire = 0
    private var notBefore = Instant.distantPast

    init(route: Route, courier: any Courier) {
        self.route = route
        self.courier = courier
    }

    /// When the next attempt may begin; nil while every place is taken.
    func opensAt(_ now: Instant) -> Instant? {
        guard onTheWire < route.concurrency else { return nil }
        return max(notBefore, breaker.pausedUntil ?? notBefore, now)
    }

    /// Takes a place for an attempt that begins now; false when there is none.
    mutating func begin(at now: Instant) -> Bool {
        guard let opens = opensAt(now), opens <= now, breaker.admits(at: now) else { return false }
        onTheWire += 1
        if let perMinute = route.perMinute {
            notBefore = now + .milliseconds(Int64(60_000 / max(1, perMinute)))
        }
        return true
    }

    /// Gives the place back; true when this end has just opened the breaker.
    mutating func end(_ outcome: DeliveryOutcome, at now: Instant) -> Bool {
        onTheWire -= 1
        let wasOpen = breaker.isOpen
        switch outcome {
        case .accepted, .refused: breaker.succeeded()
        case .deferred(let failure) where failure.scope == .message: breaker.succeeded()
        case .deferred, .ambiguous: breaker.failed(at: now)
        case .interrupted: breaker.abandoned()
        }
        return breaker.isOpen && !wasOpen
    }
}
