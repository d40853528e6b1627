import RelanceCore

extension SplitMix64 {
    /// A case of any stage whose facts, if it has them, lie in the 25 days after `start`, in no particular order.
    package mutating func drawCase(number: Int, from start: Instant) -> OpenCase {
        let days = Elapsed.days(25).milliseconds
        func within(_ random: inout SplitMix64) -> Instant {
            let drawn = start + .milliseconds(random.number(in: 0...days))
            // A third on the hour, where edges are.
            return random.chance(33)
                ? Instant(milliseconds: drawn.milliseconds / 1_800_000 * 1_800_000) : drawn
        }
        func maybe(_ random: inout SplitMix64, _ percent: Int64) -> Instant? {
            random.chance(percent) ? within(&random) : nil
        }
        var item = OpenCase(
            ref: .make("2020-\(1000 + number)"), openedAt: within(&self), stage: pick(Stage.allCases))
        item.site = pick(["dieppe", "dieppe", nil])
        item.advisor = pick(["claire.duval", "claire.duval", "karim.benali", "alice.yvon", nil])
        item.priority = pick([.green, .orange, .red, nil])
        item.assignedAt = maybe(&self, 60)
        item.firstContactAt = maybe(&self, 50)
        item.diagnosisDoneAt = maybe(&self, 40)
        item.followUpDoneAt = maybe(&self, 40)
        item.lastFollowUpOn = maybe(&self, 20).map { Zone.paris.day(at: $0) }
        item.lastContactAt = maybe(&self, 30)
        if chance(30) {
            item.documents = DocumentsRequest(requestedAt: maybe(&self, 80), receivedAt: maybe(&self, 30))
        }
        if chance(30) { item.referral = Referral(to: nil, at: maybe(&self, 80)) }
        if chance(30) {
            item.distress = Distress(
                flaggedAt: within(&self), acknowledgedAt: maybe(&self, 40), calledBackAt: maybe(&self, 40),
                releasedAt: maybe(&self, 30))
        }
        if chance(15) { item.hold = Hold(until: maybe(&self, 70).map { Zone.paris.day(at: $0) }) }
        for label in ["URSSAF", "Fonds"] where chance(30) {
            item.externalDates.append(
                ExternalDate(
                    label: label, on: Zone.paris.day(at: within(&self) + .days(5)),
                    declaredAt: maybe(&self, 50),
                    doneAt: maybe(&self, 20)))
        }
        if item.recordedStage == .closed {
            item.closedAt = maybe(&self, 90)
            item.outcome = pick(Outcome.allCases)
        }
        for number in 0..<2 where chance(35) {
            let confirmed = maybe(&self, 85)
            let start = within(&self) + .days(2)
            item.appointments.append(
                Appointment(
                    id: "rdv-\(number)", startsAt: start, mode: pick([.phone, .atChamber, nil]),
                    confirmedAt: confirmed, cancelledAt: maybe(&self, 25),
                    cancelledBy: pick([.chamber, .business, nil]),
                    moved: chance(30)
                        ? [Appointment.Move(at: within(&self), startsAt: within(&self) + .days(3))] : []))
        }
        for _ in 0..<4 where chance(25) { item.unansweredCalls.append(within(&self)) }
        if chance(50) {
            item.followUpSummary = FollowUpSummary(
                tellBusiness: chance(70), nextOn: maybe(&self, 40).map { Zone.paris.day(at: $0) })
        }
        item.referral?.tellBusiness = chance(60)
        item.contact.mobile = chance(60) ? .make("06 39 98 20 14") : nil
        item.contact.smsConsent = pick([true, true, false, nil])
        item.contact.email = chance(70) ? .make("contact@boulangerie.example") : nil
        item.contact.prefers = pick([.email, .sms, nil, .phone, Contact.Preference.none, nil])
        return item
    }
}
