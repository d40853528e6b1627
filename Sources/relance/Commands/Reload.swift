import ArgumentParser
import Glibc
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have the running daemon read configuration, directory and templates again.",
        discussion:
            "Asks the daemon to keep the old ones when anything in the new ones is wrong; its log says which."
    )

    @OptionGroup var house: HouseOptions

    func run() async throws {
        let state = try house.loadForState().configuration.state
        guard let holder = try withStoreErrors({ try LedgerReading.holder(ofStateAt: state) }) else {
            Terminal.complain("relance: no daemon is at work on \(state)")
            throw ExitCode(69)  // EX_UNAVAILABLE
        }
        guard kill(holder.pid, SIGHUP) == 0 else {
            Terminal.complain(
                "relance: the daemon \(holder.pid) cannot be reached: \(String(cString: strerror(errno)))")
            throw ExitCode(77)  // EX_NOPERM
        }
    }
}
