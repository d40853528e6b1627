import RelanceCore

extension ControlDesk {
    /// At a running daemon: what is ordered reaches the loop and the outbox at once.
    init(
        ledger: any LedgerStore, outbox: Outbox, loop: FollowUpLoop, errands: Errands,
        notes: HouseNotes = HouseNotes(), routes: [String],
        clock: any HouseClock, receipts: ReceiptsDesk
    ) {
        var effects = Effects()
        effects.messageChanged = { plan in
            try await outbox.letGo(plan.key)
            let now = clock.now()
            if plan.kind == .technicalIncident {
                await loop.resume(Incident.all(routes: routes), at: now)
            } else {
                await loop.change { $0.wake(for: plan, now: now) }
            }
            await errands.bell.ring()
        }
        effects.caseChanged = { await errands.plan([$0]) }
        effects.addressChanged = { await errands.plan(address: $0) }
        // Whether it is for good, the loop looks at once.
        effects.notWritten = { await errands.bell.ring() }
        effects.missingCases = { await notes.missingCases }
        effects.status = {
            var status = await notes.status
            status.routes = await outbox.health
            status.waitingForCases = await loop.waiting(missing: await notes.missingCases)
            return status
        }
        effects.sourcesAccepted = { await errands.acceptSources() }
        effects.fenceLifted = {
            let now = clock.now()
            await loop.confirm(at: now)
            await outbox.catchUp(before: now)
            await errands.bell.ring()
        }
        self.init(
            ledger: ledger, effects: effects, now: { clock.now() }, openCase: { await loop.openCase($0) },
            receipts: { await receipts.receive($0) },
            refusals: { await receipts.refused(route: $0, status: $1) })
    }
}

extension FollowUpLoop {
    /// Messages that wait because a case of theirs cannot be relied on: one that is held, or missing and never read.
    fileprivate func waiting(missing: Set<CaseReference>) -> Int {
        let unknown = missing.filter { followUps.openCase($0) == nil }
        return ledger.withState { $0.waiting(on: followUps.held.union(unknown)) }
    }
}
