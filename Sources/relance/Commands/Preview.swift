import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceDelivery

struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A message as it would leave, on a real case, on every channel.",
        discussion: """
            Shows the first message of this kind that the case (or, for digests and reports, anybody) is owed from the \
            given instant on, within thirty days; for a business, as a mail and as a text message. Nothing leaves.
            """)

    @OptionGroup var house: HouseOptions
    @Argument(help: ArgumentHelp("The kind of message.", valueName: "kind"))
    var kind: MessageKind
    @Option(help: ArgumentHelp("The case.", valueName: "ref"))
    var `case`: String?
    @Option(
        help: ArgumentHelp("Look from this instant on (RFC 3339); now unless given.", valueName: "instant"))
    var at: InstantArgument?
    @Flag(help: "Show the HTML twin as well.")
    var html = false
    @Flag(help: "One JSON object.")
    var json = false

    private struct Record: Encodable {
        var at: String
        var key: String
        var kind: String
        var variant: String?
        var channel: String
        var to: String?
        var subject: String?
        var text: String?
        var html: String?
        var calendar: String?
        var sms: TextRecord?
    }

    private struct TextRecord: Encodable {
        var to: String
        var text: String
        var encoding: String
        var units: Int
        var parts: Int
        var cost: String?
    }

    func run() async throws {
        let start = at?.instant ?? .now
        let loaded = try house.load(at: start)
        let room = CaseRoom(loaded, now: start)
        let wanted = `case`
        if let wanted, CaseReference(wanted).flatMap({ room[$0] }) == nil {
            Terminal.complain("relance: no case \(wanted)")
            throw ExitCode(66)  // EX_NOINPUT
        }
        let simulation = Simulation(
            planner: loaded.planner(instance: "preview"), cases: room.cases, held: room.held)
        for line in try await simulation.run(from: start, to: start + .days(30)) {
            guard case .message(let message, let at) = line, message.kind == kind,
                wanted.map({ ref in message.cases.contains { $0.text == ref } }) ?? true
            else { continue }
            try show(message, at: at, loaded)
            return
        }
        Terminal.complain(
            "relance: no \(kind.rawValue) is owed\(wanted.map { " on \($0)" } ?? "") within thirty days")
        throw ExitCode(66)
    }

    private func show(_ message: PlannedMessage, at: Instant, _ loaded: House) throws {
        let mail = try form(of: message, on: .email, unless: .noAddress) {
            try loaded.composer.compose($0, calendar: loaded.policy.service, now: at)
        }
        let text =
            message.kind.isForBusiness
            ? try form(of: message, on: .sms, unless: .noPhone) {
                try loaded.composer.composeText($0, calendar: loaded.policy.service, now: at)
            } : nil
        if json {
            return try JSONLine.print(
                Record(
                    at: at.rfc3339(in: loaded.zone), key: message.key.text, kind: message.kind.rawValue,
                    variant: message.variant, channel: message.channel.rawValue,
                    to: mail.map { "\($0.to.address)" }, subject: mail?.subject, text: mail?.text,
                    html: mail?.html, calendar: mail?.invitation?.fileName,
                    sms: text.map {
                        TextRecord(
                            to: "\($0.to)", text: $0.text.text, encoding: $0.text.encoding.rawValue,
                            units: $0.text.units, parts: $0.text.parts,
                            cost: TextWeight($0.text, loaded).cost)
                    }))
        }
        say("At:      ", at.rfc3339(in: loaded.zone))
        say("Key:     ", message.key.text)
        say("Channel: ", message.channel.rawValue)
        Terminal.say("")
        if let mail { say(mail) } else { say("Mail:    ", "none: the business has no e-mail address") }
        guard message.kind.isForBusiness else { return }
        Terminal.say("")
        if let text {
            say(text, loaded)
        } else {
            say("SMS:     ", "none: the business has no number that takes them")
        }
    }

    /// The message on a channel, whichever it is planned for; nil when there is nothing to send it to.
    private func form<Form>(
        of message: PlannedMessage, on channel: Channel, unless missing: Composer.Problem,
        _ compose: (PlannedMessage) throws -> Form
    ) throws -> Form? {
        var message = message
        message.channel = channel
        do { return try compose(message) } catch let problem as Composer.Problem where problem == missing {
            return nil
        }
    }

    private func say(_ label: String, _ value: String) {
        Terminal.say(Terminal.styled(label, .dim) + value)
    }

    private func say(_ mail: RenderedMessage) {
        say("To:      ", "\(mail.to.address)")
        if let answer = mail.replyTo { say("Reply:   ", "\(answer.address)") }
        say("Subject: ", Terminal.styled(mail.subject, .bold))
        if let invitation = mail.invitation {
            say(
                "Calendar: ",
                "\(invitation.fileName), \(invitation.method.rawValue) \(invitation.sequence): \(invitation.summary)"
            )
        }
        Terminal.say("")
        Terminal.say(mail.text)
        if html, let html = mail.html { Terminal.say(html) }
    }

    private func say(_ message: RenderedText, _ house: House) {
        let text = message.text
        say("SMS to:  ", "\(message.to)")
        let room = text.isOneSegment ? " of \(text.encoding.alone)" : ""
        say(
            "Length:  ",
            "\(text.units)\(room) in \(text.encoding.rawValue), \(TextWeight(text, house).description)"
        )
        Terminal.say("")
        Terminal.say(text.text)
    }
}

extension MessageKind: ExpressibleByArgument {}
