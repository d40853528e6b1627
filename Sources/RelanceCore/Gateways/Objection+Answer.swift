extension Objection {
    /// Whether somebody's answer to a text message asks for no more of them.
    ///
    /// The first word decides, as people and operators are used to; a whole sentence that merely holds "stop" does not.
    package static func isObjection(_ answer: String) -> Bool {
        let plain = answer.lowercased().map { accents[$0] ?? $0 }
        let words = plain.split { !$0.isLetter && !$0.isNumber }.map { String($0) }
        guard let first = words.first, words.count <= 6 else { return false }
        return firstWords.contains(first) || phrases.contains { Array(words.prefix($0.count)) == $0 }
    }

    private static let firstWords: Set<String> = [
        "stop", "stopsms", "stopall", "arret", "arreter", "arretez", "desabonnement", "desabonner",
        "desinscription",
        "desinscrire", "unsubscribe",
    ]
    private static let phrases = [
        ["ne", "plus"], ["plus", "de", "sms"], ["plus", "de", "message"], ["plus", "de", "messages"],
        ["no", "more"],
    ]
    private static let accents: [Character: Character] = ["é": "e", "è": "e", "ê": "e", "ë": "e"]
}
