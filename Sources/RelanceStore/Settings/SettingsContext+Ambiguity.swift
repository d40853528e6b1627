import RelanceCore

/// What becomes of messages of which nobody can tell whether they arrived.
extension SettingsContext {
    func onAmbiguous(_ reader: SettingsReader) -> AmbiguityRule {
        let usual = choices(reader)
        let forms = Form<String>.name(among: MessageKind.written.map { ($0, $0) })
        var special: [MessageKind: [Channel: AmbiguityRule.Choice]] = [:]
        for (name, own) in reader.maps("kinds", named: forms) {
            guard let kind = MessageKind(rawValue: name) else { continue }
            special[kind] = choices(own)
            own.reportUnknownKeys()
        }
        reader.reportUnknownKeys()
        return AmbiguityRule(usual, of: special)
    }

    /// What is stated of each channel.
    private func choices(_ reader: SettingsReader) -> [Channel: AmbiguityRule.Choice] {
        var choices: [Channel: AmbiguityRule.Choice] = [:]
        choices[.email] = reader.optional("mail", .ofMail)
        choices[.sms] = reader.optional("sms", .ofTexts)
        if choices[.sms] == .retryAnyway {
            reader.warn("sms", "such texts may arrive twice and cost twice: only for what has to arrive")
        }
        return choices
    }
}

extension MessageKind {
    /// The words of those that are messages of their own.
    fileprivate static var written: [String] { allCases.filter(\.isWritten).map(\.rawValue).sorted() }
}

extension Form<AmbiguityRule.Choice> {
    fileprivate static var ofMail: Self { .name(among: [("retry", .retry), ("hold", .hold)]) }

    /// A provider might take a reference it knows for the same text; as long as no preset states for how long, none is
    /// relied on.
    fileprivate static var ofTexts: Self {
        let expected = "hold or retry_anyway"
        let reason = "since no preset states for how long its provider knows a text again"
        return Form(expected) { text throws(FormMismatch) in
            switch text {
            case "hold": return .hold
            case "retry_anyway": return .retryAnyway
            case "retry": throw FormMismatch(expected: "\(expected), \(reason)")
            default: throw FormMismatch(nearest: ["hold", "retry_anyway"].nearest(to: text))
            }
        }
    }
}
