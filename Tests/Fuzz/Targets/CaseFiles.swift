import RelanceCore
import RelanceIntake
import RelanceTestSupport

extension FuzzTarget {
    /// Cases, as an array and as lines.
    ///
    /// Promise: every address that is read can stand in an envelope, every name and reference can be printed, and every
    /// problem has its sentence, which is one line and repeats no value that may be personal.
    static let cases = FuzzTarget("cases") { bytes in
        let isSecret = hasCanaryAsValue(bytes)
        for lines in [false, true] {
            let batch: CaseBatch
            do throws(IntakeProblem) {
                batch = try CaseBatch.read(bytes, file: "cases.json", lines: lines, rules: .autumn)
            } catch {
                try tell(error, isSecret: isSecret)
                continue
            }
            for problem in batch.problems { try tell(problem, isSecret: isSecret) }
            for record in batch.records { try expectPrintable(record.openCase) }
        }
    }

    /// The directory of advisors; the promise is that of the cases.
    static let advisors = FuzzTarget("advisors") { bytes in
        let isSecret = hasCanaryAsValue(bytes)
        let file: AdvisorsFile
        do throws(IntakeProblem) {
            file = try AdvisorsFile.read(bytes, file: "advisors.json", rules: .autumn)
        } catch {
            try tell(error, isSecret: isSecret)
            return
        }
        for problem in file.problems { try tell(problem, isSecret: isSecret) }
        for advisor in file.advisors {
            try advisor.email.expectPlain()
            try expectPrintable([
                advisor.id, advisor.firstName, advisor.lastName, advisor.site, advisor.backup,
            ])
        }
    }

    private static func expectPrintable(_ item: OpenCase) throws {
        try item.contact.email?.expectPlain()
        var words: [String?] = [item.ref.text, item.site, item.advisor, item.lead]
        words += item.topics
        words += [item.contact.firstName, item.contact.lastName, item.contact.callHours, item.referral?.to]
        words += (item.followUpSummary?.businessWill ?? []) + (item.followUpSummary?.chamberWill ?? [])
        words += [item.hold?.by, item.hold?.reason]
        words += item.documents?.list ?? []
        words += item.externalDates.flatMap { [$0.label, $0.source] }
        words += item.appointments.flatMap { [$0.id, $0.place] }
        words += [item.business.name, item.business.commune, item.business.employees]
        try expectPrintable(words)
    }

    private static func expectPrintable(_ words: [String?]) throws {
        for word in words.compactMap(\.self) {
            try expect(
                SafeText.isPrintable(word),
                "\(word.debugDescription) can be printed")
        }
    }

    private static func tell(_ problem: IntakeProblem, isSecret: Bool) throws {
        for line in [problem.description, problem.detailed] {
            try expect(!line.isEmpty, "a problem has a sentence")
            try expect(
                !line.unicodeScalars.contains { $0.isControl || $0 == "\u{2028}" || $0 == "\u{2029}" },
                "\(line.debugDescription) is one line")
        }
        guard isSecret else { return }
        let sentence = problem.fault.sentence(showingValues: false)
        try expect(!sentence.contains("Jeanne"), "\(sentence.debugDescription) repeats no value")
    }

    /// Whether a value that is personal stands in it, and as a value only: keys and references are told, since whoever is
    /// to find a record needs them.
    private static func hasCanaryAsValue(_ bytes: [UInt8]) -> Bool {
        let text = bytes.text
        return text.contains(canary)
            && !text.contains(#/Jeanne Exemple[^"]*"\s*:|"ref"\s*:\s*"[^"]*Jeanne/#)
    }

    /// A value that is personal, wherever it stands.
    private static let canary = "Jeanne Exemple"
}

extension IntakeRules {
    fileprivate static let autumn = IntakeRules(zone: .paris, now: at("2020-11-02T08:00:00+01:00"))
}
