import RelanceCore

/// Something technical that whoever looks after the machine is told of, once a day each (domain 2.4, internal extras).
///
/// Its words depend on nothing but the incident, so that one left over from before a restart can be told all the same.
enum Incident: Hashable, Sendable {
    /// The route's breaker has opened.
    case routeFails(String)
    /// Something has been ready to leave for a quarter of an hour.
    case queueLate
    case casesRejected
    /// So many cases are missing that the last good copy stays.
    case casesMissing
    case notReloaded

    /// Every incident a house with these routes can have.
    static func all(routes: some Sequence<String>) -> [Incident] {
        routes.map(Incident.routeFails) + [.queueLate, .casesRejected, .casesMissing, .notReloaded]
    }

    /// For the log.
    var sentence: String { sentence(in: .english) }

    func sentence(in language: Language) -> String {
        switch language {
        case .french:
            switch self {
            case .routeFails(let name):
                "La route « \(name) » échoue ; les messages prennent la suivante ou attendent."
            case .queueLate: "Des messages attendent depuis plus de quinze minutes."
            case .casesRejected:
                "Des dossiers n'ont pas pu être lus ; « relance check » dit lesquels et pourquoi."
            case .casesMissing:
                "De nombreux dossiers ont disparu de leur source ; la dernière copie lue reste en usage."
            case .notReloaded:
                "La configuration n'a pas été rechargée ; l'ancienne reste en usage. « relance check » dit pourquoi."
            }
        case .english:
            switch self {
            case .routeFails(let name): "Route “\(name)” fails; messages take the next one or wait."
            case .queueLate: "Messages have been waiting for more than fifteen minutes."
            case .casesRejected: "Some cases could not be read; “relance check” says which and why."
            case .casesMissing: "Many cases are missing from their source; the last good copy stays in use."
            case .notReloaded:
                "The configuration was not reloaded; the old one stays in use. “relance check” says why."
            }
        }
    }

    private var subject: String {
        switch self {
        case .routeFails(let name): "route \(name)"
        case .queueLate: "queue"
        case .casesRejected: "cases rejected"
        case .casesMissing: "cases missing"
        case .notReloaded: "configuration"
        }
    }

    /// The message that tells of it on a day; nil when there is nobody to tell.
    func message(of planner: Planner, on day: LocalDay, at now: Instant) -> PlannedMessage? {
        guard let recipient = planner.itRecipient else { return nil }
        let anchor = planner.policies.house.zone.startOfDay(day)
        return PlannedMessage(
            key: MessageKey(
                instance: planner.instance, subject: subject, duty: MessageKind.technicalIncident.rawValue,
                step: "",
                anchor: anchor, channel: .email, slot: Audience.it.rawValue),
            kind: .technicalIncident, cases: [], recipient: recipient, channel: .email, anchor: anchor,
            dueAt: now,
            usefulUntil: now + .days(1), reason: .incident,
            content: .technicalIncident(sentence(in: recipient.language)))
    }
}
