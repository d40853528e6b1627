import RelanceCore
import RelanceStore

extension LedgerFile.Clock {
    /// The house's clock for what happened, the machine's for how long it has been up.
    package init(_ clock: any HouseClock) {
        self.init(
            now: { clock.now() },
            bootMilliseconds: { clock.reading?.uptime.milliseconds ?? MachineClock.bootMilliseconds() })
    }

    package static var machine: LedgerFile.Clock { LedgerFile.Clock(SystemClock()) }
}
