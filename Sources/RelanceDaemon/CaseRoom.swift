import RelanceCore
import RelanceIntake

/// The cases of a house as read once, for commands that only look.
package struct CaseRoom: Sendable {
    /// In the order of their references, those held included.
    package let cases: [OpenCase]
    package let held: Set<CaseReference>
    package let problems: [IntakeProblem]

    package init(_ house: House, now: Instant) {
        let rules = IntakeRules(zone: house.zone, now: now)
        var register = CaseRegister()
        _ = register.update(
            with: house.configuration.sources.caseFolders.map { path in
                var folder = CaseFolder(path)
                return folder.read(rules: rules, now: now)
            })
        cases = register.records.map(\.openCase)
        held = Set(register.held.keys)
        problems = register.problems
    }

    package subscript(ref: CaseReference) -> OpenCase? {
        cases.first { $0.ref == ref }
    }

    package func problems(of ref: CaseReference) -> [IntakeProblem] {
        problems.filter { $0.record == ref.text }
    }
}
