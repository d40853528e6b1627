import RelanceCore
import RelanceDaemon

/// A message as one readable line: when, what, to whom, by which channel, its words, how it ended.
enum MessageLine {
    static func text(_ dispatch: DaemonEvent.Dispatch, zone: Zone) -> String {
        let message = dispatch.message
        let (_, time, _) = zone.local(dispatch.at)
        let kind = message.variant.map { "\(message.kind.rawValue) (\($0))" } ?? message.kind.rawValue
        let end: String =
            switch dispatch.outcome {
            case .accepted: Terminal.styled("✓", .green)
            case .deferred(let failure): Terminal.styled("↻ \(failure.detail)", .yellow)
            case .refused(let failure): Terminal.styled("✗ \(failure.detail)", .red)
            case .ambiguous(let failure): Terminal.styled("? \(failure.detail)", .yellow)
            case .interrupted: Terminal.styled("… interrupted", .dim)
            }
        return "\(time)  " + padded(kind, 24) + padded(to(message), 24)
            + padded(channel(message.channel, parts: dispatch.parts), 14) + dispatch.words + "  " + end
    }

    /// The channel, and how many parts a text message takes.
    static func channel(_ channel: Channel, parts: Int?) -> String {
        channel.rawValue + (parts.map { " \($0) part\($0 == 1 ? "" : "s")" } ?? "")
    }

    static func to(_ message: PlannedMessage) -> String {
        switch message.recipient.audience {
        case .business: "→ entreprise"
        default: "→ " + (message.recipient.name ?? message.recipient.id)
        }
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(2, width - text.count))
    }
}
