import Logging
import RelanceDaemon
import Synchronization

/// Everything a logger wrote.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func logger(level: Logger.Level = .trace, hasPriorities: Bool = true) -> Logger {
        Logger(label: "relance") { _ in
            JournalLogHandler(level: level, hasPriorities: hasPriorities) { line in
                self.lines.withLock { $0.append(line) }
            }
        }
    }
}
