import RelanceCore

extension LedgerFile {
    /// A ledger as a start finds it, made good.
    struct Opening {
        var contents: LedgerContents
        var warnings: [String]
    }

    /// Reads the ledger or begins one; the caller holds the lock.
    static func open(
        _ directory: StateDirectory, at now: Instant, mark: LedgerMark?
    ) throws(StoreError) -> Opening {
        guard let contents = try LedgerContents.read(directory, mark: mark) else {
            let header = LedgerHeader(
                instance: newInstance(), segment: 1, previousSequence: 0, previousSeal: 0)
            try directory.replace(LedgerFormat.segmentName(firstSequence: 1), with: header.line)
            return try open(directory, at: now, mark: mark)
        }
        var warnings = contents.badSnapshots.map { "\($0): cannot be used; the one before it was" }
        warnings += contents.illegal.map { "\($0); it has no effect" }
        guard let torn = contents.tornTail else {
            try rewrite(contents.end, in: directory, isTorn: false, warnings: &warnings)
            return Opening(contents: contents, warnings: warnings)
        }
        let aside = "torn-\(now.rfc3339UTCMilliseconds.filter { $0 != ":" }).bin"
        try directory.replace(aside, with: torn.bytes)
        warnings.append("\(torn)")
        do throws(StoreError) {
            try rewrite(contents.end, in: directory, isTorn: true, warnings: &warnings)
        } catch {
            // It is tried again until there is room, and one copy is enough.
            try? directory.unlink(aside)
            throw error
        }
        return Opening(contents: contents, warnings: warnings)
    }

    /// Writes the good part of the last segment to a fresh file in its place.
    ///
    /// This cuts a torn tail off. And it makes sure of the rest: after a failed sync the kernel shows bytes as clean that
    /// the disk never got, and whether that happened nobody can know at a start. Older files were synced before the
    /// next one was begun.
    private static func rewrite(
        _ segment: LedgerContents.OpenSegment, in directory: StateDirectory, isTorn: Bool,
        warnings: inout [String]
    ) throws(StoreError) {
        let good = Array(try directory.read(segment.file).prefix(segment.length))
        do throws(StoreError) {
            try directory.replace(segment.file, with: good)
        } catch .diskFull(let file) where !isTorn {
            warnings.append("\(file): no room to make sure of the last segment; it is used as it is")
        }
    }

    /// A random UUID (RFC 9562, version 4).
    private static func newInstance() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
