import ArgumentParser
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lift the fence of a ledger that may be a copy, so that messages leave again.",
        discussion: """
            Make sure first that no other copy of the ledger is at work. Takes the daemon's lock, so the daemon must be \
            stopped; who lifted the fence and why stays in the ledger.
            """)

    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("Who decides it.", valueName: "name"))
    var by: String
    @Option(help: ArgumentHelp("Why it is safe.", valueName: "text"))
    var reason: String

    func run() async throws {
        let loaded = try house.loadForState()
        let wasFenced = try await withStoreErrors {
            let ledger = try LedgerFile(try StateDirectory(path: loaded.configuration.state), clock: .machine)
            let isFenced = ledger.withState { $0.fence != nil }
            if isFenced { try await ledger.append([.fenceLifted(by: by, reason: reason)]) }
            try await ledger.close()
            return isFenced
        }
        Terminal.say(
            wasFenced ? "the fence is lifted: messages leave at the next start" : "there is no fence to lift")
    }
}
