import RelanceTestSupport
import Testing

@testable import RelanceStore

@Suite struct CRC32CTests {
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xE306_9283),  // the check value of the catalogue of CRCs
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),  // RFC 3720, B.4
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func `published values are met`(bytes: [UInt8], checksum: UInt32) {
        #expect(CRC32C.checksum(bytes) == checksum)
    }

    @Test func `a checksum can be continued at any place`() {
        var random = SplitMix64(seed: 1)
        let bytes = (0..<100).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for split in 0...100 {
            let rest = bytes[split...].withUnsafeBytes { rest in
                CRC32C.checksum(rest, continuing: CRC32C.checksum(Array(bytes[..<split])))
            }
            #expect(rest == CRC32C.checksum(bytes), "split at \(split)")
        }
    }
}
