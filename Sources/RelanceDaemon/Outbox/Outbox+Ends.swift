import RelanceCore
import RelanceStore

/// How messages end, whether or not they left, and what is left of them then.
extension Outbox {
    /// Ends messages whose time is over, one after the other: a disk without room is asked once.
    func giveUp(_ jobs: [OutboxJob]) async {
        var left = jobs[...]
        while failure == nil, watch?.doubt() == nil, let job = left.first {
            do {
                try await end(job)
                takeBack(job)
                left.removeFirst()
            } catch let error as StoreError where error.isPassing {
                for index in left.indices { left[index].endsNotBefore = clock.now() + .seconds(30) }
                break
            } catch {
                await fail(error)
            }
        }
        // Still ours: nobody is to take them for what nothing asks for.
        for job in left { (waiting[job.message.key], underWay[job.message.key]) = (job, nil) }
        await bell.ring()
    }

    private func end(_ job: OutboxJob) async throws {
        let (key, now) = (job.message.key, clock.now())
        // Offered again just as it was settled, or held by a person meanwhile.
        guard ledger.withState({ $0.messages[key]?.nextAttemptAt }) != nil else { return }
        guard givesUpAt(job, at: now) <= now else {
            waiting[key] = job  // its route works again, or is back
            return
        }
        let event: LedgerEvent =
            if now >= job.usefulUntil {
                .expired(key, reason: WithheldReason.noLongerUseful.rawValue)
            } else if isStranded(job) {
                .held(key, reason: Outbox.strandedSentence(route: job.route), by: nil)
            } else {
                .expired(key, reason: WithheldReason.routeDown.rawValue)
            }
        do {
            try await drop(event, job.message, at: now)
        } catch is IllegalTransition {
            // A person decided otherwise.
        }
    }

    func drop(_ event: LedgerEvent, _ message: PlannedMessage, at now: Instant) async throws {
        try await ledger.append([event])
        switch event {
        case .cancelled(let key, let reason, _), .expired(let key, let reason), .held(let key, let reason, _):
            // One that may have left is unknown now, or held, and a person may still want it looked at.
            try await discardIfSettled(key)
            observe(.dropped(key, reason: reason, at: now))
        default: break
        }
        await announceChange(of: message)
    }

    /// Lets go of the bytes of a settled message; those that a full disk keeps go at the next start.
    private func discard(_ key: MessageKey) async throws {
        do {
            try await frozen.discard(key)
        } catch let error as StoreError where error.isPassing {}
    }

    func discardIfSettled(_ key: MessageKey) async throws {
        if ledger.withState({ $0.messages[key]?.phase.isTerminal != false }) { try await discard(key) }
    }

    /// What a message that is held for want of its route is held for.
    private static func strandedSentence(route: String?) -> String {
        "it may have left by \(route ?? "a route") and takes no other way, and that one carries nothing any more: have "
            + "it back and release the message, or cancel it"
    }

    /// Writes down how an attempt ended, however long the disk is full: unwritten, it is in doubt at the next start, and
    /// told of here.
    func writeDown(_ key: MessageKey, _ result: AttemptResult) async throws {
        while true {
            // It gets further with every try, however long the disk is full.
            underWay[key]?.movedAt = clock.awake
            do {
                try await ledger.append([.resulted(key, result)])
                return
            } catch let error as StoreError where error.isPassing && !Task.isCancelled {
                // Cut short when draining takes too long, for one last try.
                try? await clock.sleep(until: clock.now() + .seconds(30))
            } catch {
                observe(.unwritten(key, attempt: result.number, outcome: result.outcome, at: clock.now()))
                throw error
            }
        }
    }

    /// Whether the ledger has an attempt without an end: then nothing may be taken for passing.
    func isBeingSent(_ key: MessageKey) -> Bool {
        ledger.withState { state in
            if case .sending = state.messages[key]?.phase { true } else { false }
        }
    }

    /// What a business was told may be followed by a text; what it was not told, another channel may have to tell it.
    func announceChange(of message: PlannedMessage) async {
        if message.recipient.audience == .business { await announce.changed(message.cases) }
    }
}
