import RelanceCore
import RelanceTestSupport
import Testing

struct ComposerTests {
    private let composer = Composer(templates: .shipped, service: .make())

    private func compose(_ message: PlannedMessage, at now: String = "2020-11-02 09:00") throws
        -> RenderedMessage
    {
        try composer.compose(message, calendar: .office, now: at(now))
    }

    @Test func `a mail carries the key, the recipient, the hour it leaves and its thread`() throws {
        let planned = PlannedMessage.make(
            .newCase, content: .newCase([NewCaseLine(brief: .make(), firstDeadline: nil)]))
        let message = try compose(planned)
        #expect(message.key == planned.key)
        #expect(message.to == .init(name: "Claire Duval", address: .make("claire.duval@cci.example")))
        #expect(message.from == .init(name: "CCI Normandie", address: .make("relance@cci.example")))
        #expect(message.date == at("2020-11-02 09:00"))
        #expect(message.thread == .ofCase(.make("2020-0301")))
        #expect(message.replyTo == nil)
    }

    @Test func `a business answers its advisor and reads its own site's number`() throws {
        let message = try compose(
            .make(
                .caseOpened, to: .business(),
                content: .caseOpened(.make(servicePhone: .make("02 61 91 00 77")), promisedBy: nil)))
        #expect(message.replyTo?.address == .make("claire.duval@cci.example"))
        #expect(message.text.contains("02 61 91 00 77"))
        #expect(!message.text.contains("02 61 91 00 90"))
    }

    @Test func `several new cases are one mail without a thread`() throws {
        let line = NewCaseLine(brief: .make(), firstDeadline: nil)
        let message = try compose(
            .make(.newCase, cases: ["2020-0301", "2020-0302"], content: .newCase([line, line])))
        #expect(message.subject == "2 nouveaux dossiers")
        #expect(message.thread == .alone)
    }

    @Test func `a message without an address, or for another channel, is no mail`() {
        let content = MessageContent.technicalIncident("a")
        #expect(throws: Composer.Problem.noAddress) {
            try compose(.make(.technicalIncident, to: .make(email: nil), content: content))
        }
        #expect(throws: Composer.Problem.wrongChannel(.sms)) {
            try compose(.make(.technicalIncident, channel: .sms, content: content))
        }
    }

    @Test(arguments: MessageSample.all)
    func `what stays in the house never leaves it, nor the other way round`(sample: MessageSample) {
        var message = sample.message
        let isForBusiness = message.recipient.audience == .business
        for audience in Audience.allCases where (audience == .business) != isForBusiness {
            message.recipient.audience = audience
            #expect(throws: Composer.Problem.wrongAudience(message.kind, audience)) { try compose(message) }
            message.channel = .sms
            message.recipient.phone = .make("06 39 98 20 14")
            #expect(throws: Composer.Problem.wrongAudience(message.kind, audience)) {
                try composer.composeText(message, calendar: .office, now: at("2020-11-02 09:00"))
            }
            message.channel = .email
        }
    }

    @Test func `an advisor's calendar file names the advisor alone, a business's the business alone`() throws
    {
        let notice = MessageContent.appointment(.make(), .make())
        let toBusiness = try #require(
            compose(.make(.appointmentConfirmed, to: .business(), content: notice)).invitation)
        let toAdvisor = try #require(compose(.make(.appointmentInvitation, content: notice)).invitation)
        #expect(toBusiness.uid == toAdvisor.uid)
        #expect(toBusiness.attendee.address == .make("contact@pharedepapier.example"))
        #expect(toAdvisor.attendee.address == .make("claire.duval@cci.example"))
        #expect(toBusiness.organizer.address == .make("relance@cci.example"))
        #expect(toBusiness.summary == "Rendez-vous CCI")
        #expect(toAdvisor.summary == toBusiness.summary)
        #expect(toBusiness.location == "CCI, 2 rue des Quais, Dieppe")
        #expect(
            toBusiness.details
                == "Dossier 2020-0301.\nPour déplacer ou annuler\u{A0}: 02 61 91 00 90")
        #expect(
            toAdvisor.details == "Dossier 2020-0301.\nPour appeler l'entreprise\u{A0}: 06 39 98 20 14")
    }

    @Test func `a calendar is told of the cancellation, and nothing where the message carries no file`()
        throws
    {
        let cancelled = try compose(
            .make(
                .appointmentCancelled, to: .business(),
                content: .appointment(.make(), .make(sequence: 3, isCancelled: true))))
        #expect(cancelled.invitation?.method == .cancel)
        #expect(cancelled.invitation?.sequence == 3)
        let reminder = try compose(
            .make(
                .appointmentEve, to: .business(), content: .appointment(.make(), .make(sequence: nil))))
        #expect(reminder.invitation == nil)
    }

    @Test func `a place that gives too much away is in the mail's text and in no calendar`() throws {
        let message = try compose(
            .make(
                .appointmentConfirmed, to: .business(language: .english),
                content: .appointment(.make(), .make(place: "Tribunal de commerce, Rouen"))))
        #expect(message.text.contains("Tribunal de commerce, Rouen"))
        #expect(message.invitation?.location == "At the CCI")
    }

    @Test func `a variant without a template of its own is said in the words of its kind`() throws {
        let content = MessageContent.deadlineReminder(.make(), .make())
        #expect(
            try compose(.make(.deadlineReminder, variant: "odd", content: content)).subject
                == compose(.make(.deadlineReminder, content: content)).subject)
    }

    @Test func `a deadline without words is called by its name rather than by nothing`() throws {
        let message = try compose(
            .make(.deadlineReminder, content: .deadlineReminder(.make(), .make(kind: "bank_check"))))
        #expect(message.text.contains("bank check"))
    }

    @Test(arguments: [
        (Contact.Title.mrs as Contact.Title?, "D'Hérouville" as String?, "Bonjour Madame D'Hérouville,"),
        (.mr, "Lefèvre", "Bonjour Monsieur Lefèvre,"),
        (.mr, "@import", "Bonjour Madame, Monsieur,"),
        (.mr, nil, "Bonjour Madame, Monsieur,"),
        (nil, "Gérante", "Bonjour Madame, Monsieur,"),
    ])
    func `a greeting names somebody only when title and name are sure`(
        title: Contact.Title?, name: String?, greeting: String
    ) throws {
        let brief = CaseBrief.make(contactTitle: title, contactLastName: name)
        let message = try compose(
            .make(.caseOpened, to: .business(), content: .caseOpened(brief, promisedBy: nil)))
        #expect(message.text.hasPrefix(greeting + "\n"))
    }

    @Test func `the distress alert says the reference, the hour and nothing of the case`() throws {
        for sample in MessageSample.all where sample.message.kind == .distressAlert {
            let message = try sample.composed()
            #expect(message.subject.contains("2021-0079"))
            #expect(message.text.contains("112"))
            for word in ["détresse", "psycholog", "suicid", "distress", "Restaurant", "Lefèvre,"] {
                #expect(!(message.subject + message.text).lowercased().contains(word.lowercased()))
            }
        }
    }

    @Test func `of a confidential case no topic and no label is named`() throws {
        let brief = CaseBrief.make(topics: ["conciliation"], confidential: true)
        let day = date("2020-12-31")
        let digest = Digest(
            day: date("2020-11-02"), firstName: "Claire",
            lines: [
                .init(
                    section: .today, brief: brief,
                    item: .deadline(.make(kind: "external_date", label: "conciliation")),
                    at: at("2020-11-02 11:10"))
            ], linesPerSection: 10)
        for message in [
            PlannedMessage.make(.newCase, content: .newCase([NewCaseLine(brief: brief, firstDeadline: nil)])),
            .make(
                .externalDateReminder,
                content: .externalDate(brief, ExternalDate(label: "conciliation", on: day), daysLeft: 3)),
            .make(.digest, content: .digest(digest)),
        ] {
            let message = try compose(message)
            #expect(!(message.subject + message.text + (message.html ?? "")).contains("conciliation"))
        }
    }

    /// A text of a case that somebody hopes will be obeyed.
    struct Hostile: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String
        /// As it stands in HTML.
        let escaped: String

        init(_ name: String, _ text: String, _ escaped: String? = nil) {
            (testDescription, self.text, self.escaped) = (name, text, escaped ?? text)
        }
    }

    @Test(arguments: [
        Hostile("J25 turned round", "a\u{202E}gnp.exe", "agnp.exe"),
        Hostile("J25 of no width", "a\u{200B}b\u{2066}c", "abc"),
        Hostile("J25 tags", "a\u{E0041}\u{E0042}b", "ab"),
        Hostile("J22 another header", "a\r\nBcc: x@y.example", "a Bcc: x@y.example"),
        Hostile("J26 a script", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        Hostile("J26 a tag", "'><b>", "&#39;&gt;&lt;b&gt;"),
        Hostile("J26 a character reference", "&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        // A quotation mark under an accent is still one to a browser.
        Hostile("J26 an attribute", "\"\u{301} onmouseover=\"x", "&quot;\u{301} onmouseover=&quot;x"),
        Hostile("J26 a name of ours", "{{service_phone}}"), Hostile("J26 a secret", "{{secret}}"),
        Hostile("J26 a name that is not escaped", "{{{detail}}}"), Hostile("J26 a format", "%s%n"),
        Hostile("J26 a look-up", "${jndi:ldap://x}"),
        Hostile("J26 a formula", "=cmd|' /C calc'!A0", "=cmd|&#39; /C calc&#39;!A0"),
    ]) func `hostile text of a case is literal in text, escaped in HTML, and nothing of it is obeyed`(
        hostile: Hostile
    ) throws {
        let text = hostile.text
        let cleaned = SafeText.line(text, limit: 120)
        let brief = CaseBrief.make(
            commune: text, employees: text, topics: [text], callHours: text, contactLastName: text,
            advisorName: text)
        let message = try compose(
            .make(
                .newCase,
                content: .newCase([NewCaseLine(brief: brief, firstDeadline: .make(), insteadOf: text)])))
        let html = try #require(message.html)
        #expect(message.text.contains(cleaned))
        #expect(!message.text.contains("\nBcc"))
        let times = scalars(of: hostile.escaped, in: html)
        #expect(times >= 4, "the place, the size, the topic and the hours")
        if hostile.escaped != cleaned { #expect(scalars(of: cleaned, in: html) == 0) }
        for body in [html, message.text] {
            #expect(!body.unicodeScalars.contains { ["\u{202E}", "\u{200B}", "\u{2066}"].contains($0) })
        }
    }

    /// How often a text stands in another, scalar by scalar: what a browser sees has no graphemes.
    private func scalars(of text: String, in whole: String) -> Int {
        Array(whole.unicodeScalars).ranges(of: Array(text.unicodeScalars)).count
    }

    @Test(arguments: [
        (String(repeating: "9", count: 128), String(repeating: "9", count: 120) + "…"),
        (String(repeating: "x\u{301}", count: 42), String(repeating: "x\u{301}", count: 42)),
        (String(repeating: "🇫🇷", count: 16), String(repeating: "🇫🇷", count: 16)),
        (
            String(repeating: "a", count: 119) + "x\u{301}\u{323}bcd",
            String(repeating: "a", count: 119) + "x\u{301}\u{323}…"
        ),
    ]) func `J25 a long reference is cut between two letters in a subject`(ref: String, shown: String) throws
    {
        let brief = CaseBrief.make(ref: ref)
        let messages: [(message: PlannedMessage, words: String)] = [
            (
                .make(
                    .newCase, cases: [ref], content: .newCase([NewCaseLine(brief: brief, firstDeadline: nil)])
                ),
                "Nouveau dossier "
            ),
            (
                .make(
                    .caseOpened, cases: [ref], to: .business(), content: .caseOpened(brief, promisedBy: nil)),
                "Votre demande à la CCI – dossier "
            ),
        ]
        for (message, words) in messages {
            let subject = try compose(message).subject
            #expect(Array(subject.unicodeScalars) == Array((words + shown).unicodeScalars))
            #expect(subject.count <= words.count + 120 + 1)
        }
    }

    @Test func `J25 a name of five thousand accents stays short`() throws {
        let name = "e" + String(repeating: "\u{301}", count: 5000) + String(repeating: "x", count: 500)
        let message = try compose(
            .make(
                .newCase, to: .make(name: name, firstName: name),
                content: .newCase([NewCaseLine(brief: .make(commune: name), firstDeadline: nil)])))
        #expect(message.text.unicodeScalars.count < 1500)
        #expect((message.to.name?.unicodeScalars.count ?? 0) <= 70)
    }

    @Test func `J25 a recipient's name that holds an address is left out`() throws {
        let message = try compose(
            .make(
                .technicalIncident, to: .make(name: "directeur@banque.example"),
                content: .technicalIncident("a")))
        #expect(message.to.name == nil)
    }

    @Test func `a name written from right to left does not turn round what stands beside it`() throws {
        let brief = CaseBrief.make(commune: "حيفا", contactLastName: "كمال")
        let isolated = "\u{2068}حيفا\u{2069}"
        let notice = try compose(
            .make(.newCase, content: .newCase([NewCaseLine(brief: brief, firstDeadline: nil)])))
        #expect(notice.text.contains("Restaurant, \(isolated), 3"))
        #expect(!notice.subject.unicodeScalars.contains("\u{2068}"))
        let letter = try compose(
            .make(.caseOpened, to: .business(), content: .caseOpened(brief, promisedBy: nil)))
        #expect(letter.text.hasPrefix("Bonjour Monsieur \u{2068}كمال\u{2069},"))
    }

    @Test func `a reference that begins like a template is a reference`() throws {
        let message = try compose(
            .make(
                .newCase, cases: ["{{first_name}}"],
                content: .newCase([NewCaseLine(brief: .make(ref: "{{first_name}}"), firstDeadline: nil)])))
        #expect(message.subject == "Nouveau dossier {{first_name}}")
    }

    @Test func `the same message, calendar and instant give the same words`() throws {
        for sample in MessageSample.all { #expect(try sample.composed() == sample.composed()) }
    }

    @Test func `each mail is in its reader's language alone, without an exclamation mark`() throws {
        for sample in MessageSample.all {
            let message = try sample.composed()
            let all =
                message.subject + "\n" + message.text + (message.html?.replacing("<!DOCTYPE", with: "") ?? "")
            #expect(!all.contains("!"), "\(sample.name)")
            let foreign =
                message.language == .french
                ? ["Hello", "Have a good day", " file "] : ["Bonjour", "dossier", "vous"]
            for word in foreign { #expect(!all.contains(word), "\(sample.name) says \(word)") }
        }
    }

    @Test func `a French colon never begins a line`() throws {
        for sample in MessageSample.all where sample.message.recipient.language == .french {
            let message = try sample.composed()
            for mark in [" :", " ;", " ?", "« ", " »"] {
                #expect(!(message.subject + message.text).contains(mark), "\(sample.name): \(mark)")
            }
        }
    }
}

struct SafeTextTests {
    @Test(arguments: [
        ("  a \t\r\n b ", "a b"), ("a\u{0}\u{1B}b", "ab"), ("12\u{A0}h", "12\u{A0}h"), ("\u{202E}", ""),
        ("e\u{301}", "e\u{301}"), ("👩🏽", "👩🏽"), ("a\u{2028}b", "a b"), ("a\u{E0041}b", "ab"),
        ("❤️ 1️⃣", "❤️ 1️⃣"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("🏳️‍🌈", "🏳️‍🌈"), ("a\u{FE0F}b", "ab"), ("1\u{FE0F}2", "12"),
        ("a\u{200D}b", "ab"), ("👩\u{200D}b", "👩b"), ("b\u{200D}👩", "b👩"), ("\u{3164}x\u{115F}", "x"),
        ("x\u{180B}\u{17B4}", "x"), ("\u{1D173}x\u{110BD}", "x"),
        ("abcdefg", "abcde…"),
    ])
    func `a line keeps what a reader can see`(raw: String, line: String) {
        #expect(SafeText.line(raw, limit: 5).unicodeScalars.elementsEqual(line.unicodeScalars))
        #expect(SafeText.isPrintable(line))
    }

    /// By Unicode's own properties, not by a list of ours.
    @Test func `of all scalars there are, none passes that a reader cannot see`() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let isHidden: Bool =
                switch properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: true
                default: properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
                }
            guard scalar.isUnprintable == isHidden else {
                Issue.record("U+\(String(value, radix: 16))")
                return
            }
            guard isHidden else { continue }
            let line = SafeText.line("a\(scalar)b", limit: 10)
            guard line == "ab" || properties.isWhitespace && line == "a b" else {
                Issue.record("U+\(String(value, radix: 16)) in \(line.debugDescription)")
                return
            }
        }
    }
}
