import Glibc

/// A file that only grows, by whole batches that are durable or not there at all.
struct AppendOnlyFile: ~Copyable {
    let name: String
    /// How much of the file is durable.
    private(set) var length: Int
    private let descriptor: Descriptor
    private let directory: StateDirectory
    /// Up to here room is reserved.
    private var reservedEnd = 0

    /// Opens a file for appending behind its `length` good bytes.
    init(_ name: String, length: Int, in directory: StateDirectory) throws(StoreError) {
        self.name = name
        self.length = length
        self.directory = directory
        descriptor = try directory.attempt { () throws(DiskError) in
            try directory.disk.open(name, in: directory.descriptor, O_WRONLY | O_APPEND)
        }
    }

    /// Makes a batch durable.
    ///
    /// When the disk is full the file is cut back to what was durable and `diskFull` thrown. Any other failure is
    /// final, above all that of a sync, which is never tried again: the kernel may have forgotten the pages.
    mutating func append(_ bytes: [UInt8]) throws(StoreError) {
        let disk = directory.disk
        do throws(DiskError) {
            try disk.write(bytes, to: descriptor, named: name)
        } catch {
            try cutBack(after: error)
            throw StoreError(error, in: directory.path)
        }
        do throws(DiskError) {
            try disk.sync(descriptor, named: name)
        } catch {
            throw .final(error, in: directory.path)
        }
        length += bytes.count
    }

    /// Reserves room behind the end, so that the ends of attempts under way can be written on a full disk.
    mutating func reserve(headroom: Int) throws(StoreError) {
        guard reservedEnd < length + headroom / 2 else { return }
        do throws(DiskError) {
            try directory.disk.reserve(descriptor, named: name, from: length, bytes: headroom)
            reservedEnd = length + headroom
        } catch {
            // Some file systems cannot reserve; low water alone must do there.
            guard error.code != EOPNOTSUPP else {
                reservedEnd = .max
                return
            }
            throw StoreError(error, in: directory.path)
        }
    }

    /// Gives back what is reserved, of a file that is not appended to any more.
    mutating func giveBackRoom() {
        // What fails costs room and nothing else.
        try? directory.disk.truncate(descriptor, named: name, to: length)
        reservedEnd = 0
    }

    private mutating func cutBack(after failure: DiskError) throws(StoreError) {
        guard failure.isFull else { throw .final(failure, in: directory.path) }
        // What is cut off takes the room behind it along.
        reservedEnd = 0
        do throws(DiskError) {
            try directory.disk.truncate(descriptor, named: name, to: length)
            try directory.disk.sync(descriptor, named: name)
        } catch {
            throw .final(error, in: directory.path)
        }
    }
}

extension StoreError {
    /// A failure behind which the contents of the file are not known.
    static func final(_ error: DiskError, in path: String) -> StoreError {
        .disk(file: path + "/" + error.file, operation: error.operation.rawValue, reason: error.text)
    }
}
