/// A length of working time: it passes only while a calendar is open, and is never mixed up with `Elapsed`.
package struct WorkingDuration: Hashable, Comparable, Sendable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static let zero = WorkingDuration(milliseconds: 0)

    package static func milliseconds(_ n: Int64) -> WorkingDuration { WorkingDuration(milliseconds: n) }
    package static func minutes(_ n: Int64) -> WorkingDuration { WorkingDuration(milliseconds: n * 60_000) }
    package static func hours(_ n: Int64) -> WorkingDuration { WorkingDuration(milliseconds: n * 3_600_000) }

    /// The whole minutes, rounded towards zero.
    package var minutes: Int64 { milliseconds / 60_000 }

    package static func < (a: WorkingDuration, b: WorkingDuration) -> Bool {
        a.milliseconds < b.milliseconds
    }

    package static func + (a: WorkingDuration, b: WorkingDuration) -> WorkingDuration {
        WorkingDuration(milliseconds: a.milliseconds + b.milliseconds)
    }

    package static func - (a: WorkingDuration, b: WorkingDuration) -> WorkingDuration {
        WorkingDuration(milliseconds: a.milliseconds - b.milliseconds)
    }
}
