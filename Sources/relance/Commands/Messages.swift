import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Messages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The messages the ledger knows, newest last.",
        discussion: "Names no address: the ledger holds none.")

    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("Only messages of this case.", valueName: "ref"))
    var `case`: String?
    @Option(
        name: [.long, .customLong("state")],
        help: "Only messages in this phase; held ones are those that wait for a person.")
    var phase: Phase?
    @Flag(help: "One JSON object a message.")
    var json = false

    /// The words of the ledger's phases, and of what waits for a person.
    enum Phase: String, CaseIterable, ExpressibleByArgument {
        case planned, sending, deferred, unknown, sent, failed, cancelled, expired, superseded, delivered,
            undelivered, held
    }

    private struct Record: Encodable {
        var key: String
        var kind: String
        var variant: String?
        var cases: [String]
        var to: SimulationRecord.Receiver
        var channel: String
        var due: String
        var phase: String
        var held: String?
        var attempts: Int
        var reason: String
    }

    func run() async throws {
        let loaded = try house.loadForState()
        let reading = try withStoreErrors { try LedgerReading(path: loaded.configuration.state) }
        let all = (reading?.contents.state.messages.values.map { $0 } ?? [])
            .filter { message in `case`.map { ref in message.plan.cases.contains { $0.text == ref } } ?? true
            }
            .filter { message in
                switch phase {
                case nil: true
                case .held: message.hold != nil
                case .some(let phase): message.phase.word == phase.rawValue
                }
            }
            .sorted { $0.planned.sequence < $1.planned.sequence }
        if let name = `case`, all.isEmpty,
            CaseReference(name).flatMap({ CaseRoom(loaded, now: .now)[$0] }) == nil
        {
            Terminal.complain("relance: no case and no message of “\(name)”")
            throw ExitCode(66)  // EX_NOINPUT
        }
        for message in all {
            let plan = message.plan
            if json {
                try JSONLine.print(
                    Record(
                        key: message.key.text, kind: plan.kind.rawValue, variant: plan.variant,
                        cases: plan.cases.map(\.text),
                        to: SimulationRecord.Receiver(role: plan.role.rawValue, id: plan.recipientID),
                        channel: plan.channel.rawValue, due: plan.dueAt.rfc3339(in: loaded.zone),
                        phase: message.phase.word, held: message.hold?.reason, attempts: message.attempts,
                        reason: plan.reason.rawValue))
            } else {
                let cases = plan.cases.count == 1 ? plan.cases[0].text : "\(plan.cases.count) cases"
                Terminal.say(
                    MessageLine.padded(message.key.text, 28)
                        + MessageLine.padded(plan.dueAt.rfc3339(in: loaded.zone), 27)
                        + MessageLine.padded(plan.kind.rawValue, 24) + MessageLine.padded(cases, 12)
                        + MessageLine.padded("\(plan.role.rawValue)/\(plan.recipientID)", 28)
                        + MessageLine.padded(plan.channel.rawValue, 7)
                        + message.phase.word)
            }
        }
    }
}
