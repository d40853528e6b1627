import RelanceCore

/// What a reading found of a source as a whole.
package struct SourceState: Hashable, Sendable {
    package let folder: String
    package let readAt: Instant
    /// That were read, those held aside.
    package let cases: Int
    /// Of the folder and of whole files.
    package let problems: [IntakeProblem]
    /// When the oldest copy was read that stands in for a file that is bad now.
    package let copyOf: Instant?

    fileprivate init(_ reading: FolderReading, readAt: Instant) {
        folder = reading.source
        self.readAt = readAt
        cases = reading.batches.reduce(0) { $0 + $1.records.count }
        problems = reading.problems
        copyOf = reading.outdated.values.min()
    }
}

/// All case sources and the register they fill: what the owner reads when a watch, a timer or a half-written file says
/// so.
package struct CaseIntake: Sendable {
    package private(set) var register: CaseRegister
    /// Files whose last good copy stands in, with when that was read.
    package private(set) var outdated: [String: Instant] = [:]
    /// Every source as it was read last.
    package private(set) var sources: [SourceState] = []
    /// When to read again, because a file may be half written: its problem is no reason for an alarm until then.
    package private(set) var comeAgainAfter: Elapsed?
    private var folders: [CaseFolder]
    private var isFirst = true

    /// `sources` are the cases each source was known to hold before.
    package init(folders: [String], recalling sources: [String: Set<CaseReference>] = [:]) {
        register = CaseRegister(recalling: sources)
        self.folders = folders.map { CaseFolder($0) }
    }

    /// Reads what changed, and tells what that changes; free of cost but for looking when nothing did.
    ///
    /// `rules` must stay those of the first reading: a new configuration is a new intake.
    package mutating func read(rules: IntakeRules, now: Instant) -> CaseChanges {
        let readings = folders.indices.map { folders[$0].read(rules: rules, now: now) }
        sources = readings.map { SourceState($0, readAt: now) }
        outdated = readings.reduce(into: [:]) { $0.merge($1.outdated) { first, _ in first } }
        comeAgainAfter = readings.compactMap(\.comeAgainAfter).min()
        // The first reading tells also of a source that has come to hold nothing.
        guard isFirst || readings.contains(where: \.isChanged) else { return CaseChanges() }
        isFirst = false
        return register.update(with: readings)
    }

    /// Lets go of the cases that went missing all at once, because somebody said so.
    package mutating func acceptDisappearances() -> CaseChanges {
        register.acceptDisappearances()
    }
}

extension CaseRegister {
    /// Warns of advisors and leads whom the directory does not know: their messages go to somebody else.
    package func problems(with directory: Directory) -> [IntakeProblem] {
        let ids = directory.advisors.keys.sorted()
        return records.flatMap { record in
            let people = [("advisor", record.openCase.advisor), ("lead", record.openCase.lead)]
            return people.compactMap { field, id -> IntakeProblem? in
                guard let id, directory.advisors[id] == nil else { return nil }
                return IntakeProblem(
                    .warning, file: record.place.file, at: record.place.position,
                    record: record.openCase.ref.text, field: field,
                    .unexpected(
                        .value(id), expected: "the id of someone in the directory",
                        nearest: ids.nearest(to: id)))
            }
        }
    }
}
