import Glibc

/// A file of the spool, written and synced by system calls whose every answer is looked at.
final class SpoolFile: Sendable {
    private let path: String
    private let descriptor: Int32

    /// A new file, or an old one emptied.
    convenience init(replacing path: String) throws(SpoolError) {
        try self.init(path, O_WRONLY | O_CREAT | O_TRUNC)
    }

    convenience init(appendingTo path: String) throws(SpoolError) {
        try self.init(path, O_WRONLY | O_CREAT | O_APPEND)
    }

    private init(_ path: String, _ flags: Int32) throws(SpoolError) {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SpoolError("open", path) }
        self.path = path
    }

    deinit {
        // What was written is synced already; closing has nothing left to lose.
        close(descriptor)
    }

    /// Returns once the bytes are on the disk.
    func append(_ bytes: [UInt8]) throws(SpoolError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SpoolError("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw SpoolError("fsync", path) }
    }

    /// Ours alone; made with the folders above it where they are not there.
    ///
    /// One that is there already is held to the same as the state: every message lies in it in clear.
    static func makeFolder(_ path: String) throws(SpoolError) {
        if mkdir(path, 0o700) == 0 { return }
        if errno == EEXIST { return try check(path) }
        guard errno == ENOENT, let slash = path.dropFirst().lastIndex(of: "/") else {
            throw SpoolError("mkdir", path)
        }
        try makeParent(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 else { throw SpoolError("mkdir", path) }
    }

    /// What lies above may be another's.
    private static func makeParent(_ path: String) throws(SpoolError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.dropFirst().lastIndex(of: "/") else {
            throw SpoolError("mkdir", path)
        }
        try makeParent(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 else { throw SpoolError("mkdir", path) }
    }

    private static func check(_ path: String) throws(SpoolError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SpoolError("lstat", path) }
        guard status.st_mode & S_IFMT != S_IFLNK else {
            throw SpoolError(refusing: path, "is a symbolic link; messages are never written through one")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SpoolError(refusing: path, "is no folder")
        }
        guard status.st_uid == geteuid() else {
            throw SpoolError(
                refusing: path, "belongs to user \(status.st_uid); it must belong to user \(geteuid())")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw SpoolError(
                refusing: path, "mode is 0\(mode), others can read or change it; run: chmod 0700 \(path)")
        }
    }

    static func move(_ source: String, to target: String) throws(SpoolError) {
        guard rename(source, target) == 0 else { throw SpoolError("rename", source) }
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    static func remove(_ path: String) throws(SpoolError) {
        guard unlink(path) == 0 else { throw SpoolError("unlink", path) }
    }

    /// Makes the names in a folder survive a power cut.
    static func syncFolder(_ path: String) throws(SpoolError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw SpoolError("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw SpoolError("fsync", path) }
    }
}

/// What the system answered to a step of the spool, or what is wrong with a folder of it.
package struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let path: String
    package let errno: Int32
    private let objection: String?

    /// Takes `errno` as the last call left it, unless another is given.
    init(_ call: String, _ path: String, errno: Int32 = Glibc.errno) {
        self.call = call
        self.path = path
        self.errno = errno
        objection = nil
    }

    /// A folder that cannot be trusted with messages.
    init(refusing path: String, _ objection: String) {
        (self.call, self.path, self.errno, self.objection) = ("", path, 0, objection)
    }

    package var description: String {
        objection.map { "\(path): \($0)" } ?? "\(call) \(path): \(String(cString: strerror(errno)))"
    }

    /// The exit code a program ends with that cannot go on without it (sysexits.h).
    package var exitStatus: Int32 {
        objection != nil || [EACCES, EPERM].contains(errno) ? 77 : [ENOSPC, EIO].contains(errno) ? 74 : 73
    }
}
