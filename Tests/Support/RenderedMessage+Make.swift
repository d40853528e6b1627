import RelanceCore

extension EmailAddress {
    /// A fixture's address; a slip of the pen stops the run.
    package static func make(_ text: String) -> EmailAddress {
        do { return try EmailAddress(text) } catch { preconditionFailure("\(text): \(error)") }
    }
}

extension CaseReference {
    /// One that a ledger may hold.
    package static func make(_ text: String) -> CaseReference {
        guard let ref = CaseReference(written: text) else { preconditionFailure("\(text) is no reference") }
        return ref
    }
}

extension PhoneNumber {
    package static func make(_ text: String) -> PhoneNumber {
        guard let phone = PhoneNumber(text) else { preconditionFailure("\(text) is no telephone number") }
        return phone
    }
}

extension MessageKey {
    /// A key that depends on the name alone.
    package static func make(_ name: String) -> MessageKey {
        MessageKey(
            instance: "tests", subject: name, duty: "", step: "", anchor: Instant(seconds: 0),
            channel: .email,
            slot: "")
    }
}

extension RenderedMessage {
    /// A mail of Monday 2 November 2020, 08:30 in Paris, with whatever a test wants to say differently.
    package static func make(
        key: MessageKey = .make("mail"), kind: MessageKind = .newCase, channel: Channel = .email,
        language: Language = .french,
        from: Mailbox = Mailbox(name: "CCI Normandie – Relance", address: .make("relance@cci.example")),
        to: Mailbox = Mailbox(name: "Claire Duval", address: .make("claire.duval@cci.example")),
        replyTo: Mailbox? = nil, subject: String = "Nouveau dossier 2020-0301",
        text: String = "Bonjour Claire,\n", html: String? = nil, date: Instant = at("2020-11-02 08:30"),
        thread: Thread = .ofCase(.make("2020-0301"))
    ) -> RenderedMessage {
        RenderedMessage(
            key: key, kind: kind, channel: channel, language: language, from: from, to: to, replyTo: replyTo,
            subject: subject, text: text, html: html, date: date, thread: thread)
    }
}
