import Glibc
import PositionedJSON
import RelanceCore

// A folder of case files, read again and again (reliability 2.8).
//
// What is promised:
//   - only `*.json` and `*.jsonl` count, hidden files never: a writer may use a hidden name, then rename;
//   - a file is read again only when its stamp (inode, size, times) has changed;
//   - a file that changes while it is read, or ends in the middle, is tried three times, some 300 ms apart; until then,
//     and for as long as it is bad, its last good copy stands in and its problem is told;
//   - a file that is gone is gone from the reading; whether its cases are too, is for the register to judge;
//   - a listing that breaks off says nothing of the files behind: all stay as they were, and it is told.
// Nothing here waits: when another try is due, the reading says so and the owner comes again.

/// What a folder held at one moment.
package struct FolderReading: Sendable {
    /// The folder.
    package let source: String
    /// One for each file that was ever good, by name.
    package var batches: [CaseBatch]
    /// Of the folder and of whole files; those of records are in the batches.
    package var problems: [IntakeProblem] = []
    /// Files whose last good copy stands in, with when that was read.
    package var outdated: [String: Instant] = [:]
    /// Whether anything differs from the reading before.
    package var isChanged = false
    /// When to come again, because a file may be half written; its problem is not worth an alarm until then.
    package var comeAgainAfter: Elapsed?
    /// Whether every file that is there was read, or stands in as it was: what is in none of them is in the source no more.
    package var isWhole = true

    package init(source: String, batches: [CaseBatch] = []) {
        self.source = source
        self.batches = batches
    }
}

/// A folder of case files and what is remembered of them between two readings.
package struct CaseFolder: Sendable {
    private struct File {
        var stamp: FileStamp?
        var batch: CaseBatch?
        var readAt: Instant?
        var problem: IntakeProblem?
        var tries = 0
        /// Whether it is to be read again whatever its stamp.
        var isUnsettled = false

        /// Keeps the last good copy and tells the problem.
        mutating func fail(_ problem: IntakeProblem, mayBeHalfWritten: Bool) {
            self.problem = problem
            tries += 1
            isUnsettled = mayBeHalfWritten && tries < triesForHalfWritten
        }
    }

    private static let triesForHalfWritten = 3
    private static let pauseBetweenTries = Elapsed.milliseconds(300)

    package let path: String
    /// Called with a file's name when it has been read and not yet been looked at again, where another program may write.
    package var onceRead: @Sendable (String) -> Void = { _ in }
    /// The next entry of an opened folder; nil at its end, and with `errno` set where it cannot be read (readdir(3)).
    package var next: @Sendable (OpaquePointer) -> UnsafeMutablePointer<dirent>? = { readdir($0) }
    private var files: [String: File] = [:]
    private var folderProblem: IntakeProblem?

    package init(_ path: String) {
        self.path = path
    }

    /// Looks at every file and reads those that changed.
    ///
    /// `now` is kept as the age of what was read; `rules` must stay those of the first reading, since files that did
    /// not change are not judged again.
    package mutating func read(rules: IntakeRules, now: Instant) -> FolderReading {
        var reading = FolderReading(source: path)
        switch names() {
        case .failure(let problem):
            reading.isWhole = false
            reading.isChanged = folderProblem != problem
            folderProblem = problem
            reading.problems.append(problem)
        case .success(let names):
            reading.isChanged = folderProblem != nil
            folderProblem = nil
            let gone = Set(files.keys).subtracting(names)
            for name in gone { files[name] = nil }
            if !gone.isEmpty { reading.isChanged = true }
            for name in names where readFile(name, rules, now) { reading.isChanged = true }
        }
        for (name, file) in files.sorted(by: { $0.key < $1.key }) {
            if let batch = file.batch { reading.batches.append(batch) }
            if let problem = file.problem {
                reading.problems.append(problem)
                if let readAt = file.readAt { reading.outdated[path + "/" + name] = readAt }
                if file.batch == nil { reading.isWhole = false }
            }
            if file.isUnsettled { reading.comeAgainAfter = Self.pauseBetweenTries }
        }
        return reading
    }

    /// Reads one file if it changed; says whether that made a difference.
    private mutating func readFile(_ name: String, _ rules: IntakeRules, _ now: Instant) -> Bool {
        let full = path + "/" + name
        var file = files[name] ?? File()
        let stamp = Self.stamp(of: full)
        if !file.isUnsettled, let stamp, stamp == file.stamp { return false }
        defer { files[name] = file }
        file.stamp = stamp
        let before = file.problem
        switch SettledFile(full, onceRead: { onceRead(name) }) {
        case .read(let bytes, let stamp):
            do throws(IntakeProblem) {
                let batch = try CaseBatch.read(
                    bytes, file: full, lines: name.hasSuffix(".jsonl"), rules: rules)
                file.stamp = stamp
                // A last line that stays broken hurts only itself in the end.
                if let broken = batch.brokenEnd, file.tries + 1 < Self.triesForHalfWritten {
                    file.fail(broken, mayBeHalfWritten: true)
                    return file.problem != before
                }
                file.batch = batch
                file.readAt = now
                file.problem = nil
                file.tries = 0
                file.isUnsettled = stamp.isFresh()
                return true
            } catch {
                file.fail(error, mayBeHalfWritten: error.fault.isHalfWritten)
            }
        case .changing:
            file.fail(IntakeProblem(.source, file: full, .changing), mayBeHalfWritten: true)
        case .failed(let fault):
            file.fail(IntakeProblem(.source, file: full, fault), mayBeHalfWritten: false)
        }
        return file.problem != before
    }

    private static func stamp(of path: String) -> FileStamp? {
        var status = stat()
        return stat(path, &status) == 0 ? FileStamp(status) : nil
    }

    /// The files that count, in order; all of them or why not.
    private func names() -> Result<[String], IntakeProblem> {
        guard let folder = opendir(path) else { return .failure(unreadable(errno)) }
        defer { closedir(folder) }
        var names: [String] = []
        errno = 0
        while let entry = next(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            let isCaseFile = name.hasSuffix(".json") || name.hasSuffix(".jsonl")
            if isCaseFile, !name.hasPrefix(".") { names.append(name) }
            errno = 0
        }
        let code = errno
        return code == 0 ? .success(names.sorted()) : .failure(unreadable(code))
    }

    private func unreadable(_ code: Int32) -> IntakeProblem {
        IntakeProblem(.source, file: path, .unreadable(systemMessage(code)))
    }
}

extension IntakeFault {
    fileprivate var isHalfWritten: Bool {
        if case .json(let fault) = self { fault.endsInTheMiddle } else { false }
    }
}
