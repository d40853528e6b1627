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
    @Flag(help: "One JSON object.")
    var json = false

    private struct Record: Encodable {
        var accepted: Bool
        var detail: String
        var exchange: [String]
    }

    func run() async throws {
        let loaded = try house.load(needsCredentials: true)
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
        let (outcome, exchange): (DeliveryOutcome, [String])
        switch try Couriers.courier(for: route, now: { .now }) {
        case let relay as SMTPCourier: (outcome, exchange) = await relay.deliverTraced(parcel)
        case let gateway as GatewayCourier: (outcome, exchange) = await gateway.deliverTraced(parcel)
        case let courier: (outcome, exchange) = (await courier.deliver(parcel) {}, [])
        }
        let reply: String? = if case .accepted(let reply, _) = outcome { reply } else { nil }
        let detail = reply ?? outcome.failure?.detail ?? "interrupted"
        if json {
            try JSONLine.print(Record(accepted: reply != nil, detail: detail, exchange: exchange))
        } else {
            for line in exchange { Terminal.say(line) }
            if reply != nil {
                Terminal.say(Terminal.styled("accepted: ", .green) + detail)
            } else {
                Terminal.complain("not accepted: \(detail)")
            }
        }
        if reply == nil { throw ExitCode(75) }  // EX_TEMPFAIL
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
