import RelanceCore
import RelanceTestSupport
import Testing

/// Text messages as they leave; `RELANCE_RECORD=1` records them anew.
struct TextMessageTests {
    private func text(
        _ kind: MessageKind, variant: String? = nil, to recipient: Recipient = .business(),
        _ content: MessageContent
    ) throws -> SMSText {
        try Composer(templates: .shipped, service: .make()).composeText(
            .make(kind, variant: variant, to: recipient, channel: .sms, content: content),
            calendar: .office, now: at("2020-11-03 17:00")
        ).text
    }

    @Test(arguments: MessageSample.texts)
    func `the text is the one on record`(sample: MessageSample) throws {
        let bytes = Array((try sample.composedText().text.text + "\n").utf8)
        let path = Golden.folder("../Golden", beside: #filePath) + "/\(sample.name).txt"
        if let difference = Golden.difference(of: bytes, from: path) {
            Issue.record(Comment(rawValue: difference))
        }
    }

    @Test func `every kind and variant for businesses is on record in both languages`() {
        let names = Set(MessageSample.texts.map(\.name))
        for language in Language.allCases {
            for kind in MessageKind.allCases where kind.isForBusiness {
                for variant in [""] + TemplateVocabulary.variants(of: kind).map({ "." + $0 }) {
                    #expect(names.contains("\(language.rawValue)/\(kind.rawValue)\(variant).sms"))
                }
            }
        }
    }

    @Test(arguments: MessageSample.texts)
    func `a text is one plain segment that names no business, shouts at nobody and offers no stop`(
        sample: MessageSample
    ) throws {
        let message = try sample.composedText()
        #expect(message.to == .make("06 39 98 20 14"))
        #expect(message.date == sample.now)
        #expect(message.text.isOneSegment)
        #expect(message.text.encoding == .gsm7)
        let text = message.text.text
        for mark in [
            "\u{A0}", "\u{202F}", "!", "  ", "Phare", "Lefèvre", "Fécamp", "bail", "Tribunal", " .", "{{",
        ] {
            #expect(!text.contains(mark), "\(sample.name): \(text)")
        }
        #expect(!text.lowercased().contains("stop"))
        #expect(text.contains("02 61 91 00 90"))
    }

    /// Design D10: the words themselves, apart from the list that `check` goes by.
    @Test func `nothing that is read on a locked screen says why a business called`() throws {
        let delicate = [
            "tribunal", "greffe", "procédure", "faillite", "dette", "détresse", "difficulté", "liquidation",
            "redressement", "sauvegarde", "mandat ad hoc", "conciliation", "cessation", "pge", "urssaf",
            "fonds de solidarité", "court", "bankrupt", "insolven", "debt", "distress", "receivership",
            "solidarity fund", "proceedings",
        ]
        var shown = try MessageSample.texts.map { try $0.composedText().text.text }
        for sample in MessageSample.all
        where sample.message.kind.isForBusiness || sample.message.kind == .appointmentInvitation {
            let mail = try sample.composed()
            shown.append(mail.subject)
            if let invitation = mail.invitation {
                shown += [invitation.summary, invitation.location ?? "", invitation.details]
            }
        }
        for text in shown {
            for word in delicate { #expect(!text.lowercased().contains(word), "\(text)") }
        }
    }

    @Test func `F13 a text of more than ten parts is none, neither for check nor for a phone`() throws {
        for (letters, isFault) in [(1400, false), (1700, true)] {
            let words = String(repeating: "Merci ", count: letters / 6) + "{{link}}"
            let library = try TemplateLibrary(
                TemplateSource.shipped, overrides: [TemplateSource(name: "fr/survey.sms.txt", text: words)])
            let problems = library.check()
            #expect(problems.map(\.template) == ["fr/survey.sms.txt"])
            #expect(problems.map(\.isOfWording) == [!isFault])
            #expect(
                !isFault
                    || problems.map(\.detail) == [
                        "makes 12 parts with the longest values, and a text message has 10 at most"
                    ])
            let message = PlannedMessage.make(
                .survey, to: .business(), channel: .sms,
                content: .survey(.make(), link: "https://cci.example/avis"))
            let composer = Composer(templates: library, service: .make())
            let now = at("2020-11-03 17:00")
            if isFault {
                #expect(throws: Composer.Problem.tooLong(parts: 12)) {
                    try composer.composeText(message, calendar: .office, now: now)
                }
            } else {
                #expect(try composer.composeText(message, calendar: .office, now: now).text.parts == 10)
            }
        }
    }

    @Test func `the eve's text carries the date, since the eve may be days before`() throws {
        let text = try text(
            .appointmentEve,
            .appointment(.make(), .make(startsAt: at("2020-11-12 14:00"), sequence: nil)))
        #expect(
            text.text
                == "CCI : rappel de votre RDV du jeudi 12/11 à 14h00 avec Claire Duval. "
                + "CCI, 2 rue des Quais, Dieppe. Un contretemps ? 02 61 91 00 90")
    }

    /// An advisor's name, a place, and how the text gives way.
    @Test(arguments: [
        ("Claire Duval", "CCI, 2 rue des Quais, Dieppe", "avec Claire Duval. CCI, 2 rue des Quais, Dieppe."),
        (
            "Marie-Françoise de La Roche", "CCI Seine Estuaire, 181 quai Frissard, 2e étage",
            "avec M.-F. de La Roche. CCI Seine Estuaire, 181 quai Frissard, 2e étage."
        ),
        (
            "Claire Duval", "CCI Seine Estuaire, 181 quai Frissard, bâtiment B, 3e étage, Le Havre",
            "avec Claire Duval. A la CCI."
        ),
        (
            "Marie-Françoise de La Roche-aux-Fées de Montaigu-les-Bois-en-Cotentin et d'Auge", "CCI, Caen",
            "avec M.-F. de La Roche-aux-Fées de Montaigu-les-Bois-en-Cotentin et d'Auge. Un contretemps"
        ),
        ("Claire Duval", "حيفا", "avec Claire Duval. A la CCI."),
        ("كمال", "CCI, Dieppe", "à 14h00. Un contretemps"),
    ])
    func `a long text gives way in a stated order and never becomes two`(
        advisor: String, place: String, said: String
    ) throws {
        let text = try text(
            .appointmentEve,
            .appointment(
                .make(advisorName: advisor, advisorFirstName: nil), .make(place: place, sequence: nil)))
        #expect(text.isOneSegment && text.encoding == .gsm7)
        #expect(text.text.contains(said), "\(text.text)")
    }

    @Test func `a text says nothing of a business's own address, nor of a place that gives too much away`()
        throws
    {
        let own = try text(
            .appointmentEve,
            .appointment(.make(), .make(mode: .atBusiness, place: "SARL Le Phare de Papier", sequence: nil)))
        #expect(own.text.contains(". Dans votre entreprise."))
        #expect(!own.text.contains("Phare"))
        let court = try text(
            .appointmentEve,
            .appointment(.make(), .make(place: "Tribunal de commerce, Rouen", sequence: nil)))
        #expect(court.text.contains(". A la CCI."))
        #expect(!court.text.contains("Tribunal"))
        for place in [
            "Palais de Justice", "Cabinet d'avocats Roy", "Médiateur des entreprises", "Banque de France",
            "CIP de Rouen", "Cellule de prévention",
        ] {
            let discreet = try text(
                .appointmentEve, .appointment(.make(), .make(place: place, sequence: nil)))
            #expect(discreet.text.contains(". A la CCI."))
        }
    }

    @Test func `a text points to a mail only when there is one that says more`() throws {
        let content = MessageContent.documentsAwaited(
            .make(), documents: ["bilan"], requestedAt: at("2020-10-31 10:00"),
            mailedAt: at("2020-11-02 10:00"))
        #expect(try text(.documentsAwaited, content).text.contains("la liste est dans notre mail du 02/11"))
        let undated = MessageContent.documentsAwaited(
            .make(), documents: ["bilan"], requestedAt: at("2020-10-31 10:00"))
        #expect(try text(.documentsAwaited, undated).text.contains("la liste est dans notre mail. Besoin"))
        let mailless = try text(.documentsAwaited, to: .business(email: nil), content)
        #expect(mailless.text.contains("Pour savoir lesquels : 02 61 91 00 90"))
    }

    @Test func `a business without a number gets no text`() {
        var recipient = Recipient.business()
        recipient.phone = nil
        #expect(throws: Composer.Problem.noPhone) {
            try text(.caseClosed, to: recipient, .caseClosed(.make()))
        }
    }
}
