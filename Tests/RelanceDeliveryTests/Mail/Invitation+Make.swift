import RelanceCore
import RelanceTestSupport

extension Invitation {
    /// An hour in Dieppe on Wednesday 16 December 2020 at nine, with whatever a test wants to say differently.
    static func make(
        _ method: Method = .request, uid: String? = nil, sequence: Int = 0,
        stampedAt: Instant = at("2020-12-14 16:30"), startsAt: Instant = at("2020-12-16 09:00"),
        minutes: Int = 60, summary: String = "Rendez-vous CCI",
        location: String? = "CCI, 2 rue des Quais, Dieppe",
        details: String = "Dossier 2020-0388. Pour déplacer ou annuler : 02 61 91 00 90",
        organizer: RenderedMessage.Mailbox = .init(
            name: "CCI Normandie – Relance", address: .make("relance@cci.example")),
        attendee: RenderedMessage.Mailbox = .init(
            name: "Étienne Lefèvre", address: .make("contact@pharedepapier.example")),
        language: Language = .french
    ) -> Invitation {
        Invitation(
            method: method,
            uid: uid
                ?? Invitation.uid(of: .make("2020-0388"), appointment: "1", domain: "relance.cci.example"),
            sequence: sequence, stampedAt: stampedAt, startsAt: startsAt, minutes: minutes, summary: summary,
            location: location, details: details, organizer: organizer, attendee: attendee, language: language
        )
    }
}

extension RenderedMessage {
    /// The mail that brings an invitation to whom it is for.
    static func make(
        _ name: String = "mail", carrying invitation: Invitation, html: String? = nil
    ) -> RenderedMessage {
        var message = RenderedMessage.make(
            key: .make(name), language: invitation.language, from: invitation.organizer,
            to: invitation.attendee,
            subject: "Votre rendez-vous avec la CCI – dossier 2020-0388",
            text: "Bonjour Madame, Monsieur,\nVotre rendez-vous est confirmé.\n", html: html,
            date: invitation.stampedAt, thread: .ofCase(.make("2020-0388")))
        message.invitation = invitation
        return message
    }
}
