import CLinux

/// What glibc is asked to do with freed memory, so that months of work need what a fresh start needs (mallopt(3)).
package enum Allocator {
    /// Pools for all threads together, instead of eight a processor: each keeps the most it ever held.
    private static let arenas: Int32 = 2

    /// To be called before other threads have allocated.
    package static func bound() {
        _ = mallopt(M_ARENA_MAX, arenas)
    }

    /// After something that took much for a moment.
    static func giveBack() {
        _ = malloc_trim(0)
    }
}
