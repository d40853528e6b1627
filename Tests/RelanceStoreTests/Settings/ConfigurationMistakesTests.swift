import Foundation
import Glibc
import RelanceCore
import RelanceStore
import Testing

/// One file of Fixtures per mistake, named after it, with every issue it has to give.
@Suite struct ConfigurationMistakesTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        var file: String
        /// `line:column: key: sentence`.
        var issues: [String]
        /// Of reliability 3.10, where it has one.
        var row: String

        init(row: String = "", _ file: String, _ issues: String...) {
            self.row = row
            self.file = file
            self.issues = issues
        }

        var testDescription: String { row.isEmpty ? file : "\(row) \(file)" }
    }

    static let facts = Fact.allCases.map(\.rawValue).listed
    static let stages = Stage.allCases.map(\.rawValue).listed
    static let channelRules = ChannelRule.allCases.map(\.rawValue).listed
    static let kinds = MessageKind.allCases.filter(\.isWritten).map(\.rawValue).sorted().listed
    static let noAnchors = "anchors (&name) and aliases (*name) are not read here: write the value out"
    static let duration = "a duration such as 30 s, 5 min, 2 h or 3 days"

    static let mistakes = [
        Mistake(row: "F1", "unknown-key", "3:5: policy.digest.att: unknown key; did you mean “at”?"),
        Mistake(
            row: "F1", "wrong-type",
            "3:9: policy.digest.at: found a list, expected a time of day such as 08:30"),
        Mistake(
            "not-a-time-of-day", "3:9: policy.digest.at: found “8h30”, expected a time of day such as 08:30"),
        Mistake(row: "F1", "negative-duration", "2:10: stop.drain: found “-5m”, expected \(duration)"),
        Mistake(row: "F1", "absurd-duration", "2:10: stop.drain: found “1e9d”, expected \(duration)"),
        Mistake(row: "F1", "duration-without-unit", "2:10: stop.drain: found “5”, expected \(duration)"),
        Mistake(
            "unknown-stage",
            "4:16: policy.deadlines.first_call.stages[0]: found “listenning”, expected \(stages); did you mean “listening”?"
        ),
        Mistake(
            "unknown-fact",
            "4:13: policy.deadlines.first_call.from: found “open_at”, expected \(facts); did you mean “opened_at”?"
        ),
        Mistake(
            "rule-without-unit",
            "4:12: policy.deadlines.first_call.due: found “4 hours”, expected “working hours” or “elapsed hours” where “hours” stands"
        ),
        Mistake(
            "rule-that-rolls-hours",
            "4:12: policy.deadlines.first_call.due: found “4 working hours, following”, expected no roll, since working hours never end on a closed day where “following” stands"
        ),
        Mistake(
            "due-that-counts-back",
            "4:12: policy.deadlines.diagnosis.due: counts back from the fact, and only steps do"),
        Mistake(
            "unknown-calendar",
            "4:17: policy.deadlines.distress_call.calendar: found “distres”, expected distress, service, staff or transactional; did you mean “distress”?"
        ),
        Mistake(
            "step-without-a-phase",
            "5:11: policy.deadlines.first_call.steps[0]: missing, expected one of notice, reminder, overdue or escalation in each step"
        ),
        Mistake(
            "reminder-that-comes-after",
            "5:21: policy.deadlines.first_call.steps[0].reminder: a reminder comes before: “60 working minutes before”"
        ),
        Mistake(
            "internal-message-to-a-business",
            "6:15: policy.deadlines.first_call.steps[0].to: deadline_overdue is not written for businesses"),
        Mistake(
            "deadline-without-a-fact", "4:7: policy.deadlines.second_call.from: missing, expected \(facts)"),
        Mistake(
            "unknown-zone",
            "2:9: policy.zone: /usr/share/zoneinfo/Europe/Dieppe cannot be read: No such file or directory; is tzdata installed?"
        ),
        Mistake("zone-that-leads-elsewhere", "2:9: policy.zone: this is no name of a time zone"),
        Mistake(
            "calendar-that-never-opens",
            "4:13: policy.calendars.service.week: it never opens, so nothing would ever fall due"),
        Mistake(
            "calendars-based-on-each-other",
            "4:17: policy.calendars.service.based_on: leads in a circle: staff, service, staff"),
        Mistake(
            "overlapping-spans",
            "5:17: policy.calendars.service.week.monday: 09:00-12:30 and 12:00-17:30 overlap"),
        Mistake(
            "span-that-closes-before-it-opens",
            "5:17: policy.calendars.service.week.friday: found “17:30-09:00”, expected hours such as 09:00-17:30, closing after opening, or none"
        ),
        Mistake(
            "closure-that-ends-before-it-starts",
            "5:34: policy.calendars.service.closures[0].to: 2020-12-28 comes before 2020-12-31"),
        Mistake(
            "date-that-does-not-exist",
            "4:23: policy.calendars.service.open_holidays[0]: found “2021-02-29”, expected a date such as 2020-12-24"
        ),
        Mistake(
            "missing-ics-file",
            "4:12: policy.calendars.service.ics: FOLDER/fermeture.ics cannot be read: No such file or directory"
        ),
        Mistake("site-without-a-mailbox", "3:5: sites.dieppe.mailbox: missing, expected an e-mail address"),
        Mistake(
            "mistake-in-the-policy-of-a-site",
            "8:11: sites.dieppe.policy.deadlines.first_call.du: unknown key; did you mean “due”?"),
        Mistake(
            row: "J22", "address-with-a-line-break",
            "2:11: service.sender: found “relance@cci.example\\u{d}\\u{a}Bcc: x@y.example”, expected an e-mail address, this one has control character at position 20"
        ),
        Mistake(
            row: "F2", "unknown-route", "1:8: mail[0]: found “spol”, expected spool; did you mean “spool”?"),
        Mistake(
            row: "F2", "route-that-falls-back-on-itself",
            "3:7: mail: names a route twice: after its failure comes another one, not itself"),
        Mistake(row: "F2", "two-routes-of-one-name", "2:3: the key “relay” stands twice in one section"),
        Mistake("no-route-for-mail", "1:7: mail: names no route"),
        Mistake(
            row: "F4", "password-in-the-file",
            "7:15: routes.relay.password: a password has no place in this file: use credential or password_file, and change it now"
        ),
        Mistake(
            row: "F4", "password-in-a-url",
            "4:11: routes.relay.host: found a text that is not shown here, expected the name or address of a host, without scheme, user or port"
        ),
        Mistake(
            row: "F5", "clear-text-to-a-remote-host",
            "5:10: routes.relay.tls: relay.cci.example is not this machine: mail leaves it by starttls or implicit TLS only"
        ),
        Mistake(
            row: "F5", "insecure",
            "6:15: routes.relay.insecure: there is no such switch: certificates are always checked"),
        Mistake(
            "user-without-a-password",
            "6:11: routes.relay.user: a user without a password: state credential or password_file"),
        Mistake(
            "missing-password-file",
            "7:20: routes.relay.password_file: the file it names cannot be read: No such file or directory"),
        Mistake(
            "credential-outside-systemd",
            "7:17: routes.relay.credential: \(noCredentials)"
        ),
        Mistake(
            row: "F4", "secrets-for-their-names",
            "7:17: routes.relay.credential: \(noCredentials)",
            "13:35: routes.texts.credentials.api_key.file: the file it names cannot be read: No such file or directory",
            "14:21: routes.texts.receipts_token: \(noCredentials)"),
        Mistake(
            row: "F4", "secrets-that-are-no-names",
            "7:17: routes.relay.credential: found a text that is not shown here, expected a name of letters, digits, ., _ and -",
            "13:41: routes.texts.credentials.api_key.credential: found a text that is not shown here, expected a name of letters, digits, ., _ and -",
            "14:21: routes.texts.receipts_token: found a text that is not shown here, expected a name of letters, digits, ., _ and -"
        ),
        Mistake(
            "sender-of-an-example",
            "3:7: mail: a relay carries mail, and service.sender is still the address of an example"),
        Mistake(
            row: "F2", "unknown-gateway",
            "4:14: routes.texts.gateway: there is no preset “kanel” in FOLDER/../../../../Config/gateways; did you mean “kannel”?"
        ),
        Mistake(
            row: "F5", "clear-text-gateway",
            "6:17: routes.texts.clear_text: http://sms.cci.example:13013 is clear text: https, or clear_text on_loopback for this machine, or on_private_network for an address of your own network",
            "8:36: routes.texts.credentials.password.file: the file it names cannot be read: No such file or directory"
        ),
        Mistake(
            row: "F4", "secret-among-the-settings",
            "3:5: routes.texts.credentials.auth_token: missing: the account's auth token",
            "6:47: routes.texts.settings.auth_token: a secret has no place in this file: name its credential or file, and change it now"
        ),
        Mistake(
            "settings-of-another-gateway",
            "6:15: routes.texts.settings.user: missing: the username of the sendsms-user group",
            "6:16: routes.texts.settings.usr: unknown key; did you mean “user”?",
            "7:18: routes.texts.credentials.password: missing: the password of the sendsms-user group"),
        Mistake(
            "sender-of-twelve-letters",
            "6:13: routes.texts.sender: 12 characters, a sender's name has 3 to 11",
            "7:41: routes.texts.credentials.api_key.credential: \(noCredentials)"
        ),
        Mistake(
            row: "F4", "password-in-a-gateway",
            "5:15: routes.texts.base_url: found a text that is not shown here, expected an address such as https://api.sms.example/v1, without user or query",
            "6:41: routes.texts.credentials.api_key.credential: \(noCredentials)",
            "7:21: routes.texts.receipts_token: \(noCredentials)"
        ),
        Mistake(
            "texts-over-a-relay",
            "8:12: routes.post_office.relay: post_office carries no mail",
            "9:14: routes.post_office.address: has to be an e-mail address with {to} where the number stands",
            "11:6: sms: relay carries no text messages"),
        Mistake(
            "budget-that-stops-before-it-warns",
            "1:31: sms_budget.hard: below soft: the warning has to come before the stop"),
        Mistake(
            "doubtful-messages-sent-again",
            "2:9: on_ambiguous.mail: found “retry_anyway”, expected retry or hold",
            "3:8: on_ambiguous.sms: found “retry”, expected hold or retry_anyway, since no preset states for how long its provider knows a text again",
            "5:5: on_ambiguous.kinds.refered: found “refered”, expected \(kinds); did you mean “referred”?",
            "6:19: on_ambiguous.kinds.survey.sms: found “retry_anyways”, expected hold or retry_anyway; did you mean “retry_anyway”?",
            "6:34: on_ambiguous.kinds.survey.maill: unknown key; did you mean “mail”?",
            "7:5: on_ambiguous.kinds.call_task: found “call_task”, expected \(kinds)"),
        Mistake("preset-with-mistakes"),
        Mistake(
            row: "F7", "state-beside-the-configuration",
            "1:8: state: the folder of the ledger has to be its own, not that of this file"),
        Mistake(
            "short-memory",
            "2:13: ledger.remember: at least 400 days, or a message could leave twice within a year"),
        Mistake(
            "no-room-for-results",
            "2:14: ledger.low_water: at least 4 MiB, the room kept for the ends of attempts under way"),
        Mistake(
            row: "F1", "unknown-log-level",
            "2:10: log.level: found “verbose”, expected debug, info, notice, warning or error"),
        Mistake(
            "unknown-channel-rule",
            "3:14: policy.appointment_eve.channel: found “sms_else_mail”, expected \(channelRules); did you mean “sms_else_email”?"
        ),
        Mistake(
            "appointment-reminder-that-comes-after",
            "3:9: policy.appointment_soon.at: a reminder comes before: “120 elapsed minutes before”"),
        Mistake(
            "unknown-deadline",
            "3:12: policy.documents_awaited.again: found “document_reminder”, expected court_check, diagnosis, distress_call, distress_control, distress_day_7, distress_realert, documents_reminder, external_date, first_call, follow_up, scheme_check, survey, three_month_check or none; did you mean “documents_reminder”?"
        ),
        Mistake(
            "unknown-region",
            "3:19: policy.text_messages.regions[1]: found “gb”, expected a region in two capitals such as FR, RE or GB"
        ),
        Mistake(
            "survey-in-clear-text",
            "2:15: service.survey_url: found “http://enquete.cci.example”, expected an address such as https://enquete.cci.example/2020, of at most 50 characters"
        ),
        Mistake(
            "ceiling-of-nothing",
            "3:19: policy.ceilings.status_a_day: found “0”, expected a whole number from 1 to 10",
            "4:5: policy.ceilings.business_per_day: unknown key; did you mean “business_a_day”?"),
        Mistake(
            "misspelt-key-of-a-kind", "3:5: policy.survey.wndow: unknown key; did you mean “window”?"),
        Mistake(
            row: "F5", "console-on-a-public-address",
            "2:11: console.listen: found “0.0.0.0:8480”, expected an address of this machine or of a private network: from further away, calls come in by a reverse proxy, which has TLS"
        ),
        Mistake(
            "console-without-a-port",
            "2:11: console.listen: found “127.0.0.1”, expected an address and port such as 127.0.0.1:8480, or none"
        ),
        Mistake(
            row: "F5", "public-url-without-tls",
            "2:15: console.public_url: found a text that is not shown here, expected an address with https, since relance.cci.example is not this machine"
        ),
        Mistake(
            row: "F4", "public-url-with-a-password",
            "2:15: console.public_url: found a text that is not shown here, expected an address such as https://relance.cci.example, or none"
        ),
        Mistake("a-list-at-the-top", "1:1: found a list or a text, expected keys and values"),
        Mistake(row: "F1", "the-same-key-twice", "1:1: the key “stop” stands twice in one section"),
        Mistake(
            "indented-with-a-tab",
            "2:1: not YAML: found character that cannot start any token while scanning for the next token of line 2; indent with spaces, and quote a text that begins with a mark"
        ),
        Mistake(
            "an-unclosed-quote",
            "3:1: not YAML: found unexpected end of stream while scanning a quoted scalar of line 2"),
        Mistake("an-alias", "1:7: stop: \(noAnchors)"),
        Mistake("a-few-laughs", "1:4: a: \(noAnchors)"),
        Mistake("a-billion-laughs", "2: \(noAnchors)"),
        Mistake("a-billion-laughs-as-a-key", "2: \(noAnchors)"),
        Mistake("nested-deep", "1:8: mail[0]: found a list, expected spool"),
        Mistake("nested-too-deep", "1:8: nested too deep"),
        Mistake("not-utf-8", "not UTF-8: save the file with that encoding"),
        Mistake(
            "a-whole-file-of-mistakes",
            "1:1: servce: unknown key; did you mean “service”?",
            "5:9: policy.digest.at: found “8h30”, expected a time of day such as 08:30",
            "6:24: policy.digest.lines_per_section: found “dix”, expected a whole number from 1 to 100",
            "9:12: policy.deadlines.first_call.due: found “4 wroking hours”, expected “working minutes”, “working hours”, “elapsed minutes”, “elapsed hours”, “working days”, “calendar days”, “weeks” or “months” where “wroking” stands",
            "10:7: policy.deadlines.first_call.satisfyed_by: unknown key; did you mean “satisfied_by”?",
            "11:8: mail[0]: found “relay”, expected spool"),
    ]

    @Test(arguments: mistakes)
    func `each mistake is told with its place, its key and what was expected`(_ mistake: Mistake) {
        let path = Fixture.path(mistake.file + ".yaml")
        let reading = ConfigurationFile(credentialsFolder: nil, gatewayFolder: Fixture.gateways).read(path)
        #expect(reading.configuration == nil)
        // What a preset has not confirmed is told too, and may change without a mistake being another.
        let told = reading.issues.filter { $0.file == path && $0.severity == .error }.map { issue in
            String(issue.description.dropFirst(path.count + (issue.line == nil ? 2 : 1)))
                .replacing(Fixture.folder, with: "FOLDER")
        }
        #expect(told == mistake.issues)
    }

    @Test func `no password is ever printed`() {
        let files = [
            "password-in-the-file", "password-in-a-url", "public-url-with-a-password",
            "secret-among-the-settings", "password-in-a-gateway", "secrets-for-their-names",
            "secrets-that-are-no-names",
        ]
        for file in files {
            for folder in [nil, "/no/credentials"] {
                let reading = ConfigurationFile(
                    credentialsFolder: folder, gatewayFolder: Fixture.gateways
                ).read(Fixture.path(file + ".yaml"))
                #expect(reading.configuration == nil)
                #expect(!"\(reading)".contains("canary"), "\(file): \(reading)")
            }
        }
    }

    @Test func `a credential that is not there is told without its name, and where it is looked for`() {
        let reading = ConfigurationFile(
            credentialsFolder: "/no/credentials", gatewayFolder: Fixture.gateways
        ).read(Fixture.path("secrets-for-their-names.yaml"))
        let told = reading.issues.filter { $0.severity == .error }.map { $0.key + ": " + $0.sentence }
        let sentence =
            "the credential it names cannot be read: No such file or directory: systemd hands them to a unit "
            + "(LoadCredential=), and outside of it CREDENTIALS_DIRECTORY names their folder"
        #expect(
            told == [
                "routes.relay.credential: \(sentence)",
                "routes.texts.credentials.api_key.file: the file it names cannot be read: No such file or directory",
                "routes.texts.receipts_token: \(sentence)",
            ])
    }

    @Test func `every fixture has its row`() {
        let files = Fixture.names.filter { $0.hasSuffix(".yaml") }
        #expect(Set(files) == Set(Self.mistakes.map { $0.file + ".yaml" }))
    }

    @Test func `a file that is not there is one issue`() {
        let reading = ConfigurationFile(credentialsFolder: nil).read("/no/such/relance.yaml")
        #expect(
            reading.issues.map(\.description)
                == ["/no/such/relance.yaml: cannot be read: No such file or directory"])
    }

    /// The file says where passwords go.
    @Test func `F7 a configuration, a preset and an authority that anybody may change are refused`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("sms: [spool]", to: folder + "/open.yaml", mode: 0o666)
            let reading = ConfigurationFile(credentialsFolder: nil).read(folder + "/open.yaml")
            let sentence = "cannot be read: it has the mode 0666 and anybody may change it: chmod go-w"
            #expect(reading.configuration == nil)
            #expect(reading.issues.map(\.description) == ["\(folder)/open.yaml: \(sentence)"])

            try Fixture.write("title: Mine", to: folder + "/mine.yaml", mode: 0o666)
            try Fixture.write("x", to: folder + "/ca.pem", mode: 0o666)
            try Fixture.write(
                """
                routes:
                  texts: {kind: sms, gateway: mine.yaml}
                  relay: {kind: smtp, host: relay.cci.example, tls: starttls, ca_file: ca.pem}
                """, to: folder + "/relance.yaml")
            let issues = ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml").issues
            #expect(
                issues.filter { $0.severity == .error }.map(\.description) == [
                    "\(folder)/mine.yaml: \(sentence)",
                    "\(folder)/relance.yaml:3:72: routes.relay.ca_file: \(folder)/ca.pem \(sentence)",
                ])
        }
    }

    @Test func `F7 whatever people are told by is refused when somebody else may change it`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", to: folder + "/closed.ics", mode: 0o666)
            try Fixture.write(
                "policy: {calendars: {service: {ics: closed.ics}}}", to: folder + "/relance.yaml")
            let issues = ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml").issues
            let sentence = "cannot be read: it has the mode 0666 and anybody may change it: chmod go-w"
            #expect(issues.contains { $0.sentence == "\(folder)/closed.ics \(sentence)" }, "\(issues)")

            let templates = folder + "/templates"
            try FileManager.default.createDirectory(
                atPath: templates + "/fr", withIntermediateDirectories: true)
            for name in ["words.txt", "survey.sms.txt"] {
                try Fixture.write("x", to: "\(templates)/fr/\(name)", mode: 0o666)
            }
            #expect(
                TemplateDirectory(templates).issues.map(\.description) == [
                    "\(templates)/fr/survey.sms.txt: \(sentence)", "\(templates)/fr/words.txt: \(sentence)",
                ])
        }
    }

    @Test
    func `F7 a file in a folder where anybody may put another is refused, but for that of root's rubbish`()
        throws
    {
        try Fixture.withFolder { folder in
            try Fixture.write("sms: [spool]", to: folder + "/relance.yaml", mode: 0o600)
            for (mode, isBelieved) in [(0o777, false), (0o1777, true), (0o755, true)] {
                chmod(folder, mode_t(mode))
                let reading = ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml")
                #expect((reading.configuration != nil) == isBelieved, "\(String(mode, radix: 8))")
                #expect(
                    isBelieved
                        || reading.issues.map(\.sentence) == [
                            "cannot be read: its folder has the mode 0777 and anybody may change it: chmod go-w"
                        ])
            }
            // A link is as good as the folder it leads to.
            try FileManager.default.createDirectory(
                atPath: folder + "/open", withIntermediateDirectories: true)
            try Fixture.write("sms: [spool]", to: folder + "/open/relance.yaml", mode: 0o600)
            chmod(folder + "/open", 0o777)
            symlink("open/relance.yaml", folder + "/link.yaml")
            #expect(
                ConfigurationFile(credentialsFolder: nil).read(folder + "/link.yaml").configuration == nil)
        }
    }

    @Test func `F7 a file of somebody else is refused`() throws {
        guard geteuid() == 0 else { return }  // only root can give files away
        try Fixture.withFolder { folder in
            try Fixture.write("sms: [spool]", to: folder + "/relance.yaml", mode: 0o600)
            chown(folder + "/relance.yaml", 65534, 65534)
            #expect(
                ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml").issues.map(
                    \.sentence)
                    == ["cannot be read: it belongs to user 65534, and has to belong to root"])
        }
    }

    @Test func `a folder in place of the file is one issue`() {
        let reading = ConfigurationFile(credentialsFolder: nil).read(Fixture.folder)
        #expect(reading.issues.map(\.sentence) == ["cannot be read: not a regular file"])
    }

    @Test func `F14 a machine without tzdata says so in one line`() {
        let reading = ConfigurationFile(credentialsFolder: nil, zoneFolder: "/no/zones").read(nil)
        #expect(
            reading.issues.map { $0.key + ": " + $0.sentence } == [
                "policy.zone: /no/zones/Europe/Paris cannot be read: No such file or directory; is tzdata installed?"
            ])
    }
}

private let noCredentials =
    "there are no credentials here: systemd hands them to a unit (LoadCredential=), and outside of it CREDENTIALS_DIRECTORY names their folder"

extension [String] {
    fileprivate var listed: String { dropLast().joined(separator: ", ") + " or " + (last ?? "") }
}
