/// What may be read on a locked screen by staff or family: neither why a business called (design D10, domain 2.3 and
/// 4.4) nor, in a text message, what would make it advertising (domain 4.1 and 4.2).
enum NeutralWording {
    /// The faults of a subject, a text message or a calendar's text, tags aside.
    static func problems(
        in text: String, of template: String, line: Int = 1, _ language: Language, isTextMessage: Bool = false
    ) -> [TemplateProblem] {
        let words = plain(withoutTags(text))
        var problems = found(in: words, of: delicateWords(in: Set([language]))).map {
            "“\($0)” may be read on a locked screen: say it in the body of a mail, or not at all"
        }
        if isTextMessage {
            problems += found(in: words, of: commercialWords).map {
                "“\($0)” makes it advertising to the gateways: a service message sells nothing and offers no STOP"
            }
        }
        return problems.map { TemplateProblem(template: template, line: line, detail: $0) }
    }

    /// Whether a value of a record gives away what a subject may not: an address at the court, for example.
    static func isDelicate(_ value: String) -> Bool {
        !found(in: plain(value), of: delicateWords(in: Set(Language.allCases))).isEmpty
    }

    /// The words, a star standing for any ending.
    private static func delicateWords(in languages: Set<Language>) -> [String] {
        // "Court" is a harmless word in French.
        everywhere + (languages.contains(.english) ? english : [])
    }

    private static let everywhere = [
        "activite partielle", "apesa", "avocat*", "banque de france", "bodacc", "cessation*",
        "chiffre d affaires", "chomage partiel", "cip",
        "conciliat*", "creanc*", "depot de bilan", "detresse", "dette*", "difficulte*", "faillite*",
        "fonds de solidarite", "greff*", "huissier*", "impaye*", "judiciaire*", "juge*", "justice", "liquid*",
        "mandat ad hoc", "mandataire*", "mediateur*", "mediation du credit", "pge", "prevention",
        "procedure*", "psycholog*", "redress*",
        "sauvegarde*", "suicid*", "surendett*", "tribuna*", "urssaf",
    ]

    private static let english = [
        "ad hoc mandate", "bankrupt*", "court", "courts", "creditor*", "debt*", "difficulties", "distress*",
        "furlough*",
        "insolven*", "judge*", "overdue", "proceeding*", "receivership*", "safeguard*", "short time work",
        "solidarity fund", "unpaid", "winding up",
    ]

    private static let commercialWords = [
        "abonne*", "bon plan*", "decouvrez", "desabonn*", "discount*", "discover*", "inscrivez vous", "offer",
        "offers", "offre*", "profitez", "promo", "promos", "promotion*", "remise*", "solde*",
        "special offer", "sign up", "stop", "subscri*", "unsubscri*",
    ]

    private static func found(in words: String, of list: [String]) -> [String] {
        list.compactMap { entry in
            let isStem = entry.last == "*"
            let looked = " " + (isStem ? entry.dropLast() : entry + " ")
            guard let range = words.firstRange(of: looked) else { return nil }
            guard isStem else { return entry }
            return words[words.index(after: range.lowerBound)...].prefix { $0 != " " }.description
        }
    }

    /// The text between the tags, looked through once however many braces there are.
    private static func withoutTags(_ text: String) -> String {
        var kept = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "{{"),
            let end = rest[start.upperBound...].firstRange(of: "}}")
        {
            kept += rest[..<start.lowerBound] + " "
            rest = rest[end.upperBound...]
        }
        return kept + rest
    }

    /// Lower case without accents, one space round every word.
    private static func plain(_ text: String) -> String {
        var plain = " "
        for character in text.lowercased() {
            let letter = unaccented[character] ?? String(character)
            if letter.allSatisfy(\.isLetter) {
                plain += letter
            } else if plain.last != " " {
                plain += " "
            }
        }
        return plain + " "
    }

    private static let unaccented: [Character: String] = {
        var letters: [Character: String] = ["ç": "c", "œ": "oe", "æ": "ae", "ñ": "n"]
        for (accented, letter) in [("àâä", "a"), ("éèêë", "e"), ("îï", "i"), ("ôö", "o"), ("ùûü", "u")] {
            for character in accented { letters[character] = letter }
        }
        return letters
    }()
}
