import CLinux
import Glibc

/// Clocks of the machine nobody can set.
enum MachineClock {
    /// Milliseconds since the machine booted, suspend included (CLOCK_BOOTTIME).
    static func bootMilliseconds() -> Int64 {
        milliseconds(CLOCK_BOOTTIME)
    }

    /// Whether somebody keeps the wall clock right (adjtimex(2)); false as well where the kernel does not tell.
    static var isSynchronised: Bool {
        var state = timex()
        let status = adjtimex(&state)
        return status >= 0 && status != TIME_ERROR && state.status & STA_UNSYNC == 0
    }

    static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
