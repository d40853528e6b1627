/// Values made up from what a kind declares, so that `check` can render every template without a case at hand.
enum TemplateSample: CaseIterable {
    /// Everything said, every list with two items.
    case full
    /// Nothing optional said, every list empty.
    case bare
    /// Everything said at the length the composer allows.
    case long

    func values(for names: [String: TemplateName]) -> TemplateValues {
        var values: TemplateValues = [:]
        for (name, form) in names {
            values[name] =
                switch form {
                case .text: .text(text(name))
                case .optional: self == .bare ? .absent : .text(text(name))
                case .flag: .flag(self != .bare)
                case .list(let items):
                    .list(Array(repeating: self.values(for: items), count: self == .bare ? 0 : 2))
                }
        }
        return values
    }

    private func text(_ name: String) -> String {
        self == .long ? String(repeating: "é", count: Composer.longestName) : name
    }
}

/// The longest values a text message usually carries, as the budget of domain 2.4 reckons: a text that fits with these
/// is one segment on nearly every day, and gives way on the others.
struct TextSample {
    let language: Language

    /// With or without all that may be absent, every flag up or down.
    func values(for names: [String: TemplateName], isWhole: Bool, flag: Bool) -> TemplateValues {
        names.reduce(into: [:]) { values, name in
            values[name.key] =
                switch name.value {
                case .optional where !isWhole: .absent
                case .flag: .flag(flag)
                case .list: .list([])
                case .text, .optional: .text(longest(name.key))
                }
        }
    }

    private func longest(_ name: String) -> String {
        let prose = language.prose
        // A Wednesday, the longest day to say, with two digits for day, month, hour and minute.
        let day = LocalDay(clampingYear: 2020, month: 11, day: 18)
        let time = LocalTime(minuteOfDay: 17 * 60 + 30)
        return switch name {
        case "ref": "2020-0301"
        case "advisor", "stand_in": "Jean-Baptiste Lefèvre"
        case "venue": "CCI, 12 rue des Quais, Rouen"
        case "service_phone": "02 61 91 00 90"
        case "link": "https://cci.example/avis/2020-0301"
        case "when", "former": prose.textMoment(day, time)
        case "promise": prose.textLimit(day, time)
        case "time", "tried_time": prose.textTime(time)
        case "asked_on", "mailed_on": prose.textDate(day)
        case "service_hours": prose.textSpan(LocalTime(minuteOfDay: 9 * 60), time)
        default: prose.textDay(day)
        }
    }

    /// Why a text with these values is too long, or too dear.
    static func objection(to text: SMSText) -> String {
        let most = SMSText.Encoding.gsm7.alone
        if text.parts > SMSText.mostParts {
            return
                "makes \(text.parts) parts with the longest values, and a text message has \(SMSText.mostParts) at most"
        }
        switch text.encoding {
        case .gsm7:
            return
                "\(text.units) characters with the longest values, \(text.units - most) more than the \(most) of "
                + "one text message: “\(text.text)”"
        case .ucs2:
            let odd = text.text.filter { SMSText(SMSText.folded(String($0))).encoding == .ucs2 }
            return
                "“\(odd)” is outside GSM 03.38, which leaves \(text.encoding.alone) characters of \(most); "
                + "it makes \(text.units): “\(text.text)”"
        }
    }
}
