/// Takes bytes apart into the things one reading needs.
struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// The next byte; 0 behind the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// One of several things, by the next byte.
    mutating func choice<Thing>(of things: [Thing]) -> Thing { things[Int(byte()) % things.count] }

    /// The bytes up to the next `end`, which is taken as well, or all that are left.
    mutating func bytes(until end: UInt8) -> [UInt8] {
        let found = rest.prefix { $0 != end }
        rest = rest.dropFirst(found.count + 1)
        return Array(found)
    }

    /// The text up to the next line feed.
    mutating func line() -> String { bytes(until: UInt8(ascii: "\n")).text }

    /// The text up to the next NUL.
    mutating func block() -> String { bytes(until: 0).text }
}

extension [UInt8] {
    /// As text, damaged bytes replaced: what a decoder in front of a parser hands on.
    var text: String { String(decoding: self, as: UTF8.self) }
}
