import RelanceCore

/// A message the outbox has in hand: being made ready, on the wire, or coming to its end.
struct UnderWay: Sendable {
    /// How long the machine had been awake when it last got a step further.
    var movedAt: Elapsed
    /// Whether the far side may have it, or may get it any moment.
    var isHandedOver = false
    /// What its attempt counts towards, from before it is asked for until the attempt stands in the ledger.
    var counts: Set<OutboxJob.Count> = []
    /// Offered meanwhile: it may be wanted again by the time it has ended.
    var offered: PlannedMessage?
}
