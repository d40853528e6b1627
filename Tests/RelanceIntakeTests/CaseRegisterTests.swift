import RelanceCore
import RelanceIntake
import RelanceTestSupport
import Testing

@Suite struct `The register of cases` {
    /// A reading of one source with files given as names and texts.
    private func reading(_ source: String, _ files: (name: String, text: String)...) throws -> FolderReading {
        try reading(source, files)
    }

    private func reading(_ source: String, _ files: [(name: String, text: String)]) throws -> FolderReading {
        let batches = try files.map { file in
            try CaseBatch.read(
                Array(file.text.utf8), file: "\(source)/\(file.name)", lines: false, rules: .autumn2020)
        }
        return FolderReading(source: source, batches: batches)
    }

    private func list(_ refs: some Sequence<String>, _ more: String = "") -> String {
        "[" + refs.map { caseText($0, more) }.joined(separator: ",\n") + "]"
    }

    private func refs(_ register: CaseRegister) -> [String] { register.records.map(\.openCase.ref.text) }

    private func ref(_ text: String) throws -> CaseReference { try #require(CaseReference(text)) }

    @Test func `cases stand in the order of their references and are found by them`() throws {
        var register = CaseRegister()
        let changes = register.update(with: [
            try reading("x", ("1.json", list(["C", "A"])), ("2.json", list(["B"]))),
            try reading("y", ("1.json", list(["D"]))),
        ])
        #expect(refs(register) == ["A", "B", "C", "D"])
        #expect(changes.changed.map(\.text) == ["A", "B", "C", "D"])
        #expect(register[try ref("B")]?.place.file == "x/2.json")
        #expect(register[try ref("E")] == nil)
    }

    @Test func `an update tells what differs`() throws {
        var register = CaseRegister()
        _ = register.update(with: [try reading("x", ("1.json", list(["A", "B", "C", "D"])))])
        let changes = register.update(with: [
            try reading(
                "x",
                (
                    "1.json",
                    "[\(caseText("A")), \(caseText("B", "\"site\": \"caen\"")), \(caseText("E")), \(caseText("C"))]"
                ))
        ])
        #expect(changes.changed.map(\.text) == ["B", "E"])
        #expect(changes.gone.map(\.text) == ["D"])
        #expect(changes.held.isEmpty)
        #expect(
            register.update(with: [
                try reading(
                    "x",
                    (
                        "2.json",
                        "[\(caseText("A")), \(caseText("B", "\"site\": \"caen\"")), \(caseText("E")), \(caseText("C"))]"
                    ))
            ]) == CaseChanges())
    }

    @Test func `a reference in two files is a conflict, told for both, and the case is held`() throws {
        var register = CaseRegister()
        _ = register.update(with: [try reading("x", ("1.json", list(["A", "B"])))])
        let changes = register.update(with: [
            try reading("x", ("1.json", list(["A", "B"]))), try reading("y", ("1.json", list(["B"]))),
        ])
        #expect(refs(register) == ["A"])
        #expect(changes.held.map(\.text) == ["B"])
        #expect(changes.gone.isEmpty)
        #expect(
            register.problems.map(\.description) == [
                "x/1.json:2:1: record B: the same reference stands in y/1.json:1 as well; case held",
                "y/1.json:1:2: record B: the same reference stands in x/1.json:2 as well; case held",
            ])
        guard case .conflict(let places)? = register.held[try ref("B")] else {
            Issue.record("no conflict")
            return
        }
        #expect(places.map(\.description) == ["x/1.json:2", "y/1.json:1"])
    }

    @Test func `J13 references that look alike in two folders are two cases, each told with its place`()
        throws
    {
        var register = CaseRegister()
        _ = register.update(with: [
            try reading("x", ("1.json", list(["A1"]))), try reading("y", ("1.json", list(["B", "a1"]))),
        ])
        #expect(refs(register) == ["A1", "B", "a1"])
        #expect(register.held.isEmpty)
        #expect(
            register.problems.map(\.description) == [
                "y/1.json:2:1: record a1: looks like A1 (x/1.json:1), which is another case"
            ])
    }

    @Test func `J13 one reference composed in one file and decomposed in another is a conflict`() throws {
        var register = CaseRegister()
        _ = register.update(with: [try reading("x", ("1.json", list(["é"])))])
        let changes = register.update(with: [
            try reading("x", ("1.json", list(["A", #"\u00e9"#])), ("2.json", list(["B", #"e\u0301"#])))
        ])
        #expect(refs(register) == ["A", "B"])
        #expect(changes.held.map(\.text) == ["é"])
        #expect(changes.gone.isEmpty)
        #expect(
            register.problems.map(\.description) == [
                "x/1.json:2:1: record é: the same reference stands in x/2.json:2 as well; case held",
                "x/2.json:2:1: record é: the same reference stands in x/1.json:2 as well; case held",
            ])
    }

    @Test func `a good case that becomes unreadable is held, not gone`() throws {
        var register = CaseRegister()
        _ = register.update(with: [try reading("x", ("1.json", list(["A", "B"])))])
        let changes = register.update(with: [
            try reading("x", ("1.json", "[\(caseText("A")),\n{\"ref\": \"B\", \"stage\": \"Closed \"}]"))
        ])
        #expect(refs(register) == ["A"])
        #expect(changes.held.map(\.text) == ["B"])
        #expect(changes.gone.isEmpty)
        let back = register.update(with: [try reading("x", ("1.json", list(["A", "B"])))])
        #expect(back.changed.map(\.text) == ["B"])
        #expect(register.held.isEmpty)
    }

    @Test(arguments: [
        (19, 13, true), (20, 14, false), (10, 5, false), (10, 4, true), (100, 70, false), (100, 69, true),
    ])
    func `cases go a few at a time, not more than five and 30 percent at once`(
        known: Int, left: Int, areKept: Bool
    ) throws {
        var register = CaseRegister()
        let all = (0..<known).map { "A\(100 + $0)" }
        _ = register.update(with: [try reading("x", ("1.json", list(all)))])
        let changes = register.update(with: [try reading("x", ("1.json", list(all.prefix(left))))])
        #expect(register.disappearances.isEmpty != areKept)
        #expect(register.records.count == (areKept ? known : left))
        #expect(changes.gone.count == (areKept ? 0 : known - left))
    }

    @Test func `an empty or missing source makes nothing go, until somebody accepts it`() throws {
        for readings in [[try reading("x", ("1.json", "[]"))], []] as [[FolderReading]] {
            var register = CaseRegister()
            let other = try reading("y", ("1.json", list(["Z"])))
            _ = register.update(with: [try reading("x", ("1.json", list(["A", "B"]))), other])
            #expect(register.update(with: readings + [other]) == CaseChanges())
            #expect(refs(register) == ["A", "B", "Z"])
            #expect(register.disappearances == [Disappearance(source: "x", missing: 2, of: 2)])

            let accepted = register.acceptDisappearances()
            #expect(accepted.gone.map(\.text) == ["A", "B"])
            #expect(refs(register) == ["Z"])
            #expect(register.disappearances.isEmpty)
        }
    }

    @Test func `missing cases that come back end the brake`() throws {
        var register = CaseRegister()
        let all = (0..<10).map { "A\($0)" }
        _ = register.update(with: [try reading("x", ("1.json", list(all)))])
        _ = register.update(with: [try reading("x", ("1.json", list(all.prefix(2))))])
        #expect(register.disappearances == [Disappearance(source: "x", missing: 8, of: 10)])
        let changes = register.update(with: [try reading("x", ("1.json", list(all.prefix(9))))])
        #expect(changes == CaseChanges(gone: [try ref("A9")]))
        #expect(register.disappearances.isEmpty)
        #expect(register.records.count == 9)
    }

    @Test func `a case that moves to another file is neither gone nor changed`() throws {
        var register = CaseRegister()
        _ = register.update(with: [try reading("x", ("1.json", list(["A", "B"])))])
        #expect(
            register.update(with: [try reading("x", ("2.json", list(["A"])), ("3.json", list(["B"])))])
                == CaseChanges())
    }

    // MARK: - What was known before the start

    private func known(_ count: Int) throws -> [String: Set<CaseReference>] {
        ["x": Set(try (0..<count).map { try ref("A\(100 + $0)") })]
    }

    @Test(arguments: [
        (20, 20, false), (20, 14, false), (20, 13, true), (20, 0, true), (3, 0, true), (100, 70, false),
        (100, 69, true),
    ])
    func `what went missing before the first reading counts as what goes missing later`(
        before: Int, left: Int, areKept: Bool
    ) throws {
        var register = CaseRegister(recalling: try known(before))
        let all = (0..<before).map { "A\(100 + $0)" }
        let changes = register.update(with: [try reading("x", ("1.json", list(all.prefix(left))))])
        #expect(changes.changed.count == left)
        #expect(changes.gone.map(\.text) == (areKept ? [] : Array(all.dropFirst(left))))
        #expect(register.records.count == left)
        #expect(register.missing.count == (areKept ? before - left : 0))
        #expect(
            register.disappearances
                == (areKept ? [Disappearance(source: "x", missing: before - left, of: before)] : []))
        #expect(register.casesOfSources["x"]?.count ?? 0 == (areKept ? before : left))
    }

    @Test func `a source that is no longer read at all is missing`() throws {
        var register = CaseRegister(recalling: try known(3))
        _ = register.update(with: [try reading("y", ("1.json", list(["Z"])))])
        #expect(register.disappearances == [Disappearance(source: "x", missing: 3, of: 3)])
        #expect(register.casesOfSources == ["x": try #require(try known(3)["x"]), "y": [try ref("Z")]])
    }

    @Test func `cases that stand in another source now, or are held, are not missing`() throws {
        var register = CaseRegister(recalling: try known(3))
        let changes = register.update(with: [
            try reading("y", ("1.json", "[\(caseText("A100")), {\"ref\": \"A101\"}]")),
            try reading("z", ("1.json", list(["A102"]))),
        ])
        #expect(register.disappearances.isEmpty && register.missing.isEmpty && changes.gone.isEmpty)
    }

    @Test func `missing cases that come back after a start, or are let go, end the brake`() throws {
        let all = (0..<10).map { "A\(100 + $0)" }
        var register = CaseRegister(recalling: try known(10))
        _ = register.update(with: [try reading("x", ("1.json", "[]"))])
        let back = register.update(with: [try reading("x", ("1.json", list(all.prefix(9))))])
        #expect(back.changed.count == 9 && back.gone.map(\.text) == ["A109"])
        #expect(register.disappearances.isEmpty && register.missing.isEmpty)

        register = CaseRegister(recalling: try known(10))
        _ = register.update(with: [try reading("x", ("1.json", "[]"))])
        #expect(register.acceptDisappearances().gone.map(\.text) == all)
        #expect(register.casesOfSources.isEmpty)
        #expect(register.update(with: [try reading("x", ("1.json", "[]"))]) == CaseChanges())
        #expect(register.disappearances.isEmpty)
    }

    @Test func `while a file cannot be read, what may be in it is not let go`() throws {
        let all = (0..<20).map { "A\(100 + $0)" }
        var register = CaseRegister(recalling: try known(20))
        var partial = try reading("x", ("1.json", list(all.prefix(18))))
        partial.isWhole = false
        #expect(register.update(with: [partial]).gone == [])
        #expect(register.disappearances.isEmpty && register.missing.count == 2)
        #expect(register.casesOfSources == (try known(20)))
        let whole = try reading("x", ("1.json", list(all.prefix(18))), ("2.json", list(["A118"])))
        #expect(register.update(with: [whole]).gone.map(\.text) == ["A119"])
    }
}
