import RelanceCore
import RelanceTestSupport
import Testing

/// One mail a morning, late first, nothing when there is nothing (domain 2.1).
@Suite struct DigestPlannerTests {
    private func mornings(_ advisor: Advisor, from start: String, count: Int, planner: Planner = .make())
        -> [String]
    {
        var now = at(start)
        return (0..<count).compactMap { _ in
            guard let next = DigestPlanner(planner).nextMorning(of: advisor, after: now) else { return nil }
            now = next
            return next.inParis
        }
    }

    private func digest(
        _ cases: [OpenCase], of id: String = "claire.duval", on morning: String, planner: Planner = .make(),
        undelivered: [DigestPlanner.Undelivered] = [], memories: [CaseReference: CaseMemory] = [:]
    ) throws -> PlannedMessage? {
        let advisor = try #require(planner.directory.advisors[id])
        return DigestPlanner(planner).digest(
            for: advisor, at: at(morning), cases: cases, undelivered: undelivered,
            memory: { memories[$0] ?? CaseMemory() })
    }

    /// `late 2020-0287`, one a line of the mail.
    private func lines(_ message: PlannedMessage?) -> [String] {
        guard case .digest(let digest) = message?.content else { return [] }
        return digest.lines.map { $0.section.rawValue + " " + $0.brief.ref.text }
    }

    // MARK: Mornings

    @Test func `it comes at 08:30 on days worked by the service`() {
        // Fri 6 Nov, Mon 9, Tue 10, not Wed 11, Thu 12.
        #expect(
            mornings(.make("claire.duval"), from: "2020-11-05 09:00", count: 4) == [
                "2020-11-06 08:30", "2020-11-09 08:30", "2020-11-10 08:30", "2020-11-12 08:30",
            ])
    }

    @Test func `it comes on days worked by the advisor too, at her hour`() {
        var claire = Advisor.withoutWednesdays("claire.duval", absences: [.make("2020-11-05", "2020-11-05")])
        claire.digestAt = clock("08:45")
        // Tue 3 Nov; Wed 4 is her day off; Thu 5 she is away; Fri 6.
        #expect(
            mornings(claire, from: "2020-11-02 09:00", count: 3) == [
                "2020-11-03 08:45", "2020-11-06 08:45", "2020-11-09 08:45",
            ])
    }

    @Test func `clock changes do not move it`() {
        // Fri 23 Oct is +02:00, Mon 26 Oct +01:00; Fri 26 Mar 2021 +01:00, Mon 29 Mar +02:00.
        let planner = DigestPlanner(.make())
        let claire = Advisor.make("claire.duval")
        #expect(
            planner.nextMorning(of: claire, after: at("2020-10-23 09:00")) == at("2020-10-26T08:30:00+01:00"))
        #expect(
            planner.nextMorning(of: claire, after: at("2021-03-26 09:00")) == at("2021-03-29T08:30:00+02:00"))
    }

    @Test func `somebody who left has no morning`() {
        var claire = Advisor.make("claire.duval")
        claire.activeUntil = date("2020-11-02")
        #expect(mornings(claire, from: "2020-11-02 09:00", count: 1) == [])
    }

    // MARK: What it says

    /// Red, yellow and green things as of Mon 2 Nov 08:30.
    private var cases: [OpenCase] {
        [
            // Fri 16 Oct + 14 = Fri 30 Oct: late.
            .make("2020-0287", openedAt: "2020-10-01 09:00", .followUp) {
                $0.followUpDoneAt = at("2020-10-16 10:00")
            },
            // First call by 11:10: today.
            .make("2020-0301", openedAt: "2020-10-30 15:40"),
            // First contact Thu 29: diagnosis by Mon 2 at closing: today, after 11:10.
            .make("2020-0296", openedAt: "2020-10-29 09:00", .diagnosis) {
                $0.firstContactAt = at("2020-10-29 10:00")
            },
            // Thu 22 Oct + 14 = Thu 5 Nov: a coming day; and an appointment today.
            .make("2020-0270", openedAt: "2020-10-01 09:00", .followUp) {
                $0.followUpDoneAt = at("2020-10-22 10:00")
                $0.appointments = [Appointment(id: "a", startsAt: at("2020-11-02 14:00"))]
            },
            // Asked for on Mon 26 Oct: reminder today at 10:00.
            .make("2020-0255", openedAt: "2020-10-01 09:00", .waitingForBusiness) {
                $0.documents = DocumentsRequest(requestedAt: at("2020-10-26 10:00"))
            },
            // A follow-up of Fri 30 Oct: due Fri 13 Nov, beyond five working days (Mon 9); assigned on Friday: new.
            .make("2020-0304", openedAt: "2020-10-01 09:00", .followUp) {
                $0.assignedAt = at("2020-10-30 16:50")
                $0.followUpDoneAt = at("2020-10-30 16:00")
            },
        ]
    }

    @Test func `what falls due at the very instant of the digest is for today, a moment before late`() throws
    {
        let item = OpenCase.make("2020-0301", openedAt: "2020-10-30 15:40")  // first call by 11:10
        #expect(try lines(digest([item], on: "2020-11-02 11:10")).first == "today 2020-0301")
        #expect(try lines(digest([item], on: "2020-11-02 11:11")).first == "late 2020-0301")
    }

    @Test func `sections come in their order, late first, and lines by the hour they are due`() throws {
        let undelivered = DigestPlanner.Undelivered(
            ref: .make("2020-0301"), kind: .caseOpened, channel: .email, at: at("2020-10-30 15:41"),
            detail: "550")
        let digest = try digest(cases, on: "2020-11-02 08:30", undelivered: [undelivered])
        #expect(
            lines(digest) == [
                "late 2020-0287", "today 2020-0301", "today 2020-0296", "appointments 2020-0270",
                "coming_days 2020-0270", "waiting_for_business 2020-0255", "new 2020-0304",
                "not_delivered 2020-0301",
            ])
        #expect(digest?.kind == .digest)
        #expect(digest?.reason == .morning)
        #expect(digest?.cases.count == 6)
        #expect(digest?.recipient.id == "claire.duval")
    }

    @Test func `the order of the cases does not matter`() throws {
        let digests = try [cases, cases.reversed(), Array(cases[3...] + cases[..<3])].map {
            try digest($0, on: "2020-11-02 08:30")
        }
        #expect(Set(digests).count == 1)
    }

    @Test func `nothing to say is no mail`() throws {
        #expect(try digest([], on: "2020-11-02 08:30") == nil)
        let calm = OpenCase.make(openedAt: "2020-10-01 09:00", .followUp) {
            $0.followUpDoneAt = at("2020-10-30 10:00")
        }
        #expect(try digest([calm], on: "2020-11-03 08:30") == nil)
        let done = OpenCase.make(openedAt: "2020-10-01 09:00", .closed) {
            $0.closedAt = at("2020-10-30 10:00")
        }
        #expect(try digest([done], on: "2020-11-02 08:30") == nil)
    }

    @Test func `every line is in the mail; how many are shown is the composer's`() throws {
        let many = (100..<117).map { number in
            OpenCase.make("2020-0\(number)", openedAt: "2020-10-01 09:00", .followUp) {
                $0.followUpDoneAt = at("2020-10-16 10:00")
            }
        }
        guard case .digest(let digest) = try digest(many, on: "2020-11-02 08:30")?.content else {
            Issue.record("no digest")
            return
        }
        #expect(digest.lines.count == 17)
        #expect(digest.linesPerSection == 10)
    }

    @Test func `it is useful for six working hours: a daemon that was down sends one digest, not five`()
        throws
    {
        // Mon 2 Nov 08:30: six working hours from 09:00 are 15:00.
        #expect(try digest(cases, on: "2020-11-02 08:30")?.usefulUntil == at("2020-11-02 15:00"))
    }

    @Test func `the same morning has the same key, another morning another`() throws {
        let monday = try digest(cases, on: "2020-11-02 08:30")
        let again = try digest(Array(cases.prefix(2)), on: "2020-11-02 08:30")
        let tuesday = try digest(cases, on: "2020-11-03 08:30")
        #expect(monday?.key == again?.key)
        #expect(monday?.key != tuesday?.key)
    }

    @Test func `documents not received by day 10 are the advisor's to call for`() throws {
        // Asked for on Mon 26 Oct: days 5 and 10 are Mon 2 and Mon 9 Nov at 10:00.
        var waiting = [cases[4]]
        waiting[0].contact.prefers = .email
        waiting[0].contact.email = .make("contact@boulangerie.example")
        guard case .digest(let digest) = try digest(waiting, on: "2020-11-03 08:30")?.content else {
            Issue.record("no digest")
            return
        }
        #expect(
            digest.lines.map(\.item) == [
                .waiting(requestedAt: at("2020-10-26 10:00"), nextReminderAt: at("2020-11-09 10:00"))
            ])
        #expect(try lines(self.digest(waiting, on: "2020-11-09 08:30")) == ["waiting_for_business 2020-0255"])
        #expect(try lines(self.digest(waiting, on: "2020-11-10 08:30")) == ["late 2020-0255"])
    }

    @Test func `a call no message can replace stands under today until somebody was spoken to`() throws {
        let start = Appointment.make(
            "2020-11-05 14:00", confirmed: "2020-10-12 10:00", cancelled: "2020-11-02 18:00")
        var item = OpenCase.bakery(with: start) { $0.followUpDoneAt = at("2020-10-30 10:00") }
        item.contact.prefers = .phone
        guard case .digest(let digest) = try digest([item], on: "2020-11-03 08:30")?.content else {
            Issue.record("no digest")
            return
        }
        #expect(digest.lines.map(\.item) == [.callTask(.appointmentCancelled)])
        #expect(digest.lines.map(\.section) == [.today])
        item.lastContactAt = at("2020-11-02 18:30")
        #expect(try self.digest([item], on: "2020-11-03 08:30") == nil)
    }

    @Test func `an address that does not exist is shown until the record has another`() throws {
        var item = OpenCase.bakery { $0.followUpDoneAt = at("2020-10-30 10:00") }
        let number = try #require(item.contact.mobile)
        let memory = CaseMemory(closedAddresses: [
            AddressMark(number, instance: "test"): .dead(
                since: at("2020-10-31 10:00"), detail: "unknown subscriber")
        ])
        let memories = [item.ref: memory]
        guard
            case .digest(let digest) = try digest([item], on: "2020-11-03 08:30", memories: memories)?.content
        else {
            Issue.record("no digest")
            return
        }
        #expect(
            digest.lines.map(\.item) == [.notDelivered(.caseOpened, .sms, detail: "unknown subscriber")])
        item.contact.mobile = .make("06 39 98 20 15")
        #expect(try self.digest([item], on: "2020-11-03 08:30", memories: memories) == nil)
    }

    @Test func `two dates of the law under one label are two lines`() throws {
        // Target of Sun 15 Nov is Fri 13; of Thu 5 Nov that day. Wed 4 Nov: both within five working days? Wed 4 + 5 is
        // Thu 12 (11 closed): only the 5th. Thu 5 + 5 is Fri 13: both.
        let item = OpenCase.make(openedAt: "2020-10-30 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-11-03 09:30")
            $0.externalDates = ["2020-11-05", "2020-11-15"].map {
                ExternalDate(label: "URSSAF", on: date($0))
            }
        }
        #expect(try lines(digest([item], on: "2020-11-04 08:30")) == ["coming_days 2020-0301"])
        #expect(
            try lines(digest([item], on: "2020-11-05 08:30")) == ["today 2020-0301", "coming_days 2020-0301"])
    }

    @Test func `a held or suspended case stays out of the mail`() throws {
        var held = cases[0]
        held.hold = Hold(until: date("2020-11-03"))
        #expect(try digest([held], on: "2020-11-02 08:30") == nil)
        #expect(try lines(digest([held], on: "2020-11-03 08:30")) == ["late 2020-0287"])
        var suspended = cases[0]
        suspended.recordedStage = .suspended
        #expect(try digest([suspended], on: "2020-11-02 08:30") == nil)
    }

    @Test func `an appointment moved to another day is that day's, a cancelled one nobody's`() throws {
        func mornings(_ change: (inout Appointment) -> Void) throws -> [String] {
            var appointment = Appointment(id: "a", startsAt: at("2020-11-02 14:00"))
            change(&appointment)
            let item = OpenCase.make(openedAt: "2020-10-30 09:00", .followUp) {
                $0.assignedAt = at("2020-10-01 09:00")
                $0.followUpDoneAt = at("2020-10-30 10:00")
                $0.appointments = [appointment]
            }
            return try ["2020-11-02", "2020-11-03"].filter { try digest([item], on: $0 + " 08:30") != nil }
        }
        #expect(try mornings { _ in } == ["2020-11-02"])
        #expect(
            try mornings { $0.moved = [.init(at: at("2020-10-31 09:00"), startsAt: at("2020-11-03 10:00"))] }
                == ["2020-11-03"])
        #expect(try mornings { $0.cancelledAt = at("2020-10-31 09:00") } == [])
        // Moved only after the morning: the mail of Monday still shows it.
        #expect(
            try mornings { $0.moved = [.init(at: at("2020-11-02 09:00"), startsAt: at("2020-11-03 10:00"))] }
                == [
                    "2020-11-02", "2020-11-03",
                ])
    }

    // MARK: Who reads what

    @Test func `before a day off she is told what falls due on it`() throws {
        // Tue 3 Nov: the diagnosis due Wed 4 Nov, her day off, stands before her return; the one due Thu 5 is coming.
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval")))
        let wednesday = OpenCase.make("2020-0301", openedAt: "2020-11-02 09:00", .diagnosis) {
            $0.firstContactAt = at("2020-11-02 10:00")
        }
        let thursday = OpenCase.make("2020-0302", openedAt: "2020-10-01 09:00", .followUp) {
            $0.followUpDoneAt = at("2020-10-22 10:00")
        }
        #expect(
            try lines(digest([wednesday, thursday], on: "2020-11-03 08:30", planner: planner)) == [
                "before_return 2020-0301", "coming_days 2020-0302",
            ])
        // For somebody who works on Wednesdays both are coming days.
        #expect(
            try lines(digest([wednesday, thursday], on: "2020-11-03 08:30")) == [
                "coming_days 2020-0301", "coming_days 2020-0302",
            ])
    }

    @Test func `a case is in one digest: hers, or her stand-in's while she is away`() throws {
        let away = Planner.make(
            .team(
                with: .make(
                    "claire.duval", absences: [.make("2020-11-02", "2020-11-02")], backup: "karim.benali")))
        let item = OpenCase.make(openedAt: "2020-10-30 15:40")
        let mornings = DigestPlanner(away)
        #expect(mornings.reader(of: item, on: date("2020-11-02"))?.id == "karim.benali")
        #expect(mornings.reader(of: item, on: date("2020-11-03"))?.id == "claire.duval")
        guard
            case .digest(let digest) = try digest(
                [item], of: "karim.benali", on: "2020-11-02 08:30", planner: away)?.content
        else {
            Issue.record("no digest")
            return
        }
        #expect(digest.lines.map(\.insteadOf) == ["Claire Duval"])
    }

    @Test func `a case without an advisor is in the lead's digest`() {
        let orphan = OpenCase.make(openedAt: "2020-10-30 15:40") { $0.advisor = nil }
        let reader = DigestPlanner(Planner.make()).reader(of: orphan, on: date("2020-11-02"))
        #expect(reader?.id == "marc.lefevre")
    }

    @Test func `the first morning after an absence tells what happened meanwhile`() throws {
        let away = Absence.make("2020-10-26", "2020-10-30")
        let planner = Planner.make(
            .team(with: .make("claire.duval", absences: [away], backup: "karim.benali")))
        let received = OpenCase.make("2020-0255", openedAt: "2020-10-01 09:00", .followUp) {
            $0.followUpDoneAt = at("2020-10-30 10:00")
            $0.documents = DocumentsRequest(
                requestedAt: at("2020-10-12 10:00"), receivedAt: at("2020-10-27 11:20"))
        }
        let digest = try digest([received], on: "2020-11-02 08:30", planner: planner)
        #expect(digest?.kind == .returnDigest)
        #expect(digest?.reason == .backFromAbsence)
        #expect(lines(digest) == ["during_absence 2020-0255", "during_absence 2020-0255"])
        guard case .digest(let content) = digest?.content else { return }
        #expect(content.absentUntil == date("2020-10-30"))
        #expect(
            content.lines.map(\.item) == [
                .happened(.documentsReceivedAt, at: at("2020-10-27 11:20")),
                .happened(.followUpDoneAt, at: at("2020-10-30 10:00")),
            ])
        // The next morning is like any other, under another key.
        #expect(try self.digest([received], on: "2020-11-03 08:30", planner: planner) == nil)
    }

    @Test func `what was assigned during the absence is told once`() throws {
        let away = Absence.make("2020-10-26", "2020-10-30")
        let planner = Planner.make(
            .team(with: .make("claire.duval", absences: [away], backup: "karim.benali")))
        let assigned = OpenCase.make(openedAt: "2020-10-01 09:00", .followUp) {
            $0.followUpDoneAt = at("2020-10-25 10:00")
            $0.assignedAt = at("2020-10-28 10:00")
            $0.priority = .green
        }
        // Sun 25 Oct + 14 = Sun 8 Nov, so Mon 9: within five working days of Mon 2; so nothing but that and the news.
        #expect(
            try lines(digest([assigned], on: "2020-11-02 08:30", planner: planner)) == [
                "coming_days 2020-0301", "during_absence 2020-0301",
            ])
        var far = assigned
        far.followUpDoneAt = at("2020-10-28 09:00")  // due Thu 12 Nov: beyond
        #expect(
            try lines(digest([far], on: "2020-11-02 08:30", planner: planner)) == [
                "during_absence 2020-0301", "during_absence 2020-0301",
            ])
    }
}
