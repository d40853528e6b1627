import RelanceCore
import RelanceDelivery
import RelanceStore

/// One attempt: asked for anew, frozen, written down, delivered, and its end written down.
extension Outbox {
    func attempt(_ job: OutboxJob, on lane: Lane, as admission: Breaker.Admission) async {
        let key = job.message.key
        var outcome = DeliveryOutcome.interrupted
        do {
            outcome = try await settle(job, on: lane)
        } catch let error as StoreError where error.isPassing && !isBeingSent(key) {
            // Nothing has left, and the message waits for room (reliability 2.6).
            waiting[key] = self.job(
                job.message, notBefore: clock.now() + .seconds(30), route: job.route, since: job.since)
        } catch is IllegalTransition where !isBeingSent(key) {
            // A person decided otherwise while it was made ready, perhaps before its words were frozen.
            do {
                try await discardIfSettled(key)
            } catch {
                await fail(error)
            }
        } catch {
            // Still ours: nobody is to take it for one that nothing asks for.
            waiting[key] = job
            await fail(error)
        }
        takeBack(job)
        let name = lane.route.name
        if giveBack(name, admission, outcome) { await announce.incident(.routeFails(name)) }
        if let failure = outcome.failure, failure.alert {
            await announce.incident(.routeNeedsCare(name, failure.kind))
        }
        await bell.ring()
    }

    /// A message is in hand no more; if the ledger has it leave yet, as when a person held it and let it go meanwhile, it
    /// waits again.
    func takeBack(_ job: OutboxJob) {
        let key = job.message.key
        let offered = underWay.removeValue(forKey: key)?.offered
        if offered != nil, let job = waiting[key], job.waitsForCase {
            waiting[key]?.notBefore = min(job.notBefore, clock.now())
        }
        guard waiting[key] == nil, let next = ledger.withState({ $0.messages[key]?.nextAttemptAt }) else {
            return
        }
        waiting[key] = self.job(
            offered ?? job.message, notBefore: max(next, clock.now()), since: job.since)
    }

    /// Gives back an attempt's place on its route; true when its end has just opened the breaker of a route in use.
    private func giveBack(
        _ name: String, _ admission: Breaker.Admission, _ outcome: DeliveryOutcome
    ) -> Bool {
        let now = clock.now()
        if settings.lanes[name] != nil {
            return settings.lanes[name]?.end(admission, outcome, at: now) == true
        }
        _ = formerLanes[name]?.end(admission, outcome, at: now)
        if formerLanes[name]?.onTheWire == 0 { formerLanes[name] = nil }
        return false
    }

    /// Asks, freezes, writes down, delivers, writes down.
    private func settle(_ job: OutboxJob, on lane: Lane) async throws -> DeliveryOutcome {
        let key = job.message.key
        let now = clock.now()
        // Offered again just as it was settled, or held by a person meanwhile.
        guard let known = ledger.withState({ $0.messages[key] }), known.nextAttemptAt != nil else {
            return .interrupted
        }
        guard now < job.usefulUntil else {
            waiting[key] = job  // time has passed since it was taken: it ends with the next turn
            return .interrupted
        }
        let message: PlannedMessage
        let verdict = await verdict(job.message)
        guard watch?.doubt() == nil else {
            waiting[key] = job  // judged by a clock nobody believes any more: it is asked anew
            return .interrupted
        }
        switch verdict {
        case .owed(let current): message = current
        case .notOwed(let reason):
            try await drop(.cancelled(key, reason: reason, by: nil), job.message, at: now)
            return .interrupted
        case .wait(let until):
            waiting[key] = self.job(
                job.message, notBefore: until, route: job.route, since: job.since)
            waiting[key]?.waitsForCase = true
            return .interrupted
        }
        let letter: Letter
        do {
            letter = try await writer.letter(
                for: message, known: known, usefulUntil: job.usefulUntil, at: now)
        } catch let error as LetterWriter.Unwritable where error.isOfChannel {
            try await drop(.expired(key, reason: error.reason), message, at: now)
            return .interrupted
        } catch let error as LetterWriter.Unwritable {
            try await ledger.append([.held(key, reason: error.reason, by: nil)])
            observe(.dropped(key, reason: error.reason, at: now))
            return .interrupted
        }
        guard drainsUntil == nil else {
            waiting[key] = job
            return .interrupted
        }

        let attempt = Attempt(
            number: known.attempts + 1, route: lane.route.name, messageID: letter.messageID,
            sha256: letter.sha256, parts: letter.parts)
        try await ledger.append([.attempted(key, attempt)])
        underWay[key]?.counts = []
        if waitsForCount { await bell.ring() }
        var outcome = DeliveryOutcome.interrupted
        if drainsUntil == nil, await mayLeave(job, asked: now) {
            underWay[key]?.movedAt = clock.awake
            outcome = await lane.courier.deliver(letter.parcel(of: message)) { [self] in
                try await handOver(job, attempt: attempt.number, asked: now)
            }
        }
        try await record(outcome, of: message, letter: letter, attempt, job)
        return outcome
    }

    /// Whether a message that was owed at an instant is to leave still: the disk may have taken its time since.
    private func mayLeave(_ job: OutboxJob, asked: Instant) async -> Bool {
        let now = clock.now()
        guard now < job.usefulUntil, watch?.doubt() == nil, !isHeld(job, by: fence) else { return false }
        if now >= asked, now - asked < Outbox.freshness { return true }
        if case .owed = await verdict(job.message) { return true }
        return false
    }

    private var writer: LetterWriter {
        LetterWriter(
            composer: settings.composer, calendar: settings.calendar, service: settings.service,
            frozen: frozen)
    }

    private func handOver(_ job: OutboxJob, attempt: Int, asked: Instant) async throws {
        let key = job.message.key
        guard drainsUntil == nil else { throw CancellationError() }
        try await ledger.append([.handedOver(key, attempt: attempt)])
        guard await mayLeave(job, asked: asked) else { throw CancellationError() }
        underWay[key]?.isHandedOver = true
    }

    private func record(
        _ outcome: DeliveryOutcome, of message: PlannedMessage, letter: Letter, _ attempt: Attempt,
        _ job: OutboxJob
    ) async throws {
        let (key, now) = (message.key, clock.now())
        let (retryAt, next) = retry(after: outcome, key: key, at: now, route: attempt.route)
        try await writeDown(key, AttemptResult(number: attempt.number, outcome: outcome, retryAt: retryAt))
        if let retryAt {
            waiting[key] = self.job(message, notBefore: retryAt, route: next, since: job.since)
        } else {
            try await discardIfSettled(key)
        }
        observe(
            .attempted(
                DaemonEvent.Dispatch(
                    message: message, words: letter.words, parts: letter.parts, route: attempt.route,
                    attempt: attempt.number, outcome: outcome, at: now)))
        guard retryAt == nil else { return }
        switch outcome {
        case .accepted:
            if message.channel == .sms { await announce.left(key) }
            await announceChange(of: message)
        case .refused: await announceChange(of: message)
        case .ambiguous:
            if message.channel == .sms { await announce.left(key) }
            await announceChange(of: message)
        case .deferred, .interrupted: break
        }
    }

    /// When a message is tried again, nil when it is not, and on which route, nil being the first.
    private func retry(
        after outcome: DeliveryOutcome, key: MessageKey, at now: Instant, route: String
    ) -> (at: Instant?, route: String?) {
        let known = ledger.withState { $0.messages[key] }
        switch outcome {
        case .accepted, .refused: return (nil, nil)
        case .interrupted: return (now, route)
        case .ambiguous: return (known?.retryAfterAmbiguity(at: now, settings.onAmbiguous), route)
        case .deferred(let failure):
            if failure.scope == .route, let known, known.doubtfulRoute == nil,
                let next = self.route(after: route, for: known.plan.channel)
            {
                return (now, next)
            }
            let failures = (known?.failures ?? 0) + 1
            let attempt = failure.scope == .message ? failures : 1
            let delay = settings.retry.delay(afterAttempt: attempt, random: random())
            return (now + (failure.retryAfter ?? delay), nil)
        }
    }

    private func route(after name: String, for channel: Channel) -> String? {
        lanes(of: channel).drop { $0.route.name != name }.dropFirst().first?.route.name
    }
}
