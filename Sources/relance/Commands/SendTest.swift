import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceDelivery

struct SendTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One message through one route, with the exact exchange shown.",
        discussion:
            "Secrets are masked; the ledger is not touched. Exit status 75 when the route did not take it.")

    @OptionGroup var house: HouseOptions
    @Argument(help: ArgumentHelp("The name of a route of the configuration.", valueName: "route"))
    var route: String
    @Option(help: ArgumentHelp("Where to send it.", valueName: "address"))
    var to: String

    func run() async throws {
        let loaded = try house.load()
        guard let route = loaded.configuration.routes[route] else {
            let names = loaded.configuration.routes.keys.sorted()
            let nearest = names.nearest(to: self.route).map { "; did you mean “\($0)”?" } ?? ""
            throw ValidationError("no route “\(self.route)” in the configuration\(nearest)")
        }
        let recipient: EmailAddress
        do {
            recipient = try EmailAddress(to)
        } catch {
            throw ValidationError("“\(to)” is no address: \(error)")
        }
        let parcel = try parcel(to: recipient, loaded)
        let outcome: DeliveryOutcome
        switch try Couriers.courier(for: route) {
        case let relay as SMTPCourier:
            let traced = await relay.deliverTraced(parcel)
            for line in traced.exchange { Terminal.say(line) }
            outcome = traced.outcome
        case let courier:
            outcome = await courier.deliver(parcel) {}
        }
        guard case .accepted(let reply) = outcome else {
            Terminal.complain("not accepted: \(outcome.failure?.detail ?? "interrupted")")
            throw ExitCode(75)  // EX_TEMPFAIL
        }
        Terminal.say(Terminal.styled("accepted: ", .green) + reply)
    }

    private func parcel(to recipient: EmailAddress, _ loaded: House) throws -> Parcel {
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
