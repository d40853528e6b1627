/// Everything the daemon has been told, read and checked whole; folders and files are absolute or relative to the
/// working directory, never to the file that named them.
package struct Configuration: Sendable {
    package var service: ServiceIdentity
    package var sources: Sources
    /// The folder of the ledger and its lock.
    package var state: String
    package var templates: Templates
    package var policies: Policies
    package var sites: [Site]
    /// By name.
    package var routes: [String: Route]
    /// The routes that carry mail: the first, and after a definite failure of the route the next.
    package var mailRoutes: [String]
    /// The routes that carry text messages, likewise.
    package var smsRoutes: [String]
    package var smsBudget: SMSBudgetRule
    package var retry: RetrySchedule
    package var onAmbiguous: AmbiguityRule
    package var catchUp: CatchUpRule
    /// Nil never asks a person.
    package var brakes: BrakeRule?
    package var ledger: LedgerSettings
    package var logLevel: LogLevel
    /// How long a stopping daemon waits for what is on the wire.
    package var drain: Elapsed
    package var console: ConsoleSettings

    package init(
        service: ServiceIdentity, sources: Sources, state: String, templates: Templates, policies: Policies,
        sites: [Site], routes: [String: Route], mailRoutes: [String], smsRoutes: [String],
        smsBudget: SMSBudgetRule, retry: RetrySchedule, catchUp: CatchUpRule, brakes: BrakeRule?,
        ledger: LedgerSettings, logLevel: LogLevel,
        drain: Elapsed,
        console: ConsoleSettings = ConsoleSettings(), onAmbiguous: AmbiguityRule = AmbiguityRule()
    ) {
        self.service = service
        self.sources = sources
        self.state = state
        self.templates = templates
        self.policies = policies
        self.sites = sites
        self.routes = routes
        self.mailRoutes = mailRoutes
        self.smsRoutes = smsRoutes
        self.smsBudget = smsBudget
        self.retry = retry
        self.onAmbiguous = onAmbiguous
        self.catchUp = catchUp
        self.brakes = brakes
        self.ledger = ledger
        self.logLevel = logLevel
        self.drain = drain
        self.console = console
    }

    /// The routes that carry a channel: the first, and after a definite failure of the route the next.
    package func routes(for channel: Channel) -> [String] {
        switch channel {
        case .email: mailRoutes
        case .sms: smsRoutes
        }
    }

    /// Where cases and people are read.
    package struct Sources: Hashable, Sendable {
        /// Folders of `.json` and `.jsonl` files.
        package var caseFolders: [String]
        /// The file of the advisors.
        package var directory: String
        /// How often the folders are looked through even when the kernel reported nothing.
        package var rescan: Elapsed

        package init(caseFolders: [String], directory: String, rescan: Elapsed) {
            self.caseFolders = caseFolders
            self.directory = directory
            self.rescan = rescan
        }
    }

    package struct Templates: Hashable, Sendable {
        /// Nil means those that come with the program.
        package var shipped: String?
        /// A template here replaces the shipped one of the same name.
        package var overrides: String?

        package init(shipped: String?, overrides: String?) {
            self.shipped = shipped
            self.overrides = overrides
        }
    }

    package struct LedgerSettings: Hashable, Sendable {
        /// The size of its segments at which the ledger is compacted.
        package var compactAtBytes: Int
        /// How many days the key of a finished message is remembered, so that it is never sent again.
        package var rememberDays: Int
        /// With less than this free on its disk nothing new is begun.
        package var lowWaterBytes: Int

        package init(compactAtBytes: Int, rememberDays: Int, lowWaterBytes: Int) {
            self.compactAtBytes = compactAtBytes
            self.rememberDays = rememberDays
            self.lowWaterBytes = lowWaterBytes
        }
    }

    package enum LogLevel: String, CaseIterable, Hashable, Sendable {
        case debug, info, notice, warning, error
    }
}
