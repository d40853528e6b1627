import RelanceCore
import RelanceTestSupport
import Testing

/// Deadlines counted in days and weeks: they live in the digest, and the lead hears of them 240 working minutes later
/// (domain 3.5).
@Suite struct DayDeadlineTests {
    let planner = Planner.make()

    @Test func `a diagnosis is due two working days after the first contact`() {
        // First contact Mon 9 Nov 10:00: that day does not count; Tue 10 is 1, Wed 11 closed, Thu 12 is 2, at closing.
        // 240 working minutes later: Fri 13 Nov 09:00 + 4 h = 13:00.
        let item = OpenCase.make(openedAt: "2020-11-09 09:30", .diagnosis) {
            $0.firstContactAt = at("2020-11-09 10:00")
        }
        #expect(planner.due("diagnosis", item, at: "2020-11-09 10:00") == ["2020-11-12 17:30"])
        #expect(
            planner.sends(item, from: "2020-11-09 10:00", to: "2020-12-01 12:00") == [
                "2020-11-13 13:00 escalation marc.lefevre"
            ])
    }

    @Test func `a first contact at one minute to midnight counts from its date`() {
        // Thu 24 Dec 23:59: Fri 25 closed, weekend; Mon 28 is 1, Tue 29 is 2.
        let item = OpenCase.make(openedAt: "2020-12-24 12:00", .diagnosis) {
            $0.firstContactAt = at("2020-12-24 23:59")
        }
        #expect(planner.due("diagnosis", item, at: "2020-12-24 23:59") == ["2020-12-29 17:30"])
    }

    @Test func `a diagnosis written in time ends it and begins the follow-up`() {
        let item = OpenCase.make(openedAt: "2020-11-09 09:30", .followUp) {
            $0.firstContactAt = at("2020-11-09 10:00")
            $0.diagnosisDoneAt = at("2020-11-12 17:29")
        }
        #expect(planner.sends(item, from: "2020-11-09 10:30", to: "2020-11-25 12:00") == [])
        // Thu 12 Nov + 14 days = Thu 26 Nov, at closing.
        #expect(planner.due("follow_up", item, at: "2020-11-12 17:30") == ["2020-11-26 17:30"])
        #expect(planner.due("diagnosis", item, at: "2020-11-12 17:30") == [])
    }

    @Test func `a follow-up keeps its weekday two weeks later`() {
        // Mon 19 Oct + 14 days = Mon 2 Nov, over the clock change of 25 Oct; escalation Tue 3 Nov 13:00.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-10-19 15:00")
        }
        #expect(planner.due("follow_up", item, at: "2020-10-20 09:00") == ["2020-11-02 17:30"])
        #expect(
            planner.sends(item, from: "2020-10-20 09:00", to: "2020-11-30 12:00") == [
                "2020-11-03 13:00 escalation marc.lefevre"
            ])
    }

    @Test(arguments: [
        // Wed 28 Oct + 14 = Wed 11 Nov, a holiday: the next working day, Thu 12.
        ("2020-10-28", "2020-11-12 17:30"),
        // Fri 11 Dec + 14 = Fri 25 Dec: over the weekend to Mon 28.
        ("2020-12-11", "2020-12-28 17:30"),
        // Mon 22 Mar 2021 + 14 = Easter Monday 5 Apr: Tue 6.
        ("2021-03-22", "2021-04-06 17:30"),
        // Thu 29 Apr 2021 + 14 = Ascension, Thu 13 May: Fri 14, which is worked.
        ("2021-04-29", "2021-05-14 17:30"),
    ])
    func `a follow-up on a closed day rolls to the following one`(done: String, due: String) {
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) { $0.lastFollowUpOn = date(done) }
        #expect(planner.due("follow_up", item, at: done + " 18:00") == [due])
    }

    @Test func `the next follow-up is counted from the day the last one was done, not from when it was due`()
    {
        // Due Thu 12 Nov (rolled), done on Fri 13 Nov: + 14 days = Fri 27 Nov.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.lastFollowUpOn = date("2020-10-28")
            $0.followUpDoneAt = at("2020-11-13 11:00")
        }
        #expect(planner.due("follow_up", item, at: "2020-11-12 12:00") == ["2020-11-12 17:30"])
        #expect(planner.due("follow_up", item, at: "2020-11-13 11:00") == ["2020-11-27 17:30"])
        let satisfied = planner.plan(item, at: at("2020-11-13 11:00"), detail: .everything).deadlines
            .filter { $0.kind.rawValue == "follow_up" && $0.satisfiedAt != nil }
        #expect(satisfied.map(\.due.inParis) == ["2020-11-12 17:30"])
        #expect(satisfied.map(\.satisfiedAt) == [at("2020-11-13 11:00")])
    }

    @Test func `a red case is followed every week`() {
        // Wed 4 Nov + 7 = Wed 11 Nov, closed: Thu 12. Escalation Fri 13 Nov 13:00.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.priority = .red
            $0.followUpDoneAt = at("2020-11-04 10:00")
        }
        #expect(planner.due("follow_up", item, at: "2020-11-04 10:00") == ["2020-11-12 17:30"])
        #expect(
            planner.sends(item, from: "2020-11-04 10:00", to: "2020-11-30 12:00") == [
                "2020-11-13 13:00 escalation marc.lefevre"
            ])
    }

    @Test func `a scheme is asked after ten working days, and again ten after each check`() {
        // Fri 30 Oct: Mon 2 is 1, Fri 6 is 5, Mon 9 is 6, Tue 10 is 7, (Wed 11), Thu 12 is 8, Fri 13 is 9, Mon 16 is 10.
        var item = OpenCase.make(openedAt: "2020-10-01 09:30", .referredToScheme) {
            $0.referral = Referral(to: "DGFiP", at: at("2020-10-30 15:00"))
        }
        #expect(planner.due("scheme_check", item, at: "2020-10-30 15:00") == ["2020-11-16 17:30"])
        #expect(
            planner.sends(item, from: "2020-10-30 15:00", to: "2020-12-30 12:00") == [
                "2020-11-17 13:00 escalation marc.lefevre"
            ])
        // Checked on Mon 16 Nov: ten further working days are Mon 30 Nov.
        item.followUpDoneAt = at("2020-11-16 16:00")
        #expect(planner.due("scheme_check", item, at: "2020-11-16 16:00") == ["2020-11-30 17:30"])
    }

    @Test func `the court is asked after five working days`() {
        // Thu 5 Nov: Fri 6 is 1, Mon 9 is 2, Tue 10 is 3, (Wed 11), Thu 12 is 4, Fri 13 is 5. Mon 16 Nov 13:00.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .referredToCourt) {
            $0.referral = Referral(to: "greffe", at: at("2020-11-05 10:00"))
        }
        #expect(planner.due("court_check", item, at: "2020-11-05 10:00") == ["2020-11-13 17:30"])
        #expect(
            planner.sends(item, from: "2020-11-05 10:00", to: "2020-12-30 12:00") == [
                "2020-11-16 13:00 escalation marc.lefevre"
            ])
    }

    @Test func `documents are awaited until days 5 and 10 at 10:00`() {
        // Mon 26 Oct: Tue 27 is 1, Fri 30 is 4, Mon 2 Nov is 5; Mon 9 is 10. Both at 10:00 sharp. Nobody is mailed.
        var item = OpenCase.make(openedAt: "2020-10-01 09:30", .waitingForBusiness) {
            $0.documents = DocumentsRequest(requestedAt: at("2020-10-26 18:00"))
        }
        #expect(
            planner.due("documents_reminder", item, at: "2020-10-26 18:00") == [
                "2020-11-02 10:00", "2020-11-09 10:00",
            ])
        #expect(planner.sends(item, from: "2020-10-26 18:00", to: "2020-11-30 12:00") == [])
        item.documents?.receivedAt = at("2020-10-28 10:00")
        #expect(planner.due("documents_reminder", item, at: "2020-10-28 10:00") == [])
    }

    @Test func `a survey is due three working days after closing at 10:00`() {
        // Closed Mon 9 Nov: Tue 10 is 1, (Wed 11), Thu 12 is 2, Fri 13 is 3.
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .closed) {
            $0.closedAt = at("2020-11-09 16:00")
            $0.outcome = .chamberSolution
        }
        #expect(planner.due("survey", item, at: "2020-11-09 16:00") == ["2020-11-13 10:00"])
    }

    @Test(arguments: [Outcome.referredToCourt, .cessation])
    func `nobody is surveyed after the court or a cessation`(outcome: Outcome) {
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .closed) {
            $0.closedAt = at("2020-11-09 16:00")
            $0.outcome = outcome
        }
        #expect(planner.due("survey", item, at: "2020-11-09 16:00") == [])
    }

    @Test func `nobody is surveyed after distress, released or not`() {
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .closed) {
            $0.closedAt = at("2020-11-09 16:00")
            $0.distress = Distress(flaggedAt: at("2020-10-02 10:00"), releasedAt: at("2020-10-20 10:00"))
        }
        #expect(planner.due("survey", item, at: "2020-11-09 16:00") == [])
    }

    @Test(arguments: [
        // 30 Nov + 3 months is 30 Feb, which is Sun 28 Feb 2021: Mon 1 Mar.
        ("2020-11-30 16:00", "2021-03-01 17:30"),
        // 11 Aug + 3 months is Wed 11 Nov: Thu 12.
        ("2020-08-11 16:00", "2020-11-12 17:30"),
        ("2020-11-09 16:00", "2021-02-09 17:30"),
    ])
    func `three months on somebody asks how they are`(closed: String, due: String) {
        let item = OpenCase.make(openedAt: "2020-07-01 09:30", .closed) { $0.closedAt = at(closed) }
        #expect(planner.due("three_month_check", item, at: closed) == [due])
    }

    @Test func `a contact in the third month is the three-month check, an earlier one is not`() {
        var item = OpenCase.make(openedAt: "2020-07-01 09:30", .closed) {
            $0.closedAt = at("2020-11-09 16:00")
            $0.lastContactAt = at("2020-12-20 10:00")
        }
        #expect(planner.due("three_month_check", item, at: "2021-02-01 10:00") == ["2021-02-09 17:30"])
        item.lastContactAt = at("2021-01-20 10:00")
        #expect(planner.due("three_month_check", item, at: "2021-02-01 10:00") == [])
    }

    @Test func `an escalation leaves once, however often it is planned again`() {
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-10-19 15:00")
        }
        let escalations = planner.walk(item, from: "2020-10-20 09:00", to: "2020-12-30 12:00")
        #expect(Set(escalations.map(\.message.key)).count == 1)
        #expect(escalations.count == 1)
    }

    @Test func `a deadline that falls due again has a message of its own each time`() {
        let yaml = """
            policy:
              deadlines:
                scheme_check: {again: [15 working days]}
            """
        let planner = Planner.make(policies: .shipped(with: yaml))
        let item = OpenCase.make(openedAt: "2020-10-01 09:30", .referredToScheme) {
            $0.referral = Referral(to: "DGFiP", at: at("2020-10-30 15:00"))
        }
        // Working day 15 after Fri 30 Oct is Mon 23 Nov; 240 minutes more are Tue 24 Nov 13:00.
        #expect(
            planner.sends(item, from: "2020-10-30 15:00", to: "2020-12-30 12:00") == [
                "2020-11-17 13:00 escalation marc.lefevre", "2020-11-24 13:00 escalation marc.lefevre",
            ])
    }
}
