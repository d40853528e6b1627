import RelanceCore
import RelanceIntake

/// The cases of a house as read once, for commands that only look.
package struct CaseRoom: Sendable {
    /// In the order of their references, those held included.
    package let cases: [OpenCase]
    package let held: Set<CaseReference>
    package let problems: [IntakeProblem]
    /// Sources that lack so many cases that none of them is let go.
    package let disappearances: [Disappearance]
    /// What they lack, of which nothing but the reference is known.
    package let missing: Set<CaseReference>
    package let sources: [SourceState]
    package let readAt: Instant

    /// `ledger` is what is remembered of the sources; without it nothing is missing.
    package init(_ house: House, now: Instant, recalling ledger: LedgerState = LedgerState()) {
        var intake = CaseIntake(
            folders: house.configuration.sources.caseFolders, recalling: ledger.sources.all)
        _ = intake.read(rules: IntakeRules(zone: house.zone, now: now), now: now)
        let register = intake.register
        cases = register.records.map(\.openCase)
        held = Set(register.held.keys)
        disappearances = register.disappearances
        (missing, sources, readAt) = (register.missing, intake.sources, now)
        problems = register.problems + register.problems(with: house.directory)
    }

    package subscript(ref: CaseReference) -> OpenCase? {
        cases.first { $0.ref == ref }
    }

    package func problems(of ref: CaseReference) -> [IntakeProblem] {
        problems.filter { $0.record == ref.text }
    }
}
