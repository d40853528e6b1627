import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceIntake

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge configuration, templates, directory and cases; every problem at once.",
        discussion: "Exit status 78 when the daemon would not start or could not use a file of cases, else 0."
    )

    @OptionGroup var house: HouseOptions
    @Flag(help: "One JSON object a problem.")
    var json = false

    func run() async throws {
        try HouseOptions.leaveNoCoreFile()
        let loaded: House
        do {
            loaded = try House.load(house.source, now: .now)
        } catch {
            try tell(error.problems)
            throw ExitCode(78)  // EX_CONFIG
        }
        let intake = CaseRoom(loaded, now: .now)
        let problems = loaded.warnings + intake.problems.map { HouseProblem.intake($0) }
        try tell(problems)
        let summary =
            "\(intake.cases.count) cases, \(loaded.directory.advisors.count) people, "
            + "\(loaded.configuration.sites.count) sites, \(loaded.policy.deadlines.count) deadlines"
        let errors = problems.count(where: \.isError)
        if !json {
            Terminal.say(
                "\(errors == 0 ? "OK" : "\(errors) to mend"): \(summary), \(problems.count) to look at")
        }
        if errors > 0 { throw ExitCode(78) }
    }

    private struct Record: Encodable {
        var severity: String
        var problem: String
    }

    private func tell(_ problems: [HouseProblem]) throws {
        for problem in problems {
            if json {
                try JSONLine.print(
                    Record(severity: problem.isError ? "error" : "warning", problem: "\(problem)"))
            } else {
                Terminal.complain("\(problem)")
            }
        }
    }
}
