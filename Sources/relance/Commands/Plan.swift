import ArgumentParser
import RelanceCore
import RelanceDaemon

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "What will leave, when, to whom, on which channel, if nothing changes; parts and cost of texts.")

    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("Look from this instant (RFC 3339); now unless given.", valueName: "instant"))
    var from: InstantArgument?
    @Option(
        help: ArgumentHelp("Look as far as this instant; a week ahead unless given.", valueName: "instant"))
    var until: InstantArgument?
    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let start = from?.instant ?? .now
        let end = until?.instant ?? start + .days(7)
        guard start <= end else { throw ValidationError("--until lies before the start") }
        let loaded = try house.load(at: start)
        let room = CaseRoom(loaded, now: start)
        let simulation = Simulation(
            planner: loaded.planner(instance: "simulation"),
            cases: room.cases.filter { $0.exists(at: start) }.map { $0.known(at: start, loaded.zone) },
            held: room.held)
        for line in try await simulation.run(from: start, to: end) {
            switch line {
            case .message, .callTask: break
            case .deadline, .satisfied, .withheld: continue
            }
            let weight = TextWeight(line, loaded)
            if json {
                try JSONLine.print(SimulationRecord(line, zone: loaded.zone, weight: weight))
            } else {
                Terminal.say(SimulationLine.text(line, zone: loaded.zone, weight: weight))
            }
        }
    }
}

extension OpenCase {
    /// The case without what is dated later: a plan must not know the future.
    fileprivate func known(at instant: Instant, _ zone: Zone) -> OpenCase {
        asOf(instant, day: zone.day(at: instant))
    }
}
