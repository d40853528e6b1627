import CLinux
import Glibc

/// The directory that holds all durable state: ours alone, and every file in it opened by name inside it.
package final class StateDirectory: Sendable {
    package let path: String
    package let disk: Disk
    let descriptor: Descriptor

    /// What makes the promises of the ledger weaker than they should be; empty on a plain local disk.
    package let warnings: [String]

    /// Opens the directory, or makes it when only its last component is missing and `isMade` says so.
    ///
    /// Refused: a link, another owner than us, a mode that lets others in, a file inside that is not ours, and the
    /// directory that also holds the configuration.
    package init(
        path: String, apartFrom configuration: String? = nil, isMade: Bool = true, disk: Disk = Disk()
    ) throws(StoreError) {
        let made = isMade && mkdir(path, 0o700) == 0
        let refusal = isMade && !made && errno != EEXIST ? errno : nil
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let number = open(path, flags)
        guard number >= 0 else {
            let error = DiskError(.makeDirectory, ".", refusal ?? errno)
            if Self.isLink(path) { throw .symbolicLink(path: path) }
            let passing = StoreError(error, in: path)
            throw passing.isPassing ? passing : .noDirectory(path: path, reason: error.text)
        }
        self.path = path
        self.disk = disk
        descriptor = Descriptor(number)
        warnings = Self.fileSystemWarnings(number, path: path)
        try Self.check(number, path: path, apartFrom: configuration)
        for file in try names() {
            try Self.checkOwner(of: file, in: number, path: path)
        }
        if made { try syncName() }
    }

    private init(opened descriptor: consuming Descriptor, path: String, disk: Disk) {
        self.descriptor = descriptor
        self.path = path
        self.disk = disk
        warnings = []
    }

    /// A directory inside this one, made when it is missing.
    func subdirectory(_ name: String) throws(StoreError) -> StateDirectory {
        let opened = try attempt { () throws(DiskError) in
            if try disk.makeDirectory(name, in: descriptor) { try disk.syncDirectory(descriptor) }
            return try disk.open(name, in: descriptor, O_RDONLY | O_DIRECTORY)
        }
        try Self.check(opened.number, path: path + "/" + name, apartFrom: nil)
        return StateDirectory(opened: opened, path: path + "/" + name, disk: disk)
    }

    /// Does something with the disk, naming the directory in what goes wrong.
    func attempt<Result: ~Copyable>(_ body: () throws(DiskError) -> Result) throws(StoreError) -> Result {
        do throws(DiskError) {
            return try body()
        } catch {
            throw StoreError(error, in: path)
        }
    }

    func names() throws(StoreError) -> [String] {
        try attempt { () throws(DiskError) in try disk.names(in: descriptor) }
    }

    func read(_ file: String) throws(StoreError) -> [UInt8] {
        try attempt { () throws(DiskError) in try disk.read(file, in: descriptor) }
    }

    /// Puts a whole file in place so that it is there entirely or not at all, even after a power cut.
    ///
    /// Written beside, synced, renamed, and the directory synced; what was begun is removed on failure.
    func replace(_ file: String, with bytes: [UInt8]) throws(StoreError) {
        try replace(file) { (new) throws(StoreError) in try new.write(bytes) }
    }

    /// A file that is being written beside the one it will replace.
    final class NewFile {
        private let name: String
        fileprivate let descriptor: Descriptor
        private let directory: StateDirectory

        fileprivate init(_ name: String, in directory: StateDirectory) throws(StoreError) {
            self.name = name
            self.directory = directory
            descriptor = try directory.attempt { () throws(DiskError) in
                try directory.disk.open(name, in: directory.descriptor, O_WRONLY | O_CREAT | O_EXCL)
            }
        }

        func write(_ bytes: [UInt8]) throws(StoreError) {
            try directory.attempt { () throws(DiskError) in
                try directory.disk.write(bytes, to: descriptor, named: name)
            }
        }
    }

    /// The same for a file that is too long to be held in memory.
    func replace(
        _ file: String, _ write: (NewFile) throws(StoreError) -> Void
    ) throws(StoreError) {
        let temporary = file + Self.temporaryMark + String(UInt32.random(in: 0 ... .max), radix: 36)
        do throws(StoreError) {
            let new = try NewFile(temporary, in: self)
            try write(new)
            try attempt { () throws(DiskError) in
                try disk.syncWhole(new.descriptor, named: temporary)
                try disk.rename(temporary, to: file, in: descriptor)
                try disk.syncDirectory(descriptor)
            }
        } catch {
            // What stays behind is removed at the next start; the first failure is the one to tell.
            try? disk.unlink(temporary, in: descriptor)
            throw error
        }
    }

    func unlink(_ file: String) throws(StoreError) {
        try attempt { () throws(DiskError) in try disk.unlink(file, in: descriptor) }
    }

    /// Removes a file for good; nothing happens when there is none.
    func removeIfPresent(_ file: String) throws(StoreError) {
        do throws(DiskError) {
            try disk.unlink(file, in: descriptor)
            try disk.syncDirectory(descriptor)
        } catch {
            if error.code != ENOENT { throw StoreError(error, in: path) }
        }
    }

    func sync() throws(StoreError) {
        try attempt { () throws(DiskError) in try disk.syncDirectory(descriptor) }
    }

    /// Makes the name of this directory durable, which stands in the one above it.
    private func syncName() throws(StoreError) {
        try attempt { () throws(DiskError) in
            let above = try disk.open("..", in: descriptor, O_RDONLY | O_DIRECTORY)
            try disk.syncDirectory(above, named: "..")
        }
    }

    /// Removes what a crash left half written.
    func removeTemporaries() throws(StoreError) {
        for name in try names() where name.contains(Self.temporaryMark) {
            try unlink(name)
        }
    }

    private static let temporaryMark = ".tmp."

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func check(
        _ number: Int32, path: String, apartFrom configuration: String?
    ) throws(StoreError) {
        var status = stat()
        guard fstat(number, &status) == 0 else {
            throw .noDirectory(path: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_uid == geteuid() else {
            throw .foreignOwner(path: path, owner: status.st_uid, needed: geteuid())
        }
        guard status.st_mode & 0o077 == 0 else { throw .openMode(path: path, mode: status.st_mode & 0o7777) }
        var other = stat()
        if let configuration, stat(configuration, &other) == 0, other.st_dev == status.st_dev,
            other.st_ino == status.st_ino
        {
            throw .sharedDirectory(path: path)
        }
    }

    private static func checkOwner(of file: String, in number: Int32, path: String) throws(StoreError) {
        var status = stat()
        // A file that has just gone is no one's.
        guard fstatat(number, file, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        let whole = path + "/" + file
        guard status.st_mode & S_IFMT != S_IFLNK else { throw .symbolicLink(path: whole) }
        guard status.st_uid == geteuid() else {
            throw .foreignOwner(path: whole, owner: status.st_uid, needed: geteuid())
        }
    }

    private static func fileSystemWarnings(_ number: Int32, path: String) -> [String] {
        var status = statfs()
        guard fstatfs(number, &status) == 0 else { return [] }
        let weak: String? =
            switch UInt32(truncatingIfNeeded: status.f_type) {
            case 0x0102_1994, 0x8584_58F6: "memory (tmpfs): it is gone after a restart of the machine"
            case 0x6969, 0xFF53_4D42, 0xFE53_4D42: "a network: its locks and syncs cannot be relied on"
            case 0x794C_7630: "an overlay: it may be gone with its container"
            default: nil
            }
        return weak.map { ["\(path): lies on \($0)"] } ?? []
    }
}

extension StoreError {
    /// What a failed call to the disk means for the store.
    init(_ error: DiskError, in path: String) {
        let file = error.file == "." ? path : path + "/" + error.file
        self =
            switch error.code {
            case _ where error.isFull: .diskFull(file: file)
            case EACCES, EPERM: .notPermitted(file: file, operation: error.operation.rawValue)
            case EROFS: .readOnly(file: file)
            case EMFILE, ENFILE: .tooManyFiles(file: file)
            case ELOOP: .symbolicLink(path: file)
            default: .disk(file: file, operation: error.operation.rawValue, reason: error.text)
            }
    }
}
