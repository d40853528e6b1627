import Glibc

/// Clocks of the machine nobody can set.
enum MachineClock {
    /// Milliseconds since the machine booted, suspend included (CLOCK_BOOTTIME).
    static func bootMilliseconds() -> Int64 {
        milliseconds(CLOCK_BOOTTIME)
    }

    static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
