import Logging
import RelanceCore
import RelanceIntake
import RelanceStore

/// What the loop reads of the cases, tells of it and has the ledger remember.
extension Desk {
    mutating func readCases(at now: Instant) async {
        await watch.watchAll()
        let changes = intake.read(rules: rules, now: now)
        let (register, again) = (intake.register, intake.comeAgainAfter)
        readAgainAt = now + (again ?? house.configuration.sources.rescan)
        let sources = [HouseStatus.Source](intake.sources, register.disappearances, at: now)
        await notes.note { $0.sources = sources }
        await notes.note(missingCases: register.disappearances.isEmpty ? [] : register.missing)
        if again == nil { tellProblems() }
        guard changes != CaseChanges() || !isReady else { return }
        hasUnnotedCases = true
        let (changed, held) = (changes.changed.compactMap { register[$0] }, Set(register.held.keys))
        await loop.change { followUps in
            followUps.update(changed, now: now)
            followUps.remove(changes.gone)
            followUps.hold(held, now: now)
        }
        log.info(
            "cases read",
            metadata: [
                "cases": "\(register.records.count)", "changed": "\(changes.changed.count)",
                "gone": "\(changes.gone.count)", "held": "\(held.count)",
                "problems": "\(register.problems.count)",
            ])
    }

    /// Each problem once, however often its file is read.
    private mutating func tellProblems() {
        let problems = intake.register.problems + intake.register.problems(with: house.directory)
        for problem in problems where !toldProblems.contains(problem) {
            log.warning("\(problem)")
            if problem.severity.losesCases { noticed.append(.casesRejected) }
        }
        toldProblems = Set(problems)
        let disappearances = intake.register.disappearances
        for lost in disappearances where !toldDisappearances.contains(lost) {
            log.error(
                "cases are missing from a source: none of them is let go",
                metadata: ["source": "\(lost.source)", "missing": "\(lost.missing)", "of": "\(lost.of)"])
        }
        toldDisappearances = Set(disappearances)
        if !disappearances.isEmpty { noticed.append(.casesMissing) }
    }

    /// Lets go of what is missing, because a person said so.
    mutating func acceptSources(at now: Instant) async {
        let gone = intake.acceptDisappearances().gone
        await notes.note(missingCases: [])
        await loop.change { $0.remove(gone) }
        toldDisappearances = []
        (hasUnnotedCases, casesNotedAt) = (true, nil)
        readAgainAt = now  // what was kept is compared anew with what is there
        log.notice("missing cases are let go", metadata: ["cases": "\(gone.count)"])
    }

    /// How often at most the ledger is told what the sources hold: a busy export is not to write a record a reading.
    private static let notingPause = Elapsed.minutes(10)

    /// Has the ledger remember which cases the sources hold, so that the next start tells which are missing.
    ///
    /// A crash loses what came and went in the last minutes: few cases, and no reason for the brake.
    mutating func noteCases(at now: Instant, isLast: Bool = false) async throws {
        let isSettled = isReady && intake.comeAgainAfter == nil
        let isTime = casesNotedAt.map { now < $0 || now >= $0 + Self.notingPause } ?? true
        guard hasUnnotedCases, isSettled, isTime || isLast else { return }
        let cases = intake.register.casesOfSources
        let events = ledger.withState { $0.sources.events(becoming: cases) }
        do {
            try await ledger.append(events)
            hasUnnotedCases = false
            casesNotedAt = now
        } catch let error as StoreError where error.isPassing {
            // Asked again at the next turn, until the disk has room.
        }
    }
}

extension IntakeProblem.Severity {
    /// Whether a case that somebody recorded is not followed as recorded.
    fileprivate var losesCases: Bool {
        switch self {
        case .source, .refused, .held: true
        case .dropped, .warning: false
        }
    }
}
