/// Every distinct key of a document once, so that keys are compared as numbers.
///
/// Records repeat their keys in the same order: the key that last followed the previous one is tried first, which
/// saves nearly all hashing.
struct KeyTable {
    private(set) var names: [String] = []
    private var indexes: [String: UInt32] = [:]
    /// Where each key stands in the document without escapes; empty when it never did.
    private var places: [Range<Int>] = []
    /// The key that last came after each.
    private var followers: [UInt32] = []
    private var previous: Int?

    /// The number of a key written without escapes.
    mutating func index(of place: Range<Int>, in bytes: [UInt8]) -> UInt32 {
        if let previous, case let guess = Int(followers[previous]), guess < places.count,
            places[guess].count == place.count, bytes[places[guess]].elementsEqual(bytes[place])
        {
            self.previous = guess
            return UInt32(guess)
        }
        let index = index(of: String(decoding: bytes[place], as: UTF8.self))
        if places[Int(index)].isEmpty { places[Int(index)] = place }
        return index
    }

    /// The number of a key.
    mutating func index(of name: String) -> UInt32 {
        let index =
            indexes[name]
            ?? {
                let new = UInt32(names.count)
                indexes[name] = new
                names.append(name)
                places.append(0..<0)
                followers.append(.max)
                return new
            }()
        if let previous { followers[previous] = index }
        previous = Int(index)
        return index
    }
}
