import RelanceCore

extension TimeRule {
    /// A rule in words; a slip of the pen stops the run.
    package static func make(_ text: String) -> TimeRule {
        do { return try TimeRule(text) } catch { preconditionFailure("\(text): \(error)") }
    }
}

extension CaseBrief {
    /// The restaurant in Fécamp of domain 2.4.
    package static func make(
        ref: String = "2020-0301", naf: String? = "56.10A", commune: String? = "Fécamp",
        employees: String? = "3",
        origin: Origin? = .webForm, openedAt: Instant = at("2020-10-30 15:40"),
        topics: [String] = ["fonds de solidarité"], phone: PhoneNumber? = .make("06 39 98 20 14"),
        callHours: String? = "pas entre 12 h et 14 h 30", contactTitle: Contact.Title? = .mr,
        contactLastName: String? = "Lefèvre", advisorName: String? = "Claire Duval",
        advisorFirstName: String? = "Claire", siteName: String? = "Seine Estuaire",
        servicePhone: PhoneNumber = .make("02 61 91 00 90"),
        replyTo: EmailAddress? = .make("claire.duval@cci.example"), confidential: Bool = false
    ) -> CaseBrief {
        CaseBrief(
            ref: .make(ref), naf: naf, commune: commune, employees: employees, origin: origin,
            openedAt: openedAt,
            topics: topics, phone: phone, callHours: callHours, contactTitle: contactTitle,
            contactLastName: contactLastName, advisorName: advisorName, advisorFirstName: advisorFirstName,
            siteName: siteName, servicePhone: servicePhone, replyTo: replyTo, confidential: confidential)
    }

    /// Nothing but what a case must have.
    package static func bare(ref: String = "2020-0304") -> CaseBrief {
        .make(
            ref: ref, naf: nil, commune: nil, employees: nil, origin: nil, topics: [], phone: nil,
            callHours: nil,
            contactTitle: nil, contactLastName: nil, advisorName: nil, advisorFirstName: nil, siteName: nil,
            replyTo: nil)
    }
}

extension Deadline {
    package static func make(
        kind: String = "first_call", ref: String = "2020-0301", from: Fact = .openedAt,
        anchor: Instant = at("2020-10-30 15:40"), label: String? = nil, due: Instant = at("2020-11-02 11:10"),
        rule: String = "4 working hours"
    ) -> Deadline {
        Deadline(
            kind: DeadlineKind(rawValue: kind), ref: .make(ref), from: from, anchor: anchor, label: label,
            due: due,
            rule: .make(rule), calendar: "service")
    }
}

extension Recipient {
    package static func make(
        audience: Audience = .advisor, id: String = "c.duval", name: String? = "Claire Duval",
        firstName: String? = "Claire", email: EmailAddress? = .make("claire.duval@cci.example"),
        phone: PhoneNumber? = nil, language: Language = .french, insteadOf: String? = nil
    ) -> Recipient {
        Recipient(
            audience: audience, id: id, name: name, firstName: firstName, email: email, phone: phone,
            language: language, insteadOf: insteadOf)
    }

    /// The business of domain 2.4, which takes mail and text messages.
    package static func business(
        language: Language = .french, email: EmailAddress? = .make("contact@pharedepapier.example")
    )
        -> Recipient
    {
        .make(
            audience: .business, id: "2020-0301", name: "Étienne Lefèvre", firstName: nil, email: email,
            phone: .make("06 39 98 20 14"), language: language)
    }
}

extension PlannedMessage {
    /// A message that is owed, with the times and the reason that words do not depend on.
    package static func make(
        _ kind: MessageKind, variant: String? = nil, cases: [String] = ["2020-0301"],
        to recipient: Recipient = .make(),
        channel: Channel = .email, content: MessageContent
    ) -> PlannedMessage {
        let name = [kind.rawValue, variant ?? "", recipient.language.rawValue].joined(separator: " ")
        return PlannedMessage(
            key: .make(name), kind: kind, variant: variant, cases: cases.map { .make($0) },
            recipient: recipient,
            channel: channel, anchor: at("2020-10-30 15:40"), dueAt: at("2020-11-02 08:30"),
            usefulUntil: at("2020-11-03 08:30"), reason: .morning, content: content)
    }
}

extension ServiceIdentity {
    package static func make(privacyContact: EmailAddress? = .make("dpo@cci.example")) -> ServiceIdentity {
        ServiceIdentity(
            name: "CCI Normandie", phone: .make("02 61 91 00 90"), sender: .make("relance@cci.example"),
            messageIDDomain: "cci.example", privacyContact: privacyContact)
    }
}

extension WorkingCalendar {
    /// Monday to Friday, 09:00 to 17:30, in Paris, over the two years the samples are about.
    package static let office = WorkingCalendar(
        CalendarRules(zone: .paris, week: .mondayToFriday()), horizon: 2020...2021)
}
