import RelanceCore
import RelanceDaemon

/// An explanation as a page for people, in French or English.
struct ExplanationPage {
    let language: Language
    let house: House

    func lines(of explanation: Explanation) -> [String] {
        let item = explanation.item
        var lines = [
            Terminal.styled(say("Dossier ", "File ") + item.ref.text, .bold) + "  " + facts(of: item), "",
        ]
        if !explanation.deadlines.isEmpty {
            lines.append(heading(say("Échéances", "Deadlines")))
            for reckoning in explanation.deadlines { lines += self.lines(of: reckoning, item) }
        }
        if !explanation.messages.isEmpty {
            lines.append(heading(say("Messages", "Messages")))
            for message in explanation.messages { lines += self.lines(of: message) }
            lines.append("")
        }
        if !explanation.plan.messages.isEmpty {
            lines.append(heading(say("À envoyer maintenant", "Due now")))
            for message in explanation.plan.messages {
                lines.append(
                    "  " + kind(message.kind, message.variant)
                        + MessageLine.padded(MessageLine.to(message), 24) + message.channel.rawValue)
            }
            lines.append("")
        }
        if !explanation.plan.upcoming.isEmpty {
            lines.append(heading(say("À venir, si rien ne change", "Ahead, if nothing changes")))
            for message in explanation.plan.upcoming.sorted(by: { $0.at < $1.at }) {
                lines.append("  " + kind(message.kind, message.variant) + words(item).moment(message.at))
            }
            lines.append("")
        }
        if !explanation.plan.callTasks.isEmpty {
            lines.append(heading(say("Appels à passer", "Calls to make")))
            for task in explanation.plan.callTasks {
                lines.append(
                    "  " + kind(task.kind, task.variant)
                        + MessageLine.padded(words(item).moment(task.since), 34) + reason(task.reason))
            }
            lines.append("")
        }
        if !explanation.plan.withheld.isEmpty {
            lines.append(heading(say("Retenus", "Withheld")))
            for message in explanation.plan.withheld.sorted(by: { $0.at < $1.at }) {
                lines.append(
                    "  " + kind(message.kind, message.variant)
                        + MessageLine.padded(words(item).moment(message.at), 34) + reason(message.reason))
            }
            lines.append("")
        }
        return lines
    }

    /// What became of one message, attempt by attempt.
    func lines(of told: Explanation.Told) -> [String] {
        let message = told.message
        let words = DerivationWords(language: language, calendar: house.policy.service)
        var lines = [
            "  " + kind(message.plan.kind, message.plan.variant)
                + MessageLine.padded(words.moment(message.plan.dueAt), 34)
                + MessageLine.padded(message.plan.channel.rawValue, 7)
                + Terminal.styled(message.phase.word, .bold),
            "    " + Terminal.styled(message.key.text, .dim),
        ]
        for entry in told.trail {
            if let text = self.text(entry.event) {
                lines.append("    \(words.moment(entry.stamp.time))  \(text)")
            }
        }
        return lines
    }

    // MARK: - Parts

    private func lines(of reckoning: Explanation.Reckoning, _ item: OpenCase) -> [String] {
        let (deadline, words) = (reckoning.deadline, words(item))
        let name = label("deadline." + deadline.kind.rawValue) ?? deadline.kind.rawValue
        let state: String =
            if let satisfiedAt = deadline.satisfiedAt {
                Terminal.styled(say("fait, ", "done, ") + words.moment(satisfiedAt), .green)
            } else {
                Terminal.styled(say("à faire", "owed"), .yellow)
            }
        var lines = [
            "  " + Terminal.styled(name + (deadline.label.map { " (\($0))" } ?? ""), .bold) + "  "
                + words.moment(deadline.due) + "  " + state
        ]
        let from = label("fact." + deadline.from.rawValue) ?? deadline.from.rawValue
        lines.append(
            "    " + words.rule(deadline.rule) + say(", calendrier ", ", calendar ") + deadline.calendar
                + say(", depuis : ", ", from: ") + from + ", " + words.moment(deadline.anchor))
        if let derivation = reckoning.derivation {
            lines += words.lines(of: derivation).map { "      " + $0 }
        }
        lines.append("")
        return lines
    }

    private func text(_ event: LedgerEvent) -> String? {
        switch event {
        case .attempted(_, let attempt):
            return say("essai \(attempt.number) par ", "attempt \(attempt.number) by ") + attempt.route
        case .handedOver: return say("remis", "handed over")
        case .resulted(_, let result):
            switch result.outcome {
            case .accepted(let reply, _): return say("accepté : ", "accepted: ") + reply
            case .deferred(let failure): return say("reporté : ", "deferred: ") + failure.detail
            case .refused(let failure): return say("refusé : ", "refused: ") + failure.detail
            case .ambiguous(let failure): return say("incertain : ", "in doubt: ") + failure.detail
            case .interrupted: return say("interrompu", "interrupted")
            }
        case .cancelled(_, let reason, _), .expired(_, let reason), .held(_, let reason, _):
            return WithheldReason(rawValue: reason).map { self.reason($0) } ?? reason
        case .receipted(_, let receipt): return receiptWords(receipt)
        case .superseded(_, let key): return say("remplacé par ", "superseded by ") + key.text
        default: return nil
        }
    }

    private func receiptWords(_ receipt: Receipt) -> String {
        let verdict =
            switch receipt.verdict {
            case .delivered: say("remis au destinataire", "delivered")
            case .undelivered: say("non remis", "not delivered")
            case .unknown: say("sort inconnu", "fate unknown")
            case .pending: say("en chemin", "on its way")
            }
        return verdict + " : " + receipt.detail
    }

    private func reason(_ reason: WithheldReason) -> String {
        switch reason {
        case .noLongerUseful: say("n’est plus utile", "no longer useful")
        case .satisfied: say("c’est fait", "done already")
        case .caseClosed: say("dossier clos", "file closed")
        case .caseSuspended: say("dossier suspendu", "file suspended")
        case .caseOnHold: say("dossier en attente", "file on hold")
        case .distress: say("rien d’automatique en ce moment", "nothing automatic for now")
        case .prefersNoWriting: say("ne souhaite pas d’écrit", "does not want to be written to")
        case .noAddress: say("pas d’adresse", "no address")
        case .noRecipient: say("personne à qui l’adresser", "nobody to send it to")
        case .noUsableChannel: say("aucun canal : appel à passer", "no channel: a call to make")
        case .saidOtherwise: say("dit par un autre message", "said by another message")
        case .justAgreed: say("convenu à l’instant", "agreed only just before")
        case .tooLate: say("trop tard", "too late")
        case .notChosen: say("le conseiller ne l’a pas demandé", "the advisor did not ask for it")
        case .notConfigured: say("non configuré", "not configured")
        case .routeDown:
            say("aucune voie de ce canal ne fonctionne", "no route of this channel works")
        case .recipientCeiling: say("assez de messages pour ce jour", "enough messages for one day")
        case .optedOut: say("ne veut plus de SMS", "wants no more text messages")
        case .smsBudget: say("budget SMS du mois épuisé", "the month's SMS budget is spent")
        case .beforeItBegan: say("avant même le début", "before it began")
        }
    }

    private func kind(_ kind: MessageKind, _ variant: String?) -> String {
        let name = label("kind." + kind.rawValue) ?? kind.rawValue
        return MessageLine.padded(name + (variant.map { " (\($0))" } ?? ""), 30)
    }

    private func facts(of item: OpenCase) -> String {
        let advisor = item.advisor.map { house.directory.advisors[$0]?.fullName ?? $0 }
        return [item.recordedStage.rawValue, item.priority?.rawValue, advisor, item.site].compactMap { $0 }
            .joined(separator: ", ")
    }

    private func words(_ item: OpenCase) -> DerivationWords {
        let policy = house.configuration.policies.policy(ofSite: item.site)
        return DerivationWords(language: language, calendar: policy.service)
    }

    private func label(_ key: String) -> String? { house.composer.templates.words[language]?[key] }

    private func heading(_ text: String) -> String { Terminal.styled(text, .bold) }

    private func say(_ french: String, _ english: String) -> String {
        language == .french ? french : english
    }
}
