/// How many messages stand where, for `status`.
package struct LedgerSums: Hashable, Sendable {
    /// Messages by the word of their phase, held ones as `held`; words that count nothing are missing.
    package var counts: [String: Int] = [:]
    /// Keys of which nothing else is known any more.
    package var remembered = 0
    /// The instant the longest waiting message was or is due.
    package var oldestDue: Instant?

    package init() {}
}

extension LedgerState {
    package var sums: LedgerSums {
        var sums = LedgerSums()
        sums.remembered = remembered.count
        for message in messages.values {
            sums.counts[message.hold == nil ? message.phase.word : "held", default: 0] += 1
            if let due = message.nextAttemptAt {
                sums.oldestDue = min(sums.oldestDue ?? due, due)
            }
        }
        return sums
    }
}

/// What the ledger tells of a route.
package struct RouteSums: Hashable, Sendable {
    /// Messages it took.
    package var accepted = 0
    package var lastAcceptedAt: Instant?
    /// What failed on it since, first and last, whether or not another route has taken the message.
    package var failingSince: Instant?
    package var lastFailure: LedgerMessage.Failure?

    package init() {}
}

extension LedgerState {
    /// Every route that anything was tried on, by its name.
    package var routes: [String: RouteSums] {
        var routes: [String: RouteSums] = [:]
        for message in messages.values {
            guard let last = message.lastAttempt else { continue }
            switch message.phase {
            case .sent, .delivered, .undelivered:
                routes[last.route, default: RouteSums()].accepted += 1
                let before = routes[last.route]?.lastAcceptedAt ?? last.at
                routes[last.route]?.lastAcceptedAt = max(before, last.at)
            default: break
            }
        }
        for failure in messages.values.compactMap(\.lastFailure) {
            guard let route = failure.route else { continue }
            var sums = routes[route] ?? RouteSums()
            guard failure.at > sums.lastAcceptedAt ?? .distantPast else { continue }
            sums.failingSince = min(sums.failingSince ?? failure.at, failure.at)
            if sums.lastFailure.map({ $0.at <= failure.at }) ?? true { sums.lastFailure = failure }
            routes[route] = sums
        }
        return routes
    }

    /// Messages to leave yet that speak of one of these cases.
    package func waiting(on cases: Set<CaseReference>) -> Int {
        guard !cases.isEmpty else { return 0 }
        return open.count { key in
            guard let message = messages[key], message.nextAttemptAt != nil else { return false }
            return message.plan.cases.contains(where: cases.contains)
        }
    }
}
