import ArgumentParser
import CurlClient
import RelanceDaemon

@main
enum Program {
    static func main() async {
        ProcessWalls.keepStandardDescriptors()
        _ = CurlLibrary.obstacle  // while there is one thread; whoever sends is told of it
        await RelanceCommand.main()
    }
}

struct RelanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relance",
        abstract: "The follow-up scheduler of a crisis line: nobody is forgotten.",
        discussion: """
            Reads the open cases, computes the deadlines in working time, and tells advisors and businesses what they \
            wait for. `relance run` is the daemon; everything else only looks, unless it says otherwise.
            """,
        version: Version.current,
        subcommands: [
            Run.self, Reload.self, Check.self, Cases.self, Plan.self, Explain.self, Simulate.self,
            Preview.self,
            SendTest.self, Messages.self, Retry.self, Cancel.self, Release.self, Hold.self, Resume.self,
            Acknowledge.self, Object.self, Restore.self, Source.self, Status.self, Ledger.self,
        ])
}
