import RelanceCore

/// Something technical that whoever looks after the machine is told of, once a day each (domain 2.4, internal extras).
///
/// Its words depend on nothing but the incident, so that one left over from before a restart can be told all the same.
enum Incident: Hashable, Sendable {
    /// The route's breaker has opened.
    case routeFails(String)
    /// The route's far side wants something of a person: credit, another password, a sender's name that it knows.
    case routeNeedsCare(String, DeliveryFailure.Kind)
    /// The month's text messages have come to the point where only appointments leave as such.
    case smsBudgetNearlySpent
    /// None leaves as a text message any more this month.
    case smsBudgetSpent
    /// Something has been ready to leave for a quarter of an hour.
    case queueLate
    case casesRejected
    /// So many cases are missing that the last good copy stays.
    case casesMissing
    case notReloaded
    /// After a downtime too much would have left at once: it is held.
    case heldAfterDowntime
    /// So does what one reading would have set off.
    case heldAfterReading
    /// The ledger was silent for so long that it may be an old backup: nothing leaves.
    case heldAfterSilence
    /// More had left from here than the ledger holds: nothing leaves.
    case heldAsRestored
    /// The machine's clock was not believed for a while; told once it is.
    case clockDoubted

    /// What a fence is told by; nil for one that lets nothing pass, not even this.
    init?(_ fence: FenceReason) {
        switch fence {
        case .catchUp: self = .heldAfterDowntime
        case .massChange: self = .heldAfterReading
        case .longSilence: self = .heldAfterSilence
        case .restored: self = .heldAsRestored
        case .otherMachine, .repaired: return nil
        }
    }

    /// Every incident a house with these routes can have.
    static func all(routes: some Sequence<String>) -> [Incident] {
        routes.flatMap { route in
            [.routeFails(route)] + DeliveryFailure.Kind.allCases.map { .routeNeedsCare(route, $0) }
        } + [
            .smsBudgetNearlySpent, .smsBudgetSpent, .queueLate, .casesRejected, .casesMissing, .notReloaded,
            .heldAfterDowntime, .heldAfterReading, .heldAfterSilence, .heldAsRestored, .clockDoubted,
        ]
    }

    /// For the log.
    var sentence: String { sentence(in: .english) }

    func sentence(in language: Language) -> String {
        switch language {
        case .french:
            switch self {
            case .routeFails(let name):
                "La route « \(name) » échoue ; les messages prennent la suivante ou attendent."
            case .routeNeedsCare(let name, let kind):
                "La route « \(name) » demande votre aide : \(kind.french)."
            case .smsBudgetNearlySpent:
                "Le seuil mensuel de SMS est atteint : seuls les rendez-vous partent encore par SMS ce mois-ci."
            case .smsBudgetSpent:
                "Le budget SMS du mois est épuisé : plus aucun SMS ne part ; courriel ou appel à la place."
            case .queueLate: "Des messages attendent depuis plus de quinze minutes."
            case .casesRejected:
                "Des dossiers n'ont pas pu être lus ; « relance check » dit lesquels et pourquoi."
            case .casesMissing:
                "De nombreux dossiers ont disparu de leur source ; rien n'est annulé. « relance status » dit d'où."
            case .notReloaded:
                "La configuration n'a pas été rechargée ; l'ancienne reste en usage. « relance check » dit pourquoi."
            case .heldAfterDowntime:
                "Trop de messages en retard après un arrêt : ils sont retenus ; « relance resume » les libère."
            case .heldAfterReading:
                "La lecture des dossiers déclenche trop de messages : retenus ; « relance resume » les libère."
            case .heldAfterSilence:
                "Registre muet depuis sept jours, peut-être une vieille copie : rien ne part avant « relance resume »."
            case .heldAsRestored:
                "Le registre est une sauvegarde plus ancienne que ce qui est parti : rien avant « relance resume »."
            case .clockDoubted:
                "L'horloge de la machine a sauté ou était fausse ; rien n'est parti entre-temps. Vérifiez-la."
            }
        case .english:
            switch self {
            case .routeFails(let name): "Route “\(name)” fails; messages take the next one or wait."
            case .routeNeedsCare(let name, let kind): "Route “\(name)” needs your help: \(kind.english)."
            case .smsBudgetNearlySpent:
                "The month's threshold for text messages is reached: only appointments still leave as such this month."
            case .smsBudgetSpent:
                "The month's budget for text messages is spent: none leaves any more; mail or a call instead."
            case .queueLate: "Messages have been waiting for more than fifteen minutes."
            case .casesRejected: "Some cases could not be read; “relance check” says which and why."
            case .casesMissing:
                "Many cases are missing from their source; nothing is cancelled. “relance status” says from which."
            case .notReloaded:
                "The configuration was not reloaded; the old one stays in use. “relance check” says why."
            case .heldAfterDowntime:
                "Too many messages are late after a downtime: they are held; “relance resume” lets them go."
            case .heldAfterReading:
                "Reading the cases sets off too many messages: they are held; “relance resume” lets them go."
            case .heldAfterSilence:
                "The ledger was silent for seven days and may be an old copy: nothing leaves before “relance resume”."
            case .heldAsRestored:
                "The ledger is a backup older than what has left: nothing leaves before “relance resume”."
            case .clockDoubted:
                "The machine's clock jumped or was wrong; nothing left meanwhile. Have it checked."
            }
        }
    }

    private var subject: String {
        switch self {
        case .routeFails(let name): "route \(name)"
        case .routeNeedsCare(let name, let kind): "route \(name) \(kind.rawValue)"
        case .smsBudgetNearlySpent: "sms budget near"
        case .smsBudgetSpent: "sms budget spent"
        case .queueLate: "queue"
        case .casesRejected: "cases rejected"
        case .casesMissing: "cases missing"
        case .notReloaded: "configuration"
        case .heldAfterDowntime: "catch-up"
        case .heldAfterReading: "mass change"
        case .heldAfterSilence: "long silence"
        case .heldAsRestored: "restored"
        case .clockDoubted: "clock"
        }
    }

    /// Whether leads are told as well, since it is about what people get and not about the machine.
    private var concernsLeads: Bool {
        switch self {
        case .heldAfterDowntime, .heldAfterReading, .heldAfterSilence, .heldAsRestored, .casesMissing: true
        default: false
        }
    }

    /// The messages that tell of it on a day; none when there is nobody to tell.
    func messages(of planner: Planner, on day: LocalDay, at now: Instant) -> [PlannedMessage] {
        let leads = planner.directory.advisors.values.filter { $0.role == .lead && $0.isActive(on: day) }
            .sorted { $0.id < $1.id }.map { Recipient($0, as: .lead) }
        return ([planner.itRecipient].compactMap { $0 } + (concernsLeads ? leads : [])).map {
            message(to: $0, of: planner, on: day, at: now)
        }
    }

    private func message(
        to recipient: Recipient, of planner: Planner, on day: LocalDay, at now: Instant
    ) -> PlannedMessage {
        let anchor = planner.policies.house.zone.startOfDay(day)
        let slot =
            recipient.audience == .it
            ? Audience.it.rawValue : recipient.audience.rawValue + "/" + recipient.id
        return PlannedMessage(
            key: MessageKey(
                instance: planner.instance, subject: subject, duty: MessageKind.technicalIncident.rawValue,
                step: "", anchor: anchor, channel: .email, slot: slot),
            kind: .technicalIncident, cases: [], recipient: recipient, channel: .email, anchor: anchor,
            dueAt: now,
            usefulUntil: now + .days(1), reason: .incident,
            content: .technicalIncident(sentence(in: recipient.language)))
    }
}

extension DeliveryFailure.Kind {
    fileprivate var french: String {
        switch self {
        case .credit: "le compte n'a plus de crédit"
        case .authentication: "nos identifiants sont refusés"
        case .badSender: "le nom d'expéditeur n'est pas admis"
        case .tls: "la connexion n'est pas sûre"
        case .configuration: "elle est mal réglée"
        case .connection, .name, .timeout, .refused, .throttled, .crash, .badAddress, .blacklisted, .unknown:
            "« relance messages » dit ce qui a échoué"
        }
    }

    fileprivate var english: String {
        switch self {
        case .credit: "the account has no credit left"
        case .authentication: "our credentials are refused"
        case .badSender: "the sender's name is not admitted"
        case .tls: "the connection is not safe"
        case .configuration: "it is set up wrongly"
        case .connection, .name, .timeout, .refused, .throttled, .crash, .badAddress, .blacklisted, .unknown:
            "“relance messages” says what failed"
        }
    }
}
