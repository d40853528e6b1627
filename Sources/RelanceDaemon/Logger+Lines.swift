import Logging
import RelanceCore

/// The lines of the log that tell of messages and of what ails the house.
extension Logger {
    /// The line of an event that has one; the others have none.
    ///
    /// An attempt has exactly one, when its result is durable or cannot be made so: kind, reference, key, route and what
    /// failed, never an address or a subject (design D10). Its level says whether anybody has to act.
    package func log(_ event: DaemonEvent) {
        switch event {
        case .attempted(let dispatch): log(dispatch)
        case .dropped(let key, let reason, _):
            info("message dropped", metadata: ["key": "\(key)", "reason": "\(reason)"])
        case .unwritten(let key, let attempt, let outcome, _):
            error(
                "the end of an attempt is not written down",
                metadata: ["key": "\(key)", "attempt": "\(attempt)", "outcome": "\(outcome.sentence)"])
        case .ticked, .ready, .reloaded, .listening, .clockDoubted, .shortOfRoom: break
        }
    }

    /// The line of something technical that whoever looks after the machine is told of.
    func log(_ incident: Incident) {
        error("\(incident.sentence)")
    }

    private func log(_ dispatch: DaemonEvent.Dispatch) {
        var metadata: Metadata = [
            "key": "\(dispatch.message.key)", "kind": "\(dispatch.message.kind.rawValue)",
            "route": "\(dispatch.route)", "attempt": "\(dispatch.attempt)",
        ]
        if dispatch.message.cases.count == 1 { metadata["case"] = "\(dispatch.message.cases[0])" }
        if let failure = dispatch.outcome.failure {
            metadata["detail"] = "\(failure.detail)"
            metadata["failure"] = "\(failure.kind.rawValue)"
            metadata["scope"] = "\(failure.scope.rawValue)"
        }
        switch dispatch.outcome {
        case .accepted(_, let proof?) where proof.isUnnamed:
            warning("message accepted, its identifier is unknown", metadata: metadata)
        case .accepted: info("message accepted", metadata: metadata)
        case .deferred(let failure):
            log(level: failure.alert ? .error : .notice, "message deferred", metadata: metadata)
        case .refused: warning("message refused", metadata: metadata)
        case .ambiguous: warning("message may have been delivered", metadata: metadata)
        case .interrupted: notice("attempt interrupted", metadata: metadata)
        }
    }
}

extension DeliveryOutcome {
    /// What is said of an end that stands nowhere else.
    fileprivate var sentence: String {
        switch self {
        case .accepted(let reply, _): "accepted: \(reply)"
        case .deferred(let failure): "deferred: \(failure.detail)"
        case .refused(let failure): "refused: \(failure.detail)"
        case .ambiguous(let failure): "nobody can tell: \(failure.detail)"
        case .interrupted: "interrupted"
        }
    }
}
