/// A point in time, counted in whole milliseconds from 1970-01-01T00:00:00Z as POSIX counts (no leap seconds).
package struct Instant: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(seconds: Int64) {
        self.milliseconds = seconds * 1000
    }

    /// The whole seconds since the epoch, rounded down.
    package var seconds: Int64 {
        milliseconds.floored(by: 1000)
    }

    package static func < (a: Instant, b: Instant) -> Bool {
        a.milliseconds < b.milliseconds
    }

    /// Elapsed time, not working time.
    package static func + (instant: Instant, elapsed: Elapsed) -> Instant {
        Instant(milliseconds: instant.milliseconds + elapsed.milliseconds)
    }

    package static func - (instant: Instant, elapsed: Elapsed) -> Instant {
        Instant(milliseconds: instant.milliseconds - elapsed.milliseconds)
    }

    package static func - (later: Instant, earlier: Instant) -> Elapsed {
        Elapsed(milliseconds: later.milliseconds - earlier.milliseconds)
    }

    package static let distantPast = Instant(milliseconds: .min)
    package static let distantFuture = Instant(milliseconds: .max)
}

/// A length of elapsed time ("H-2 is elapsed time"), never to be mixed up with working time.
package struct Elapsed: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func milliseconds(_ n: Int64) -> Elapsed { Elapsed(milliseconds: n) }
    package static func seconds(_ n: Int64) -> Elapsed { Elapsed(milliseconds: n * 1000) }
    package static func minutes(_ n: Int64) -> Elapsed { Elapsed(milliseconds: n * 60_000) }
    package static func hours(_ n: Int64) -> Elapsed { Elapsed(milliseconds: n * 3_600_000) }
    package static func days(_ n: Int64) -> Elapsed { Elapsed(milliseconds: n * 86_400_000) }

    package static func + (a: Elapsed, b: Elapsed) -> Elapsed {
        Elapsed(milliseconds: a.milliseconds + b.milliseconds)
    }

    package static func - (a: Elapsed, b: Elapsed) -> Elapsed {
        Elapsed(milliseconds: a.milliseconds - b.milliseconds)
    }

    package static func < (a: Elapsed, b: Elapsed) -> Bool {
        a.milliseconds < b.milliseconds
    }

    /// The whole seconds, rounded towards zero.
    package var seconds: Int64 { milliseconds / 1000 }
}
