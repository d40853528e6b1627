import HeapModule
import RelanceCore

/// Who wants to be looked at again, and when (design D5); the earliest first, each name once.
struct WakeHeap<Sleeper: Hashable> {
    private struct Entry: Comparable {
        let at: Instant
        let sleeper: Sleeper

        static func < (a: Entry, b: Entry) -> Bool { a.at < b.at }
        static func == (a: Entry, b: Entry) -> Bool { a.at == b.at }
    }

    private var heap = Heap<Entry>()
    private var wakes: [Sleeper: Instant] = [:]

    /// What it holds in memory: no more than twice as many as sleep, and a few.
    var weight: Int { heap.count }

    /// The earliest wake; nil when everybody sleeps for good.
    var next: Instant? {
        mutating get {
            dropStale()
            return heap.min?.at
        }
    }

    /// Replaces the sleeper's wake; nil forgets it.
    mutating func set(_ sleeper: Sleeper, to instant: Instant?) {
        guard wakes[sleeper] != instant else { return }
        wakes[sleeper] = instant
        if let instant { heap.insert(Entry(at: instant, sleeper: sleeper)) }
        // What is set anew leaves its old entry behind, which goes when its instant comes: that may be far.
        if heap.count > 2 * wakes.count + 16 {
            heap = Heap(wakes.map { Entry(at: $0.value, sleeper: $0.key) })
        }
    }

    /// Takes out everybody whose wake has come.
    mutating func take(until now: Instant) -> [Sleeper] {
        var woken: [Sleeper] = []
        while let entry = heap.min, entry.at <= now {
            heap.removeMin()
            guard wakes[entry.sleeper] == entry.at else { continue }  // set anew since
            wakes[entry.sleeper] = nil
            woken.append(entry.sleeper)
        }
        return woken
    }

    private mutating func dropStale() {
        while let entry = heap.min, wakes[entry.sleeper] != entry.at { heap.removeMin() }
    }
}
