import PositionedJSON
import RelanceCore

// What a bad field does to its case (design D9, 8).
//
// A record is refused when its reference, its opening or its stage cannot be read, when it is no object, or when a key
// stands twice in it; with a readable reference it is held: nothing new leaves for it, nothing planned is cancelled.
// Any other bad field is dropped with a problem and the case lives. Four fields are too heavy to forget because they
// are misspelt, and are read the careful way instead, the way that sends less:
//   - distress that is told but not since when: since the opening;
//   - a hold whose end cannot be read: without end;
//   - a confidential mark that is neither true nor false: confidential;
//   - an appointment whose start, cancellation or moves cannot be read: as if it were not there.

/// One case as its file tells it, with its place for later problems.
///
/// Shared, not copied: the folder keeps it with its file, and the register in its order.
package final class CaseRecord: Sendable {
    package let openCase: OpenCase
    package let place: RecordPlace

    package init(_ openCase: OpenCase, at place: RecordPlace) {
        self.openCase = openCase
        self.place = place
    }
}

/// A case that must not be acted on, but must not be forgotten either.
package struct RefusedCase: Hashable, Sendable {
    package let ref: CaseReference
    package let place: RecordPlace
}

/// Where a record begins.
package struct RecordPlace: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let column: Int

    /// For a record that comes from no file.
    package static let nowhere = RecordPlace(file: "", line: 0, column: 0)

    /// Whether it stands further down in the same file.
    func isAfter(_ other: RecordPlace) -> Bool {
        (line, column) > (other.line, other.column)
    }

    package var description: String { "\(file):\(line)" }

    var position: JSONPosition { JSONPosition(line: line, column: column, offset: 0) }
}

extension RecordReader {
    /// What became of one record.
    enum Outcome {
        case read(CaseRecord)
        case refused(CaseReference?, RecordPlace)
    }

    /// Reads one case.
    mutating func readCase(_ node: JSONNode) -> Outcome {
        record = nil
        refusal = .refused
        let position = node.position
        let place = RecordPlace(file: file, line: position.line, column: position.column)
        guard node.kind == .object else {
            if let damage = node.problems.first {
                note(.refused, .json(damage.fault), at: damage.position)
            } else {
                note(.refused, .unexpected(.kind(node.kind), expected: "an object, one case"), at: position)
            }
            return .refused(nil, place)
        }
        let ref = reference(node, position)
        record = ref?.text
        if ref != nil { refusal = .held }
        var isUsable = ref != nil
        for problem in node.problems where problem.fault.spoilsObject {
            note(refusal, .json(problem.fault), at: problem.position)
            isUsable = false
        }
        let openedAt = required(
            CaseKey.openedAt, of: node, expected: "an instant such as 2020-11-02T09:00:00+01:00"
        ) {
            $0.instant($1, $0.refusal)
        }
        let stage: Stage? = required(
            CaseKey.stage, of: node,
            expected: "one of " + Stage.allCases.map(\.rawValue).joined(separator: ", ")
        ) {
            $0.word($1, $0.refusal)
        }
        // A refused record is read to its end all the same, so that all its problems are told at once.
        guard
            var draft = (ref ?? Self.nameless).map({
                OpenCase(ref: $0, openedAt: openedAt ?? .distantPast, stage: stage ?? .listening)
            })
        else { return .refused(nil, place) }
        fill(&draft, from: node)
        guard isUsable, openedAt != nil, stage != nil else { return .refused(ref, place) }
        return .read(CaseRecord(draft, at: place))
    }

    private static let nameless = CaseReference("-")

    private mutating func reference(_ node: JSONNode, _ position: JSONPosition) -> CaseReference? {
        let expected = "a reference of at most 128 bytes without control characters"
        guard let value = node[CaseKey.ref.rawValue], !value.isNull else {
            note(.refused, .missing(expected: expected), at: position, field: CaseKey.ref.rawValue)
            return nil
        }
        let text = value.string ?? (value.integer == nil ? nil : value.numberText)
        let field = Field(value, name: CaseKey.ref.rawValue)
        guard let text, let written = CaseReference(written: text) else {
            drop(field, expected: expected, .refused)
            return nil
        }
        // A character nobody sees would make two cases of one.
        let clean = VisibleText.clean(written.text).text.unicodeScalars.filter { !$0.isUnprintable }
        guard let ref = CaseReference(String(String.UnicodeScalarView(clean))) else {
            drop(field, expected: expected, .refused)
            return nil
        }
        if ref.text != written.text.composed {
            record = ref.text
            note(.warning, .invisibleCharacters, field)
        }
        return ref
    }

    /// Everything but the three required fields.
    private mutating func fill(_ draft: inout OpenCase, from node: JSONNode) {
        members(of: node, in: "", { $0.cases }) { reader, key, field in
            switch key {
            case .ref, .openedAt, .stage: break
            case .origin: draft.origin = reader.word(field)
            case .priority: draft.priority = reader.word(field)
            case .site: draft.site = reader.identifier(field)
            case .topics: draft.topics = reader.lines(field)
            case .advisor: draft.advisor = reader.identifier(field)
            case .assignedAt: draft.assignedAt = reader.instant(field)
            case .lead: draft.lead = reader.identifier(field)
            case .firstContactAt: draft.firstContactAt = reader.instant(field)
            case .diagnosisDoneAt: draft.diagnosisDoneAt = reader.instant(field)
            case .lastFollowUpOn: draft.lastFollowUpOn = reader.day(field)
            case .followUpDoneAt: draft.followUpDoneAt = reader.instant(field)
            case .followUp: draft.followUpSummary = reader.followUp(field)
            case .lastContactAt: draft.lastContactAt = reader.instant(field)
            case .documents: draft.documents = reader.documents(field)
            case .referral: draft.referral = reader.referral(field)
            case .externalDates: draft.externalDates = reader.externalDates(field)
            case .distress: draft.distress = reader.distress(field, since: draft.openedAt)
            case .appointments: draft.appointments = reader.appointments(field)
            case .unansweredCalls: draft.unansweredCalls = reader.instants(field)
            case .hold: draft.hold = reader.hold(field)
            case .confidential: draft.confidential = reader.confidential(field)
            case .outcome: draft.outcome = reader.word(field)
            case .closedAt: draft.closedAt = reader.instant(field)
            case .comment: draft.comment = reader.freeText(field)
            case .business: draft.business = reader.business(field)
            case .contact: draft.contact = reader.contact(field)
            }
        }
    }

    private mutating func confidential(_ field: Field) -> Bool {
        if let boolean = field.value.boolean { return boolean }
        careful(field, expected: "true or false", as: "true")
        return true
    }

    /// Notes a value that was taken the way that sends less.
    mutating func careful(_ field: Field, expected: String, as how: String) {
        if let damage = field.damage {
            note(.dropped, .json(damage.fault), at: damage.position, field: field.path)
        } else {
            note(.dropped, .readCarefully(field.found, expected: expected, as: how), field)
        }
    }

    /// A list of lines of text.
    mutating func lines(_ field: Field) -> [String] {
        var lines: [String] = []
        elements(field) { reader, element in
            if let line = reader.line(element) { lines.append(line) }
        }
        return lines
    }

    /// A list of instants, in the order of time.
    private mutating func instants(_ field: Field) -> [Instant] {
        var instants: [Instant] = []
        elements(field) { reader, element in
            if let instant = reader.instant(element) { instants.append(instant) }
        }
        return instants.sorted()
    }
}
