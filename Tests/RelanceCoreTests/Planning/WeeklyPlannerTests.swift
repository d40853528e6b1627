import RelanceCore
import RelanceTestSupport
import Testing

/// The lead's Monday page: exceptions, last week in six numbers, the week ahead (domain 2.2).
@Suite struct WeeklyPlannerTests {
    private func lead(_ planner: Planner = .make()) throws -> Advisor {
        try #require(planner.directory.advisors["marc.lefevre"])
    }

    private func report(
        _ cases: [OpenCase], on morning: String, planner: Planner = .make(), sent: Int = 0, failed: Int = 0
    ) throws -> WeeklyReport {
        let message = try #require(
            WeeklyPlanner(planner).report(
                for: lead(planner), at: at(morning), cases: cases, sent: sent, failed: failed))
        guard case .weeklyReport(let report) = message.content else { preconditionFailure("no report") }
        return report
    }

    // MARK: When

    @Test(arguments: [
        ("2020-11-06 09:00", "2020-11-09 08:45"),
        ("2020-11-09 08:44", "2020-11-09 08:45"),
        ("2020-11-09 08:45", "2020-11-16 08:45"),
        // Easter Monday 5 Apr 2021: Tuesday.
        ("2021-04-02 09:00", "2021-04-06 08:45"),
        ("2021-04-06 08:44", "2021-04-06 08:45"),
        ("2021-04-06 08:45", "2021-04-12 08:45"),
        // Whit Monday 24 May 2021.
        ("2021-05-21 09:00", "2021-05-25 08:45"),
        // +02:00 from 28 March 2021 on: the wall clock counts.
        ("2021-03-26 09:00", "2021-03-29T08:45:00+02:00"),
    ])
    func `it comes on Monday 08:45, on a closed Monday the next open day`(after: String, next: String) throws
    {
        #expect(WeeklyPlanner(.make()).nextReport(for: try lead(), after: at(after)) == at(next))
    }

    @Test func `a week that is closed whole has none`() throws {
        let closed =
            "policy: {calendars: {service: {closures: [{from: 2020-12-28, to: 2021-01-01, label: fermeture}]}}}"
        let planner = Planner.make(policies: .shipped(with: closed))
        #expect(
            WeeklyPlanner(planner).nextReport(for: try lead(planner), after: at("2020-12-21 09:00"))
                == at("2021-01-04 08:45"))
    }

    @Test(
        arguments: [
            ("2020-11-09 08:44", nil),
            ("2020-11-09 08:45", "2020-11-09 08:45"),
            // One working day: until Tuesday's closing.
            ("2020-11-10 17:29", "2020-11-09 08:45"),
            ("2020-11-10 17:30", nil),
            ("2021-04-05 12:00", nil),
            ("2021-04-07 09:00", "2021-04-06 08:45"),
            ("2021-04-12 09:00", "2021-04-12 08:45"),
        ] as [(String, String?)])
    func `after a downtime a report that is still useful is made up for`(now: String, report: String?) throws
    {
        #expect(WeeklyPlanner(.make()).currentReport(for: try lead(), at: at(now)) == report.map { at($0) })
    }

    @Test func `the week has one key, also on the Tuesday it moved to`() throws {
        let planner = WeeklyPlanner(.make())
        let tuesday = planner.report(
            for: try lead(), at: at("2021-04-06 08:45"), cases: [], sent: 0, failed: 0)
        let later = planner.report(for: try lead(), at: at("2021-04-07 10:00"), cases: [], sent: 3, failed: 1)
        let next = planner.report(for: try lead(), at: at("2021-04-12 08:45"), cases: [], sent: 0, failed: 0)
        #expect(tuesday?.key == later?.key)
        #expect(tuesday?.key != next?.key)
    }

    @Test func `an absent lead's goes to the mailbox`() throws {
        let planner = Planner.make(
            .team(with: .make("marc.lefevre", role: .lead, absences: [.make("2020-11-09", "2020-11-13")])))
        let message = WeeklyPlanner(planner).report(
            for: try lead(planner), at: at("2020-11-09 08:45"), cases: [], sent: 0, failed: 0)
        #expect(message?.recipient.email == .make("dieppe@cci.example"))
    }

    // MARK: Figures, worked by hand

    /// The report is of Mon 16 Nov: last week is 9 to 15 Nov, the week before 2 to 8 Nov.
    private var register: [OpenCase] {
        [
            // Last week, called Mon 9 Nov 11:00 after 60 working minutes, in time.
            .make("2020-0401", openedAt: "2020-11-09 10:00", .diagnosis) {
                $0.firstContactAt = at("2020-11-09 11:00")
            },
            // Last week: Tue 10 Nov 16:30 to Thu 12 Nov 10:00 is 60 + 60 (Wed 11 closed) = 120, in time.
            .make("2020-0402", openedAt: "2020-11-10 16:30", .diagnosis) {
                $0.firstContactAt = at("2020-11-12 10:00")
            },
            // Last week: Thu 12 Nov 09:00 to 14:00 is 300: late by an hour.
            .make("2020-0403", openedAt: "2020-11-12 09:00", .diagnosis) {
                $0.firstContactAt = at("2020-11-12 14:00")
            },
            // Opened and called the week before: Fri 6 Nov 09:00 to 13:00 is 240, in time to the minute.
            .make("2020-0404", openedAt: "2020-11-06 09:00", .closed) {
                $0.firstContactAt = at("2020-11-06 13:00")
                $0.closedAt = at("2020-11-13 12:00")  // closed last week, open at the end of the week before
            },
            // Opened the week before, called last week: Sun 8 Nov 23:59 counts from Mon 9 09:00; 13:30 is 270: late.
            .make("2020-0405", openedAt: "2020-11-08 23:59", .referredToScheme) {
                $0.firstContactAt = at("2020-11-09 13:30")
                $0.referral = Referral(to: "DGFiP", at: at("2020-11-15 12:00"))
            },
            // Closed the week before, on its last minute.
            .make("2020-0406", openedAt: "2020-10-20 09:00", .closed) {
                $0.closedAt = at("2020-11-08 23:59")
            },
            // Not yet there on Monday 08:45.
            .make("2020-0407", openedAt: "2020-11-16 08:46"),
        ]
    }

    @Test func `last week in six numbers, with the week before`() throws {
        let report = try report(register, on: "2020-11-16 08:45", sent: 12, failed: 1)
        #expect(report.weekStart == date("2020-11-09"))
        #expect(report.weekEnd == date("2020-11-13"))
        #expect(report.lastWeek.new == 3)  // 0401, 0402, 0403
        #expect(report.lastWeek.closed == 1)  // 0404
        #expect(report.lastWeek.referred == 1)  // 0405
        #expect(report.lastWeek.open == 4)  // 0401, 0402, 0403, 0405
        #expect(report.lastWeek.medianFirstCallMinutes == 195)  // of 60, 120, 270, 300: between 120 and 270
        #expect(report.lastWeek.firstCallsInTimePercent == 50)  // 2 of 4
        #expect(report.weekBefore.new == 2)  // 0404, 0405
        #expect(report.weekBefore.closed == 1)  // 0406
        #expect(report.weekBefore.referred == 0)
        #expect(report.weekBefore.open == 2)  // 0404, 0405
        #expect(report.weekBefore.medianFirstCallMinutes == 240)
        #expect(report.weekBefore.firstCallsInTimePercent == 100)
        #expect((report.sent, report.failed) == (12, 1))
    }

    @Test func `a week without calls has no median and no share`() throws {
        let report = try report([], on: "2020-11-16 08:45")
        #expect(report.lastWeek == WeeklyReport.Figures())
        #expect(report.lastWeek.medianFirstCallMinutes == nil)
        #expect(report.lastWeek.firstCallsInTimePercent == nil)
    }

    @Test func `the order of the cases does not matter`() throws {
        #expect(
            try report(register, on: "2020-11-16 08:45")
                == report(register.reversed(), on: "2020-11-16 08:45"))
    }

    // MARK: Exceptions

    @Test func `escalated cases are named, those merely late are not yet`() throws {
        // Fri 13 Nov 09:00: due 13:00, escalated 15:00. Fri 13 Nov 15:00: due Mon 16 at 10:30.
        let escalated = OpenCase.make("2020-0319", openedAt: "2020-11-13 09:00")
        // Fri 13 Nov 13:00: due 17:00, escalation Mon 16 Nov 10:30.
        let late = OpenCase.make("2020-0320", openedAt: "2020-11-13 13:00")
        #expect(
            try report([late, escalated], on: "2020-11-16 08:45").exceptions == [
                .overdue(
                    .make("2020-0319"), DeadlineKind(rawValue: "first_call"), due: at("2020-11-13 13:00"))
            ])
    }

    @Test func `a case without an advisor for four working hours is named`() throws {
        // Thu 12 Nov 16:00: 90 minutes that day, 150 on Friday until 11:30.
        var orphan = OpenCase.make("2020-0279", openedAt: "2020-11-12 16:00", .followUp) {
            $0.advisor = nil
            $0.followUpDoneAt = at("2020-11-13 09:00")
        }
        #expect(
            try report([orphan], on: "2020-11-16 08:45").exceptions == [
                .unassigned(.make("2020-0279"), since: at("2020-11-12 16:00"))
            ])
        orphan.openedAt = at("2020-11-13 14:00")  // 210 minutes by Monday
        #expect(try report([orphan], on: "2020-11-16 08:45").exceptions == [])
    }

    @Test(arguments: [
        // Sun 8 Nov + 7 days = Sun 15 Nov: over. 16 - 8 = 8 days.
        ("2020-11-08 10:00", 8 as Int?),
        // Mon 9 Nov + 7 = Mon 16 Nov, due at closing: not yet.
        ("2020-11-09 10:00", nil),
    ])
    func `a red case without contact for seven days is named`(contact: String, days: Int?) throws {
        let red = OpenCase.make("2020-0244", openedAt: "2020-10-20 09:00", .waitingForBusiness) {
            $0.priority = .red
            $0.lastContactAt = at(contact)
        }
        let expected =
            days.map { [WeeklyReport.Exception.redWithoutContact(.make("2020-0244"), days: $0)] } ?? []
        #expect(try report([red], on: "2020-11-16 08:45").exceptions == expected)
    }

    @Test func `a stand-in with more than twenty cases on top of her own is named`() throws {
        let planner = Planner.make(
            .team(
                with: .make(
                    "claire.duval", absences: [.make("2020-11-16", "2020-11-20")], backup: "karim.benali")))
        let cases = (100..<121).map { number in
            OpenCase.make("2020-0\(number)", openedAt: "2020-11-01 09:00", .followUp) {
                $0.followUpDoneAt = at("2020-11-13 09:00")
            }
        }
        #expect(
            try report(Array(cases.prefix(20)), on: "2020-11-16 08:45", planner: planner).exceptions == [])
        #expect(
            try report(cases, on: "2020-11-16 08:45", planner: planner).exceptions == [
                .standInOverloaded(name: "Karim Benali", cases: 21)
            ])
    }

    // MARK: The week ahead

    @Test func `it announces holidays, absences and dates of the law`() throws {
        let planner = Planner.make(
            .team(with: .make("claire.duval", absences: [.make("2020-11-12", "2020-11-13")])))
        let item = OpenCase.make(openedAt: "2020-11-01 09:00", .followUp) {
            $0.followUpDoneAt = at("2020-11-06 09:00")
            $0.externalDates = [
                ExternalDate(label: "a", on: date("2020-11-15")),
                ExternalDate(label: "b", on: date("2020-11-22")),
                ExternalDate(label: "c", on: date("2020-11-23")),  // a fortnight on: not counted
                ExternalDate(label: "d", on: date("2020-11-20"), doneAt: at("2020-11-05 09:00")),
            ]
        }
        #expect(
            try report([item], on: "2020-11-09 08:45", planner: planner).coming == [
                .publicHoliday(
                    date("2020-11-11"), nameFrench: "Armistice 1918", nameEnglish: "Armistice Day"),
                .absence(name: "Claire Duval", from: date("2020-11-12"), to: date("2020-11-13"), backup: nil),
                .externalDates(count: 2, before: date("2020-11-23")),
            ])
    }

    @Test func `open cases are counted by site, sector and topic, the most first`() throws {
        func item(_ ref: String, _ naf: String?, _ topics: [String]) -> OpenCase {
            .make(ref, openedAt: "2020-11-09 09:00", .followUp) {
                $0.followUpDoneAt = at("2020-11-13 09:00")
                $0.business.naf = naf
                $0.topics = topics
            }
        }
        let report = try report(
            [
                item("2020-0001", "56.10A", ["loyers"]), item("2020-0002", "56.10A", ["loyers", "PGE"]),
                item("2020-0003", "47.71Z", []),
            ], on: "2020-11-16 08:45")
        #expect(report.bySite == [.init(label: "Dieppe", count: 3)])
        #expect(report.bySector == [.init(label: "56.10A", count: 2), .init(label: "47.71Z", count: 1)])
        #expect(report.byTopic == [.init(label: "loyers", count: 2), .init(label: "PGE", count: 1)])
    }
}
