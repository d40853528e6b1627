import Glibc
import PositionedJSON
import RelanceCore

/// How far a ledger has got, in a file outside its directory: a backup put back in place of the state leaves it as it is,
/// and is told by it on the same machine (reliability 2.9).
///
///     {"relance_mark":1,"instance":"…","last_seq":812,"last_crc":"5d0a…","c":"…"}
///
/// It names a record that was durable before it was written, so it is never ahead of the ledger it was taken from. It is
/// not synced: one that is lost, damaged or old only tells less.
package struct LedgerMark: Hashable, Sendable {
    package var instance: String
    package var sequence: UInt64
    /// The seal of that record.
    package var seal: UInt32

    private static let name = "ledger-mark"
    private static let unfinished = ".ledger-mark.new"

    package init(instance: String, sequence: UInt64, seal: UInt32) {
        self.instance = instance
        self.sequence = sequence
        self.seal = seal
    }

    /// What stands in a folder; nil when there is no mark, or none that can be believed.
    package init?(in folder: String) {
        // Whatever is wrong with it, there is no mark then.
        guard let directory = try? LedgerMark.open(folder),
            let bytes = try? Disk().read(LedgerMark.name, in: directory), bytes.last == UInt8(ascii: "\n"),
            bytes.dropLast().withUnsafeBytes({ line in
                LedgerFormat.sealed(line).map { $0 == LedgerFormat.checksum(of: line, after: 0) } == true
            }),
            let mark = try? JSONDocument.parse(bytes.dropLast()).root, mark["relance_mark"]?.integer == 1,
            let instance = mark["instance"]?.string, let sequence = mark["last_seq"]?.integer,
            LedgerFormat.numbers.contains(sequence),
            let seal = mark["last_crc"]?.string.flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        self.init(instance: instance, sequence: UInt64(clamping: sequence), seal: seal)
    }

    /// Puts it in place of the one before.
    package func write(to folder: String) throws(StoreError) {
        do throws(DiskError) {
            let disk = Disk()
            let directory = try LedgerMark.open(folder)
            let file = try disk.open(
                LedgerMark.unfinished, in: directory, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            try disk.write(line, to: file, named: LedgerMark.unfinished)
            try disk.rename(LedgerMark.unfinished, to: LedgerMark.name, in: directory)
        } catch {
            throw StoreError(error, in: folder)
        }
    }

    private var line: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("relance_mark", 1)
        writer.member("instance", instance)
        writer.member("last_seq", sequence)
        writer.member("last_crc", String(decoding: LedgerFormat.hexadecimal(seal), as: UTF8.self))
        var bytes = writer.bytes
        _ = LedgerFormat.seal(&bytes, from: 0, after: 0)
        return bytes
    }

    private static func open(_ folder: String) throws(DiskError) -> Descriptor {
        let number = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw DiskError(.open, ".", errno) }
        return Descriptor(number)
    }
}
