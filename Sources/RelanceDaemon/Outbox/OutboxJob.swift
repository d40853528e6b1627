import RelanceCore

/// A message on its way to a courier: when it is tried next and by which route, and when it is given up.
struct OutboxJob: Sendable {
    var message: PlannedMessage
    var notBefore: Instant
    /// The route to try next; nil is the first.
    var route: String?
    /// Whether it may already have left by that route, and so takes no other.
    var isPinned: Bool
    /// Since when it could have left while somebody was at work.
    private(set) var since: Instant
    /// From then on it does not leave any more.
    private(set) var usefulUntil: Instant
    /// When another channel takes over while no route of its own works; nil when there is none, or while it may have
    /// left already.
    private(set) var changesChannelAt: Instant?
    /// What an attempt of it counts towards.
    let counts: Set<Count>
    /// Whether it was put off because its case was not to be read, or asked for it later: planning may ask for it sooner.
    var waitsForCase = false
    /// Its end could not be written down, and is tried again from then on.
    var endsNotBefore = Instant.distantPast

    /// What is counted as attempts stand in the ledger, and therefore asked about one message at a time.
    enum Count: Hashable, Sendable {
        /// Messages to one address in a day.
        case address(AddressMark)
        /// Parts of text messages in a month.
        case texts
    }

    /// Whether an attempt may begin, as far as the message goes.
    func mayBegin(at instant: Instant) -> Bool {
        notBefore <= instant && instant < usefulUntil
    }

    /// The clock was set back: nothing waits for an instant that only the wrong one made, and longer for none.
    mutating func setBack(to now: Instant, _ schedule: RetrySchedule) {
        notBefore = max(message.dueAt, min(notBefore, now + LedgerMessage.ambiguityPause))
        since = min(since, notBefore)
        usefulUntil = min(usefulUntil, max(notBefore, now) + schedule.patience(for: message.channel))
        changesChannelAt = changesChannelAt.map { min($0, notBefore + schedule.otherChannelAfter) }
        endsNotBefore = min(endsNotBefore, now)
    }

    init(
        _ message: PlannedMessage, known: LedgerMessage?, notBefore: Instant, route: String?,
        since: Instant, schedule: RetrySchedule, counts: Set<Count>
    ) {
        let doubtful = known?.doubtfulRoute
        self.message = message
        self.notBefore = notBefore
        self.route = doubtful ?? route
        self.since = since
        self.counts = counts
        isPinned = doubtful != nil
        // Counted from when it could first be tried: the time nobody was at work is no delay of the routes.
        let waitsSince = max(message.dueAt, known?.planned.time ?? message.dueAt)
        usefulUntil = min(
            message.usefulUntil, known?.frozenUntil ?? message.usefulUntil,
            waitsSince + schedule.patience(for: message.channel))
        changesChannelAt =
            message.hasOtherChannel && doubtful == nil ? since + schedule.otherChannelAfter : nil
    }
}

extension RetrySchedule {
    /// How long after it was due a message may still leave.
    fileprivate func patience(for channel: Channel) -> Elapsed {
        switch channel {
        case .email: expiresAfter
        case .sms: min(expiresAfter, .hours(12))  // reliability 2.2, G6
        }
    }
}

extension LedgerMessage {
    /// How long its frozen words are of use; nil before they are.
    ///
    /// They promise what was true when it was planned: if a reload moves a deadline, planning has it useful for longer.
    fileprivate var frozenUntil: Instant? { lastAttempt == nil ? nil : plan.usefulUntil }

    /// The route by which it may have left without anybody knowing; nil when there is no such doubt.
    var doubtfulRoute: String? {
        ambiguousEnds > 0 ? lastAttempt?.route : nil
    }
}
