import Logging
import RelanceCore
import RelanceStore

/// Keeps the mark of how far the ledger has got in the folder of what may be lost, so that a backup put back in place of
/// the state is told at the next start (reliability 2.9).
///
/// Contract: the mark names what is durable, and is renewed when asked, but not where nothing was written since; a folder
/// that takes none is told once and costs nothing else.
struct MarkKeeper: Sendable {
    private let ledger: LedgerFile
    private let folder: String?
    private let log: Logger
    private var last: (mark: LedgerMark, at: Instant)?
    private var hasFailed = false

    init(_ ledger: LedgerFile, folder: String?, log: Logger) {
        self.ledger = ledger
        self.folder = folder
        self.log = log
    }

    /// `pause` is how long after the last time nothing is done; nil does it now.
    mutating func renew(at now: Instant, pause: Elapsed? = nil) {
        guard let folder else { return }
        if let pause, let last, (last.at..<last.at + pause).contains(now) { return }
        let mark = ledger.mark
        guard mark != last?.mark else { return }
        last = (mark, now)
        do throws(StoreError) {
            try mark.write(to: folder)
            hasFailed = false
        } catch {
            if !hasFailed { log.warning("a restored backup may not be told: \(error)") }
            hasFailed = true
        }
    }
}
