import RelanceCore
import RelanceTestSupport
import Testing

/// The mail that tells an advisor of a case, in her hours, and the stand-in's when it cannot wait (domain 1.5, 2.4).
@Suite struct NewCaseTests {
    private func notices(_ planner: Planner, _ item: OpenCase, from start: String, to end: String) -> [String]
    {
        planner.walk(item, from: start, to: end).filter { $0.message.kind == .newCase }.map(\.description)
    }

    @Test(arguments: [
        // Inside opening hours: at once.
        ("2020-11-02 10:20", "2020-11-02 10:20"),
        // Friday 17:30 sharp is closed: Monday 09:00.
        ("2020-10-30 17:30", "2020-11-02 09:00"),
        // The evening before 11 November: Thursday 12, 09:00; the digest of 08:30 is another mail.
        ("2020-11-10 18:00", "2020-11-12 09:00"),
        ("2020-11-12 08:30", "2020-11-12 09:00"),
        ("2020-10-25 02:30", "2020-10-26 09:00"),
    ])
    func `it leaves in opening hours`(assigned: String, leaves: String) {
        let item = OpenCase.make(openedAt: assigned)
        #expect(
            notices(.make(), item, from: assigned, to: "2020-12-01 12:00") == [
                leaves + " new_case claire.duval"
            ])
    }

    @Test func `it counts from the assignment, and a reassignment is another`() throws {
        var item = OpenCase.make(openedAt: "2020-10-30 15:40") { $0.assignedAt = at("2020-11-02 14:00") }
        #expect(
            notices(.make(), item, from: "2020-10-30 15:40", to: "2020-11-03 12:00") == [
                "2020-11-02 14:00 new_case claire.duval"
            ])
        let first = try #require(
            Planner.make().plan(item, at: at("2020-11-02 14:00")).messages.first { $0.kind == .newCase })
        item.advisor = "karim.benali"
        item.assignedAt = at("2020-11-02 15:00")
        let second = try #require(
            Planner.make().plan(item, at: at("2020-11-02 15:00")).messages.first { $0.kind == .newCase })
        #expect(second.recipient.id == "karim.benali")
        #expect(first.key != second.key)
    }

    @Test func `it names the first thing owed`() throws {
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        let notice = try #require(Planner.make().plan(item, at: at("2020-10-30 15:40")).messages.first)
        guard case .newCase(let lines) = notice.content else {
            Issue.record("\(notice.content)")
            return
        }
        #expect(lines.map { $0.firstDeadline?.due } == [at("2020-11-02 11:10")])
    }

    @Test func `a case that can wait waits for the part-time advisor's next day`() {
        // Wed 4 Nov is her day off. A diagnosis due Fri 6 Nov can wait until Thu 5 Nov 09:00.
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval", backup: "karim.benali")))
        let item = OpenCase.make(openedAt: "2020-11-04 09:30", .diagnosis) {
            $0.firstContactAt = at("2020-11-04 10:00")
        }
        #expect(
            notices(planner, item, from: "2020-11-04 10:00", to: "2020-11-10 12:00") == [
                "2020-11-05 09:00 new_case claire.duval"
            ])
    }

    @Test func `a case that cannot wait goes to her stand-in on her day off`() {
        // Wed 4 Nov 10:00: the call is due at 14:00 that day.
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval", backup: "karim.benali")))
        let item = OpenCase.make(openedAt: "2020-11-04 10:00")
        #expect(
            notices(planner, item, from: "2020-11-04 10:00", to: "2020-11-10 12:00") == [
                "2020-11-04 10:00 new_case karim.benali"
            ])
    }

    @Test func `an absence is bridged by the stand-in at once, whatever her week`() {
        // She is away from Wed 4 to Fri 6 Nov and comes back on Mon 9; the diagnosis would be due Mon 9 Nov.
        let away = Absence.make("2020-11-04", "2020-11-06")
        for claire in [
            Advisor.make("claire.duval", absences: [away], backup: "karim.benali"),
            Advisor.withoutWednesdays("claire.duval", absences: [away], backup: "karim.benali"),
        ] {
            let item = OpenCase.make(openedAt: "2020-11-05 09:30", .diagnosis) {
                $0.firstContactAt = at("2020-11-05 10:00")
            }
            #expect(
                notices(.make(.team(with: claire)), item, from: "2020-11-05 10:00", to: "2020-11-10 12:00")
                    == [
                        "2020-11-05 10:00 new_case karim.benali"
                    ])
        }
    }

    @Test func `a case closed or suspended before it is told of stays untold`() {
        let closed = OpenCase.make(openedAt: "2020-10-30 18:00", .closed) {
            $0.closedAt = at("2020-11-02 08:00")
        }
        #expect(notices(.make(), closed, from: "2020-10-30 18:00", to: "2020-11-10 12:00") == [])
        let suspended = OpenCase.make(openedAt: "2020-10-30 18:00", .suspended)
        #expect(notices(.make(), suspended, from: "2020-10-30 18:00", to: "2020-11-10 12:00") == [])
    }

    @Test func `a hold that ends on her day off hands it to the stand-in`() {
        // Assigned Tue 3 Nov 10:00, held until Wed 4 Nov; useful until Thu 5 Nov.
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval", backup: "karim.benali")))
        let item = OpenCase.make(openedAt: "2020-11-03 10:00") { $0.hold = Hold(until: date("2020-11-04")) }
        #expect(
            notices(planner, item, from: "2020-11-03 10:00", to: "2020-11-10 12:00") == [
                "2020-11-04 09:00 new_case karim.benali"
            ])
    }

    @Test func `after two working days the digest has said it`() {
        // Assigned Mon 2 Nov 10:00, useful until Wed 4 Nov 17:30.
        let item = OpenCase.make(openedAt: "2020-11-02 10:00")
        #expect(notices(.make(), item, from: "2020-11-04 17:29", to: "2020-11-10 12:00").count == 1)
        #expect(notices(.make(), item, from: "2020-11-04 17:30", to: "2020-11-10 12:00") == [])
    }

    // MARK: Several at once

    private func planned(_ planner: Planner, _ items: [OpenCase], at now: String) -> [PlannedMessage] {
        items.flatMap { planner.plan($0, at: at(now)).messages }
    }

    @Test func `several new cases at once become one mail that covers the keys of all`() throws {
        let items = ["2020-0303", "2020-0301", "2020-0302"].map {
            OpenCase.make($0, openedAt: "2020-10-30 18:00")
        }
        let single = planned(.make(), items, at: "2020-11-02 09:00")
        #expect(single.count == 3)
        let gathered = PlannedMessage.gathered(single)
        #expect(gathered.count == 1)
        let mail = try #require(gathered.first)
        #expect(mail.cases.map(\.text) == ["2020-0301", "2020-0302", "2020-0303"])
        #expect(Set([mail.key] + mail.covers) == Set(single.map(\.key)))
        #expect(mail.key == single.map(\.key).min())
        guard case .newCase(let lines) = mail.content else {
            Issue.record("\(mail.content)")
            return
        }
        #expect(lines.map(\.brief.ref.text) == ["2020-0301", "2020-0302", "2020-0303"])
    }

    @Test func `the case owed first is named first`() {
        let calm = OpenCase.make("2020-0301", openedAt: "2020-10-30 18:00", .diagnosis) {
            $0.firstContactAt = at("2020-10-30 18:00")
        }
        let urgent = OpenCase.make("2020-0302", openedAt: "2020-10-30 18:00")
        let gathered = PlannedMessage.gathered(planned(.make(), [calm, urgent], at: "2020-11-02 09:00"))
        guard gathered.count == 1, case .newCase(let lines) = gathered[0].content else {
            Issue.record("\(gathered)")
            return
        }
        #expect(lines.map(\.brief.ref.text) == ["2020-0302", "2020-0301"])
    }

    @Test func `two people get two mails, and other kinds are left alone`() {
        let items = [
            OpenCase.make("2020-0301", openedAt: "2020-10-30 15:40"),
            OpenCase.make("2020-0302", openedAt: "2020-10-30 18:00") { $0.advisor = "karim.benali" },
            OpenCase.make("2020-0303", openedAt: "2020-10-30 18:00"),
        ]
        let single = planned(.make(), items, at: "2020-11-02 11:10")
        let gathered = PlannedMessage.gathered(single)
        #expect(gathered.count { $0.kind == .newCase } == 2)
        #expect(
            gathered.filter { $0.kind != .newCase }.map(\.key)
                == single.filter { $0.kind != .newCase }.map(\.key))
        #expect(gathered == PlannedMessage.gathered(single.reversed()))
    }
}
