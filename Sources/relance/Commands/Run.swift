import ArgumentParser
import Foundation
import Logging
import RelanceCore
import RelanceDaemon
import RelanceDelivery
import RelanceStore

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The daemon: follow the cases and send what is owed.",
        discussion: """
            SIGTERM finishes what is on the wire and stops; SIGHUP reads configuration, directory and templates again. \
            With --clock it lives on a virtual clock and can run faster than time.
            """)

    @OptionGroup var house: HouseOptions
    @Option(help: ArgumentHelp("Start a virtual clock at this instant (RFC 3339).", valueName: "instant"))
    var clock: InstantArgument?
    @Option(help: "How many seconds of the virtual clock pass in one.")
    var speed = 1.0
    @Option(help: ArgumentHelp("Stop by itself at this instant.", valueName: "instant"))
    var until: InstantArgument?
    @Flag(help: "Print a line for each message on standard output.")
    var watch = false

    func validate() throws {
        guard speed > 0, speed <= 100_000 else {
            throw ValidationError("--speed is more than 0 and at most 100000")
        }
        guard clock != nil || speed == 1 else { throw ValidationError("--speed needs --clock") }
    }

    func run() async throws {
        Allocator.bound()
        let environment = ProcessInfo.processInfo.environment
        let loaded = try house.load(at: clock?.instant ?? .now, needsCredentials: true)
        // The virtual clock starts once the house stands, so that reading it costs none of the day.
        let clock: any HouseClock =
            self.clock.map { VirtualClock(start: $0.instant, speed: speed) } ?? SystemClock()
        let configured = Logger.Level(rawValue: loaded.configuration.logLevel.rawValue) ?? .info
        let level = watch ? max(configured, .warning) : configured
        let logger = Logger(label: "relance") { _ in
            JournalLogHandler(level: level, hasPriorities: environment["JOURNAL_STREAM"] != nil)
        }
        var setup = Relance.Setup(
            source: house.source(needsCredentials: true), house: loaded, clock: clock, logger: logger,
            notifier: SystemdNotifier(environment: environment), wishes: Signals.wishes(),
            until: until?.instant)
        // systemd separates several folders by colons; ours is one.
        setup.cache = environment["CACHE_DIRECTORY"].flatMap {
            $0.split(separator: ":").first.map(String.init)
        }
        setup.observe = observer(zone: loaded.zone, logger)
        do {
            try await Relance(setup).run()
        } catch let error as StoreError {
            Terminal.complain("relance: \(error)")
            throw ExitCode(error.exitStatus)
        } catch let error as SpoolError {
            Terminal.complain("relance: \(error)")
            throw ExitCode(error.exitStatus)
        }
    }

    private func observer(zone: Zone, _ logger: Logger) -> @Sendable (DaemonEvent) -> Void {
        { [watch] event in
            if watch, case .attempted(let dispatch) = event {
                Terminal.say(MessageLine.text(dispatch, zone: zone))
            }
            logger.log(event)
        }
    }
}
