import RelanceCore

/// One message of every kind and variant as domain 2.1 to 2.4 tells them, in both languages.
package struct MessageSample: Sendable, CustomStringConvertible {
    /// Its golden file's: `fr/new_case.several`.
    package let name: String
    package let message: PlannedMessage
    /// When it leaves.
    package let now: Instant

    package var description: String { name }

    /// The mail in words, with the shipped templates.
    package func composed() throws(Composer.Problem) -> RenderedMessage {
        try Composer(templates: .shipped, service: .make()).compose(message, calendar: .office, now: now)
    }

    /// The text message in words, with the shipped templates.
    package func composedText() throws(Composer.Problem) -> RenderedText {
        try Composer(templates: .shipped, service: .make()).composeText(message, calendar: .office, now: now)
    }

    package static let all: [MessageSample] = Language.allCases.flatMap { language in
        (toBusiness(.business(language: language)) + kinds(Recipients(language: language))
            + invitations(Recipients(language: language).advisor)).map { name, message, now in
                MessageSample(name: language.rawValue + "/" + name, message: message, now: at(now))
            }
    }

    /// The same for text messages: `fr/survey.sms`.
    package static let texts: [MessageSample] = all.filter(\.message.kind.isForBusiness).map { sample in
        var message = sample.message
        message.channel = .sms
        return MessageSample(name: sample.name + ".sms", message: message, now: sample.now)
    }

    private struct Recipients {
        let language: Language

        var advisor: Recipient { .make(language: language) }
        var standIn: Recipient {
            .make(
                id: "k.benali", name: "Karim Benali", firstName: "Karim",
                email: .make("karim.benali@cci.example"),
                language: language, insteadOf: "Claire Duval")
        }
        var lead: Recipient {
            .make(
                audience: .lead, id: "m.lefevre", name: "Marc Lefèvre", firstName: "Marc",
                email: .make("marc.lefevre@cci.example"), language: language)
        }
        var onCall: Recipient {
            .make(
                audience: .onCall, id: "astreinte", name: nil, firstName: nil,
                email: .make("astreinte@cci.example"),
                language: language)
        }
        var informatique: Recipient {
            .make(
                audience: .it, id: "it", name: "Informatique", firstName: nil,
                email: .make("dsi@cci.example"),
                language: language)
        }
    }

    private static func kinds(_ to: Recipients) -> [(String, PlannedMessage, String)] {
        let brief = CaseBrief.make()
        let first = Deadline.make()
        let followUp = Deadline.make(
            kind: "follow_up", ref: "2020-0296", due: at("2020-10-30 17:30"), rule: "2 weeks, following")
        let again = "again"
        let overdue = "overdue"
        let ref = CaseReference.make("2021-0079")
        let second = CaseBrief.make(
            ref: "2020-0302", naf: "9602A", commune: "Caen", employees: "1 à 2 salariés", origin: .call,
            openedAt: at("2020-10-30 16:02"), topics: ["activité partielle", "loyers"],
            phone: .make("02 61 91 10 33"), callHours: nil)
        return [
            (
                "new_case",
                .make(
                    .newCase, to: to.advisor,
                    content: .newCase([NewCaseLine(brief: brief, firstDeadline: first)])),
                "2020-11-02 09:00"
            ),
            (
                "new_case.several",
                .make(
                    .newCase, variant: "several", cases: ["2020-0301", "2020-0302", "2020-0304"],
                    to: to.advisor,
                    content: .newCase([
                        NewCaseLine(brief: brief, firstDeadline: first),
                        NewCaseLine(
                            brief: second,
                            firstDeadline: .make(
                                kind: "diagnosis", ref: "2020-0302", due: at("2020-11-03 17:30")),
                            insteadOf: "Alice Yvon"),
                        NewCaseLine(brief: .bare(), firstDeadline: nil),
                    ])), "2020-11-02 09:00"
            ),
            (
                "deadline_reminder",
                .make(.deadlineReminder, to: to.advisor, content: .deadlineReminder(brief, first)),
                "2020-11-02 10:10"
            ),
            (
                "deadline_reminder.stand_in",
                .make(
                    .deadlineReminder, variant: "stand_in", to: to.standIn,
                    content: .deadlineReminder(brief, .make(kind: "diagnosis", due: at("2020-11-03 17:30")))),
                "2020-11-02 10:10"
            ),
            (
                "deadline_overdue",
                .make(
                    .deadlineOverdue, to: to.advisor,
                    content: .deadlineOverdue(
                        brief, first, escalatesAt: at("2020-11-02 13:10"), escalatesTo: "Marc Lefèvre")),
                "2020-11-02 11:10"
            ),
            (
                "escalation",
                .make(
                    .escalation, to: to.lead, content: .escalation(brief, first, at: at("2020-11-02 13:10"))),
                "2020-11-02 13:10"
            ),
            (
                "escalation.days",
                .make(
                    .escalation, variant: "days", cases: ["2020-0296"], to: to.lead,
                    content: .escalation(.bare(ref: "2020-0296"), followUp, at: at("2020-11-02 13:00"))),
                "2020-11-02 13:00"
            ),
            (
                "external_date_reminder",
                .make(
                    .externalDateReminder, to: to.advisor,
                    content: .externalDate(
                        brief, ExternalDate(label: "Fonds de solidarité d'octobre", on: date("2020-12-31")),
                        daysLeft: 15)),
                "2020-12-16 08:30"
            ),
            (
                "external_date_reminder.confidential",
                .make(
                    .externalDateReminder, variant: "confidential", to: to.advisor,
                    content: .externalDate(
                        .make(confidential: true),
                        ExternalDate(label: "Fin de la conciliation", on: date("2021-01-04")),
                        daysLeft: 1)), "2020-12-31 08:30"
            ),
            (
                "distress_alert",
                .make(
                    .distressAlert, cases: ["2021-0079"], to: to.onCall,
                    content: .distressAlert(ref, callBy: at("2020-11-01 12:00"))), "2020-11-01 10:00"
            ),
            (
                "distress_alert.again",
                .make(
                    .distressAlert, variant: again, cases: ["2021-0079"], to: to.onCall,
                    content: .distressAlert(ref, callBy: at("2020-11-01 12:00"))), "2020-11-01 10:30"
            ),
            (
                "distress_alert.overdue",
                .make(
                    .distressAlert, variant: overdue, cases: ["2021-0079"], to: to.lead,
                    content: .distressAlert(ref, callBy: at("2020-11-01 12:00"))), "2020-11-01 12:00"
            ),
            (
                "digest", .make(.digest, cases: [], to: to.advisor, content: .digest(.sample)),
                "2020-11-02 08:30"
            ),
            (
                "return_digest",
                .make(.returnDigest, cases: [], to: to.advisor, content: .digest(.returnSample)),
                "2020-11-02 08:30"
            ),
            (
                "weekly_report",
                .make(.weeklyReport, cases: [], to: to.lead, content: .weeklyReport(.sample)),
                "2020-11-16 08:45"
            ),
            (
                "weekly_report.quiet",
                .make(
                    .weeklyReport, variant: "quiet", cases: [], to: to.lead, content: .weeklyReport(.quiet)),
                "2020-11-16 08:45"
            ),
            (
                "technical_incident",
                .make(
                    .technicalIncident, cases: [], to: to.informatique,
                    content: .technicalIncident(
                        "smtp: connection refused since 09:12, 14 messages wait\nledger: 92 % of the disk is used"
                    )),
                "2020-11-02 09:30"
            ),
        ]
    }
}

extension Digest {
    /// The morning of domain 2.1, with more late lines than are shown.
    package static let sample: Digest = {
        func brief(_ ref: String, _ naf: String, _ commune: String, _ phone: String?) -> CaseBrief {
            .make(
                ref: ref, naf: naf, commune: commune, phone: phone.map { .make($0) }, callHours: nil)
        }
        func line(_ section: Section, _ brief: CaseBrief, _ item: Item, at: Instant, insteadOf: String? = nil)
            -> Line
        {
            Line(section: section, brief: brief, item: item, insteadOf: insteadOf, at: at)
        }
        let bakery = brief("2020-0287", "10.71C", "Dieppe", "02 61 91 10 21")
        let hairdresser = brief("2020-0296", "96.02A", "Le Havre", "02 61 91 10 33")
        let late = (0..<4).map { index in
            line(
                .late, index == 0 ? bakery : brief("2020-021\(index)", "47.71Z", "Rouen", nil),
                .deadline(.make(kind: "follow_up", ref: "2020-0287", due: at("2020-10-30 17:30"))),
                at: at("2020-10-30 17:30"))
        }
        return Digest(
            day: date("2020-11-02"), firstName: "Claire",
            lines: late + [
                line(.today, .make(), .deadline(.make()), at: at("2020-11-02 11:10")),
                line(
                    .today, hairdresser,
                    .deadline(.make(kind: "diagnosis", ref: "2020-0296", due: at("2020-11-02 17:30"))),
                    at: at("2020-11-02 17:30"), insteadOf: "Alice Yvon"),
                line(
                    .appointments, brief("2020-0270", "56.30Z", "Fécamp", nil),
                    .appointment(
                        Appointment(id: "a", startsAt: at("2020-11-02 14:00"), minutes: 45, mode: .phone),
                        at: at("2020-11-02 14:00")), at: at("2020-11-02 14:00")),
                line(
                    .beforeReturn, brief("2020-0281", "31.09B", "Évreux", nil),
                    .deadline(.make(kind: "court_check", due: at("2020-11-04 17:30"))),
                    at: at("2020-11-04 17:30")),
                line(
                    .comingDays, brief("2020-0262", "90.01Z", "Caen", nil),
                    .deadline(.make(kind: "scheme_check", due: at("2020-11-05 17:30"))),
                    at: at("2020-11-05 17:30")),
                line(
                    .comingDays, brief("2020-0263", "99.99Z", "Caen", nil),
                    .deadline(
                        .make(
                            kind: "external_date", from: .externalDateOn, anchor: at("2020-11-08 00:00"),
                            label: "URSSAF", due: at("2020-11-06 17:30"), rule: "0 calendar days, preceding")),
                    at: at("2020-11-06 17:30")),
                line(
                    .waitingForBusiness, brief("2020-0255", "45.20A", "Flers", nil),
                    .waiting(requestedAt: at("2020-10-26 10:00"), nextReminderAt: at("2020-11-02 10:00")),
                    at: at("2020-10-26 10:00")),
                line(.new, .bare(), .new(assignedAt: at("2020-10-30 16:50")), at: at("2020-10-30 16:50")),
                line(
                    .notDelivered, brief("2020-0290", "47.11B", "Dieppe", "02 61 91 10 26"),
                    .notDelivered(.caseOpened, .email, detail: "boîte inconnue"), at: at("2020-10-30 10:00")),
                line(
                    .notDelivered, brief("2020-0291", "47.11B", "Dieppe", "02 61 91 10 27"),
                    .callTask(.caseOpened),
                    at: at("2020-10-30 11:00")),
            ], linesPerSection: 3)
    }()

    package static let returnSample = Digest(
        day: date("2020-11-02"), firstName: "Claire",
        lines: [
            Line(
                section: .duringAbsence, brief: .make(),
                item: .happened(.documentsReceivedAt, at: at("2020-10-29 11:20")),
                at: at("2020-10-29 11:20"))
        ], linesPerSection: 10, absentUntil: date("2020-11-01"))
}

extension WeeklyReport {
    /// The Monday page of domain 2.2.
    package static let sample: WeeklyReport = {
        var week = Figures()
        (week.new, week.closed, week.referred, week.open) = (41, 22, 9, 163)
        (week.medianFirstCallMinutes, week.firstCallsInTimePercent) = (125, 91)
        var before = Figures()
        (before.new, before.closed, before.referred, before.open) = (29, 25, 7, 153)
        (before.medianFirstCallMinutes, before.firstCallsInTimePercent) = (110, 94)
        return WeeklyReport(
            siteName: "Le Havre", firstName: "Marc", weekStart: date("2020-11-09"),
            weekEnd: date("2020-11-13"),
            exceptions: [
                .overdue(
                    .make("2020-0319"), DeadlineKind(rawValue: "first_call"), due: at("2020-11-13 16:00")),
                .unassigned(.make("2020-0279"), since: at("2020-11-13 09:40")),
                .redWithoutContact(.make("2020-0244"), days: 8),
                .standInOverloaded(name: "Karim Benali", cases: 27),
            ], lastWeek: week, weekBefore: before,
            bySite: [Count(label: "Le Havre", count: 30), Count(label: "Fécamp", count: 11)],
            bySector: [Count(label: "56.10A", count: 17), Count(label: "47.11B", count: 24)],
            byTopic: [Count(label: "loyers", count: 12)],
            coming: [
                .publicHoliday(date("2020-12-25"), nameFrench: "Noël", nameEnglish: "Christmas Day"),
                .closure(date("2020-12-24"), label: "pont"),
                .absence(name: "C. Duval", from: date("2020-11-19"), to: date("2020-11-20"), backup: nil),
                .absence(
                    name: "K. Benali", from: date("2020-11-18"), to: date("2020-11-18"), backup: "A. Yvon"),
                .externalDates(count: 2, before: date("2020-11-20")),
            ], sent: 212, failed: 1)
    }()

    /// A week in which nothing happened.
    package static let quiet = WeeklyReport(
        siteName: nil, firstName: nil, weekStart: date("2020-11-09"), weekEnd: date("2020-11-13"),
        exceptions: [],
        lastWeek: Figures(), weekBefore: Figures(), bySite: [], bySector: [], byTopic: [], coming: [],
        sent: 0, failed: 0)
}
