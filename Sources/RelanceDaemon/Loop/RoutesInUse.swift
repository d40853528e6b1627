import RelanceCore

/// Routes that messages may have left by, and that another configuration has no more (reliability 2.8).
///
/// Such a message takes no other route: without its own it could neither leave again nor be followed.
struct RoutesInUse: Error, CustomStringConvertible {
    private let messages: [String: [MessageKey]]

    /// Throws when the change takes away a route that is still needed.
    static func check(_ state: LedgerState, from old: Configuration, to new: Configuration)
        throws(RoutesInUse)
    {
        var lost: [String: [MessageKey]] = [:]
        for message in state.open.compactMap({ state.messages[$0] }) where message.isOnItsWay {
            guard let route = message.doubtfulRoute else { continue }
            let channel = message.plan.channel
            if old.routes(for: channel).contains(route), !new.routes(for: channel).contains(route) {
                lost[route, default: []].append(message.key)
            }
        }
        if !lost.isEmpty { throw RoutesInUse(messages: lost) }
    }

    var description: String {
        messages.sorted { $0.key < $1.key }.map { route, keys in
            let who = keys.count == 1 ? "1 message" : "\(keys.count) messages"
            return
                "the route \(route) is still needed: \(who) may have left by it and take no other way, first "
                + "\(keys.min()?.text ?? ""); take it out once they have ended (relance messages --phase deferred)"
        }
        .joined(separator: "\n")
    }
}

extension LedgerMessage {
    /// Whether it is to leave again, or is just leaving.
    fileprivate var isOnItsWay: Bool {
        switch phase {
        case .sending, .deferred: true
        default: false
        }
    }
}
