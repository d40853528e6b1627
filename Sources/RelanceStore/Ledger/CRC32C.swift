/// The cyclic checksum of Castagnoli's polynomial, as iSCSI uses it (RFC 3720, B.4), eight bytes a step.
struct CRC32C {
    /// Row n gives what a byte contributes with n further bytes behind it.
    private static let table: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
            }
            table[byte] = value
        }
        for index in 256..<8 * 256 {
            let shorter = table[index - 256]
            table[index] = shorter >> 8 ^ table[Int(shorter & 0xFF)]
        }
        return table
    }()

    /// The checksum of the bytes.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, continuing: 0) }
    }

    /// The checksum of what gave `previous` with the bytes behind it.
    static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var crc = ~previous
            var index = 0
            while index + 8 <= bytes.count {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                    ^ UInt64(crc)
                crc = 0
                for position in 0..<8 {
                    let byte = Int(truncatingIfNeeded: word >> UInt64(8 * position) & 0xFF)
                    crc ^= table[(7 - position) * 256 + byte]
                }
                index += 8
            }
            while index < bytes.count {
                crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
                index += 1
            }
            return ~crc
        }
    }
}
