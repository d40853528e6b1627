import PositionedJSON
import RelanceCore

/// What one file says: the cases that can be used, those that cannot, and every problem.
package struct CaseBatch: Sendable {
    package let file: String
    package var records: [CaseRecord] = []
    package var refused: [RefusedCase] = []
    package var problems: [IntakeProblem] = []
    /// Why the last line of a file of lines breaks off, as if somebody were still writing it.
    private(set) var brokenEnd: IntakeProblem?

    package init(file: String) {
        self.file = file
    }

    /// Reads a file of cases: one object, an array, or `{"cases": […]}`; with `lines`, one case a line.
    ///
    /// Throws only what spoils the whole file. Of a reference that comes twice the last counts (design 8).
    package static func read(
        _ bytes: [UInt8], file: String, lines: Bool, rules: IntakeRules
    ) throws(IntakeProblem) -> CaseBatch {
        let (document, nodes) = try nodes(bytes, file: file, lines: lines)
        var reader = RecordReader(file: file, keys: document.keys, rules: rules)
        var batch = CaseBatch(file: file)
        if !lines { Self.noteNeighbours(in: document.root, &reader) }
        for node in nodes {
            switch node {
            case .success(let node): batch.take(reader.readCase(node))
            case .failure(let problem):
                reader.record = nil
                reader.note(.refused, .json(problem.fault), at: problem.position)
            }
        }
        if lines, case .failure(let problem)? = nodes.last, problem.fault.endsInTheMiddle,
            problem.position.offset == bytes.count
        {
            batch.brokenEnd = IntakeProblem(.source, file: file, at: problem.position, .json(problem.fault))
        }
        batch.keepLast(&reader)
        batch.problems = reader.finish()
        return batch
    }

    /// The records of a file, in each of the shapes it may have.
    private static func nodes(
        _ bytes: [UInt8], file: String, lines: Bool
    ) throws(IntakeProblem) -> (JSONDocument, [Result<JSONNode, JSONProblem>]) {
        let document: JSONDocument
        do throws(JSONProblem) {
            if lines {
                let lines = try JSONLines.parse(bytes)
                // No line at all is what a writer leaves who has only begun (reliability 3.10, J1).
                guard !lines.records.isEmpty else {
                    throw JSONProblem(.empty, at: JSONPosition(line: 1, column: 1, offset: 0))
                }
                return (lines.document, lines.records)
            }
            document = try JSONDocument.parse(bytes)
        } catch {
            throw IntakeProblem(.source, file: file, at: error.position, .json(error.fault))
        }
        let root = document.root
        if root.kind == .array { return (document, root.elements.map { .success($0) }) }
        if let list = root["cases"], list.kind == .array {
            if let double = root.problems.first(where: { $0.fault.isDoubled("cases") }) {
                throw IntakeProblem(.source, file: file, at: double.position, .json(double.fault))
            }
            return (document, list.elements.map { .success($0) })
        }
        guard root[CaseKey.ref.rawValue] != nil else {
            throw IntakeProblem(
                .source, file: file, at: root.position,
                .unexpected(.kind(root.kind), expected: "an array of cases, {\"cases\": […]}, or one case"))
        }
        return (document, [.success(root)])
    }

    /// Warns of what stands beside the list of cases.
    private static func noteNeighbours(in root: JSONNode, _ reader: inout RecordReader) {
        guard root["cases"]?.kind == .array else { return }
        for member in root.members where member.key != "cases" {
            reader.note(
                .warning, .unknownKey(nearest: nil, records: 1), at: member.keyPosition, field: member.key)
        }
    }

    private mutating func take(_ outcome: RecordReader.Outcome) {
        switch outcome {
        case .read(let record): records.append(record)
        case .refused(let ref?, let place): refused.append(RefusedCase(ref: ref, place: place))
        case .refused(nil, _): break
        }
    }

    /// Keeps the last of equal references, in the order of the file; exports repeat rows.
    private mutating func keepLast(_ reader: inout RecordReader) {
        let places = records.map { ($0.openCase.ref, $0.place) } + refused.map { ($0.ref, $0.place) }
        var last: [CaseReference: RecordPlace] = [:]
        last.reserveCapacity(places.count)
        for (ref, place) in places where last[ref].map({ place.isAfter($0) }) ?? true { last[ref] = place }
        guard last.count < places.count else { return }
        for (ref, place) in places {
            guard let winner = last[ref], winner != place else { continue }
            reader.record = ref.text
            reader.note(.warning, .repeated(line: winner.line), at: place.position)
        }
        records.removeAll { last[$0.openCase.ref] != $0.place }
        refused.removeAll { last[$0.ref] != $0.place }
    }
}

extension JSONFault {
    /// Whether a writer that has not finished would leave this.
    var endsInTheMiddle: Bool {
        switch self {
        case .empty, .endsEarly, .unclosedString: true
        default: false
        }
    }

    /// Whether it is that a key stands twice.
    fileprivate func isDoubled(_ name: String) -> Bool {
        if case .duplicateKey(name, _) = self { true } else { false }
    }
}
