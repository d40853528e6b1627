import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceDelivery

struct SendTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One message through one route, with the exact exchange shown.",
        discussion:
            "Secrets are masked; the ledger is not touched. Exit status 75 when the route did not take it, or nobody can tell."
    )

    @OptionGroup var house: HouseOptions
    @Argument(help: ArgumentHelp("The name of a route of the configuration.", valueName: "route"))
    var route: String
    @Option(help: ArgumentHelp("Where to send it.", valueName: "address-or-number"))
    var to: String
    @Flag(help: "One JSON object.")
    var json = false

    private struct Record: Encodable {
        var accepted: Bool
        /// The class of the end.
        var outcome: String
        var failure: String?
        var scope: String?
        var code: Int?
        var detail: String
        var advice: String?
        var exchange: [String]
    }

    func run() async throws {
        let loaded = try house.load(needsCredentials: true)
        guard let route = loaded.configuration.routes[route] else {
            let names = loaded.configuration.routes.keys.sorted()
            let nearest = names.nearest(to: self.route).map { "; did you mean “\($0)”?" } ?? ""
            throw ValidationError("no route “\(self.route)” in the configuration\(nearest)")
        }
        let parcel = try parcel(by: route, loaded)
        let (outcome, exchange): (DeliveryOutcome, [String])
        switch try Couriers.courier(for: route, now: { .now }) {
        case let relay as SMTPCourier: (outcome, exchange) = await relay.deliverTraced(parcel)
        case let gateway as GatewayCourier: (outcome, exchange) = await gateway.deliverTraced(parcel)
        case let courier: (outcome, exchange) = (await courier.deliver(parcel) {}, [])
        }
        let (verdict, failure) = (RouteVerdict(outcome), outcome.failure)
        if json {
            let reply: String? = if case .accepted(let reply, _) = outcome { reply } else { nil }
            try JSONLine.print(
                Record(
                    accepted: verdict.isAccepted, outcome: verdict.outcome, failure: failure?.kind.rawValue,
                    scope: failure?.scope.rawValue, code: failure?.code,
                    detail: reply ?? failure?.detail ?? verdict.outcome, advice: verdict.advice,
                    exchange: exchange))
        } else {
            for line in exchange { Terminal.say(line) }
            show(verdict, failure)
        }
        if !verdict.isAccepted { throw ExitCode(75) }  // EX_TEMPFAIL
    }

    private func show(_ verdict: RouteVerdict, _ failure: DeliveryFailure?) {
        guard !verdict.isAccepted else { return Terminal.say(Terminal.styled(verdict.sentence, .green)) }
        Terminal.complain(verdict.sentence)
        let kind = failure.map { ", \($0.kind.rawValue)" + ($0.code.map { " \($0)" } ?? "") } ?? ""
        Terminal.complain("  class  \(verdict.outcome)\(kind)")
        if let fault = verdict.fault { Terminal.complain("  fault  \(fault)") }
        if let advice = verdict.advice { Terminal.complain("  do     \(advice)") }
    }

    /// A mail or a text message, as the address asks for it and the route carries it.
    private func parcel(by route: Route, _ loaded: House) throws -> Parcel {
        let channel: Channel = to.contains("@") ? .email : .sms
        guard route.kind.carries(channel) else {
            throw ValidationError(
                "route “\(route.name)” carries no \(channel == .email ? "mail" : "text messages")")
        }
        switch channel {
        case .email:
            let recipient: EmailAddress
            do {
                recipient = try EmailAddress(to)
            } catch {
                throw ValidationError("“\(to)” is no address: \(error)")
            }
            return try mail(to: recipient, loaded)
        case .sms:
            guard let recipient = PhoneNumber(to), recipient.takesTextMessages else {
                throw ValidationError("“\(to)” is no number that takes text messages")
            }
            return text(to: recipient)
        }
    }

    private func text(to recipient: PhoneNumber) -> Parcel {
        let (now, kind) = (Instant.now, MessageKind.technicalIncident)
        let key = MessageKey(
            instance: "send-test", subject: recipient.dialled, duty: kind.rawValue, step: "test", anchor: now,
            channel: .sms, slot: Audience.it.rawValue)
        let words =
            Terminal.language == .french
            ? "Relance : ceci est un message d'essai." : "Relance: this is a test message."
        return Parcel(
            key: key, kind: kind,
            content: .text(
                Parcel.TextMessage(
                    recipient: recipient, text: words, reference: "\(key).0", usefulUntil: now + .hours(1))))
    }

    private func mail(to recipient: EmailAddress, _ loaded: House) throws -> Parcel {
        let now = Instant.now
        let service = loaded.configuration.service
        let message = PlannedMessage.test(to: recipient, at: now)
        let rendered = try loaded.composer.compose(message, calendar: loaded.policy.service, now: now)
        let bytes = try MIMEMessage.bytes(
            of: rendered, zone: loaded.zone, messageIDDomain: service.messageIDDomain, sender: service.sender)
        return Parcel(
            key: message.key, kind: message.kind, sender: service.sender, recipient: recipient, bytes: bytes)
    }
}

extension PlannedMessage {
    /// A technical message that says it is a test.
    fileprivate static func test(to recipient: EmailAddress, at now: Instant) -> PlannedMessage {
        PlannedMessage(
            key: MessageKey(
                instance: "send-test", subject: recipient.description,
                duty: MessageKind.technicalIncident.rawValue,
                step: "test", anchor: now, channel: .email, slot: Audience.it.rawValue),
            kind: .technicalIncident, cases: [],
            recipient: Recipient(audience: .it, id: "test", email: recipient, language: Terminal.language),
            channel: .email, anchor: now, dueAt: now, usefulUntil: now + .hours(1), reason: .incident,
            content: .technicalIncident("relance send-test"))
    }
}
