import RelanceConsole
import RelanceCore

/// What an onlooker of the daemon may see happen: the command line prints it, tests wait for it.
package enum DaemonEvent: Sendable {
    /// A tick is over; everything owed at that instant has been admitted and handed to the outbox.
    case ticked(at: Instant, nextWake: Instant?)
    /// An attempt ended and its result is durable.
    case attempted(Dispatch)
    /// An attempt ended and its result could not be written down: it stands nowhere else.
    case unwritten(MessageKey, attempt: Int, outcome: DeliveryOutcome, at: Instant)
    /// A message was dropped before it left, or is held, with the reason's word.
    case dropped(MessageKey, reason: String, at: Instant)
    /// The daemon reads, plans and sends from now on.
    case ready(cases: Int)
    /// The console listens; the port is told where there is one.
    case listening(Console.Door, port: Int?)
    /// The clock is not believed: nothing was done.
    case clockDoubted(at: Instant)
    /// A start waits for room on the disk: nothing was done.
    case shortOfRoom(at: Instant)
    /// The configuration was read again; false means the old one stays.
    case reloaded(Bool)

    package struct Dispatch: Sendable {
        package var message: PlannedMessage
        /// A mail's subject or a text message's text.
        package var words: String
        /// Parts of a text message; nil for a mail.
        package var parts: Int?
        package var route: String
        package var attempt: Int
        package var outcome: DeliveryOutcome
        package var at: Instant
    }
}
