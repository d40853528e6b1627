import ArgumentParser
import Foundation
import RelanceCore
import RelanceDaemon
import RelanceStore

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One screen: alive, queue, oldest due, routes, brakes, sources, disk, clock, last errors.",
        discussion: """
            A daemon at work is asked how it is. Where none answers, ledger and files tell what they know: not since when \
            a route is paused, nor what a reload found.
            """)

    @OptionGroup var house: HouseOptions
    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        let loaded = try house.loadForState()
        let configuration = loaded.configuration
        let reading = try withStoreErrors {
            try LedgerReading(
                path: configuration.state, lowWaterBytes: configuration.ledger.lowWaterBytes)
        }
        let state = reading?.contents.state ?? LedgerState()
        let room = CaseRoom(loaded, now: .now, recalling: state)
        var daemon: StatusRecord.Daemon?
        var status: HouseStatus?
        if let holder = reading?.holder {
            daemon = StatusRecord.Daemon(pid: holder.pid, since: holder.since)
            do throws(OperatorProblem) {
                status = try await DaemonSocket(state: configuration.state).status(of: holder)
                status?.learn(from: state)
            } catch {
                daemon?.silent = error.description
            }
        }
        // The clock of a daemon that does not answer may be why; without one the next start judges it.
        let doubt =
            daemon?.silent == nil
            ? nil : ClockWatch(SystemClock(), builtAt: .builtAt, state).doubt()
        let record = StatusRecord(
            loaded, state, room, daemon,
            status ?? HouseStatus(room, state, isDiskFull: reading?.isDiskFull ?? false, clock: doubt))
        if json {
            try JSONLine.print(record)
        } else {
            record.lines.forEach(Terminal.say)
        }
    }
}
