import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The real loop on a virtual clock; nothing leaves.",
        discussion: "Each fact of a case comes into sight at its own instant. Both ends are included.")

    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("The first instant (RFC 3339).", valueName: "instant"))
    var from: InstantArgument
    @Option(help: ArgumentHelp("The last instant (RFC 3339).", valueName: "instant"))
    var to: InstantArgument
    @Flag(help: "One JSON object a line.")
    var json = false

    func validate() throws {
        guard from.instant <= to.instant else { throw ValidationError("--to lies before --from") }
    }

    func run() async throws {
        let loaded = try house.load(at: from.instant)
        let room = CaseRoom(loaded, now: from.instant)
        let simulation = Simulation(
            planner: loaded.planner(instance: "simulation"), cases: room.cases, held: room.held)
        for line in try await simulation.run(from: from.instant, to: to.instant) {
            if json {
                try JSONLine.print(SimulationRecord(line, zone: loaded.zone))
            } else {
                Terminal.say(SimulationLine.text(line, zone: loaded.zone))
            }
        }
    }
}

/// A line of a simulation for people.
enum SimulationLine {
    static func text(_ line: Simulation.Line, zone: Zone, weight: TextWeight? = nil) -> String {
        let (day, time, _) = zone.local(line.at)
        let what: String
        switch line {
        case .deadline(let deadline):
            what =
                column("deadline", deadline.ref.text, deadline.kind.rawValue)
                + "\(deadline.rule) from \(deadline.from.rawValue)"
        case .satisfied(let deadline, _):
            what = column("satisfied", deadline.ref.text, deadline.kind.rawValue)
        case .message(let message, _):
            let cases = message.cases.count == 1 ? message.cases[0].text : "\(message.cases.count) cases"
            what =
                column("message", cases, message.kind.rawValue)
                + MessageLine.padded(MessageLine.to(message), 24)
                + "\(weight?.description ?? message.channel.rawValue), \(message.reason.rawValue)"
        case .callTask(let task, let caller):
            what =
                column("message", task.ref.text, MessageKind.callTask.rawValue)
                + MessageLine.padded("→ " + (caller.name ?? caller.id), 24)
                + "digest, \(task.kind.rawValue), \(task.reason.rawValue)"
        case .withheld(let message):
            what = column("withheld", message.ref.text, message.kind.rawValue) + message.reason.rawValue
        }
        return "\(day.iso) \(time)  \(what)"
    }

    private static func column(_ type: String, _ ref: String, _ kind: String) -> String {
        MessageLine.padded(type, 11) + MessageLine.padded(ref, 13) + MessageLine.padded(kind, 24)
    }
}
