import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

@Suite struct `The case intake` {
    private let now = at("2020-11-02T08:00:00+01:00")

    @Test func `several folders fill one register, and only changes are told`() throws {
        let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
        try one.write("[\(caseText("A")), \(caseText("B"))]", to: "1.json")
        try other.write(caseText("C"), to: "2.jsonl")
        var intake = CaseIntake(folders: [one.path, other.path])
        #expect(intake.read(rules: .autumn2020, now: now).changed.map(\.text) == ["A", "B", "C"])
        #expect(intake.read(rules: .autumn2020, now: now) == CaseChanges())

        try other.write(caseText("C", "\"site\": \"caen\""), to: "2.jsonl")
        #expect(intake.read(rules: .autumn2020, now: now).changed.map(\.text) == ["C"])
        #expect(intake.register.records.map(\.openCase.ref.text) == ["A", "B", "C"])
        #expect(intake.register.problems.isEmpty)
    }

    @Test func `a half-written file changes nothing, asks for another look, and shows its age`() throws {
        let folder = try TemporaryFolder()
        try folder.write(caseText("A"), to: "1.json")
        var intake = CaseIntake(folders: [folder.path])
        _ = intake.read(rules: .autumn2020, now: now)
        try folder.write("{\"ref\": ", to: "1.json")
        #expect(intake.read(rules: .autumn2020, now: now + .hours(1)) == CaseChanges())
        #expect(intake.comeAgainAfter == .milliseconds(300))
        #expect(intake.outdated == [folder.path + "/1.json": now])
        #expect(intake.register.problems.map(\.severity) == [.source])
        #expect(intake.register.records.map(\.openCase.ref.text) == ["A"])
    }

    @Test func `emptied folders let nothing go until that is accepted`() throws {
        let folder = try TemporaryFolder()
        try folder.write(caseText("A"), to: "1.json")
        var intake = CaseIntake(folders: [folder.path])
        _ = intake.read(rules: .autumn2020, now: now)
        try folder.remove("1.json")
        #expect(intake.read(rules: .autumn2020, now: now) == CaseChanges())
        #expect(intake.register.disappearances == [Disappearance(source: folder.path, missing: 1, of: 1)])
        #expect(intake.acceptDisappearances().gone.map(\.text) == ["A"])
    }

    @Test func `people whom the directory does not know are told with the nearest that it knows`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            caseText("A", "\"advisor\": \"claire.duvall\", \"lead\": \"marc.lefevre\""), to: "1.json")
        var intake = CaseIntake(folders: [folder.path])
        _ = intake.read(rules: .autumn2020, now: now)
        let people = try ["claire.duval", "marc.lefevre"].map { id in
            Advisor(id: id, firstName: "", lastName: "", email: try EmailAddress("\(id)@cci.example"))
        }
        let problems = intake.register.problems(with: Directory(advisors: people, sites: []))
        #expect(
            problems.map(\.description) == [
                "\(folder.path)/1.json:1:1: record A: advisor: expected the id of someone in the directory; did you mean “claire.duval”?"
            ])
    }

    @Test(arguments: Seeds.or(first: 4)) func `no random damage traps or loses the case before it`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let sound = Array("[\(caseText("A")),\n".utf8)
        let rest = Array(
            (caseText(
                "B",
                #""documents": {"list": ["é", 1]}, "appointments": [{"id": 1, "starts_at": "2020-11-12T14:00:00+01:00", "moved": [{}]}], "distress": {"flagged_at": ""}, "contact": {"email": "a@b.example", "sms_consent": true}"#
            ) + ",\n" + caseText("C") + "]").utf8)
        let marks = Array("\"\\{}[]:,0-eé\n\u{0}tNu".utf8) + [0xFF]
        var read = 0
        for _ in 0..<500 {
            var damaged = rest
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: damaged.indices, using: &random)
                damaged[index] = marks[Int.random(in: marks.indices, using: &random)]
            }
            // A file that cannot be used as a whole is one of the outcomes.
            guard
                let batch = try? CaseBatch.read(
                    sound + damaged, file: "c.json", lines: false, rules: .autumn2020)
            else { continue }
            read += 1
            #expect(
                batch.records.first?.openCase.ref.text == "A" || batch.problems.contains { $0.record == "A" })
            #expect(batch.problems.allSatisfy { !$0.description.contains("\n") })
        }
        #expect(read > 50)
    }
}
