import ArgumentParser

@main
struct RelanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "relance")
}
