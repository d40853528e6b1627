import Glibc
import RelanceCore

/// What tells this machine from a clone of it.
package enum MachineIdentity {
    /// A hash of the machine's id, which itself is not to be shown (machine-id(5)); the host name's where there is none.
    ///
    /// Throws where there is one and it cannot be read at present: another name would have the machine taken for a clone.
    package static func hash(file: String = "/etc/machine-id") throws(StoreError) -> String {
        var id = try read(file)
        if id.isEmpty {
            id = [UInt8](repeating: 0, count: 256)
            if gethostname(&id, id.count) != 0 { id = [] }
        }
        return String(Checksum.sha256Hex(Array("relance".utf8) + id).prefix(32))
    }

    /// Its first 64 bytes; none when there is no such file.
    private static func read(_ path: String) throws(StoreError) -> [UInt8] {
        let number = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard number >= 0 else {
            if errno == ENOENT { return [] }
            throw .noIdentity(file: path, reason: String(cString: strerror(errno)))
        }
        do throws(DiskError) {
            return try Disk().read(upTo: 64, from: Descriptor(number), named: path)
        } catch {
            throw .noIdentity(file: path, reason: error.text)
        }
    }
}
