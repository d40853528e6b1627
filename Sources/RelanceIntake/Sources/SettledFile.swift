import Glibc
import PositionedJSON
import RelanceCore

/// What tells one state of a file from another without reading it.
struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    let size: Int64
    private let modified: Int64
    private let changed: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = status.st_mtim.nanoseconds
        changed = status.st_ctim.nanoseconds
    }

    /// Whether the file was written so lately that another write could bear the same time: the kernel stamps files
    /// with a clock that ticks every few milliseconds.
    func isFresh() -> Bool {
        var clock = timespec()
        guard clock_gettime(CLOCK_REALTIME_COARSE, &clock) == 0 else { return false }
        return (-20_000_000...20_000_000).contains(clock.nanoseconds - modified)
    }
}

extension timespec {
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}

/// A file read whole, or why it was not.
enum SettledFile {
    case read([UInt8], FileStamp)
    /// Size, times or inode differed before and after: somebody is writing.
    case changing
    case failed(IntakeFault)

    /// Opens, looks, reads, and looks again (reliability 2.8).
    ///
    /// Never waits: a pipe or a device is refused by its kind,
    /// and a file beyond the limit by its size. With `trust`, it
    /// and its folder have to be nobody's to change but whom we trust. `onceRead` is called between reading and looking
    /// again.
    init(
        _ path: String, trust: FileTrust? = nil, limits: JSONLimits = .standard, onceRead: () -> Void = {}
    ) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let reason = systemMessage(errno)
            self = .failed(.unreadable(socketRefusal(path) ?? reason))
            return
        }
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0 else {
            self = .failed(.unreadable(systemMessage(errno)))
            return
        }
        guard before.st_mode & S_IFMT == S_IFREG else {
            self = .failed(.unreadable(refusal(of: before)))
            return
        }
        if let trust, let objection = objection(to: before, at: path, trust) {
            self = .failed(.unreadable(objection))
            return
        }
        guard Int(before.st_size) <= limits.documentBytes else {
            self = .failed(
                .json(.documentTooLong(bytes: Int(before.st_size), limit: limits.documentBytes)))
            return
        }
        // One byte more than there is, to see a file that grows.
        guard let bytes = readAll(descriptor, capacity: Int(before.st_size) + 1) else {
            self = .failed(.unreadable(systemMessage(errno)))
            return
        }
        onceRead()
        var after = stat()
        guard fstat(descriptor, &after) == 0, FileStamp(before) == FileStamp(after),
            bytes.count == Int(after.st_size)
        else {
            self = .changing
            return
        }
        self = .read(bytes, FileStamp(after))
    }
}

/// Reads to the end or to the capacity; nil leaves `errno`.
private func readAll(_ descriptor: Int32, capacity: Int) -> [UInt8]? {
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        while count < capacity {
            let got = read(descriptor, buffer.baseAddress?.advanced(by: count), capacity - count)
            if got < 0, errno == EINTR { continue }
            if got < 0 { isWhole = false }
            if got <= 0 { return }
            count += got
        }
    }
    return isWhole ? bytes : nil
}

private func refusal(of status: stat) -> String {
    let kind =
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    return "it is \(kind), not a file"
}

/// What to say of a socket, which cannot be opened, and the system's words for that name a device; nil of all else.
private func socketRefusal(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return refusal(of: status)
}

/// Why a file or the folder it lies in, behind a link that of its target as well, is not believed.
private func objection(to file: stat, at path: String, _ trust: FileTrust) -> String? {
    if let objection = trust.objection(to: FileStanding(file)) { return "it " + objection }
    var paths = [path]
    if let target = realpath(path, nil) {
        paths.append(String(cString: target))
        free(target)
    }
    for path in paths {
        var folder = stat()
        let slash = path.lastIndex(of: "/")
        let name = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard stat(name, &folder) == 0 else { return systemMessage(errno) }
        if let objection = trust.objection(to: FileStanding(folder)) { return "its folder " + objection }
    }
    return nil
}

extension FileStanding {
    fileprivate init(_ status: stat) {
        self.init(
            owner: status.st_uid, group: status.st_gid, mode: status.st_mode,
            isFolder: status.st_mode & S_IFMT == S_IFDIR)
    }
}

/// The system's words for an error number, as `strerror` has them.
func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}
