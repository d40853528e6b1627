import RelanceCore
import RelanceIntake
import RelanceTestSupport

extension FuzzTarget {
    /// Cases, as an array and as lines.
    ///
    /// Promise: every address that is read can stand in an envelope, and every problem has its sentence.
    static let cases = FuzzTarget("cases") { bytes in
        for lines in [false, true] {
            let batch: CaseBatch
            do throws(IntakeProblem) {
                batch = try CaseBatch.read(bytes, file: "cases.json", lines: lines, rules: .autumn)
            } catch {
                try tell(error)
                continue
            }
            for problem in batch.problems { try tell(problem) }
            for record in batch.records { try record.openCase.contact.email?.expectPlain() }
        }
    }

    /// The directory of advisors; the promise is that of the cases.
    static let advisors = FuzzTarget("advisors") { bytes in
        let file: AdvisorsFile
        do throws(IntakeProblem) {
            file = try AdvisorsFile.read(bytes, file: "advisors.json", rules: .autumn)
        } catch {
            try tell(error)
            return
        }
        for problem in file.problems { try tell(problem) }
        for advisor in file.advisors { try advisor.email.expectPlain() }
    }

    private static func tell(_ problem: IntakeProblem) throws {
        for isShown in [false, true] {
            try expect(!problem.fault.sentence(showingValues: isShown).isEmpty, "a problem has a sentence")
        }
    }
}

extension IntakeRules {
    fileprivate static let autumn = IntakeRules(zone: .paris, now: at("2020-11-02T08:00:00+01:00"))
}
