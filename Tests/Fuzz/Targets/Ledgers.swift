import Foundation
import RelanceCore
import RelanceStore

extension FuzzTarget {
    /// Files of a ledger: whether they are sealed anew and their records numbered anew, then the files, each but the
    /// last up to a record separator.
    ///
    /// Promise: a ledger that is sound is taken up again as it was read, and repair leaves one that is sound.
    static let ledger = FuzzTarget("ledger") { bytes in
        var cursor = ByteCursor(bytes)
        let mode = cursor.byte()
        let folder = try ScratchFolder()
        while !cursor.rest.isEmpty {
            var file = LedgerDraft(cursor.bytes(until: 0x1E))
            if mode & 2 != 0 { file.number() }
            if mode & 1 != 0 { file.seal() }
            try folder.write(file.bytes, to: file.name)
        }
        try check(try StateDirectory(path: folder.path))
    }

    /// A message as it was frozen.
    ///
    /// Promise: it freezes to what it was read from.
    static let frozenMessage = FuzzTarget("frozen_message") { bytes in
        guard let message = FrozenMessage(file: bytes) else { return }
        let again = FrozenMessage(file: message.file)
        try expect(again == message, "a frozen message reads back as itself")
    }

    private static func check(_ directory: StateDirectory) throws {
        let isSound = LedgerVerification(directory).isSound
        let reading: LedgerReading?
        do throws(StoreError) {
            reading = try LedgerReading(path: directory.path)
        } catch {
            try expect(!isSound, "what is sound can be read")
            guard (try? LedgerRepair(directory, at: now)) != nil else { return }
            try expect((try? LedgerReading(path: directory.path)) != nil, "what was repaired can be read")
            return
        }
        guard let reading else { return }
        let clock = LedgerFile.Clock(now: { now }, bootMilliseconds: { 0 })
        var options = LedgerFile.Options()
        (options.headroomBytes, options.lowWaterBytes) = (4096, 0)
        let file = try LedgerFile(directory, clock: clock, options: options)
        try expect(file.withState { $0 } == reading.contents.state, "a start takes up what was read")
        try Waiting.forEnd { _ = try await file.compact() }
        let state = file.withState { $0 }
        try Waiting.forEnd { try await file.close() }
        let again = try LedgerReading(path: directory.path)?.contents.state
        try expect(again == state, "a snapshot is the state")
    }

    /// Monday 2 November 2020, 08:30 in UTC.
    private static let now = Instant(seconds: 1_604_305_800)
}

/// A file of lines that is to pass for one of a ledger's.
private struct LedgerDraft {
    private var lines: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    var bytes: [UInt8] { Array(lines.joined(separator: [UInt8(ascii: "\n")])) }

    /// The name that its first line asks for.
    var name: String {
        if let last = number(after: "\"last_seq\":") { return LedgerFormat.snapshotName(lastSequence: last) }
        return LedgerFormat.segmentName(firstSequence: (number(after: "\"prev_last_seq\":") ?? 0) &+ 1)
    }

    /// Numbers the records of a segment in their order.
    mutating func number() {
        guard let before = number(after: "\"prev_last_seq\":") else { return }
        let opening = Array(#"{"s":"#.utf8)
        for index in lines.indices.dropFirst() where lines[index].starts(with: opening) {
            let rest = lines[index].dropFirst(opening.count).drop { (0x30...0x39).contains($0) }
            lines[index] = (opening + Array(String(before &+ UInt64(index)).utf8) + rest)[...]
        }
    }

    /// Seals every whole line, over the seal it has, one behind the other.
    mutating func seal() {
        var seal = text(after: "\"prev_crc\":\"").flatMap { UInt32($0.prefix(8), radix: 16) } ?? 0
        for index in lines.indices.dropLast() {
            var line = Array(lines[index].dropLast(LedgerFormat.sealLength))
            let own = LedgerFormat.seal(&line, from: 0, after: seal)
            lines[index] = line.dropLast()[...]
            if index > 0 { seal = own }
        }
    }

    private func number(after name: String) -> UInt64? {
        text(after: name).flatMap { UInt64($0.prefix { ("0"..."9").contains($0) }) }
    }

    private func text(after name: String) -> Substring? {
        let head = Array(lines[0]).text
        return head.range(of: name).map { head[$0.upperBound...] }
    }
}

/// A folder in memory of one run's own, gone with it.
private final class ScratchFolder {
    let path = "/dev/shm/relance-fuzz-" + UUID().uuidString

    init() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        // A folder left behind harms nobody.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
}
