import RelanceCore

/// What a turn takes up: which of the waiting messages, by which route, and when the next one may begin.
extension Outbox {
    /// Those whose time is over or whose way is gone, which no longer wait.
    func takeOverdue(at now: Instant) -> [OutboxJob] {
        let fence = fence
        let overdue = waiting.values.filter { isOverdue($0, at: now, behind: fence) }
        for job in overdue {
            waiting[job.message.key] = nil
            underWay[job.message.key] = UnderWay(movedAt: clock.awake)
        }
        return overdue
    }

    func isOverdue(_ job: OutboxJob, at now: Instant, behind fence: FenceReason?) -> Bool {
        !isHeld(job, by: fence) && givesUpAt(job, at: now) <= now
    }

    /// When a waiting message ends without having left, as things stand: earlier while no route works and another
    /// channel would carry it, at once when nothing may carry it.
    func givesUpAt(_ job: OutboxJob, at now: Instant) -> Instant {
        var end = isStranded(job) ? now : job.usefulUntil
        if let early = job.changesChannelAt, lane(for: job, at: now).map({ $0.breaker.failures > 0 }) ?? true
        {
            end = min(end, early)
        }
        return max(end, job.endsNotBefore)
    }

    /// The waiting message due first whose route has a place, which it takes.
    func takeReady(at now: Instant) -> (OutboxJob, Lane, Breaker.Admission)? {
        var best: (job: OutboxJob, lane: Lane)?
        let (fence, counting) = (fence, counting)
        waitsForCount = false
        for job in waiting.values where job.mayBegin(at: now) && !isHeld(job, by: fence) {
            if let best, (best.job.message.dueAt, best.job.message.key) < (job.message.dueAt, job.message.key)
            {
                continue
            }
            guard let lane = lane(for: job, at: now), let opens = opening(of: lane, for: job, at: now),
                opens <= now
            else { continue }
            guard job.counts.isDisjoint(with: counting) else {
                waitsForCount = true
                continue
            }
            best = (job, lane)
        }
        guard let (job, lane) = best, let admission = settings.lanes[lane.route.name]?.begin(at: now) else {
            return nil
        }
        if pace.isLate(job.message) { pace.begin(on: lane.route.name, at: now, random: random()) }
        waiting[job.message.key] = nil
        underWay[job.message.key] = UnderWay(movedAt: clock.awake, counts: job.counts)
        return (job, lane, admission)
    }

    /// Whether it may have left by a route that carries its channel no more: no other may take it.
    func isStranded(_ job: OutboxJob) -> Bool {
        job.isPinned && !lanes(of: job.message.channel).contains { $0.route.name == job.route }
    }

    /// How much is late decides whether it is paced.
    func noteLate(at now: Instant) {
        let fence = fence
        pace.adjust(
            waiting: waiting.values.count {
                $0.notBefore <= now && pace.isLate($0.message) && !isHeld($0, by: fence)
            })
    }

    func nextReady(after now: Instant) -> Instant {
        var next = now + .minutes(1)
        if let drainsUntil { return min(next, now + max(drainsUntil - clock.awake, .milliseconds(1))) }
        guard watch?.doubt() == nil else { return now + .seconds(30) }
        let (fence, counting) = (fence, counting)
        for job in waiting.values where !isHeld(job, by: fence) {
            next = min(next, max(givesUpAt(job, at: now), now + .milliseconds(1)))
            guard job.notBefore < next, now < job.usefulUntil, let lane = lane(for: job, at: now),
                let opens = opening(of: lane, for: job, at: now)
            else { continue }
            let ready = max(job.notBefore, opens)
            // Who is ready and waits for a count only is told when that is done.
            if ready <= now, !job.counts.isDisjoint(with: counting) { continue }
            next = min(next, max(ready, now + .milliseconds(1)))
        }
        return next
    }

    func canBegin(_ job: OutboxJob, by instant: Instant, behind fence: FenceReason?) -> Bool {
        guard job.mayBegin(at: instant), !isHeld(job, by: fence), let lane = lane(for: job, at: instant)
        else {
            return false
        }
        return opening(of: lane, for: job, at: instant).map { $0 <= instant } ?? true
    }

    /// When an attempt of it may begin on a lane; nil while that depends on one under way.
    func opening(of lane: Lane, for job: OutboxJob, at now: Instant) -> Instant? {
        lane.opensAt(now).map { pace.isLate(job.message) ? max($0, pace.opens(lane.route.name)) : $0 }
    }

    /// The route a message takes next, of those that carry its channel: its own, or while that one is paused the first
    /// behind it that is not; its own and no other when it may have left by it.
    func lane(for job: OutboxJob, at now: Instant) -> Lane? {
        let lanes = lanes(of: job.message.channel)
        let own = lanes.firstIndex { $0.route.name == job.route }
        if job.isPinned { return own.map { lanes[$0] } }
        let left = lanes[(own ?? lanes.startIndex)...]
        return left.first { !$0.isPaused(at: now) } ?? left.first
    }

    /// The routes that carry a channel, in the order they are tried.
    func lanes(of channel: Channel) -> [Lane] {
        (settings.order[channel] ?? []).compactMap { settings.lanes[$0] }
    }

    var fence: FenceReason? { ledger.withState { $0.fenceReason } }

    func isHeld(_ job: OutboxJob, by fence: FenceReason?) -> Bool {
        fence?.holds(job.message.kind) == true
    }

    func job(
        _ message: PlannedMessage, notBefore: Instant, route: String? = nil, since: Instant
    ) -> OutboxJob {
        OutboxJob(
            message, known: ledger.withState { $0.messages[message.key] }, notBefore: notBefore,
            route: route, since: since, schedule: settings.retry, counts: counts(of: message))
    }

    /// What a message counts towards when it leaves.
    func counts(of message: PlannedMessage) -> Set<OutboxJob.Count> {
        var counts: Set<OutboxJob.Count> = []
        if let mark = message.recipient.mark(for: message.channel, instance: ledger.instance) {
            counts.insert(.address(mark))
        }
        if message.channel == .sms, settings.countsTexts { counts.insert(.texts) }
        return counts
    }

    /// What messages are being counted towards at present: they are asked for, and their attempts not in the ledger yet.
    private var counting: Set<OutboxJob.Count> {
        underWay.values.reduce(into: []) { $0.formUnion($1.counts) }
    }
}
