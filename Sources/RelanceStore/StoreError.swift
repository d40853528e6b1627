import Glibc

/// Why the state on disk cannot be used or written; each sentence names the place and what to do.
package enum StoreError: Error, Hashable, Sendable {
    // The directory.
    case noDirectory(path: String, reason: String)
    case symbolicLink(path: String)
    case foreignOwner(path: String, owner: UInt32, needed: UInt32)
    case openMode(path: String, mode: UInt32)
    case sharedDirectory(path: String)
    case alreadyRunning(path: String, pid: Int32?, since: String?)
    /// Without it a copy on another machine cannot be told.
    case noIdentity(file: String, reason: String)

    // What was read.
    case damaged(LedgerDamage)
    case newerFormat(file: String, needs: Int)
    case unknownRecord(file: String, line: Int, offset: Int, kind: String)

    // What was to be written.
    /// Passing: nothing of it was written, and it may be tried again.
    case diskFull(file: String)
    /// Passing as well.
    case tooManyFiles(file: String)
    /// Final: what the disk holds is not known, nothing more is written before a new start.
    case disk(file: String, operation: String, reason: String)
    case notPermitted(file: String, operation: String)
    case readOnly(file: String)
    case recordTooLong(bytes: Int, limit: Int)
    case closed

    // Frozen messages.
    case frozenMessageDamaged(file: String)
    case frozenMessageMissing(file: String)
}

/// A place in the ledger that does not hold what was written there.
package struct LedgerDamage: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A record whose checksum, form or place in the chain is wrong, with a good record behind it or in an older file.
        case record
        case header
        /// The file begins where no file before it ends.
        case gap(expected: UInt64)
        /// It belongs to another ledger, or to another history of this one.
        case otherChain
        case content(String)
        case empty
        case missing
    }

    package var file: String
    package var line: Int
    package var offset: Int
    package var kind: Kind

    package init(file: String, line: Int, offset: Int, kind: Kind) {
        self.file = file
        self.line = line
        self.offset = offset
        self.kind = kind
    }
}

extension LedgerDamage: CustomStringConvertible {
    package var description: String {
        let place = "\(file):\(line):\(offset)"
        return switch kind {
        case .record: "\(place): the record does not match its checksum"
        case .header: "\(place): the first line is not the header of a ledger file"
        case .gap(let expected):
            "\(place): the file should continue from record \(expected), a file is missing"
        case .otherChain: "\(place): does not follow from the files before it"
        case .content(let what): "\(place): \(what)"
        case .empty: "\(place): the file is empty"
        case .missing: "\(place): the file is missing"
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noDirectory(let path, let reason):
            "\(path): cannot use it as the state directory: \(reason)"
        case .symbolicLink(let path):
            "\(path): is a symbolic link; state is never read or written through one"
        case .foreignOwner(let path, let owner, let needed):
            "\(path): belongs to user \(owner); it must belong to user \(needed)"
        case .openMode(let path, let mode):
            "\(path): mode is 0\(String(mode, radix: 8)), others can read or change it; run: chmod 0700 \(path)"
        case .sharedDirectory(let path):
            "\(path): state and configuration need a directory each"
        case .alreadyRunning(let path, let pid, let since):
            "\(path): in use by another relance"
                + (pid.map { " (process \($0)" + (since.map { ", started \($0)" } ?? "") + ")" } ?? "")
        case .noIdentity(let file, let reason):
            "\(file): cannot be read: \(reason); nothing is sent before this machine can be told from a copy of it"
        case .damaged(let damage):
            "\(damage); nothing was changed, run: relance ledger verify"
        case .newerFormat(let file, let needs):
            "\(file): written by a later relance (format \(needs), this one reads \(LedgerFormat.version))"
        case .unknownRecord(let file, let line, let offset, let kind):
            "\(file):\(line):\(offset): a record of kind '\(kind)', which this relance does not know and may not skip"
        case .diskFull(let file):
            "\(file): the disk is full; no message is begun until there is room"
        case .tooManyFiles(let file):
            "\(file): too many files are open"
        case .disk(let file, let operation, let reason):
            "\(file): \(operation) failed: \(reason); nothing more is written, since what the disk holds is not known"
        case .notPermitted(let file, let operation):
            "\(file): \(operation) is not permitted; it must be a file of user \(geteuid()) with mode 0600"
        case .readOnly(let file):
            "\(file): the file system is read-only"
        case .recordTooLong(let bytes, let limit):
            "a ledger record of \(bytes) bytes is longer than \(limit)"
        case .closed:
            "the ledger is closed"
        case .frozenMessageDamaged(let file):
            "\(file): the bytes are not those that were frozen"
        case .frozenMessageMissing(let file):
            "\(file): the frozen message is missing"
        }
    }

    /// Whether nothing was written and the same may succeed later, so that nobody has to end for it.
    package var isPassing: Bool {
        switch self {
        case .diskFull, .tooManyFiles: true
        default: false
        }
    }

    /// The exit code a program ends with when it cannot go on (sysexits.h).
    package var exitStatus: Int32 {
        switch self {
        case .damaged, .newerFormat, .unknownRecord, .recordTooLong, .frozenMessageDamaged,
            .frozenMessageMissing:
            65  // EX_DATAERR
        case .noDirectory, .symbolicLink, .sharedDirectory, .readOnly: 73  // EX_CANTCREAT
        case .diskFull, .tooManyFiles, .disk, .closed, .noIdentity: 74  // EX_IOERR
        case .alreadyRunning: 75  // EX_TEMPFAIL
        case .foreignOwner, .openMode, .notPermitted: 77  // EX_NOPERM
        }
    }
}
