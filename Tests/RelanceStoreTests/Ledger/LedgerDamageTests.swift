import Foundation
import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

/// Reliability 2.5 and the row F16 of its corpus.
@Suite struct LedgerDamageTests {
    /// A small ledger with a name outside ASCII in it, closed; its files.
    static func small(_ fixture: LedgerFixture) async throws -> [UInt8] {
        try await fixture.use { ledger in
            try await ledger.append([.planned(.make(1, case: "Été « 20 »"))])
            for event in LedgerEvent.delivery(1) { try await ledger.append([event]) }
            try await ledger.append([.planned(.make(2))])
            try await ledger.append([.attempt(2), .result(2, 1, .deferred(.make()))])
        }
        return try fixture.bytes(firstSegment)
    }

    static func lineStarts(_ bytes: [UInt8]) -> [Int] {
        [0] + bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// What opening says when it refuses; nil when it opens.
    static func refusal(_ fixture: LedgerFixture) async throws -> LedgerDamage? {
        do throws(StoreError) {
            let ledger = try LedgerFile(
                try StateDirectory(path: fixture.path), clock: fixture.clock, options: LedgerFixture.options()
            )
            try? await ledger.close()
            return nil
        } catch .damaged(let damage) {
            return damage
        }
    }

    @Test func `a ledger cut at every byte of its last record loses that record and nothing else`()
        async throws
    {
        let fixture = try LedgerFixture()
        let whole = try await Self.small(fixture)
        let starts = Self.lineStarts(whole)
        let last = starts[starts.count - 2]
        for length in last..<whole.count {
            try fixture.restore([firstSegment: Array(whole[..<length])])
            let ledger = try fixture.open()
            #expect(ledger.withState { $0.lastSequence } == 6, "cut at \(length)")
            #expect(ledger.tornTail?.bytes ?? [] == Array(whole[last..<length]), "cut at \(length)")
            if length > last {
                #expect(ledger.tornTail?.line == 8)
                #expect(ledger.tornTail?.offset == last)
                let torn = try fixture.names.filter { $0.hasPrefix("torn-") }
                #expect(try torn.map(fixture.bytes) == [Array(whole[last..<length])])
            }
            try await ledger.append([.planned(.make(3))])
            try await ledger.close()
            let verdict = LedgerVerification(try fixture.directory())
            #expect(verdict.isSound && verdict.records == 7)
        }
    }

    /// Every kind of record that texts and addresses bring, one a line.
    static func business(_ fixture: LedgerFixture) async throws -> [LedgerEntry] {
        try await fixture.use { ledger in
            var entries = try await ledger.append([
                .planned(.text(1)), .planned(.text(2, addressee: .make(2))),
            ])
            for event in LedgerEvent.texting(1, parts: 2) + [
                .result(
                    1, 1, .accepted(reply: "0: Accepted", proof: GatewayProof(reference: "42", parts: 2))),
                .receipt(1, .make(.delivered, part: 1, of: 2)),
                .receipt(1, .make(.undelivered, part: 2, of: 2, .blacklisted)),
                .objected(.make(3), .told), .objectionLifted(.make(1), by: "marc", reason: "à l’écrit"),
                .addressDied(.make(4), detail: "né"),
                .addressRestored(.make(4), by: "marc", reason: "corrigé"),
            ] { entries += try await ledger.append([event]) }
            return entries
        }
    }

    @Test func `a ledger of texts cut anywhere holds what was written before`() async throws {
        let fixture = try LedgerFixture(beside: "/dev/shm")
        let entries = try await Self.business(fixture)
        let whole = try fixture.bytes(firstSegment)
        let starts = Self.lineStarts(whole)
        var states = [LedgerState()]
        for entry in entries {
            var state = states[states.count - 1]
            try state.apply(entry)
            states.append(state)
        }
        // Every byte of the last record is cut elsewhere; here each record, around its ends and within.
        let ends = starts.dropFirst().flatMap { [$0 - 1, $0, $0 + 1] }
        for length in Set(ends + stride(from: starts[1], to: whole.count, by: 17))
        where (starts[1]...whole.count).contains(length) {
            try fixture.restore([firstSegment: Array(whole[..<length])])
            let read = try LedgerReading(path: fixture.path)?.contents
            let written = starts.count { $0 <= length } - 2
            #expect(read?.state == states[written], "cut at \(length)")
            #expect((read?.tornTail == nil) == starts.contains(length), "cut at \(length)")
        }
    }

    @Test func `every flipped byte before the last record refuses to start`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await Self.small(fixture)
        let starts = Self.lineStarts(whole)
        let directory = try fixture.directory()
        for offset in 0..<starts[starts.count - 2] {
            var bytes = whole
            bytes[offset] ^= 1 << UInt8(offset % 8)
            try fixture.write(bytes, to: firstSegment)
            #expect(!LedgerVerification(directory).isSound, "byte \(offset) flipped")
        }
    }

    @Test func `a flip names file, line and offset and what to run`() async throws {
        let fixture = try LedgerFixture()
        var bytes = try await Self.small(fixture)
        let start = Self.lineStarts(bytes)[3]
        bytes[start + 30] ^= 1
        try fixture.write(bytes, to: firstSegment)
        let error = #expect(throws: StoreError.self) { try fixture.open() }
        #expect(
            error?.description
                == "\(firstSegment):4:\(start): the record does not match its checksum; nothing was changed, "
                + "run: relance ledger verify")
        #expect(error?.exitStatus == 65)
        #expect(try fixture.bytes(firstSegment) == bytes)
    }

    @Test(arguments: Seeds.or(first: 4))
    func `flips anywhere in a larger ledger are never taken for good`(seed: UInt64) async throws {
        let fixture = try LedgerFixture()
        try await fixture.use { ledger in
            for number in 1...200 {
                try await ledger.append([.planned(.make(number))] + LedgerEvent.delivery(number))
            }
        }
        let whole = try fixture.bytes(firstSegment)
        let starts = Self.lineStarts(whole)
        let directory = try fixture.directory()
        var random = SplitMix64(seed: seed)
        for _ in 1...60 {
            let offset = Int(random.number(in: 0...Int64(starts[starts.count - 2] - 1)))
            var bytes = whole
            bytes[offset] ^= UInt8(random.number(in: 1...255))
            try fixture.write(bytes, to: firstSegment)
            #expect(!LedgerVerification(directory).isSound, "seed \(seed), byte \(offset)")
        }
    }

    @Test func `a deleted line and two lines that changed places are found`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await Self.small(fixture)
        let starts = Self.lineStarts(whole)
        let lines = zip(starts, starts.dropFirst()).map { Array(whole[$0..<$1]) }
        for index in 1..<lines.count - 1 {
            var fewer = lines
            fewer.remove(at: index)
            try fixture.restore([firstSegment: Array(fewer.joined())])
            let damage = try await Self.refusal(fixture)
            #expect(damage?.line == index + 1 && damage?.offset == starts[index], "without line \(index + 1)")
            var swapped = lines
            swapped.swapAt(index, index + 1)
            try fixture.restore([firstSegment: Array(swapped.joined())])
            #expect(try await Self.refusal(fixture)?.line == index + 1, "line \(index + 1) swapped")
        }
    }

    @Test func `a tail of zeros is torn, zeros in the middle are damage`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await Self.small(fixture)
        let zeros = [UInt8](repeating: 0, count: 4096)
        try fixture.restore([firstSegment: whole + zeros])
        let ledger = try fixture.open()
        #expect(ledger.tornTail?.bytes == zeros)
        #expect(ledger.withState { $0.lastSequence } == 7)
        try await ledger.close()
        #expect(try fixture.bytes(firstSegment) == whole)

        let middle = Self.lineStarts(whole)[2]
        try fixture.restore([firstSegment: Array(whole[..<middle]) + zeros + whole[middle...]])
        #expect(try await Self.refusal(fixture) != nil)
    }

    @Test func `a line end that was hit does not hide the record behind it`() async throws {
        let fixture = try LedgerFixture()
        var bytes = try await Self.small(fixture)
        let starts = Self.lineStarts(bytes)
        bytes[starts[starts.count - 2] - 1] ^= 1
        try fixture.write(bytes, to: firstSegment)
        #expect(try await Self.refusal(fixture)?.kind == .record)
    }

    @Test func `an emptied file and a missing header refuse to start`() async throws {
        let fixture = try LedgerFixture()
        let whole = try await Self.small(fixture)
        try fixture.restore([firstSegment: []])
        #expect(try await Self.refusal(fixture)?.kind == .empty)
        try fixture.restore([firstSegment: Array(whole[Self.lineStarts(whole)[1]...])])
        #expect(try await Self.refusal(fixture)?.kind == .header)
        try fixture.restore([firstSegment: Array(whole.prefix(20))])
        #expect(try await Self.refusal(fixture)?.kind == .header)
    }

    @Test func `a segment of another format is refused by its number, not as damage`() async throws {
        let fixture = try LedgerFixture()
        let bytes = try await Self.small(fixture)
        let text = String(decoding: bytes, as: UTF8.self)
        try fixture.write(
            text.replacing(#""min_reader":1"#, with: #""min_reader":2"#, maxReplacements: 1).utf8,
            to: firstSegment)
        let error = #expect(throws: StoreError.self) { try fixture.open() }
        #expect(error == .newerFormat(file: firstSegment, needs: 2))
        #expect(
            error?.description
                == "\(firstSegment): written by a later relance (format 2, this one reads 1)")
    }

    @Test func `a damaged tail in a segment that is not the last is damage`() async throws {
        let fixture = try LedgerFixture()
        let ledger = try fixture.open(options: LedgerFixture.options(segmentBytes: 2000))
        for number in 1...12 { try await ledger.append([.planned(.make(number))]) }
        try await ledger.close()
        let segments = try fixture.names.filter { $0.hasPrefix("ledger-") }
        #expect(segments.count >= 2)
        let files = try Dictionary(uniqueKeysWithValues: segments.map { ($0, try fixture.bytes($0)) })
        let first = files[segments[0]] ?? []
        try fixture.write(first.dropLast(), to: segments[0])
        let damage = try await Self.refusal(fixture)
        #expect(damage?.file == segments[0] && damage?.kind == .record)

        // And a missing one is named by what should follow.
        try fixture.restore(files)
        try fixture.remove(segments[0])
        let missing = try await Self.refusal(fixture)
        #expect(missing == LedgerDamage(file: segments[0], line: 1, offset: 0, kind: .missing))
        #expect(missing?.description == "\(segments[0]):1:0: the file is missing")

        // One that lost its last lines exactly at a line end is found by the next.
        try fixture.restore(files)
        let starts = Self.lineStarts(first)
        try fixture.write(first[..<starts[starts.count - 2]], to: segments[0])
        guard case .gap = try await Self.refusal(fixture)?.kind else {
            Issue.record("a shortened segment was accepted")
            return
        }
    }

    @Test func `a record kind of a later version is kept when it may be skipped, else refused`() async throws
    {
        let fixture = try LedgerFixture()
        let members = #""k":"weather","crit":0,"sky":"blue""#
        try await fixture.use { ledger in
            try await ledger.append([.foreign(kind: "weather", members: members), .planned(.make(1))])
            try await ledger.compact()
        }
        try await fixture.use { ledger in
            let events = ledger.withState { $0.foreign.map(\.event) }
            #expect(events == [.foreign(kind: "weather", members: members)])
            try await ledger.append([.foreign(kind: "storm", members: #""k":"storm","sky":"black""#)])
        }
        let error = #expect(throws: StoreError.self) { try fixture.open() }
        guard case .unknownRecord(_, _, _, "storm") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.exitStatus == 65)
    }
}
