import ArgumentParser
import RelanceCore
import RelanceDaemon

struct Preview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A message as it would leave, on a real case.",
        discussion: """
            Shows the first message of this kind that the case (or, for digests and reports, anybody) is owed from the \
            given instant on, within thirty days. Nothing leaves.
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
        var to: String
        var subject: String
        var text: String
        var html: String?
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
        let rendered = try loaded.composer.compose(message, calendar: loaded.policy.service, now: at)
        if json {
            return try JSONLine.print(
                Record(
                    at: at.rfc3339(in: loaded.zone), key: message.key.text, kind: message.kind.rawValue,
                    variant: message.variant, to: "\(rendered.to.address)", subject: rendered.subject,
                    text: rendered.text, html: rendered.html))
        }
        Terminal.say(Terminal.styled("At:      ", .dim) + at.rfc3339(in: loaded.zone))
        Terminal.say(Terminal.styled("Key:     ", .dim) + message.key.text)
        Terminal.say(Terminal.styled("To:      ", .dim) + "\(rendered.to.address)")
        Terminal.say(Terminal.styled("Subject: ", .dim) + Terminal.styled(rendered.subject, .bold))
        Terminal.say("")
        Terminal.say(rendered.text)
        if html, let html = rendered.html { Terminal.say(html) }
    }
}

extension MessageKind: ExpressibleByArgument {}
