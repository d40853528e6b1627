import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

/// The mark of how far a ledger has got, outside its directory (reliability 2.9).
@Suite struct LedgerMarkTests {
    private let cache: String

    init() throws {
        cache = NSTemporaryDirectory() + "/relance-cache-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    }

    private func clear() {
        // A folder left behind harms nobody.
        try? FileManager.default.removeItem(atPath: cache)
    }

    @Test func `it is read as it was written, and is for nobody else to read`() throws {
        defer { clear() }
        #expect(LedgerMark(in: cache) == nil)
        for sequence in [812, 813] as [UInt64] {
            let mark = LedgerMark(instance: "8d3f", sequence: sequence, seal: 0x5d0a_0001)
            try mark.write(to: cache)
            #expect(LedgerMark(in: cache) == mark)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache) == ["ledger-mark"])
        let mode = try FileManager.default.attributesOfItem(atPath: cache + "/ledger-mark")[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    @Test func `one that is damaged anywhere, cut, or a link is none`() throws {
        defer { clear() }
        let file = URL(filePath: cache + "/ledger-mark")
        try LedgerMark(instance: "8d3f", sequence: 812, seal: 1).write(to: cache)
        let whole = [UInt8](try Data(contentsOf: file))
        for offset in whole.indices {
            var damaged = whole
            damaged[offset] ^= 1
            try Data(damaged).write(to: file)
            #expect(LedgerMark(in: cache) == nil, "byte \(offset)")
            try Data(whole[..<offset]).write(to: file)
            #expect(LedgerMark(in: cache) == nil, "cut at \(offset)")
        }
        try Data(whole).write(to: URL(filePath: cache + "/elsewhere"))
        try FileManager.default.removeItem(at: file)
        try FileManager.default.createSymbolicLink(
            atPath: file.path, withDestinationPath: cache + "/elsewhere")
        #expect(LedgerMark(in: cache) == nil)
        #expect(LedgerMark(in: cache + "/none") == nil)
        #expect(throws: StoreError.self) {
            try LedgerMark(instance: "8d3f", sequence: 812, seal: 1).write(to: cache + "/none")
        }
    }

    private func isBehind(_ mark: LedgerMark?, _ fixture: LedgerFixture) async throws -> Bool {
        let ledger = try LedgerFile(
            try fixture.directory(), clock: fixture.clock, options: LedgerFixture.options(), mark: mark)
        try await ledger.close()
        return ledger.isBehindMark
    }

    private func files(_ fixture: LedgerFixture) throws -> [String: [UInt8]] {
        try fixture.names.reduce(into: [:]) { $0[$1] = try fixture.bytes($1) }
    }

    @Test(arguments: [false, true])
    func `an older copy of the ledger is behind its mark, and so is one that went on otherwise`(
        isCompacted: Bool
    ) async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1)), .planned(.make(2))])
            if isCompacted { try await ledger.compact() }
        }
        let backup = try files(fixture)
        let mark = try await fixture.use { ledger in
            try await ledger.append([.attempt(1)])
            return ledger.mark
        }
        #expect(try await !isBehind(mark, fixture))
        #expect(try await !isBehind(nil, fixture))

        try fixture.restore(backup)
        #expect(try await isBehind(mark, fixture))
        #expect(
            try await !isBehind(
                LedgerMark(instance: "another", sequence: mark.sequence, seal: mark.seal), fixture))

        // As many records, and others.
        try await fixture.use { ledger in
            try await ledger.append([.attempt(2), .handover(2), .attempt(1)])
        }
        #expect(try await isBehind(mark, fixture))
    }

    @Test func `a mark from any moment of a ledger's life is behind it, over segments and compactions`()
        async throws
    {
        let fixture = try LedgerFixture()
        var marks: [LedgerMark] = []
        for number in 1...12 {
            try await fixture.use { ledger in
                marks.append(ledger.mark)
                try await ledger.append([.planned(.make(number))])
                marks.append(ledger.mark)
                try await ledger.append([.attempt(number), .handover(number)])
                if number.isMultiple(of: 4) { try await ledger.compact() }
                marks.append(ledger.mark)
            }
            for mark in marks { #expect(try await !isBehind(mark, fixture), "\(mark.sequence)") }
        }
    }

    @Test func `a torn tail was never marked`() async throws {
        let fixture = try LedgerFixture()
        let mark = try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1))])
            return ledger.mark
        }
        let whole = try fixture.bytes(firstSegment)
        try fixture.write(whole + whole.suffix(80).prefix(40), to: firstSegment)
        #expect(try await !isBehind(mark, fixture))
    }
}
