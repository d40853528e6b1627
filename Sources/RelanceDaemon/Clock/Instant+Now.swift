import Glibc
import RelanceCore

extension Instant {
    /// The machine's wall clock, to the millisecond.
    package static var now: Instant {
        Instant(milliseconds: MachineClock.milliseconds(CLOCK_REALTIME))
    }

    /// When the file of the running program was written; 1970 when that cannot be told.
    package static var builtAt: Instant {
        var status = stat()
        return Instant(seconds: stat("/proc/self/exe", &status) == 0 ? Int64(status.st_mtim.tv_sec) : 0)
    }
}
