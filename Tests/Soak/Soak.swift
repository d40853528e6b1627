import ArgumentParser
import CurlClient
import Foundation
import RelanceCore
import RelanceStore

/// `make soak`: the built program under ten times the expected load for a while, with everything that happens to it in
/// a year (reliability 3.8): faults of the network, reloads good and bad, kill -9, receipts, cases that change under it.
///
/// The load: 50,000 messages in the twelve hours in which a business may be written to, over 12,000 quiet cases. Prints
/// a line a minute and a verdict; the exit status is 1 when a promise is broken.
@main
struct Soak: AsyncParsableCommand {
    @Option(help: "How long, by the machine.")
    var minutes = 10.0
    @Option(
        help:
            "How many times faster than the machine's clock the line lives: an hour is a working day's half.")
    var speed = 6.0
    @Option(help: "What the faults are drawn from.")
    var seed: UInt64 = 20_201_102
    @Option(help: "The program; the one built beside this.")
    var program: String?
    @Flag(help: "Keep the folder it worked in.")
    var keep = false

    /// Makes 50,000 messages of the cases' ten or so in twelve hours.
    private static let casesAnHour = 430.0

    @MainActor func run() async throws {
        let beside = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let folder = FileManager.default.temporaryDirectory.path + "/relance-soak-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let peers = try Peers(seed: seed)
        let house = try SoakProgram(
            program: program ?? beside.appending(path: "relance").path, folder: folder, peers: peers)
        say("\(minutes) minutes at \(speed) times the clock, seed \(seed), in \(folder)")
        let experiment = try SoakExperiment(
            house: house, peers: peers, clock: SoakClock(speed: speed), length: .seconds(minutes * 60),
            casesAnHour: Soak.casesAnHour)
        let complaints = try await experiment.run()
        peers.stop()
        guard complaints.isEmpty else {
            say("BROKEN\n  " + complaints.joined(separator: "\n  ") + "\n  the state is kept in \(folder)")
            throw ExitCode.failure
        }
        say("every promise kept")
        if !keep { try FileManager.default.removeItem(atPath: folder) }
    }
}

/// A line at once, whatever standard output is.
func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}
