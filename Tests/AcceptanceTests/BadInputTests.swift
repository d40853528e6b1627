import Foundation
import RelanceTestSupport
import Testing

/// Bad input of the kinds of reliability 3.10, through the command line.
///
/// The place and the expectation are told, the neighbours live. Each kind's further rows are tested in the room that
/// reads it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct BadInputTests {
    /// A file with something wrong in it, and what `check` has to say of it.
    struct Row: CustomTestStringConvertible, Sendable {
        /// Its number, and what is wrong.
        let testDescription: String
        /// Where the text goes, for a mistake of the house.
        let file: String
        let text: String
        /// In full lines, in this order among others; an ellipsis ends what is not looked at.
        let says: [String]

        init(_ name: String, in file: String = "", _ text: String, _ says: String...) {
            testDescription = name
            self.file = file
            self.text = text
            self.says = says
        }
    }

    private static func caseText(_ ref: String, _ more: String = "") -> String {
        "{\"ref\": \"\(ref)\", \"opened_at\": \"2020-10-30T15:40:00+01:00\", \"stage\": \"listening\"\(more)}"
    }

    private func house() throws -> Installation {
        let house = try Installation()
        try house.write("state: state\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write("[\(Self.caseText("A")), \(Self.caseText("B"))]", to: "cases/good.json")
        return house
    }

    /// The references `cases` shows.
    private func refs(_ house: Installation) async throws -> [String] {
        try await house.relance("cases", "--json").records().compactMap { $0["ref"] as? String }
    }

    // MARK: Cases

    @Test(arguments: [
        Row("J1", "", "cases/bad.json:1:1: there is no JSON in it; file not used"),
        Row("J2", "\u{FEFF} \n", "cases/bad.json:1:1: there is no JSON in it; file not used"),
        Row(
            "J5", "[\(caseText("C")),\n{\"ref\": \"D",
            "cases/bad.json:2:11: the text ends here, inside the string that begins at 2:9; file not used"),
        Row("J7", "\"cases\"", "cases/bad.json:1:1: found a string, expected an array of cases, …"),
        Row(
            "J8", "[\(caseText("C")),\n]",
            "cases/bad.json:1:78: JSON allows no comma after the last item; file not used"),
    ]) func `a file of cases that cannot be used fails the check and leaves the other files`(row: Row)
        async throws
    {
        let house = try house()
        try house.write(row.text, to: "cases/bad.json")
        let check = try await house.relance("check")
        #expect(check.status == 78 && check.says(row.says), "\(check)")
        #expect(!check.output.contains("OK"))
        #expect(try await refs(house) == ["A", "B"])
    }

    @Test(arguments: [
        Row(
            "J11", ", \"contact\": {\"email\": \"a@b.example\",\n\"email\": \"c@d.example\"}",
            "cases/bad.json:2:1: record C: key \"email\" stands twice in the same object, first on line 1; case held"
        ),
        Row(
            "J16",
            ", \"appointments\": [{\"id\": 1, \"starts_at\": \"2020-11-12T14:00:00+01:00\", \"minutes\": 1e999999}]",
            "cases/bad.json:1:159: record C: appointments[0].minutes: expected minutes from 1 to 1440; field not used"
        ),
        Row(
            "J20", ", \"assigned_at\": \"2020-10-30T25:00:00+01:00\"",
            "cases/bad.json:1:94: record C: assigned_at: expected an instant such as 2020-11-02T09:00:00+01:00; …"
        ),
        Row(
            "J22", ", \"contact\": {\"email\": \"a@b.example\\r\\nBcc: x@y.example\"}",
            "cases/bad.json:1:100: record C: contact.email: expected one address such as name@company.example: control character at position 12; field not used"
        ),
        Row(
            "J23", ", \"contact\": {\"email\": \"a@b@c.example\"}",
            "cases/bad.json:1:100: record C: contact.email: expected one address such as name@company.example: more than one @; field not used"
        ),
        Row(
            "J25", ", \"contact\": {\"last_name\": \"Du\\u202epont\"}",
            "cases/bad.json:1:104: record C: contact.last_name: invisible or direction-changing characters were taken out"
        ),
        Row(
            "J28", ", \"contact\": {\"mobile\": \"+33\"}",
            "cases/bad.json:1:101: record C: contact.mobile: expected one whole telephone number, such as 02 61 91 10 21 or +44 20 7946 0123; field not used"
        ),
        Row(
            "J29", ", \"contact\": {\"last_name\": \"Du\\ud800pont\"}",
            "cases/bad.json:1:107: record C: contact.last_name: half of a surrogate pair …"),
        Row(
            "J32", ", \"contact\": {\"language\": \"xx\"}",
            "cases/bad.json:1:103: record C: contact.language: found “xx”, expected one of fr, en; field not used"
        ),
        Row(
            "a misspelt key", ", \"asigned_at\": \"2020-10-30T15:40:00+01:00\"",
            "cases/bad.json:1:79: record C: asigned_at: unknown key; did you mean “assigned_at”?"),
    ]) func `a bad field is told with its place, and every case lives`(row: Row) async throws {
        let house = try house()
        try house.write("[\(Self.caseText("C", row.text)),\n\(Self.caseText("D"))]", to: "cases/bad.json")
        let check = try await house.relance("check")
        #expect(check.status == 0 && check.says(row.says), "\(check)")
        #expect(Set(try await refs(house)).isSuperset(of: ["A", "B", "D"]))
    }

    @Test(arguments: [
        Row(
            "J14",
            "{\"ref\": \"a\\nb\", \"opened_at\": \"2020-10-30T15:40:00+01:00\", \"stage\": \"listening\"}",
            "cases/bad.json:1:10: ref: expected a reference of at most 128 bytes without control characters; record not used"
        ),
        Row(
            "J19", "{\"ref\": \"C\", \"opened_at\": \"1969-12-31T15:40:00Z\", \"stage\": \"listening\"}",
            "cases/bad.json:1:28: record C: opened_at: expected an instant between 2000-01-01T01:00:00+01:00 and …"
        ),
        Row(
            "J31", "{\"ref\": \"C\", \"opened_at\": \"2020-10-30T15:40:00+01:00\", \"stage\": \"Closed \"}",
            "cases/bad.json:1:66: record C: stage: found “Closed ”, expected one of listening, …"),
    ]) func `a record without a reference, an opening or a stage hurts itself only`(row: Row) async throws {
        let house = try house()
        try house.write("[\(row.text),\n\(Self.caseText("D"))]", to: "cases/bad.json")
        let check = try await house.relance("check")
        #expect(check.status == 0 && check.says(row.says), "\(check)")
        #expect(try await refs(house).filter { $0 != "C" } == ["A", "B", "D"])
    }

    @Test func `nothing is written for a case that cannot be read, and its neighbours are written to`()
        async throws
    {
        let house = try house()
        func caseText(_ ref: String, openedAt: String = "2020-11-02T09:00:00+01:00", _ more: String = "")
            -> String
        {
            """
            {"ref": "\(ref)", "opened_at": "\(openedAt)", "stage": "follow_up", \
            "contact": {"email": "contact@entreprise.example", "prefers": "email"}\(more)}
            """
        }
        let bad = [
            caseText("J11", ", \"stage\": \"listening\""), caseText("J14\\nJ14"),
            caseText("J19", openedAt: "2033-11-02T09:00:00+01:00"),
            caseText("J20", openedAt: "2020-11-02T25:00:00+01:00"),
            caseText("J31").replacing("follow_up", with: "Closed "),
        ]
        try house.write(
            "[\(([caseText("C")] + bad + [caseText("D")]).joined(separator: ",\n"))]", to: "cases/bad.json")
        let run = try await house.start([
            "run", "--clock", "2020-11-02T09:00:00+01:00", "--speed", "60", "--until",
            "2020-11-02T09:05:00+01:00",
        ]).end()
        #expect(run.status == 0, "\(run)")
        #expect(
            run.says([
                "cases/bad.json:2:152: record J11: key \"stage\" stands twice in the same object, first on line 2; case held",
                "cases/bad.json:3:9: ref: expected a reference of at most 128 bytes without control characters; record not used",
                "cases/bad.json:4:29: record J19: opened_at: expected an instant between 2000-01-01T01:00:00+01:00 and …",
                "cases/bad.json:5:29: record J20: opened_at: expected an instant such as 2020-11-02T09:00:00+01:00; case held",
                "cases/bad.json:6:67: record J31: stage: found “Closed ”, expected one of listening, …",
            ]), "\(run)")
        let mails = try house.names(in: "spool/mail/new").map {
            String(decoding: try house.read("spool/mail/new/" + $0), as: UTF8.self)
        }.filter { $0.contains("contact@entreprise.example") }
        #expect(mails.count == 2)
        let told = try await house.relance("messages", "--json").records().flatMap {
            $0["cases"] as? [String] ?? []
        }
        #expect(told.contains("C") && told.contains("D"))
        #expect(Set(told).isSubset(of: ["A", "B", "C", "D"]), "\(told)")
        #expect(try await house.verifyLedger().sound)
    }

    @Test func `J4, J10 and J34 what is no file of text is refused unread`() async throws {
        let house = try house()
        let bad = house.folder + "/cases/bad.json"
        func expect(at place: String = "", _ sentence: String) async throws {
            let check = try await house.relance("check")
            #expect(check.status == 78 && check.says(["cases/bad.json\(place): " + sentence]), "\(check)")
            #expect(try await refs(house) == ["A", "B"])
            try FileManager.default.removeItem(atPath: bad)
        }
        try house.write("", to: "cases/bad.json")
        #expect(truncate(bad, 1 << 30) == 0)  // J10, sparse
        try await expect("1073741824 bytes are too many, at most 33554432 are read; file not used")
        #expect(mkfifo(bad, 0o644) == 0)  // J34
        try await expect("cannot be read: it is a named pipe, not a file; file not used")
        #expect(symlink("bad.json", bad) == 0)
        try await expect("cannot be read: Too many levels of symbolic links; file not used")
        try house.makeFolder("cases/bad.json")
        try await expect("cannot be read: it is a folder, not a file; file not used")
        try house.write(Data([0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00]), to: "cases/bad.json")  // J4
        try await expect(at: ":1:1", "not UTF-8, looks like UTF-16; file not used")
    }

    @Test func `J14 no reference of a case becomes the name of a file`() async throws {
        let house = try house()
        let refs = ["../../etc/passwd", "/abs", "con", "a/b", "..", ".", "state/lock", "%2e%2e%2f", "$(id)"]
        try house.write(
            "["
                + refs.map {
                    Self.caseText(
                        $0,
                        ", \"contact\": {\"email\": \"contact@entreprise.example\", \"prefers\": \"email\"}")
                }.joined(separator: ",\n") + "]", to: "cases/bad.json")
        let run = try await house.start([
            "run", "--clock", "2020-10-30T15:40:00+01:00", "--speed", "600", "--until",
            "2020-10-30T16:00:00+01:00",
        ]).end()
        #expect(run.status == 0, "\(run)")
        #expect(Set(try await self.refs(house)).isSuperset(of: refs))
        let mails = try house.names(in: "spool/mail/new")
        #expect(!mails.isEmpty && mails.allSatisfy { $0.contains(#/^[a-z2-7]{26}$/#) }, "\(mails)")
        #expect(
            try house.names(in: ".") == ["advisors.json", "cases", "relance.yaml", "spool", "state"])
        let state = try house.names(in: "state")
        #expect(
            state.allSatisfy {
                $0.contains(#/^(ledger-[0-9]{16}\.jsonl|snapshot-[0-9]+\.json|lock|outbox)$/#)
            },
            "\(state)")
    }

    /// As an account that is not root, which may read everything.
    @Test func `J34 a file that may not be read is told, and the others are used`() async throws {
        let house = try house()
        chmod(house.folder, 0o755)
        try house.write("[\(Self.caseText("C"))]", to: "cases/closed.json", mode: 0o000)
        let check = try await RunningProgram(
            "/usr/bin/setpriv",
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", Installation.program, "check", "--config",
                house.configuration,
            ], environment: ["PATH": "/usr/bin:/bin"], folder: house.folder
        ).end()
        #expect(
            check.status == 78
                && check.says(["cases/closed.json: cannot be read: Permission denied; file not used"]),
            "\(check)")
        #expect(check.output.contains("1 to mend: 2 cases"), "\(check)")
    }

    // MARK: Configuration and templates

    @Test(arguments: [
        Row(
            "F1 an unknown key and a wrong rule", in: "relance.yaml",
            "policy:\n  digest:\n    att: 08:30\n  deadlines:\n    first_call:\n      due: 4 hours\n",
            "relance.yaml:3:5: policy.digest.att: unknown key; did you mean “at”?",
            "relance.yaml:6:12: policy.deadlines.first_call.due: found “4 hours”, expected “working hours” or “elapsed hours” where “hours” stands"
        ),
        Row(
            "F1 a negative duration", in: "relance.yaml", "stop:\n  drain: -5m\n",
            "relance.yaml:2:10: stop.drain: found “-5m”, expected a duration such as 30 s, 5 min, 2 h or 3 days"
        ),
        Row(
            "F1 an absurd duration", in: "relance.yaml", "stop:\n  drain: 1e9d\n",
            "relance.yaml:2:10: stop.drain: found “1e9d”, …"),
        Row(
            "F1 a number without a unit", in: "relance.yaml", "stop:\n  drain: 5\n",
            "relance.yaml:2:10: stop.drain: found “5”, …"),
        Row(
            "F1 a list for a word", in: "relance.yaml", "policy:\n  digest:\n    at: [08:30]\n",
            "relance.yaml:3:9: policy.digest.at: found a list, expected a time of day such as 08:30"),
        Row(
            "F1 a quotation that does not end", in: "relance.yaml", "service:\n  name: \"CCI\n",
            "relance.yaml:3:1: not YAML: …"),
        Row(
            "F2 two routes of one name", in: "relance.yaml",
            "routes:\n  spool: {kind: spool, folder: a}\n  spool: {kind: spool, folder: b}\n",
            "relance.yaml:2:3: the key “spool” stands twice in one section"),
        Row(
            "F2 an unknown route", in: "relance.yaml", "mail: [relay]\n",
            "relance.yaml:1:8: mail[0]: found “relay”, expected spool"),
        Row(
            "F2 a fallback on itself", in: "relance.yaml", "mail: [spool, spool]\n",
            "relance.yaml:1:7: mail: names a route twice: after its failure comes another one, not itself"),
        Row(
            "F4 a password in the file", in: "relance.yaml",
            "routes:\n  relay: {kind: smtp, host: localhost, tls: starttls, user: u, password: canary-4711}\n",
            "relance.yaml:2:74: routes.relay.password: a password has no place in this file: use credential or password_file, and change it now"
        ),
        Row(
            "F4 a password in a URL", in: "relance.yaml",
            "routes:\n  relay: {kind: smtp, host: \"smtp://u:canary-4711@relay.cci.example\", tls: starttls}\n",
            "relance.yaml:2:29: routes.relay.host: found a text that is not shown here, expected the name or address of a host, without scheme, user or port"
        ),
        Row(
            "F5 clear text to elsewhere", in: "relance.yaml",
            "routes:\n  relay:\n    kind: smtp\n    host: relay.cci.example\n    tls: none_on_loopback\n",
            "relance.yaml:5:10: routes.relay.tls: relay.cci.example is not this machine: mail leaves it by starttls or implicit TLS only"
        ),
        Row(
            "F5 insecure", in: "relance.yaml",
            "routes:\n  relay:\n    kind: smtp\n    host: relay.cci.example\n    tls: starttls\n    insecure: true\n",
            "relance.yaml:6:15: routes.relay.insecure: there is no such switch: certificates are always checked"
        ),
        Row(
            "F7 the state beside the configuration", in: "relance.yaml", "state: .\n",
            "relance.yaml:1:8: state: the folder of the ledger has to be its own, not that of this file"),
        Row(
            "J5 advisors cut off", in: "advisors.json", "[{\"id\": \"x\"",
            "advisors.json:1:12: the text ends here, but what was opened at 1:2 is not closed; file not used"),
        Row(
            "F10 a tag that is not closed", in: "templates/fr/escalation.email.txt",
            "Subject: Dossier {{ref}}\n\n{{ref",
            "fr/escalation.email.txt:3:1: a tag that is not closed by }}"),
        Row(
            "F10 an unknown name and a section without end", in: "templates/fr/escalation.email.txt",
            "Subject: Dossier {{reff}}\n\n{{#topics}} a",
            "fr/escalation.email.txt:1:18: unknown name reff; …",
            "fr/escalation.email.txt:3:1: section topics is never closed"),
        Row(
            "F10 a partial of itself", in: "templates/fr/partials/footer.txt", "{{> contact}}{{> footer}}",
            "fr/partials/footer.txt:1:14: partial footer includes itself"),
        Row(
            "F10 another file", in: "templates/fr/escalation.email.txt",
            "Subject: Dossier {{ref}}\n\n{{> ../../etc/shadow}}",
            "fr/escalation.email.txt:3:1: no name of lower-case letters, digits and underscores…"),
        Row(
            "F11 a header in a subject", in: "templates/fr/escalation.email.txt",
            "Subject: Dossier\nBcc: x@y.example\n\ntext",
            "fr/escalation.email.txt:2: a subject is one line, and an empty line follows it"),
        Row(
            "F10 a preset that is a path", in: "relance.yaml",
            "routes:\n  texts: {kind: sms, gateway: ../../../etc/passwd}\n", "/etc/passwd:1:1: …"),
        Row(
            "F10 a preset without a path", in: "relance.yaml",
            "routes:\n  texts: {kind: sms, gateway: ..}\n",
            "relance.yaml:2:31: routes.texts.gateway: there is no preset “..” in …"),
    ]) func `a mistake of the house is told with its place, and no daemon starts on it`(row: Row) async throws
    {
        let house = try house()
        if row.file.hasPrefix("templates/") {
            try house.write("templates: {overrides: templates}\n", to: "relance.yaml")
        }
        try house.write(row.text, to: row.file)
        for command in [["check"], ["run", "--clock", "2020-11-02T08:00:00+01:00"]] {
            let refused = try await house.start(command).end()
            #expect(refused.status == 78 && refused.output == "" && refused.says(row.says), "\(refused)")
            #expect(!refused.testDescription.contains("canary"))
        }
        #expect(try house.names(in: "state") == [], "nothing was touched")
    }

    @Test(arguments: [
        Row(
            "F13 ten segments", String(repeating: "Merci bien ", count: 130) + "{{link}}",
            "warning: fr/survey.sms.txt:1: 1464 characters with the longest values, 1304 more than the 160 of one text message: “Merci bien Merci…"
        ),
        Row(
            "F13 an emoji", "CCI 🙂 {{link}}",
            "warning: fr/survey.sms.txt:1: “🙂” is outside GSM 03.38, which leaves 70 characters of 160; it makes 41: “CCI 🙂 https://cci.example/avis/2020-0301”"
        ),
    ]) func `a text that would cost more than one part is told of`(row: Row) async throws {
        let house = try house()
        try house.write("templates: {overrides: templates}\n", to: "relance.yaml")
        try house.write(row.text, to: "templates/fr/survey.sms.txt")
        let check = try await house.relance("check")
        #expect(check.status == 0 && check.says(row.says), "\(check)")
        #expect(try await refs(house) == ["A", "B"])
    }

    @Test func `F13 what a text weighs stands in the plan, and eleven parts are an error`() async throws {
        let house = try house()
        try house.write("templates: {overrides: templates}\n", to: "relance.yaml")
        try house.write(
            "["
                + Self.caseText(
                    "C",
                    ", \"contact\": {\"mobile\": \"06 39 98 20 21\", \"prefers\": \"sms\", \"sms_consent\": true}"
                )
                + "]", to: "cases/texts.json")
        for (words, parts) in [
            ("CCI : dossier {{ref}}. {{service_phone}}", 1),
            (String(repeating: "Merci bien ", count: 30) + "{{service_phone}}", 3),
        ] {
            try house.write(words, to: "templates/fr/case_opened.sms.txt")
            let plan = try await house.relance(
                "plan", "--json", "--from", "2020-10-30T15:40:00+01:00", "--until",
                "2020-10-30T18:00:00+01:00")
            #expect(plan.status == 0, "\(plan)")
            let texts = try plan.records().filter { $0["kind"] as? String == "case_opened" }
            #expect(texts.map { $0["parts"] as? Int } == [parts], "\(plan)")
        }
        try house.write(
            String(repeating: "Merci bien ", count: 160) + "{{service_phone}}",
            to: "templates/fr/case_opened.sms.txt")
        for command in [["check"], ["plan"], ["run", "--clock", "2020-11-02T08:00:00+01:00"]] {
            let refused = try await house.start(command).end()
            #expect(
                refused.status == 78
                    && refused.says([
                        "fr/case_opened.sms.txt:1: makes 12 parts with the longest values, and a text message has 10 at most"
                    ]), "\(refused)")
        }
    }

    @Test func `F8 a reload keeps the old configuration while the new one is wrong, half written or gone`()
        async throws
    {
        let house = try house()
        let daemon = try house.start(["run", "--clock", "2020-11-02T12:00:00+01:00"])
        _ = try await daemon.line(containing: "ready")
        for (text, complaint) in [
            ("stop:\n  drain: soon\n", "relance.yaml:2:10: stop.drain: found “soon”"),
            ("stop: {drain: 5 s", "relance.yaml:2:1: not YAML"),
            (nil, "relance.yaml: cannot be read"),
        ] {
            if let text {
                try house.write(text, to: "relance.yaml")
            } else {
                try FileManager.default.removeItem(atPath: house.configuration)
            }
            daemon.signal(SIGHUP)
            _ = try await daemon.line(containing: complaint)
        }
        try house.write("state: state\nstop:\n  drain: 5 s\n", to: "relance.yaml")
        let reload = try await house.relance("reload")
        #expect(reload.status == 0, "\(reload)")
        _ = try await daemon.line(containing: "configuration reloaded")
        daemon.signal(SIGTERM)
        let ended = try await daemon.end()
        #expect(
            ended.status == 0
                && ended.says(["error: \(house.configuration):2:10: stop.drain: found “soon”, …"]), "\(ended)"
        )
        #expect(try await house.relance("reload").status == 69)
    }

    /// What is opened next takes the lowest number that is free: a ledger under that of standard error is written into.
    @Test(arguments: [
        "<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-",
    ]) func `F14 with standard descriptors closed, what is sent and written is whole`(closed: String)
        async throws
    {
        let house = try house()
        try house.write(
            """
            [{"id": "zoe.lefevre", "first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe.lefevre@cci.example",
              "role": "advisor"}]
            """, to: "advisors.json")
        try house.write("state: state\nlog: {level: debug}\n", to: "relance.yaml")
        try house.write(
            "["
                + Self.caseText(
                    "C",
                    ", \"advisor\": \"zoe.lefevre\", \"assigned_at\": \"2020-10-30T15:40:00+01:00\"")
                + "]", to: "cases/all.json")
        let ended = try await RunningProgram(
            "/bin/sh",
            [
                "-c", "exec \"$0\" \"$@\" \(closed)", Installation.program, "run", "--config",
                house.configuration, "--watch", "--clock", "2020-10-30T15:41:00+01:00", "--speed", "60",
                "--until", "2020-10-30T15:50:00+01:00",
            ], environment: [:], folder: "/"
        ).end()
        #expect(ended.status == 0, "\(ended)")
        let mails = try house.names(in: "spool/mail/new")
        #expect(!mails.isEmpty)
        for mail in mails {
            let text = String(decoding: try house.read("spool/mail/new/" + mail), as: UTF8.self)
            #expect(text.hasPrefix("From: ") || text.contains("\r\nFrom: "), "\(text)")
            #expect(text.hasSuffix("--\r\n") && !text.contains("message accepted"), "\(text)")
        }
        let verdict = try await house.verifyLedger()
        #expect(verdict.sound && verdict.warnings.isEmpty && verdict.problems.isEmpty, "\(verdict)")
        #expect(verdict.messages > 0)
    }

    @Test(arguments: ["<&-", "2>&-", "<&- >&- 2>&-"])
    func `F14 a wrong configuration ends in its status, also where nobody can be told`(closed: String)
        async throws
    {
        let house = try house()
        try house.write("stop:\n  drain: soon\n", to: "relance.yaml")
        for command in ["check", "run"] {
            let ended = try await RunningProgram(
                "/bin/sh",
                [
                    "-c", "exec \"$0\" \"$@\" \(closed)", Installation.program, command, "--config",
                    house.configuration,
                ], environment: [:], folder: "/"
            ).end()
            #expect(ended.status == 78, "\(command): \(ended)")
        }
    }

    @Test(arguments: [
        Row(
            "F14 nothing in the environment, every descriptor closed, an open umask",
            "umask 000; exec \"$0\" \"$@\" <&- >&- 2>&-"),
        Row("F14 no standard input", "umask 000; exec \"$0\" \"$@\" <&-"),
        Row("F14 LANG=C", "umask 000; LANG=C LC_ALL=C exec \"$0\" \"$@\""),
        Row("F14 a wrong TZ", "umask 000; TZ=Nowhere/Else HOME=/nonexistent exec \"$0\" \"$@\""),
    ]) func `a poor environment does no harm`(row: Row) async throws {
        let house = try house()
        let run = try RunningProgram(
            "/bin/sh",
            [
                "-c", row.text, Installation.program, "run", "--config",
                house.configuration, "--clock", "2020-11-02T10:00:00+01:00", "--until",
                "2020-11-02T10:00:00+01:00",
            ], environment: [:], folder: "/")
        let ended = try await run.end()
        #expect(ended.status == 0, "\(ended)")
        let state = try FileManager.default.attributesOfItem(atPath: house.folder + "/state")
        #expect(state[.posixPermissions] as? Int == 0o700)
        for file in try house.names(in: "state") where file.hasPrefix("ledger-") {
            let attributes = try FileManager.default.attributesOfItem(atPath: house.folder + "/state/" + file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(try await house.verifyLedger().sound)
    }

    @Test(.enabled(if: DiskTroubleTests.canMount))
    func `F14 without tzdata no daemon starts, and says so in one line`() async throws {
        let house = try house()
        let run = try await RunningProgram(
            "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount -t tmpfs tmpfs /usr/share/zoneinfo && exec \"$0\" \"$@\"", Installation.program, "run",
                "--config", house.configuration, "--clock", "2020-11-02T10:00:00+01:00", "--until",
                "2020-11-02T10:00:00+01:00",
            ], environment: ["PATH": "/usr/bin:/bin"], folder: "/"
        ).end()
        #expect(run.status == 78 && run.output == "", "\(run)")
        #expect(run.errors.split(separator: "\n").count == 1 && run.errors.contains("zoneinfo"), "\(run)")
        #expect(try house.names(in: "state") == [], "nothing was touched")
    }
}

extension FinishedProgram {
    /// Whether each sentence is a line of standard error, whatever stands before it; “…” ends one that goes on.
    fileprivate func says(_ sentences: [String]) -> Bool {
        let lines = errors.split(separator: "\n")
        return sentences.allSatisfy { sentence in
            lines.contains { line in
                sentence.hasSuffix("…") ? line.contains(sentence.dropLast()) : line.hasSuffix(sentence)
            }
        }
    }
}
