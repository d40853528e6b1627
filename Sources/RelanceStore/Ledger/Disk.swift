import CLinux
import Glibc

/// Every call by which durable state reaches the disk, in one place.
///
/// Paths are names inside a directory descriptor, never followed if they are links; interrupted and short calls are
/// continued. A test can put a fault before any call.
package struct Disk: Sendable {
    package enum Operation: String, CaseIterable, Sendable {
        case open, read, write, sync, syncDirectory, truncate, reserve, rename, unlink, lock, makeDirectory
    }

    package struct Call: Hashable, Sendable {
        package var operation: Operation
        package var file: String
    }

    package enum Fault: Hashable, Sendable {
        /// The call fails and does nothing.
        case error(Int32)
        /// A write takes this many bytes and stops.
        case short(Int)
    }

    /// Asked before every call; nil lets the call through.
    package var fault: (@Sendable (Call) -> Fault?)?

    package init(fault: (@Sendable (Call) -> Fault?)? = nil) {
        self.fault = fault
    }

    /// Opens a file of a directory; never inherited by children, never a link.
    package func open(
        _ file: String, in directory: borrowing Descriptor, _ flags: Int32, mode: mode_t = 0o600
    ) throws(DiskError) -> Descriptor {
        let number = try call(.open, file) {
            openat(directory.number, file, flags | O_CLOEXEC | O_NOFOLLOW, mode)
        }
        return Descriptor(number)
    }

    /// The whole of a file.
    package func read(_ file: String, in directory: borrowing Descriptor) throws(DiskError) -> [UInt8] {
        let descriptor = try open(file, in: directory, O_RDONLY)
        var status = stat()
        _ = try call(.read, file) { fstat(descriptor.number, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw DiskError(.read, file, EINVAL) }
        // One byte of room beyond the size, so that the end of the file is seen.
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var length = 0
        while true {
            let got = try call(.read, file) {
                bytes.withUnsafeMutableBytes { room in
                    Glibc.read(descriptor.number, room.baseAddress.map { $0 + length }, room.count - length)
                }
            }
            length += got
            if got == 0 { break }
            if length == bytes.count { bytes.append(contentsOf: repeatElement(0, count: 64 << 10)) }
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    /// The next bytes of an opened file, so many unless it ends before.
    package func read(
        upTo count: Int, from descriptor: borrowing Descriptor, named file: String
    ) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let got = try call(.read, file) {
                bytes.withUnsafeMutableBytes { room in
                    Glibc.read(descriptor.number, room.baseAddress.map { $0 + length }, count - length)
                }
            }
            if got == 0 { break }
            length += got
        }
        bytes.removeLast(count - length)
        return bytes
    }

    /// Writes all bytes at the descriptor's place, which for a log is its end.
    package func write(
        _ bytes: [UInt8], to descriptor: borrowing Descriptor, named file: String
    ) throws(DiskError) {
        var written = 0
        while written < bytes.count {
            var length = bytes.count - written
            switch fault?(Call(operation: .write, file: file)) {
            case .error(let code): throw DiskError(.write, file, code)
            case .short(let count): length = min(length, max(count, 1))
            case nil: break
            }
            let count = bytes[written..<written + length].withUnsafeBytes {
                Glibc.write(descriptor.number, $0.baseAddress, length)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw DiskError(.write, file, errno)
            }
            written += count
        }
    }

    /// Makes the contents durable.
    ///
    /// A failure is final: the pages may count as clean though they never reached the disk.
    package func sync(_ descriptor: borrowing Descriptor, named file: String) throws(DiskError) {
        _ = try call(.sync, file) { fdatasync(descriptor.number) }
    }

    /// Makes a new file durable, its size and owner included.
    package func syncWhole(_ descriptor: borrowing Descriptor, named file: String) throws(DiskError) {
        _ = try call(.sync, file) { fsync(descriptor.number) }
    }

    /// Makes names durable: without it a file can vanish that was synced itself.
    package func syncDirectory(
        _ directory: borrowing Descriptor, named file: String = "."
    ) throws(DiskError) {
        _ = try call(.syncDirectory, file) { fsync(directory.number) }
    }

    package func truncate(
        _ descriptor: borrowing Descriptor, named file: String, to length: Int
    ) throws(DiskError) {
        _ = try call(.truncate, file) { ftruncate(descriptor.number, off_t(length)) }
    }

    /// Reserves room behind the end of a file without changing its size.
    package func reserve(
        _ descriptor: borrowing Descriptor, named file: String, from offset: Int, bytes: Int
    ) throws(DiskError) {
        _ = try call(.reserve, file) {
            fallocate(descriptor.number, FALLOC_FL_KEEP_SIZE, off_t(offset), off_t(bytes))
        }
    }

    package func rename(
        _ file: String, to newName: String, in directory: borrowing Descriptor
    ) throws(DiskError) {
        _ = try call(.rename, file) {
            renameat(directory.number, file, directory.number, newName)
        }
    }

    package func unlink(_ file: String, in directory: borrowing Descriptor) throws(DiskError) {
        _ = try call(.unlink, file) { unlinkat(directory.number, file, 0) }
    }

    /// Makes a directory that only we can enter; false when the name is taken.
    package func makeDirectory(
        _ file: String, in directory: borrowing Descriptor
    ) throws(DiskError) -> Bool {
        do throws(DiskError) {
            _ = try call(.makeDirectory, file) { mkdirat(directory.number, file, 0o700) }
            return true
        } catch {
            guard error.code == EEXIST else { throw error }
            return false
        }
    }

    /// Locks a file for this process, until the descriptor goes; false when another one has it.
    package func lock(_ descriptor: borrowing Descriptor, named file: String) throws(DiskError) -> Bool {
        do throws(DiskError) {
            _ = try call(.lock, file) { flock(descriptor.number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            guard error.code == EWOULDBLOCK else { throw error }
            return false
        }
    }

    /// Bytes an ordinary process may still write on the file system.
    package func freeBytes(of directory: borrowing Descriptor) throws(DiskError) -> Int {
        var status = statvfs()
        _ = try call(.reserve, ".") { fstatvfs(directory.number, &status) }
        return Int(clamping: status.f_bavail) &* Int(clamping: status.f_frsize)
    }

    /// The names in a directory, sorted.
    package func names(in directory: borrowing Descriptor) throws(DiskError) -> [String] {
        let copy = try call(.open, ".") { openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            Glibc.close(copy)
            throw DiskError(.open, ".", code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw DiskError(.read, ".", errno) }
        return names.sorted()
    }

    /// Makes a call, again while it is interrupted, unless a fault takes its place.
    private func call<Result: SignedInteger>(
        _ operation: Operation, _ file: String, _ body: () -> Result
    ) throws(DiskError) -> Result {
        if case .error(let code) = fault?(Call(operation: operation, file: file)) {
            throw DiskError(operation, file, code)
        }
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw DiskError(operation, file, errno) }
        }
    }
}

/// A file descriptor that is closed with its owner.
package struct Descriptor: ~Copyable, Sendable {
    package let number: Int32

    package init(_ number: Int32) {
        self.number = number
    }

    deinit {
        // Everything durable was synced before; a failing close has nothing left to lose.
        close(number)
    }
}

/// A call to the disk that failed.
package struct DiskError: Error, Hashable, Sendable {
    package var operation: Disk.Operation
    package var file: String
    package var code: Int32

    package init(_ operation: Disk.Operation, _ file: String, _ code: Int32) {
        self.operation = operation
        self.file = file
        self.code = code
    }

    /// Whether the disk or the user's share of it is full, so that the call can work later.
    ///
    /// EFBIG is the limit of the process on the size of a file: from here it looks the same.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    package var text: String { String(cString: strerror(code)) }
}
