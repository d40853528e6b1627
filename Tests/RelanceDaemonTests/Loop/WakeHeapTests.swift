import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

@Suite struct WakeHeapTests {
    private let start = at("2020-11-02 08:30")
    private let claire = "claire"
    private let marc = "marc"

    @Test func `whoever wakes first is next`() {
        var heap = WakeHeap<String>()
        heap.set(marc, to: start + .hours(2))
        heap.set(claire, to: start + .hours(1))
        let next = heap.next
        #expect(next == start + .hours(1))
    }

    @Test func `those whose wake has come are taken once, in order`() {
        var heap = WakeHeap<String>()
        heap.set(marc, to: start + .hours(1))
        heap.set(claire, to: start)
        let early = heap.take(until: start - .milliseconds(1))
        let first = heap.take(until: start)
        let both = heap.take(until: start + .hours(1))
        let next = heap.next
        #expect(early.isEmpty)
        #expect(first == [claire])
        #expect(both == [marc])
        #expect(next == nil)
    }

    @Test func `a wake set anew counts alone, earlier or later`() {
        var heap = WakeHeap<String>()
        heap.set(claire, to: start + .hours(1))
        heap.set(claire, to: start + .hours(3))
        heap.set(marc, to: start + .hours(5))
        heap.set(marc, to: start + .hours(2))
        let next = heap.next
        let taken = heap.take(until: start + .hours(2))
        let last = heap.next
        #expect(next == start + .hours(2))
        #expect(taken == [marc])
        #expect(last == start + .hours(3))
    }

    @Test func `a sleeper that is forgotten never wakes`() {
        var heap = WakeHeap<String>()
        heap.set(claire, to: start)
        heap.set(claire, to: nil)
        let next = heap.next
        let taken = heap.take(until: start + .days(1))
        #expect(next == nil)
        #expect(taken.isEmpty)
    }

    @Test func `set and taken a hundred thousand times it holds no more than those who sleep`() {
        var heap = WakeHeap<Int>()
        for sleeper in 0..<10 { heap.set(sleeper, to: start + .days(365)) }
        for round in 0..<Int64(100_000) {
            let (sleeper, now) = (Int(round % 10), start + .seconds(round))
            heap.set(sleeper, to: now)
            _ = heap.take(until: now)
            heap.set(sleeper, to: start + .days(365))
        }
        #expect(heap.weight <= 36)
        let next = heap.next
        let taken = heap.take(until: start + .days(365))
        #expect(next == start + .days(365))
        #expect(taken.sorted() == Array(0..<10))
    }

    @Test func `moved away and back to the same instant it wakes once`() {
        var heap = WakeHeap<String>()
        heap.set(claire, to: start)
        heap.set(claire, to: start + .hours(1))
        heap.set(claire, to: start)
        let taken = heap.take(until: start + .hours(1))
        #expect(taken == [claire])
    }
}
