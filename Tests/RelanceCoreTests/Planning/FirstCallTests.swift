import RelanceCore
import RelanceTestSupport
import Testing

/// The call that was asked for: 4 working hours, and who hears of it when it is not made (domain 3.5).
@Suite struct FirstCallTests {
    let planner = Planner.make()

    @Test func `a Friday 15:40 case is called by Monday 11:10`() {
        // Fri 30 Oct 15:40 to 17:30 is 110 minutes; 130 more from Mon 2 Nov 09:00 end at 11:10. 1 November, a Sunday,
        // is no reason for Monday to be off. Reminder 60 before, 10:10; escalation 120 after, 13:10.
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        #expect(planner.due("first_call", item, at: "2020-10-30 15:40") == ["2020-11-02 11:10"])
        #expect(
            planner.sends(item, from: "2020-10-30 15:40", to: "2020-12-01 12:00") == [
                "2020-11-02 10:10 deadline_reminder claire.duval",
                "2020-11-02 11:10 deadline_overdue claire.duval",
                "2020-11-02 13:10 escalation marc.lefevre",
            ])
    }

    @Test func `four hours that end at closing end there and not on the next morning`() {
        // Mon 2 Nov 13:30 + 240 min = 17:30, which is closing. Told in the minute of closing; 120 more working minutes
        // are Tue 3 Nov 11:00.
        let item = OpenCase.make(openedAt: "2020-11-02 13:30")
        #expect(planner.due("first_call", item, at: "2020-11-02 13:30") == ["2020-11-02 17:30"])
        #expect(
            planner.sends(item, from: "2020-11-02 13:30", to: "2020-11-10 12:00") == [
                "2020-11-02 16:30 deadline_reminder claire.duval",
                "2020-11-02 17:30 deadline_overdue claire.duval",
                "2020-11-03 11:00 escalation marc.lefevre",
            ])
    }

    @Test
    func
        `a wake some moments late still tells what ended at closing; a minute late it waits for the morning`()
    {
        let item = OpenCase.make(openedAt: "2020-11-02 13:30")
        func overdue(_ now: Instant) -> [MessageKind] {
            planner.plan(item, at: now).messages.map(\.kind).filter { $0 == .deadlineOverdue }
        }
        #expect(overdue(at("2020-11-02 17:30") + .milliseconds(999)) == [.deadlineOverdue])
        #expect(overdue(at("2020-11-02 17:30") + .seconds(59)) == [.deadlineOverdue])
        #expect(overdue(at("2020-11-02 17:31")) == [])
        #expect(overdue(at("2020-11-03 08:30")) == [.deadlineOverdue])
    }

    @Test func `a call asked for on the eve of 11 November is due the day after`() {
        // Tue 10 Nov 16:00 to 17:30 is 90 minutes; Wed 11 Nov is closed; 150 more from Thu 12 Nov 09:00 end at 11:30.
        // The reminder: the latest instant with 60 minutes left is 10:30.
        let item = OpenCase.make(openedAt: "2020-11-10 16:00")
        #expect(
            planner.sends(item, from: "2020-11-10 16:00", to: "2020-11-20 12:00") == [
                "2020-11-12 10:30 deadline_reminder claire.duval",
                "2020-11-12 11:30 deadline_overdue claire.duval",
                "2020-11-12 13:30 escalation marc.lefevre",
            ])
    }

    @Test(arguments: [
        // Sat 24 Oct 23:00, before clocks go back in the night to Sunday: counts from Mon 26 Oct 09:00, so 13:00.
        ("2020-10-24T23:00:00+02:00", "2020-10-26T13:00:00+01:00"),
        // Sat 27 Mar 2021 12:00, before they go forward: Mon 29 Mar 09:00 is now +02:00.
        ("2021-03-27T12:00:00+01:00", "2021-03-29T13:00:00+02:00"),
        // Thu 24 Dec 17:00: 30 minutes; Fri 25 Dec closed; 210 more from Mon 28 Dec 09:00 end at 12:30.
        ("2020-12-24T17:00:00+01:00", "2020-12-28T12:30:00+01:00"),
        // Wed 12 May 2021 17:00: 30 minutes; Thu 13 May is Ascension; Fri 14 May is worked unless a closure says else.
        ("2021-05-12T17:00:00+02:00", "2021-05-14T12:30:00+02:00"),
        // Opened at 17:30 sharp, which is closed: counts from Tue 3 Nov 09:00.
        ("2020-11-02T17:30:00+01:00", "2020-11-03T13:00:00+01:00"),
    ])
    func `closed hours, holidays and clock changes stop the four hours`(opened: String, due: String) {
        let item = OpenCase.make(openedAt: opened)
        let deadlines = planner.plan(item, at: at(opened), detail: .everything).deadlines
        #expect(deadlines.filter { $0.kind.rawValue == "first_call" }.map(\.due) == [at(due)])
    }

    @Test func `the bridge after Ascension is closed when a closure says so`() {
        // Wed 12 May 2021 17:00: 30 minutes; Thu holiday, Fri closure; 210 more from Mon 17 May 09:00 end at 12:30.
        let yaml =
            "policy: {calendars: {service: {closures: [{on: 2021-05-14, label: pont de l'Ascension}]}}}"
        let planner = Planner.make(policies: .shipped(with: yaml))
        let item = OpenCase.make(openedAt: "2021-05-12 17:00")
        #expect(planner.due("first_call", item, at: "2021-05-12 17:00") == ["2021-05-17 12:30"])
    }

    @Test func `a reminder is of no use once its deadline has come, however long its rule has it`() throws {
        let yaml = """
            policy:
              deadlines:
                first_call:
                  steps: [{reminder: 60 working minutes before, useful_for: 2 working days}]

            """
        let planner = Planner.make(policies: .shipped(with: yaml))
        // Due Mon 2 Nov 11:10.
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        let reminder = try #require(
            planner.plan(item, at: at("2020-11-02 10:10")).messages.first { $0.kind == .deadlineReminder })
        #expect(reminder.usefulUntil == at("2020-11-02 11:10"))
    }

    @Test func `a call made in time is followed by silence`() {
        let item = OpenCase.make(openedAt: "2020-11-02 09:00", .diagnosis) {
            $0.firstContactAt = at("2020-11-02 11:59")
            $0.diagnosisDoneAt = at("2020-11-02 12:00")
        }
        // Due 13:00, reminder at 12:00.
        #expect(planner.sends(item, from: "2020-11-02 09:00", to: "2020-11-06 12:00") == [])
        #expect(planner.withheld(.deadlineReminder, item, at: "2020-11-02 12:00") == [.satisfied])
    }

    @Test func `a call made at the very instant of the reminder is not reminded of`() {
        let item = OpenCase.make(openedAt: "2020-11-02 09:00", .diagnosis) {
            $0.firstContactAt = at("2020-11-02 12:00")
        }
        #expect(planner.withheld(.deadlineReminder, item, at: "2020-11-02 12:00") == [.satisfied])
        #expect(
            planner.plan(item, at: at("2020-11-02 12:00")).messages.contains { $0.kind == .deadlineReminder }
                == false)
    }

    @Test func `the overdue notice says who will be told when`() throws {
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        let sent = planner.walk(item, from: "2020-11-02 11:10", to: "2020-11-02 11:10")
        let overdue = try #require(sent.first { $0.message.kind == .deadlineOverdue })
        guard
            case .deadlineOverdue(_, let deadline, let escalatesAt, let escalatesTo) = overdue.message.content
        else {
            Issue.record("\(overdue.message.content)")
            return
        }
        #expect(deadline.due == at("2020-11-02 11:10"))
        #expect(escalatesAt == at("2020-11-02 13:10"))
        #expect(escalatesTo == "Marc Lefevre")
    }

    @Test func `a register read for the first time does not set off its past`() {
        // Read on Thu 5 Nov: everything of Mon 2 Nov is over, the escalation's working day (Tue 3 Nov) too.
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        #expect(planner.walk(item, from: "2020-11-05 10:00", to: "2020-12-31 12:00") == [])
        #expect(planner.withheld(.escalation, item, at: "2020-11-05 10:00") == [.noLongerUseful])
        #expect(planner.withheld(.newCase, item, at: "2020-11-05 10:00") == [.noLongerUseful])
        // It is still late, and digests say so.
        #expect(planner.due("first_call", item, at: "2020-11-05 10:00") == ["2020-11-02 11:10"])
    }

    @Test func `a daemon that was down sends what is still useful and drops the rest`() {
        // Down from the opening until Mon 2 Nov 13:30: the reminder (until 11:10) and the overdue notice (120 working
        // minutes, until 13:10) are stale; the escalation of 13:10 is useful until closing of Tue 3 Nov.
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        #expect(
            planner.sends(item, from: "2020-11-02 13:30", to: "2020-11-10 12:00") == [
                "2020-11-02 13:30 escalation marc.lefevre"
            ])
        #expect(planner.withheld(.deadlineReminder, item, at: "2020-11-02 13:30") == [.noLongerUseful])
        #expect(planner.withheld(.deadlineOverdue, item, at: "2020-11-02 13:30") == [.noLongerUseful])
    }

    @Test func `a case nobody was given to is the lead's to be reminded of`() {
        let item = OpenCase.make(openedAt: "2020-10-30 15:40") { $0.advisor = nil }
        #expect(
            planner.walk(item, from: "2020-10-30 15:40", to: "2020-11-04 12:00").map(\.description) == [
                "2020-11-02 10:10 deadline_reminder marc.lefevre",
                "2020-11-02 11:10 deadline_overdue marc.lefevre",
                "2020-11-02 13:10 escalation marc.lefevre",
            ])
    }
}
