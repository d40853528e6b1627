/// The first 130 bits of a SHA-256, written as 26 characters of RFC 4648 base32 in lower case.
///
/// Kept as numbers: a ledger holds hundreds of thousands of them. They sort like their texts.
struct ShortHash: Hashable, Comparable, Sendable {
    private let high: UInt64
    private let middle: UInt64
    private let low: UInt16

    static let length = 26

    /// Nil when the text is not 26 characters of lower-case base32.
    init?(_ text: String) {
        var groups: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var count = 0
        for byte in text.utf8 {
            guard count < Self.length, let rank = Self.rank(of: byte) else { return nil }
            switch count {
            case ..<12: groups.0 = groups.0 << 5 | rank
            case ..<24: groups.1 = groups.1 << 5 | rank
            default: groups.2 = groups.2 << 5 | rank
            }
            count += 1
        }
        guard count == Self.length else { return nil }
        self.init(groups)
    }

    /// Stands for the parts in their order.
    init(of parts: [String]) {
        var input: [UInt8] = []
        for part in parts {
            input.append(contentsOf: part.utf8)
            input.append(0x1F)  // unit separator: no part may contain a control character
        }
        var groups: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var (buffer, bits, count) = (0, 0, 0)
        for byte in Checksum.sha256(input).prefix(17) {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5, count < Self.length {
                bits -= 5
                let rank = Self.rank(ofDigit: UInt64(buffer >> bits & 31))
                switch count {
                case ..<12: groups.0 = groups.0 << 5 | rank
                case ..<24: groups.1 = groups.1 << 5 | rank
                default: groups.2 = groups.2 << 5 | rank
                }
                count += 1
            }
        }
        self.init(groups)
    }

    private init(_ groups: (UInt64, UInt64, UInt64)) {
        (high, middle, low) = (groups.0, groups.1, UInt16(truncatingIfNeeded: groups.2))
    }

    var text: String {
        String(unsafeUninitializedCapacity: Self.length) { room in
            for place in 0..<Self.length {
                let (group, behind) =
                    switch place {
                    case ..<12: (high, 11 - place)
                    case ..<24: (middle, 23 - place)
                    default: (UInt64(low), 25 - place)
                    }
                room[place] = Self.byte(ofRank: UInt8(truncatingIfNeeded: group >> (5 * behind) & 31))
            }
            return Self.length
        }
    }

    static func < (a: ShortHash, b: ShortHash) -> Bool {
        (a.high, a.middle, a.low) < (b.high, b.middle, b.low)
    }

    // A character's rank is its place in the order of texts: 2 to 7, then a to z.

    private static func rank(of byte: UInt8) -> UInt64? {
        switch byte {
        case 0x32...0x37: UInt64(byte - 0x32)
        case 0x61...0x7A: UInt64(byte - 0x61) + 6
        default: nil
        }
    }

    /// Base32 counts from a to z, then 2 to 7.
    private static func rank(ofDigit digit: UInt64) -> UInt64 {
        digit < 26 ? digit + 6 : digit - 26
    }

    private static func byte(ofRank rank: UInt8) -> UInt8 {
        rank < 6 ? 0x32 + rank : 0x61 + rank - 6
    }
}
