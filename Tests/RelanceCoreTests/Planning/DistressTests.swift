import RelanceCore
import RelanceTestSupport
import Testing

/// Somebody heard distress: people on call, every day of the year, and nothing automatic to the business (domain 1.3).
@Suite struct DistressTests {
    let planner = Planner.make()

    /// Already called and diagnosed, so that only distress speaks.
    private func item(flaggedAt: String, _ change: (inout OpenCase) -> Void = { _ in }) -> OpenCase {
        OpenCase.make("2020-0079", openedAt: "2020-10-01 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-10-30 09:00")
            $0.distress = Distress(flaggedAt: at(flaggedAt))
            change(&$0)
        }
    }

    @Test(arguments: [
        // Sun 1 Nov 10:00, a Sunday and a holiday: 120 minutes on 08:00 to 20:00 are 12:00; 30 are 10:30.
        ("2020-11-01 10:00", "2020-11-01 12:00", "2020-11-01 10:30"),
        // Wed 11 Nov 19:00: one hour that evening, one on Thu 12 from 08:00.
        ("2020-11-11 19:00", "2020-11-12 09:00", "2020-11-11 19:30"),
        // Fri 6 Nov 23:15, at night: from Sat 7 Nov 08:00.
        ("2020-11-06 23:15", "2020-11-07 10:00", "2020-11-07 08:30"),
        // Sat 24 Oct 19:00: the other hour from Sun 25 Oct 08:00, the night the clocks went back.
        ("2020-10-24 19:00", "2020-10-25 09:00", "2020-10-24 19:30"),
        // Sat 27 Mar 2021 19:30: 30 minutes, then 90 from Sun 28 Mar 08:00, the night the clocks went forward.
        ("2021-03-27 19:30", "2021-03-28 09:30", "2021-03-27 20:00"),
        // Fri 25 Dec 12:00.
        ("2020-12-25 12:00", "2020-12-25 14:00", "2020-12-25 12:30"),
    ])
    func `a call within 120 minutes on the on-call calendar, a second alert after 30`(
        flagged: String, callBy: String, again: String
    ) {
        let item = item(flaggedAt: flagged)
        #expect(planner.due("distress_call", item, at: flagged) == [callBy])
        let alerts = planner.sends(item, from: flagged, to: "2021-04-30 12:00").filter {
            $0.contains("distress_alert")
        }
        // The first at once, at whatever hour.
        #expect(
            alerts == [
                flagged + " distress_alert ines.royer", flagged + " distress_alert marc.lefevre",
                again + " distress_alert again ines.royer", again + " distress_alert again marc.lefevre",
            ])
    }

    @Test func `an alert says the reference and the hour and nothing else`() {
        let item = item(flaggedAt: "2020-11-01 10:00") {
            $0.comment = "secret"
            $0.business.name = "secret"
            $0.contact.lastName = "secret"
            $0.topics = ["soutien psychologique"]
        }
        let alerts = planner.plan(item, at: at("2020-11-01 10:00")).messages.filter {
            $0.kind == .distressAlert
        }
        #expect(alerts.count == 2)
        for alert in alerts {
            #expect(alert.content == .distressAlert(.make("2020-0079"), callBy: at("2020-11-01 12:00")))
        }
    }

    @Test func `no second alert once somebody said "I take it", in the file or in the ledger`() {
        let acknowledged = item(flaggedAt: "2020-11-01 10:00") {
            $0.distress?.acknowledgedAt = at("2020-11-01 10:29")
        }
        let inLedger = CaseActs(acknowledgedAt: at("2020-11-01 10:29"))
        for (item, acts) in [(acknowledged, CaseActs()), (item(flaggedAt: "2020-11-01 10:00"), inLedger)] {
            let sent = planner.sends(item, from: "2020-11-01 10:00", to: "2020-11-05 12:00", acts: acts)
            #expect(sent.filter { $0.contains("again") } == [])
            #expect(sent.count { $0.contains("distress_alert") } == 2)
        }
    }

    @Test func `an acknowledgement that comes later than the second alert takes nothing back`() {
        let acts = CaseActs(acknowledgedAt: at("2020-11-01 10:31"))
        let sent = planner.sends(
            item(flaggedAt: "2020-11-01 10:00"), from: "2020-11-01 10:00", to: "2020-11-01 12:00", acts: acts)
        #expect(sent.count { $0.contains("again") } == 2)
    }

    @Test func `the control call is due on the next working day`() {
        // Called back Tue 10 Nov 18:00; Wed 11 is closed: Thu 12 at closing, escalated Fri 13 at 13:00.
        var item = item(flaggedAt: "2020-11-10 17:00") { $0.distress?.calledBackAt = at("2020-11-10 18:00") }
        #expect(planner.due("distress_control", item, at: "2020-11-10 18:00") == ["2020-11-12 17:30"])
        #expect(
            planner.sends(item, from: "2020-11-10 18:00", to: "2020-11-13 17:00").filter {
                $0.contains("escalation")
            } == [
                "2020-11-13 13:00 escalation marc.lefevre"
            ])
        // The call itself, entered as the last contact, is not its own control; the next day's is.
        item.lastContactAt = at("2020-11-10 18:00")
        #expect(planner.due("distress_control", item, at: "2020-11-10 18:30") == ["2020-11-12 17:30"])
        item.lastContactAt = at("2020-11-12 11:00")
        #expect(planner.due("distress_control", item, at: "2020-11-12 11:00") == [])
    }

    @Test(arguments: [
        // Wed 4 Nov + 7 = Wed 11 Nov, a holiday: rather before, Tue 10.
        ("2020-11-04 10:00", "2020-11-10 17:30"),
        // Sun 1 Nov + 7 = Sun 8: Fri 6.
        ("2020-11-01 10:00", "2020-11-06 17:30"),
        // Fri 18 Dec + 7 = Christmas: Thu 24.
        ("2020-12-18 10:00", "2020-12-24 17:30"),
        // Sun 4 Apr 2021 + 7 = Sun 11: Fri 9.
        ("2021-04-04 10:00", "2021-04-09 17:30"),
    ])
    func `the call of day 7 comes before a closed day, never after`(flagged: String, due: String) {
        #expect(planner.due("distress_day_7", item(flaggedAt: flagged), at: flagged) == [due])
    }

    @Test func `the business hears nothing automatic until somebody releases it`() {
        func acknowledgement(_ change: (inout OpenCase) -> Void) -> OpenCase {
            OpenCase.make("2020-0079", openedAt: "2020-11-02 09:30") {
                $0.contact.prefers = .email
                $0.contact.email = .make("contact@boulangerie.example")
                $0.distress = Distress(flaggedAt: at("2020-11-02 09:30"))
                change(&$0)
            }
        }
        let held = acknowledgement { _ in }
        #expect(planner.withheld(.caseOpened, held, at: "2020-11-02 09:30") == [.distress])
        #expect(
            planner.walk(held, from: "2020-11-02 09:30", to: "2020-11-20 12:00").allSatisfy {
                $0.message.kind != .caseOpened
            })
        // Released at 11:00, while a call by 13:30 can still be announced.
        let released = acknowledgement { $0.distress?.releasedAt = at("2020-11-02 11:00") }
        let sent = planner.walk(released, from: "2020-11-02 09:30", to: "2020-11-20 12:00")
        #expect(sent.filter { $0.message.kind == .caseOpened }.map(\.at.inParis) == ["2020-11-02 11:00"])
    }

    @Test func `an alert does not wait for a hold to end`() {
        let item = item(flaggedAt: "2020-11-01 10:00") { $0.hold = Hold(until: date("2020-11-16")) }
        #expect(
            planner.sends(item, from: "2020-11-01 10:00", to: "2020-11-01 10:15") == [
                "2020-11-01 10:00 distress_alert ines.royer", "2020-11-01 10:00 distress_alert marc.lefevre",
            ])
    }

    @Test func `a suspended case is no reason not to call`() {
        let item = item(flaggedAt: "2020-11-01 10:00") { $0.recordedStage = .suspended }
        #expect(planner.due("distress_call", item, at: "2020-11-01 10:00") == ["2020-11-01 12:00"])
        #expect(
            planner.sends(item, from: "2020-11-01 10:00", to: "2020-11-20 12:00") == [
                "2020-11-01 10:00 distress_alert ines.royer", "2020-11-01 10:00 distress_alert marc.lefevre",
                "2020-11-01 10:30 distress_alert again ines.royer",
                "2020-11-01 10:30 distress_alert again marc.lefevre",
            ])
    }

    @Test func `everybody on call that day is told, and nobody who is away`() {
        let planner = Planner.make(
            .team(
                with: .make("ines.royer", role: .onCall, absences: [.make("2020-10-31", "2020-11-01")]),
                .make("omar.petit", role: .onCall), .make("zoe.blin", role: .onCall)))
        let alerts = planner.plan(item(flaggedAt: "2020-11-01 10:00"), at: at("2020-11-01 10:00")).messages
        #expect(alerts.map(\.recipient.id).sorted() == ["marc.lefevre", "omar.petit", "zoe.blin"])
        #expect(Set(alerts.map(\.key)).count == 3)
    }

    @Test func `with nobody on call the lead hears, and with the lead away the mailbox`() {
        let nobody = [Advisor].team.filter { $0.role != .onCall }
        let alone = Planner.make(nobody).plan(item(flaggedAt: "2020-11-01 10:00"), at: at("2020-11-01 10:00"))
        #expect(alone.messages.map(\.recipient.id) == ["marc.lefevre"])
        let away =
            nobody.filter { $0.role != .lead } + [
                .make("marc.lefevre", role: .lead, absences: [.make("2020-11-01", "2020-11-01")])
            ]
        let mailbox = Planner.make(away).plan(item(flaggedAt: "2020-11-01 10:00"), at: at("2020-11-01 10:00"))
        #expect(mailbox.messages.map(\.recipient.email) == [.make("dieppe@cci.example")])
    }
}
