import RelanceCore
import RelanceTestSupport

/// The case tool of a simulation: cases that change at random, as they do in a week of the line.
struct SimulatedCases {
    private(set) var items: [CaseReference: OpenCase] = [:]
    private var number = 0

    private static let advisors = ["claire.duval", "karim.benali", "alice.yvon"]

    /// Somebody calls.
    mutating func open(at now: Instant, _ random: inout SplitMix64) {
        number += 1
        var item = OpenCase(ref: .make("2020-\(1000 + number)"), openedAt: now, stage: .listening)
        item.site = "dieppe"
        item.priority = random.pick([.green, .orange, .red, nil])
        if random.chance(80) { (item.advisor, item.assignedAt) = (random.pick(Self.advisors), now) }
        item.contact.email = random.chance(80) ? .make("contact\(number % 7)@entreprise.example") : nil
        item.contact.mobile = random.chance(70) ? .make("06 39 98 20 \(10 + number % 7)") : nil
        item.contact.smsConsent = random.pick([true, true, true, false, nil])
        item.contact.prefers = random.pick([.email, .sms, nil, .phone, nil])
        items[item.ref] = item
    }

    /// Something happens on one of them; its reference, nil when there is none left.
    mutating func change(at now: Instant, _ random: inout SplitMix64) -> CaseReference? {
        guard !items.isEmpty else { return nil }
        let ref = random.pick(items.keys.sorted())
        guard var item = items[ref] else { return nil }
        // A fact may be written down ahead of its time.
        let when = random.chance(20) ? now + .minutes(random.number(in: 1...180)) : now
        switch random.number(in: 1...17) {
        case 1: item.firstContactAt = when
        case 2: item.diagnosisDoneAt = when
        case 3:
            (item.followUpDoneAt, item.recordedStage) = (when, .followUp)
            item.followUpSummary = FollowUpSummary(tellBusiness: random.chance(70))
        case 4, 5:
            (item.closedAt, item.recordedStage) = (when, .closed)
            item.outcome = random.pick([.chamberSolution, .unreachable, .businessGaveUp, .duplicate])
        case 6: (item.advisor, item.assignedAt) = (random.pick(Self.advisors), when)
        case 7, 8:
            let start = now + .minutes(random.number(in: 60...8000))
            item.appointments.append(
                Appointment(
                    id: "rdv-\(item.appointments.count)", startsAt: start,
                    mode: random.pick([.phone, .atChamber]), confirmedAt: when))
        case 9 where !item.appointments.isEmpty:
            let last = item.appointments.count - 1
            item.appointments[last].moved.append(
                Appointment.Move(at: when, startsAt: now + .minutes(random.number(in: 60...8000))))
        case 10 where !item.appointments.isEmpty:
            let last = item.appointments.count - 1
            (item.appointments[last].cancelledAt, item.appointments[last].cancelledBy) = (
                when, random.pick([.chamber, .business])
            )
        case 11: item.unansweredCalls.append(when)
        case 12: item.documents = DocumentsRequest(requestedAt: when, list: ["bilan"])
        case 13: item.documents?.receivedAt = when
        case 14:
            if item.distress == nil {
                item.distress = Distress(flaggedAt: when)
            } else if random.chance(50) {
                item.distress?.acknowledgedAt = when
            } else {
                item.distress?.calledBackAt = when
                item.distress?.releasedAt = when
            }
        case 15:
            item.contact.prefers = random.pick([.email, .sms, .phone, Contact.Preference.none])
        case 16:
            if random.chance(50) { item.contact.email = nil } else { item.contact.smsConsent = false }
        case 17:
            if random.chance(30) {
                items[ref] = nil
                return ref
            }
            item.hold = item.hold == nil ? Hold(until: nil) : nil
        default: return nil
        }
        items[ref] = item
        return ref
    }
}
