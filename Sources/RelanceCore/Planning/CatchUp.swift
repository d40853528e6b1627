/// What is still worth saying after a downtime: of each case and channel only the latest step (reliability 2.7).
///
/// Only what chases our own people gives way to a later step, since the digest repeats the rest. A business is told one
/// piece of news a day anyway (`ceilings.status_a_day`, design D6), each appointment, date of law and alert of distress
/// stands for itself.
package struct CatchUp: Sendable {
    /// The end of the downtime: what was wanted before is late.
    package let since: Instant
    private var latest: [Voice: Step] = [:]

    fileprivate struct Voice: Hashable {
        var ref: CaseReference
        var channel: Channel
    }

    private struct Step {
        var key: MessageKey
        var dueAt: Instant
    }

    package init(since: Instant) {
        self.since = since
    }

    /// Of late messages about one case by one channel, also over several calls, those that give way, each with the key of
    /// the message that says more.
    package mutating func superseded(among messages: [PlannedMessage]) -> [MessageKey: MessageKey] {
        let late = messages.filter { $0.wantedAt < since && $0.kind.givesWay }
            .sorted { ($0.dueAt, $0.key) < ($1.dueAt, $1.key) }
        for message in late {
            guard let voice = Voice(message) else { continue }
            if let step = latest[voice], message.dueAt < step.dueAt { continue }
            latest[voice] = Step(key: message.key, dueAt: message.dueAt)
        }
        var superseded: [MessageKey: MessageKey] = [:]
        for message in late {
            guard let voice = Voice(message), let step = latest[voice], step.key != message.key else {
                continue
            }
            superseded[message.key] = step.key
        }
        return superseded
    }
}

extension CatchUp.Voice {
    /// Nil for a mail about several cases, which nothing else says.
    fileprivate init?(_ message: PlannedMessage) {
        guard message.cases.count == 1, let ref = message.cases.first else { return nil }
        self.init(ref: ref, channel: message.channel)
    }
}

extension MessageKind {
    /// Whether a later step of the same case says it as well.
    fileprivate var givesWay: Bool {
        switch self {
        case .newCase, .deadlineReminder, .deadlineOverdue, .escalation: true
        default: false
        }
    }
}
