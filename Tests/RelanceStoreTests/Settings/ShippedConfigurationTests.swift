import RelanceCore
import RelanceStore
import Testing

/// Config/relance.yaml is what the program carries, has no issue, and says what domain 3.5 says.
@Suite struct ShippedConfigurationTests {
    static let reading = ConfigurationFile(credentialsFolder: nil).read(nil)

    private func shipped() throws -> Configuration {
        try #require(Self.reading.configuration)
    }

    private func row(_ kind: String) throws -> DeadlineRule {
        try #require(shipped().policies.house.deadlines.first { $0.kind.rawValue == kind })
    }

    @Test func `the shipped file has no issue`() throws {
        #expect(Self.reading.issues == [])
        #expect(try shipped().policies.sites.isEmpty)
    }

    @Test func `the shipped file laid over itself changes nothing and has no issue`() throws {
        let again = ConfigurationFile(credentialsFolder: nil)
            .read(bytes: ConfigurationFile.defaults, path: "relance.yaml")
        #expect(again.issues == [])
        #expect(
            try #require(again.configuration).policies.house.deadlines == shipped().policies.house.deadlines)
    }

    // MARK: Domain 3.5, value by value

    struct Row: CustomTestStringConvertible, Sendable {
        var kind: String
        var from: String
        var due: String
        var calendar = "service"
        var steps: [String] = []

        var testDescription: String { kind }
    }

    static let rows = [
        Row(
            kind: "first_call", from: "opened_at", due: "4 working hours",
            steps: [
                "reminder 60 working minutes before due: deadline_reminder to advisor",
                "overdue 0 working minutes due: deadline_overdue to advisor",
                "escalation 120 working minutes due: escalation to lead",
            ]),
        Row(
            kind: "diagnosis", from: "opened_at first_contact_at", due: "2 working days",
            steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(
            kind: "follow_up",
            from: "opened_at first_contact_at diagnosis_done_at last_follow_up_on follow_up_done_at",
            due: "2 weeks, following", steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(kind: "documents_reminder", from: "documents.requested_at", due: "5 working days at 10:00"),
        Row(
            kind: "scheme_check", from: "referral.at last_follow_up_on follow_up_done_at",
            due: "10 working days",
            steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(
            kind: "court_check", from: "referral.at last_follow_up_on follow_up_done_at",
            due: "5 working days",
            steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(
            kind: "external_date", from: "external_dates.on", due: "0 calendar days, preceding",
            steps: [
                "reminder 15 calendar days before, preceding at 08:30 from: external_date_reminder to advisor",
                "reminder 7 calendar days before, preceding at 08:30 from: external_date_reminder to advisor",
                "reminder 3 calendar days before, preceding at 08:30 from: external_date_reminder to advisor",
                "reminder 1 calendar day before, preceding at 08:30 from: external_date_reminder to advisor",
            ]),
        Row(
            kind: "distress_call", from: "distress.flagged_at", due: "120 working minutes",
            calendar: "distress",
            steps: ["notice 0 elapsed minutes from: distress_alert to on_call lead at any hour"]),
        Row(
            kind: "distress_realert", from: "distress.flagged_at", due: "30 working minutes",
            calendar: "distress",
            steps: ["overdue 0 working minutes due: distress_alert to on_call lead at any hour"]),
        Row(
            kind: "distress_control", from: "distress.called_back_at", due: "1 working day",
            steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(
            kind: "distress_day_7", from: "distress.flagged_at", due: "7 calendar days, preceding",
            steps: ["escalation 240 working minutes due: escalation to lead"]),
        Row(kind: "survey", from: "closed_at", due: "3 working days at 10:00"),
        Row(kind: "three_month_check", from: "closed_at", due: "3 months, following"),
    ]

    @Test(arguments: rows)
    func `each deadline is what the domain says`(_ expected: Row) throws {
        let row = try row(expected.kind)
        #expect(row.from.map(\.rawValue).joined(separator: " ") == expected.from)
        #expect(row.due.description == expected.due)
        #expect(row.calendar == expected.calendar)
        let steps = row.steps.map { step in
            let audience = step.audience.map(\.rawValue).joined(separator: " ")
            return
                "\(step.phase.rawValue) \(step.rule) \(step.countsFrom.rawValue): \(step.kind.rawValue) to \(audience)"
                + (step.atAnyHour ? " at any hour" : "")
        }
        #expect(steps == expected.steps)
    }

    @Test func `the rows are those of the design, in its order`() throws {
        #expect(try shipped().policies.house.deadlines.map(\.kind.rawValue) == Self.rows.map(\.kind))
    }

    @Test func `a red case is followed every week`() throws {
        let rule = try row("follow_up")
        #expect(rule.dueByPriority.mapValues(\.description) == [.red: "1 week, following"])
    }

    @Test func `the business is reminded of documents on days 5 and 10, then it is the advisor's turn`()
        throws
    {
        let rule = try row("documents_reminder")
        #expect(rule.again.map(\.description) == ["10 working days at 10:00"])
        #expect(rule.waitsFor == .business)
        #expect(rule.satisfiedBy == [.documentsReceivedAt])
    }

    @Test func `no survey follows the court, a cessation, silence or distress`() throws {
        let rule = try row("survey")
        #expect(rule.exceptOutcomes == [.referredToCourt, .cessation, .unreachable, .businessGaveUp])
        #expect(rule.exceptDistress)
        #expect(!rule.inDigest)
        #expect(rule.stages == [.closed])
    }

    @Test func `the control call of day 1 is not the call of day 7`() throws {
        #expect(try row("distress_day_7").satisfiedFrom?.description == "4 calendar days at 00:00")
    }

    @Test func `digest, Monday page, new case and promise keep the hours of the domain`() throws {
        let policy = try shipped().policies.house
        #expect(policy.digest.at.description == "08:30")
        #expect(policy.digest.linesPerSection == 10)
        #expect(policy.weekly.on == .monday)
        #expect(policy.weekly.at.description == "08:45")
        #expect(policy.weekly.unassignedFor.description == "4 working hours")
        #expect(policy.weekly.redWithoutContactFor.description == "7 calendar days")
        #expect(policy.caseOpened.promise.rawValue == "first_call")
        #expect(policy.caseOpened.roundedUpTo.map(\.description) == ["12:00", "17:30"])
        #expect(policy.windows.acknowledgementAtAnyHour)
    }

    @Test func `each kind to businesses travels as domain 2.4 says`() throws {
        let rules = try shipped().policies.house.business
        let messages = rules.messages.merging(rules.reminders.mapValues(\.message)) { one, _ in one }
        #expect(
            messages.mapValues { "\($0.channel.rawValue) \($0.window.rawValue)" } == [
                .advisorAssigned: "preferred transactional",
                .appointmentConfirmed: "both transactional", .appointmentMoved: "both transactional",
                .appointmentCancelled: "both transactional",
                .appointmentEve: "sms_else_email transactional", .appointmentSoon: "sms transactional",
                .documentsAwaited: "email_and_sms status", .unreachable: "sms_else_email status",
                .followUpDone: "email_and_preferred_sms status", .referred: "email_and_sms status",
                .caseClosed: "preferred status", .survey: "preferred status",
            ])
        #expect(try shipped().policies.house.caseOpened.channel == .preferred)
        #expect(
            Set(messages.keys).union([.caseOpened]) == Set(MessageKind.allCases.filter(\.isForBusiness)))
    }

    @Test func `appointments, calls and ceilings keep the numbers of domain 2_4 and 3_5`() throws {
        let rules = try shipped().policies.house.business
        let eve = try #require(rules.reminders[.appointmentEve])
        let soon = try #require(rules.reminders[.appointmentSoon])
        #expect(eve.at.description == "1 calendar day before, preceding at 17:00")
        #expect(soon.at.description == "120 elapsed minutes before")
        #expect([eve, soon].allSatisfy { $0.unlessAgreedWithin == .minutes(240) })
        #expect([eve, soon].allSatisfy { $0.leavingAtLeast == .minutes(30) })
        #expect(rules.unreachable?.perDay == 1)
        #expect(rules.unreachable?.inAll == 3)
        #expect(rules.documentsReminder?.rawValue == "documents_reminder")
        #expect(rules.survey?.rawValue == "survey")
        #expect(rules.ceilings.statusPerDay == 1)
        #expect(rules.smsRegions.contains("FR") && rules.smsRegions.contains("RE"))
        #expect(!rules.smsRegions.contains("GB"))
        #expect(try shipped().service.surveyURL == nil)
    }

    @Test func `a kind is switched off by none in its place`() throws {
        let own = "policy: {survey: none, replacement: none, appointment_eve: none, unreachable: none}"
        let reading = ConfigurationFile(credentialsFolder: nil).read(
            bytes: [UInt8](own.utf8), path: "own.yaml")
        let rules = try #require(reading.configuration).policies.house.business
        #expect(reading.issues == [])
        #expect(rules.messages[.survey] == nil && rules.messages[.unreachable] == nil)
        #expect(rules.replacement == nil)
        #expect(rules.reminders[.appointmentEve] == nil)
    }

    @Test(arguments: [
        ("service", "2020-11-02", "09:00-17:30"),  // the Monday after All Saints' Sunday
        ("service", "2020-11-07", ""),  // Saturday
        ("service", "2020-11-11", ""),  // armistice
        ("staff", "2020-11-02", "08:30-17:30"),
        ("staff", "2020-11-07", ""),
        ("transactional", "2020-11-07", "08:00-20:00"),
        ("transactional", "2020-11-08", ""),  // Sunday
        ("transactional", "2020-11-11", ""),
        ("distress", "2020-11-08", "08:00-20:00"),
        ("distress", "2020-12-25", "08:00-20:00"),
    ])
    func `calendars open as the domain says`(_ calendar: String, _ day: String, _ hours: String) throws {
        let calendar = try #require(shipped().policies.house.calendars[calendar])
        let day = try #require(LocalDay(iso: day))
        #expect(calendar.hours(on: day).hours.description == hours)
        #expect(calendar.zone.identifier == "Europe/Paris")
    }

    @Test func `windows take their calendars`() throws {
        let windows = try shipped().policies.house.windows
        let policy = try shipped().policies.house
        #expect(windows.transactional.rules == policy.calendars["transactional"]?.rules)
        #expect(windows.status.rules == policy.service.rules)
        #expect(windows.staff.rules == policy.calendars["staff"]?.rules)
        #expect(windows.newCase.rules == policy.service.rules)
    }

    @Test func `a mail that did not leave is tried again as reliability 2.10 says`() throws {
        let retry = try shipped().retry
        #expect(retry.delays == [.minutes(5), .minutes(15), .minutes(30), .minutes(60), .hours(2)])
        #expect(retry.then == .hours(4))
        #expect(retry.expiresAfter == .hours(72))
        #expect(retry.otherChannelAfter == .hours(1))
        #expect(try shipped().onAmbiguous == AmbiguityRule([.email: .retry, .sms: .hold]))
        #expect(retry.delay(afterAttempt: 1, random: 0.5) == .minutes(5))
        #expect(retry.delay(afterAttempt: 5, random: 0) == .minutes(96))  // 2 h less 20 %
        #expect(retry.delay(afterAttempt: 9, random: 0.5) == .hours(4))
    }

    @Test func `nothing leaves the house by default`() throws {
        let configuration = try shipped()
        #expect(configuration.mailRoutes == ["spool"])
        guard case .spool(let folder, _)? = configuration.routes["spool"]?.kind else {
            Issue.record("the default route is no spool")
            return
        }
        #expect(folder == "spool")
        #expect(configuration.state == "state")
        #expect(configuration.drain == .seconds(20))
        #expect(configuration.ledger.rememberDays == 400)
        #expect(configuration.ledger.lowWaterBytes == LedgerFile.Options().lowWaterBytes)
        #expect(configuration.logLevel == .info)
    }
}
