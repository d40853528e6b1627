import Glibc
import RelanceCore

/// What tells this machine from a clone of it.
package enum MachineIdentity {
    /// A hash of the machine's id, which itself is not to be shown (machine-id(5)); the host name's where there is none.
    package static func hash() -> String {
        var id: [UInt8] = []
        if let file = fopen("/etc/machine-id", "re") {
            id = [UInt8](repeating: 0, count: 64)
            id.removeLast(id.count - fread(&id, 1, id.count, file))
            fclose(file)
        }
        if id.isEmpty {
            id = [UInt8](repeating: 0, count: 256)
            if gethostname(&id, id.count) != 0 { id = [] }
        }
        return String(Checksum.sha256Hex(Array("relance".utf8) + id).prefix(32))
    }
}
