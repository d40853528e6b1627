import RelanceCore

extension DeliveryOutcome {
    /// The same end with every e-mail address taken out of the far side's words: relays like to repeat them, and neither
    /// ledger nor log may hold one (design D10).
    var withoutAddresses: DeliveryOutcome {
        switch self {
        case .accepted(let reply): .accepted(reply: withoutAddresses(reply))
        case .deferred(let failure): .deferred(withoutAddresses(failure))
        case .refused(let failure): .refused(withoutAddresses(failure))
        case .ambiguous(let failure): .ambiguous(withoutAddresses(failure))
        case .interrupted: .interrupted
        }
    }

    private func withoutAddresses(_ failure: DeliveryFailure) -> DeliveryFailure {
        var failure = failure
        failure.detail = withoutAddresses(failure.detail)
        return failure
    }

    private func withoutAddresses(_ text: String) -> String {
        guard text.contains("@") else { return text }
        var (out, word) = ("", "")
        for character in text + " " {
            guard character.isWhitespace || "<>()[]\"',;:=".contains(character) else {
                word.append(character)
                continue
            }
            out += word.contains("@") ? "…" : word
            out.append(character)
            word = ""
        }
        return String(out.dropLast())
    }
}
