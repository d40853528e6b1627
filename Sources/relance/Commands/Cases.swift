import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceIntake

struct Cases: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The cases as read, with what was wrong with each.")

    @OptionGroup var house: HouseOptions
    @Flag(help: "One JSON object a case.")
    var json = false

    private struct Record: Encodable {
        var ref: String
        var stage: String
        var priority: String?
        var site: String?
        var advisor: String?
        var openedAt: String
        var held: Bool
        var problems: [String]
    }

    func run() async throws {
        let loaded = try house.load()
        let room = CaseRoom(loaded, now: .now)
        for item in room.cases {
            let problems = room.problems(of: item.ref)
            if json {
                try JSONLine.print(
                    Record(
                        ref: item.ref.text, stage: item.recordedStage.rawValue,
                        priority: item.priority?.rawValue,
                        site: item.site, advisor: item.advisor,
                        openedAt: item.openedAt.rfc3339(in: loaded.zone),
                        held: room.held.contains(item.ref), problems: problems.map(\.description)))
            } else {
                Terminal.say(line(item, isHeld: room.held.contains(item.ref)))
                for problem in problems { Terminal.say("    " + Terminal.styled("\(problem)", .yellow)) }
            }
        }
        let known = Set(room.cases.map(\.ref.text))
        for problem in room.problems where problem.record.map({ !known.contains($0) }) ?? true {
            Terminal.complain("\(problem)")
        }
    }

    private func line(_ item: OpenCase, isHeld: Bool) -> String {
        MessageLine.padded(item.ref.text, 13) + MessageLine.padded(item.recordedStage.rawValue, 22)
            + MessageLine.padded(item.priority?.rawValue ?? "-", 8) + MessageLine.padded(item.site ?? "-", 12)
            + MessageLine.padded(item.advisor ?? "-", 20) + (isHeld ? "held" : "")
    }
}
