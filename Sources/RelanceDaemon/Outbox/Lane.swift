import RelanceCore
import RelanceDelivery

/// One route at work: its courier, and how much may be on it when.
struct Lane: Sendable {
    let route: Route
    let courier: any Courier
    private(set) var breaker = Breaker()
    private(set) var onTheWire = 0
    private var notBefore = Instant.distantPast
    /// What has failed on it, since the last success.
    private var trouble: (since: Instant, detail: String)?

    init(route: Route, courier: any Courier) {
        self.route = route
        self.courier = courier
    }

    /// The same route as another configuration has it, with everything this one knows of its health and load.
    func replaced(by new: Lane) -> Lane {
        var lane = new
        (lane.breaker, lane.onTheWire, lane.notBefore) = (breaker, onTheWire, notBefore)
        lane.trouble = trouble
        return lane
    }

    /// Whether the breaker lets nothing through, so that a message had better take another route.
    func isPaused(at now: Instant) -> Bool {
        breaker.isProbing || breaker.pausedUntil.map { now < $0 } ?? false
    }

    /// When the next attempt may begin; nil while that depends on an attempt under way.
    func opensAt(_ now: Instant) -> Instant? {
        guard onTheWire < route.concurrency, !breaker.isProbing else { return nil }
        return max(notBefore, breaker.pausedUntil ?? notBefore, now)
    }

    /// Takes a place for an attempt that begins now, to be given back with its end; nil when there is none.
    mutating func begin(at now: Instant) -> Breaker.Admission? {
        guard let opens = opensAt(now), opens <= now, let admission = breaker.admit(at: now) else {
            return nil
        }
        onTheWire += 1
        notBefore = now + gap
        return admission
    }

    /// Between the beginnings of two attempts.
    private var gap: Elapsed {
        route.perMinute.map { .milliseconds(Int64(60_000 / max(1, $0))) } ?? .seconds(0)
    }

    /// The clock was set back: nothing waits for an instant that only the wrong one made.
    mutating func setBack(to now: Instant) {
        notBefore = min(notBefore, now + gap)
        breaker.setBack(to: now)
    }

    /// Gives the place back; true when this end has just opened the breaker.
    mutating func end(_ admission: Breaker.Admission, _ outcome: DeliveryOutcome, at now: Instant) -> Bool {
        onTheWire -= 1
        let (wasOpen, failures) = (breaker.isOpen, breaker.failures)
        switch outcome {
        // A refusal without an answer is our own, and nobody has asked the far side.
        case .refused(let failure) where failure.code == nil: breaker.abandoned(admission)
        case .accepted, .refused: breaker.succeeded(admission)
        case .deferred(let failure) where failure.scope == .message: breaker.succeeded(admission)
        case .deferred, .ambiguous: breaker.failed(admission, at: now)
        case .interrupted: breaker.abandoned(admission)
        }
        if breaker.failures == 0 {
            trouble = nil
        } else if let failure = outcome.failure, breaker.failures > failures {
            trouble = (trouble?.since ?? now, failure.detail)
        }
        return breaker.isOpen && !wasOpen
    }

    /// For whoever asks how the house is.
    var health: HouseStatus.Route {
        var health = HouseStatus.Route(name: route.name)
        (health.failingSince, health.failure) = (trouble?.since, trouble?.detail)
        health.pausedUntil = breaker.pausedUntil
        return health
    }
}

extension Outbox {
    /// Every route in use, by its name.
    var health: [HouseStatus.Route] {
        settings.lanes.values.map(\.health).sorted { $0.name < $1.name }
    }
}
