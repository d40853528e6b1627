import RelanceCore

/// Lets what piled up during a downtime or behind a brake leave at a pace the routes and their far sides can bear
/// (reliability 2.7).
///
/// Only what is late is paced, each route by itself, and only when more waits than leaves in a minute anyway: what falls
/// due meanwhile, alerts and incidents never queue behind it.
struct Pace: Sendable {
    var rule: CatchUpRule
    /// What was due before is late.
    private(set) var lateBefore = Instant.distantPast
    private var isOn = false
    private var routes: [String: Route] = [:]

    private struct Route {
        /// When the first late message began.
        var since: Instant
        /// Not before then the next one.
        var next: Instant
    }

    init(rule: CatchUpRule) {
        self.rule = rule
    }

    /// What is due before `instant` is late from now on.
    mutating func catchUp(before instant: Instant) {
        lateBefore = max(lateBefore, instant)
        routes = [:]
    }

    /// The clock was set back: what is due from now on is not late, and each route begins anew.
    mutating func setBack(to now: Instant) {
        lateBefore = min(lateBefore, now)
        routes = [:]
    }

    func isLate(_ message: PlannedMessage) -> Bool {
        message.dueAt < lateBefore && message.kind != .distressAlert && message.kind != .technicalIncident
    }

    /// Takes note of how many late messages could leave now.
    mutating func adjust(waiting late: Int) {
        if late > rule.perMinute { isOn = true }
        if late == 0 { (isOn, routes) = (false, [:]) }
    }

    /// When a route may take the next late message; the distant past unless it is paced.
    func opens(_ route: String) -> Instant {
        isOn ? routes[route]?.next ?? .distantPast : .distantPast
    }

    /// A late message begins; `random` is in 0 ..< 1.
    mutating func begin(on route: String, at now: Instant, random: Double) {
        let since = routes[route]?.since ?? now
        routes[route] = Route(since: since, next: now + rule.pause(after: now - since, random: random))
    }
}
