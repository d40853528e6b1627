import RelanceCore

/// What a full check of a ledger's files found; it changes nothing and needs no lock.
package struct LedgerVerification: Sendable {
    package private(set) var instance: String?
    package private(set) var segments = 0
    package private(set) var snapshots = 0
    package private(set) var records = 0
    package private(set) var messages = 0
    /// Everything that is not as it was written, each with its place.
    package private(set) var problems: [StoreError] = []
    /// What a start mends or passes over, each a sentence.
    package private(set) var warnings: [String] = []

    package var isSound: Bool { problems.isEmpty }

    /// Reads every file, also those a start would not need; again when a compaction took some away meanwhile.
    package init(_ directory: StateDirectory) {
        do throws(StoreError) {
            let names = try directory.names()
            try check(names, in: directory)
            if !isSound, try directory.names() != names { self = LedgerVerification(directory) }
        } catch {
            note(error)
        }
    }

    private mutating func check(_ names: [String], in directory: StateDirectory) throws(StoreError) {
        let files = names.filter { LedgerFormat.firstSequence(ofSegment: $0) != nil }
        for file in files {
            segments += 1
            do throws(StoreError) {
                let segment = try LedgerSegment(
                    try directory.read(file), file: file, isLast: file == files.last)
                records += segment.entries.count
                if let torn = segment.tornTail { warnings.append("\(torn)") }
            } catch {
                note(error)
            }
        }
        for file in names where LedgerFormat.lastSequence(ofSnapshot: file) != nil {
            snapshots += 1
            do throws(StoreError) {
                if try LedgerSnapshot.read(file, in: directory, { _ in }) == nil {
                    warnings.append("\(file): is not a whole snapshot")
                }
            } catch {
                note(error)
            }
        }
        guard isSound, let contents = try LedgerContents.read(directory) else { return }
        instance = contents.instance
        messages = contents.state.messages.count
        warnings += contents.illegal.map(\.description)
        guard names.contains(FrozenMessages.folder) else { return }
        let frozen = try directory.subdirectory(FrozenMessages.folder)
        for message in contents.state.messages.values where !message.phase.isTerminal {
            guard let sha256 = message.frozen?.sha256 else { continue }
            do throws(StoreError) {
                try FrozenMessages.check(message.key, sha256: sha256, in: frozen)
            } catch {
                note(error)
            }
        }
    }

    private mutating func note(_ problem: StoreError) {
        if !problems.contains(problem) { problems.append(problem) }
    }
}

extension LedgerFile {
    /// Hands over every entry that is still needed, one JSON object a line, without locking or changing anything.
    package static func export(
        _ directory: StateDirectory, to sink: ([UInt8]) throws -> Void
    ) throws {
        let read = try LedgerContents.read(directory, into: LedgerHistory(of: .everything))
        guard let contents = read else { return }
        for entry in contents.history.liveEntries {
            var line: [UInt8] = []
            entry.write(to: &line)
            line.append(contentsOf: [UInt8(ascii: "}"), UInt8(ascii: "\n")])
            try sink(line)
        }
    }
}
