import Glibc
import RelanceCore

/// A file small enough to be read whole, as somebody else may be writing it.
enum SmallFile {
    /// Why a file was not read; the sentence names no path, since whoever reports it does.
    struct Problem: Error, Hashable, CustomStringConvertible {
        var description: String
    }

    /// What the owner and the mode of a file have to be.
    enum Access {
        case any
        /// Nobody's to change but root's and ours, itself and the folder it lies in (`FileTrust`): it says whom we trust,
        /// where secrets go and what people are told.
        case trusted
        /// Owned by this user or by root, and readable by nobody else but them.
        case secret
    }

    /// The bytes of a regular file; it must not change while it is read, nor be larger than `limit`.
    static func read(_ path: String, atMost limit: Int, access: Access = .any) throws(Problem) -> [UInt8] {
        // Not blocking: opening a FIFO would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .systemCall() }
        defer { close(descriptor) }
        let before = try status(of: descriptor)
        guard before.st_mode & S_IFMT == S_IFREG else { throw Problem(description: "not a regular file") }
        switch access {
        case .any: break
        case .trusted:
            try checkTrusted(before)
            try checkTrusted(folderOf: path)
        case .secret: try checkSecret(before)
        }
        guard before.st_size <= limit else { throw tooLarge(limit) }

        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .systemCall()
            }
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw tooLarge(limit) }
        }
        let after = try status(of: descriptor)
        guard after.st_size == before.st_size, after.st_mtim.tv_sec == before.st_mtim.tv_sec,
            after.st_mtim.tv_nsec == before.st_mtim.tv_nsec
        else { throw Problem(description: "it changed while it was read") }
        return bytes
    }

    /// The names in a folder, sorted, without hidden ones.
    static func names(in folder: String) throws(Problem) -> [String] {
        guard let directory = opendir(folder) else { throw .systemCall() }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func checkSecret(_ status: stat) throws(Problem) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Problem(description: "a secret has to belong to the user of the daemon or to root")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw Problem(
                description: "its mode is \(mode(of: status)) and others may read a secret: chmod 0400")
        }
    }

    private static func checkTrusted(_ status: stat) throws(Problem) {
        if let objection = FileTrust.ofThisProcess.objection(to: FileStanding(status)) {
            throw Problem(description: "it " + objection)
        }
    }

    /// Whoever may write into the folder may put another file there; behind a link, into that of its target.
    private static func checkTrusted(folderOf path: String) throws(Problem) {
        var folders = [Path.folder(of: path)]
        if let target = realpath(path, nil) {
            folders.append(Path.folder(of: String(cString: target)))
            free(target)
        }
        for folder in folders {
            var status = stat()
            guard stat(folder, &status) == 0 else { throw .systemCall() }
            if let objection = FileTrust.ofThisProcess.objection(to: FileStanding(status)) {
                throw Problem(description: "its folder " + objection)
            }
        }
    }

    private static func mode(of status: stat) -> String { "0" + String(status.st_mode & 0o7777, radix: 8) }

    private static func status(of descriptor: CInt) throws(Problem) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .systemCall() }
        return status
    }

    private static func tooLarge(_ limit: Int) -> Problem {
        Problem(description: "larger than \(limit >> 10) KiB")
    }
}

extension FileStanding {
    init(_ status: stat) {
        self.init(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode,
            isFolder: status.st_mode & S_IFMT == S_IFDIR)
    }
}

extension SmallFile.Problem {
    /// What the last system call said.
    fileprivate static func systemCall() -> SmallFile.Problem {
        SmallFile.Problem(description: String(cString: strerror(errno)))
    }
}

/// Paths as the settings write them.
enum Path {
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// A relative path starts from `folder`.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder == "." ? path : folder == "/" ? "/" + path : folder + "/" + path
    }
}

extension Path {
    /// Whether two paths name one existing folder, or are written alike.
    static func isSame(_ a: String, _ b: String) -> Bool {
        var first = stat()
        var second = stat()
        guard stat(a, &first) == 0, stat(b, &second) == 0 else { return a == b }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }
}
