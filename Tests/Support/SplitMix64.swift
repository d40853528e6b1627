/// A small seeded generator (Steele, Lea and Flood, 2014), so that a random case that fails can be played again.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range; the slight bias of the remainder does not matter to a test.
    package mutating func number(in range: ClosedRange<Int64>) -> Int64 {
        let width = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int64(next() % width)
    }

    /// True in so many of a hundred cases.
    package mutating func chance(_ percent: Int64) -> Bool { number(in: 1...100) <= percent }

    package mutating func pick<T>(_ all: [T]) -> T { all[Int(number(in: 0...Int64(all.count - 1)))] }
}
