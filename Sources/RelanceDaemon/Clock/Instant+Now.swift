import Glibc
import RelanceCore

extension Instant {
    /// The machine's wall clock, to the millisecond.
    package static var now: Instant {
        Instant(milliseconds: MachineClock.milliseconds(CLOCK_REALTIME))
    }
}
