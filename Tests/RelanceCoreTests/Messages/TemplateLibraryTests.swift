import RelanceCore
import RelanceTestSupport
import Testing

struct TemplateLibraryTests {
    /// A fault put into the shipped set, and how it is reported.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let report: String
        /// Of reliability 3.10, where it has one.
        let row: String
        var testDescription: String {
            (row.isEmpty ? "" : row + " ") + "\(name): \(text.prefix(120).debugDescription)"
        }

        init(
            row: String = "", in name: String = "fr/technical_incident.email.txt", _ text: String,
            _ report: String
        ) {
            self.row = row
            self.name = name
            self.text = text
            self.report = report
        }
    }

    @Test(arguments: [
        Fault(
            row: "F10",
            "Subject: a\n\n{{detail}}\n{{secret}}", ":4:1: unknown name secret; there are: detail, first_name"
        ),
        Fault(row: "F11", "Subject: {{detail}}\n\nb", ":1:10: unknown name detail; there are: "),
        Fault(row: "F10", "Subject: a\n\n  {{detail", ":3:3: a tag that is not closed by }}"),
        Fault("Subject: a\n\n{{}}", ":3:1: an empty tag {{}}"),
        Fault("Subject: a\n\n{{.}}", ":3:1: {{.}} prints whatever is at hand; name it"),
        Fault(row: "F10", "Subject: a\n\n{{{detail}}}", ":3:1: output without escaping is not allowed"),
        Fault("Subject: a\n\n{{& detail}}", ":3:1: output without escaping is not allowed"),
        Fault("Subject: a\n\n{{=<% %>=}}", ":3:1: delimiters cannot be changed"),
        Fault("Subject: a\n\n{{< base}}", ":3:1: inheritance is not known here; use a partial {{> name}}"),
        Fault("Subject: a\n\n{{% CONTENT_TYPE:HTML}}", ":3:1: pragmas are not known here"),
        Fault(
            "Subject: a\n\n{{uppercased(detail)}}",
            ":3:1: no name of lower-case letters, digits and underscores"),
        Fault(
            row: "F10", "Subject: a\n\n{{a.b}}", ":3:1: no name of lower-case letters, digits and underscores"
        ),
        Fault(
            row: "F10",
            "Subject: a\n\n{{> ../../etc/shadow}}",
            ":3:1: no name of lower-case letters, digits and underscores"),
        Fault(row: "F10", "Subject: a\n\n{{> foot}}", ":3:1: unknown partial foot; there are: "),
        Fault(row: "F10", "Subject: a\n\n{{#first_name}}b", ":3:1: section first_name is never closed"),
        Fault(
            row: "F10", "Subject: a\n\nb{{/first_name}}",
            ":3:2: {{/first_name}} closes nothing that is open here"),
        Fault(
            "Subject: a\n\n{{#first_name}}{{#service_hours}}{{/first_name}}",
            ":3:34: {{/first_name}} closes nothing that is open here"),
        Fault(
            "Subject: a\n\n{{first_name}}",
            ":3:1: first_name may be absent: print it inside {{#first_name}}…{{/first_name}}"),
        Fault(
            "Subject: a\n\n{{^first_name}}{{first_name}}{{/first_name}}", ":3:16: first_name may be absent"),
        Fault("Subject: a\n\n{{#detail}}b{{/detail}}", ":3:1: detail is always there: no section needed"),
        Fault(
            row: "F10",
            "Subject: a\n\n{{#first()}}b{{/first()}}",
            ":3:1: first() has a meaning only directly inside a list"),
        Fault(
            row: "F11",
            "Subject: a\nand a second line\n\nb", ":2: a subject is one line, and an empty line follows it"),
        Fault("Subject: a", ":2: a subject is one line, and an empty line follows it"),
        Fault(row: "F11", "b\n", ":1: expected a first line `Subject: …`"),
        Fault(row: "F11", "Subject: {{> footer}}\n\nb", ":1: a subject has no partials"),
        Fault(
            row: "F10",
            in: "fr/partials/footer.txt", "{{> contact}}{{> footer}}", ":1:14: partial footer includes itself"
        ),
        Fault(in: "fr/partials/contact.txt", "{{ref}}", ":1:1: unknown name ref"),
        Fault(
            in: "fr/weekly_report.email.txt", "Subject: a\n\n{{has_coming}}",
            ":3:1: has_coming is a yes or no"),
        Fault(
            in: "fr/weekly_report.email.txt", "Subject: a\n\n{{coming}}",
            ":3:1: coming is a list: go through it"),
        Fault(
            in: "fr/digest.email.html", "<img src='https://x.example/p.png'>",
            ":1: <img is not allowed in mail"),
        Fault(
            row: "F10", in: "fr/weekly_report.email.txt",
            "Subject: a\n\n{{#coming}}{{#coming}}{{#coming}}x{{/coming}}{{/coming}}{{/coming}}",
            ":3:12: coming is a list further out: a list is not gone through inside another"),
        Fault(
            row: "F10", in: "fr/weekly_report.email.txt",
            "Subject: a\n\n{{#coming}}" + String(repeating: "x", count: 27_000) + "{{/coming}}",
            ":3:27012: makes more than 262144 octets, its partials counted and every list taken for 10 items"),
        Fault(
            row: "F10", "Subject: a\n\n" + String(repeating: "x", count: 263_000),
            ": makes more than 262144 octets"),
        Fault(
            in: "fr/digest.email.html", "<table background=\"https://x.example/p.png\">",
            ":1: background= is not allowed in mail"),
        Fault(
            in: "fr/digest.email.html",
            "<p>\n<meta http-equiv=\"refresh\" content=\"0;url=https://x.example\">",
            ":2: http-equiv is not allowed in mail"),
        Fault(
            in: "fr/digest.email.html", "<base href=\"https://x.example\">",
            ":1: <base is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "<svg/onload=x>", ":1: <svg is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "<video poster=\"x\">", ":1: poster= is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "<input value=\"x\">", ":1: <input is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "<button>", ":1: <button is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "<p onclick='x()'>", ":1: an event handler is not allowed in mail"),
        Fault(in: "fr/digest.email.html", "\n<a href=\"javascript:x\">", ":2: a link begins with"),
        Fault(in: "fr/digest.email.html", "<a href=\"{{service_dial}}\">", ":1: a link begins with"),
        Fault(
            in: "fr/digest.email.html", "<p class={{service}}>",
            ":1: a value inside a tag stands between double quotes"),
        Fault(
            in: "fr/digest.email.html", "a\n<p\nclass={{service}}>", ":2: a value inside a tag stands between"
        ),
        Fault(row: "F13", in: "fr/survey.sms.txt", "a\nb", ": a text message is one line"),
        Fault(in: "fr/survey.sms.txt", "Subject: a", ":1: a text message has no subject"),
        Fault(in: "fr/survey.sms.txt", "\n", ": a text message is one line"),
        Fault(in: "fr/survey.sms.txt", "a {{> contact}}", ":1:3: a text message has no partials"),
        Fault(in: "fr/survey.sms.txt", "{{link}} STOP au 36111", ":1: “stop” makes it advertising"),
        Fault(in: "en/survey.sms.txt", "Discover our training", ":1: “discover” makes it advertising"),
        Fault(in: "fr/case_opened.sms.txt", "Découvrez nos offres", ":1: “decouvrez” makes it advertising"),
        Fault(
            in: "fr/appointment_eve.sms.txt", "Votre conciliation {{ref}}",
            ":1: “conciliation” may be read on a locked screen"),
        Fault(
            in: "fr/referred.email.txt", "Subject: Tribunal de commerce\n\na",
            ":1: “tribunal” may be read on a locked screen"),
        Fault(
            in: "en/referred.email.txt", "Subject: Court hearing\n\na",
            ":1: “court” may be read on a locked screen"),
        Fault(
            in: "fr/appointment_invitation.email.txt", "Subject: Mandat ad hoc\n\na",
            ":1: “mandat ad hoc” may be read on a locked screen"),
        Fault(
            in: "fr/words.txt", "\ncalendar.title = Point PGE", ":2: “pge” may be read on a locked screen"),
        Fault(
            in: "en/words.txt", "where.at_chamber = At the courts",
            ":1: “courts” may be read on a locked screen"),
        Fault(in: "fr/digest.sms.txt", "a", ": digest stays in the house and never travels by text message"),
        Fault(in: "fr/appointment_invitation.sms.txt", "a", ": appointment_invitation stays in the house"),
        Fault(in: "fr/call_task.email.txt", "Subject: a\n\nb", ": call_task has no templates"),
        Fault(in: "fr/words.txt", "deadline.x", ":1: expected `key = words`"),
        Fault(in: "fr/words.txt", "\norigin.phone = téléphone", ":2: unknown key origin.phone"),
        Fault(in: "fr/words.txt", "title.mr =", ":1: title.mr has no words"),
        Fault(in: "fr/words.txt", "title.mr = a\ntitle.mr = b", ":2: title.mr stands here twice"),
        Fault(in: "fr/words.txt", "title.mr = a\u{202E}b", ":1: title.mr holds a character nobody can see"),
        Fault(
            in: "fr/digets.email.txt", "Subject: a\n\nb",
            ": not the name of a template: expected fr/KIND.email.txt"),
        Fault(in: "de/digest.email.txt", "Subject: a\n\nb", ": not the name of a template"),
        Fault(in: "fr/digest.a.html", "b", ": not the name of a template"),
        Fault(
            in: "fr/escalation.days.email.html", "b",
            ": HTML without its text, which must be complete in itself"),
    ])
    func `a fault of a template is reported with its file and place`(fault: Fault) {
        let problems = TemplateLibraryTests.problems(of: [TemplateSource(name: fault.name, text: fault.text)])
        #expect(problems.contains { $0.description.hasPrefix(fault.name + fault.report) }, "\(problems)")
    }

    @Test func `F10 partials that double one another are refused before they fill the memory`() {
        let doubling = (0..<40).map { number in
            TemplateSource(
                name: "fr/partials/p\(number).txt", text: "{{> p\(number + 1)}}{{> p\(number + 1)}}")
        }
        let problems = Self.problems(
            of: doubling + [
                TemplateSource(name: "fr/partials/p40.txt", text: "x"),
                TemplateSource(name: "fr/technical_incident.email.txt", text: "Subject: a\n\n{{> p0}}"),
            ])
        #expect(
            problems.map { String($0.description.drop { $0 != " " }) } == [
                " its partials include more than 1000 others in all"
            ], "\(problems)")
    }

    @Test func `F10 partials that together make too much are refused before anybody renders them`() {
        let text = "Subject: a\n\n" + String(repeating: "{{> long}}", count: 900)
        let problems = Self.problems(of: [
            TemplateSource(name: "fr/partials/long.txt", text: String(repeating: "x", count: 200_000)),
            TemplateSource(name: "fr/technical_incident.email.txt", text: text),
        ])
        #expect(
            problems.map(\.description) == [
                "fr/technical_incident.email.txt:3:11: makes more than 262144 octets, its partials counted and every "
                    + "list taken for 10 items"
            ])
    }

    @Test func `F10 a file of nothing but braces or faults is judged like a letter`() {
        let begun = ContinuousClock.now
        let problems = Self.problems(of: [
            TemplateSource(name: "fr/survey.sms.txt", text: String(repeating: "{{", count: 50_000)),
            TemplateSource(
                name: "fr/digest.email.html", text: String(repeating: "<img\n", count: 20_000)),
        ])
        let faults = problems.filter { $0.template == "fr/digest.email.html" }
        #expect(faults.count == 100 && faults.last?.line == 100)
        // From every pair of braces to the end, and from the top to every fault, takes minutes.
        #expect(ContinuousClock.now - begun < .seconds(60))
    }

    /// Design D10 and domain 4.4: what a letter to a business may not say is not there to be said.
    @Test(arguments: [
        "comment", "topics", "activity", "place", "phone", "call_hours", "label", "employees", "deadline",
        "business", "outcome", "scheme", "court", "first_name", "instead_of", "name",
    ])
    func `no message to a business can print more of the case`(name: String) {
        let faulty = MessageKind.allCases.filter(\.isForBusiness).flatMap { kind in
            [
                ("fr/\(kind.rawValue).email.txt", "Subject: a\n\n{{\(name)}}", "3:1"),
                ("en/\(kind.rawValue).email.txt", "Subject: {{\(name)}}\n\na", "1:10"),
                ("fr/\(kind.rawValue).sms.txt", "{{\(name)}}", "1:1"),
            ]
        }
        let reports = TemplateLibraryTests.problems(
            of: faulty.map { TemplateSource(name: $0.0, text: $0.1) }
        ).map(\.description)
        for (file, _, place) in faulty {
            let report = "\(file):\(place): unknown name \(name)"
            #expect(reports.contains { $0.hasPrefix(report) }, "\(file)")
        }
    }

    @Test(arguments: ["to", "documents", "business_will", "chamber_will", "document", "step", "addressee"])
    func `what a mail may say in its body, its subject and a text message cannot`(name: String) {
        for kind in MessageKind.allCases where kind.isForBusiness {
            let vocabulary = TemplateVocabulary.of(kind, variant: nil)
            #expect(vocabulary.subject[name] == nil)
            #expect(vocabulary.sms?[name] == nil)
        }
    }

    @Test func `only messages for businesses have text messages`() {
        for kind in MessageKind.allCases {
            #expect((TemplateVocabulary.of(kind, variant: nil).sms != nil) == kind.isForBusiness)
        }
    }

    @Test func `F13 a text message that needs two segments, or rare letters, is reported by check`() throws {
        let library = try TemplateLibrary(
            TemplateSource.shipped,
            overrides: [
                TemplateSource(
                    name: "fr/survey.sms.txt",
                    text: "CCI : votre avis nous aide, merci d'y consacrer deux petites minutes, c'est "
                        + "facultatif et confidentiel : {{link}} Pour nous parler : {{service_phone}}"),
                TemplateSource(name: "en/survey.sms.txt", text: "CCI ☎ {{service_phone}} {{link}}"),
            ])
        let problems = library.check()
        #expect(problems.map(\.template) == ["en/survey.sms.txt", "fr/survey.sms.txt"])
        #expect(problems.first?.detail.hasPrefix("“☎” is outside GSM 03.38") == true)
        #expect(
            problems.last?.detail.hasPrefix("173 characters with the longest values, 13 more than the 160")
                == true, "\(problems)")
    }

    @Test(arguments: MessageKind.allCases)
    func `no subject knows what could be read on a locked screen`(kind: MessageKind) {
        let harmless: Set = [
            "ref", "deadline", "not_done", "due", "days", "several_days", "is_today", "day", "week", "count",
            "counts",
            "several", "has_cases", "has_exceptions", "done_on",
        ]
        for variant in [nil, "several"] {
            let names = TemplateVocabulary.of(kind, variant: variant).subject.keys
            #expect(Set(names).subtracting(harmless) == [])
        }
    }

    @Test func `all faults of all templates are told at once, in order`() {
        let problems = TemplateLibraryTests.problems(of: [
            TemplateSource(name: "fr/escalation.email.txt", text: "Subject: {{a}}\n\n{{b}}"),
            TemplateSource(name: "en/digest.email.txt", text: "no subject"),
        ])
        #expect(
            problems.map { [$0.template, $0.line.map(String.init) ?? ""] } == [
                ["en/digest.email.txt", "1"], ["fr/escalation.email.txt", "1"],
                ["fr/escalation.email.txt", "3"],
            ])
    }

    @Test func `a missing template or word is named`() {
        do {
            _ = try TemplateLibrary(
                TemplateSource.shipped.filter {
                    $0.name != "en/escalation.email.txt" && $0.name != "fr/words.txt"
                })
            Issue.record("an incomplete set was taken")
        } catch {
            #expect(error.description.contains("en/escalation.email.txt: there is no such template"))
            #expect(error.description.contains("fr/words.txt: no words for activity, origin.call"))
        }
    }

    @Test func `a chamber's own template replaces by name, its words key by key`() throws {
        let library = try TemplateLibrary(
            TemplateSource.shipped,
            overrides: [
                TemplateSource(
                    name: "fr/technical_incident.email.txt",
                    text: "\u{FEFF}Subject: Panne\r\n\r\n{{detail}}\r\n"),
                TemplateSource(name: "fr/words.txt", text: "activity.5630Z = Café"),
            ])
        let sample = try #require(MessageSample.all.first { $0.name == "fr/technical_incident" })
        let message = try Composer(templates: library, service: .make())
            .compose(sample.message, calendar: .office, now: sample.now)
        #expect(message.subject == "Panne")
        #expect(message.text.hasPrefix("smtp: connection refused"))
        #expect(library.words[.french]?.activity(ofNAF: "56.30Z") == "Café")
        #expect(library.words[.french]?.activity(ofNAF: "5610a") == "Restaurant")
        #expect(library.words[.french]?.activity(ofNAF: "56.99Z") == "Restauration")
        #expect(library.words[.french]?.activity(ofNAF: "97.00Z") == "Entreprise")
        #expect(library.words[.english]?.activity(ofNAF: nil) == "Business")
    }

    @Test func `a chamber's own text without an HTML twin stands alone`() throws {
        let library = try TemplateLibrary(
            TemplateSource.shipped,
            overrides: [TemplateSource(name: "fr/digest.email.txt", text: "Subject: {{day}}\n\nBonjour\n")])
        for (name, hasTwin) in [("fr/digest", false), ("en/digest", true)] {
            let sample = try #require(MessageSample.all.first { $0.name == name })
            let message = try Composer(templates: library, service: .make())
                .compose(sample.message, calendar: .office, now: sample.now)
            #expect((message.html != nil) == hasTwin)
        }
    }

    @Test func `a deadline or a variant that the policy adds must have its words`() {
        let rule = DeadlineRule(
            kind: DeadlineKind(rawValue: "bank_check"), from: [.referralAt], calendar: "service",
            due: .make("5 working days"), satisfiedBy: [],
            steps: [
                .init(
                    phase: .overdue, rule: .make("0 working minutes"), countsFrom: .due,
                    kind: .deadlineOverdue,
                    variant: "bank", audience: [.advisor], usefulFor: .make("1 working day"))
            ])
        let known = DeadlineRule(
            kind: DeadlineKind(rawValue: "first_call"), from: [.openedAt], calendar: "service",
            due: .make("4 working hours"), satisfiedBy: [.firstContactAt])
        #expect(TemplateLibrary.shipped.problems(with: [known]) == [])
        #expect(
            TemplateLibrary.shipped.problems(with: [known, rule]).map(\.description) == [
                "en/deadline_overdue.bank.email.txt: the policy's deadline bank_check sends this variant and there is no such template",
                "en/words.txt: the policy has a deadline bank_check that has no words here: add deadline.bank_check, "
                    + "deadline.bank_check.planned, deadline.bank_check.was_planned, deadline.bank_check.not_done",
                "fr/deadline_overdue.bank.email.txt: the policy's deadline bank_check sends this variant and there is no such template",
                "fr/words.txt: the policy has a deadline bank_check that has no words here: add deadline.bank_check, "
                    + "deadline.bank_check.planned, deadline.bank_check.was_planned, deadline.bank_check.not_done",
            ])
    }

    @Test func `values that are not those of the kind make no mail`() {
        #expect(throws: TemplateProblem.self) {
            try TemplateLibrary.shipped.render(
                .technicalIncident, variant: nil, language: .french, values: ["detail": .text("a")])
        }
    }

    /// The faults that the shipped set has once these sources replace theirs.
    private static func problems(of overrides: [TemplateSource]) -> [TemplateProblem] {
        do {
            _ = try TemplateLibrary(TemplateSource.shipped, overrides: overrides)
            return []
        } catch {
            return error.problems
        }
    }
}
