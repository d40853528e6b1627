import RelanceCore
import RelanceDaemon

/// A line of `simulate --json` (design 4).
struct SimulationRecord: Encodable {
    var type: String
    var at: String
    var kind: String
    var variant: String?
    var `case`: String?
    var from: String?
    var rule: String?
    var label: String?
    var to: Receiver?
    var channel: String?
    /// Of a text message: parts, and what they would cost on the first route that carries it.
    var parts: Int?
    var cost: String?
    var key: String?
    var reason: String?
    var lists: [Item]?

    struct Receiver: Encodable {
        var role: String
        var id: String
    }

    struct Item: Encodable {
        var `case`: String
        var section: String
        var due: String
    }

    init(_ line: Simulation.Line, zone: Zone, weight: TextWeight? = nil) {
        (parts, cost) = (weight?.parts, weight?.cost)
        at = line.at.rfc3339(in: zone)
        switch line {
        case .deadline(let deadline):
            (type, kind, `case`) = ("deadline", deadline.kind.rawValue, deadline.ref.text)
            (from, rule, label) = (deadline.from.rawValue, deadline.rule.description, deadline.label)
        case .satisfied(let deadline, _):
            (type, kind, `case`) = ("satisfied", deadline.kind.rawValue, deadline.ref.text)
            (from, rule, label) = (deadline.from.rawValue, deadline.rule.description, deadline.label)
        case .message(let message, _):
            (type, kind, variant) = ("message", message.kind.rawValue, message.variant)
            `case` = message.cases.count == 1 && message.content.digest == nil ? message.cases[0].text : nil
            to = Receiver(role: message.recipient.audience.rawValue, id: message.recipient.id)
            (channel, key, reason) = (message.channel.rawValue, message.key.text, message.reason.rawValue)
            lists = SimulationRecord.lists(message.content, zone)
        case .callTask(let task, let caller):
            (type, kind, variant) = ("message", MessageKind.callTask.rawValue, task.kind.rawValue)
            (`case`, channel, reason) = (task.ref.text, "digest", task.reason.rawValue)
            to = Receiver(role: caller.audience.rawValue, id: caller.id)
        case .withheld(let message):
            (type, kind, variant) = ("withheld", message.kind.rawValue, message.variant)
            (`case`, key, reason) = (message.ref.text, message.key.text, message.reason.rawValue)
        }
    }

    private static func lists(_ content: MessageContent, _ zone: Zone) -> [Item]? {
        switch content {
        case .digest(let digest):
            digest.lines.map { line in
                Item(
                    case: line.brief.ref.text, section: line.section.rawValue, due: line.at.rfc3339(in: zone))
            }
        case .newCase(let lines) where lines.count > 1:
            lines.map { line in
                Item(
                    case: line.brief.ref.text, section: Digest.Section.new.rawValue,
                    due: (line.firstDeadline?.due ?? line.brief.openedAt).rfc3339(in: zone))
            }
        default: nil
        }
    }
}

extension MessageContent {
    /// The digest it is, if it is one.
    var digest: Digest? {
        if case .digest(let digest) = self { digest } else { nil }
    }
}
