import PositionedJSON
import RelanceCore

/// A value under its key or in a list, with the path that names it in a problem.
///
/// The path is put together when it is asked for: most fields have no problem.
struct Field {
    let value: JSONNode
    /// Path of the object or list around it, with the point behind it where there is one.
    let parent: String
    let name: String
    let index: Int?

    init(_ value: JSONNode, in parent: String = "", name: String) {
        self.value = value
        self.parent = parent
        self.name = name
        index = nil
    }

    init(_ value: JSONNode, in list: Field, index: Int) {
        self.value = value
        parent = list.parent
        name = list.name
        self.index = index
    }

    var path: String { parent + name + (index.map { "[\($0)]" } ?? "") }

    /// What a problem says of it.
    var found: Found {
        guard value.kind == .string || value.kind == .number, let text = value.string ?? value.numberText
        else {
            return .kind(value.kind)
        }
        return .value(text)
    }
}

/// The keys of one kind of object.
protocol RecordKey: RawRepresentable<String>, CaseIterable, Sendable {}

/// Reads the fields of records into types, and keeps a problem for each that cannot be read.
///
/// Absent, `null` and blank are the same: unknown, and no problem unless the field is required.
struct RecordReader {
    let file: String
    let rules: IntakeRules
    /// What the first distinct keys of the document mean, worked out once instead of for each member.
    private let meanings: [KeyMeanings]
    /// The reference or id of the record being read, for its problems.
    var record: String?
    /// What becomes of the record when it cannot be used.
    var refusal = IntakeProblem.Severity.refused
    private(set) var problems: [IntakeProblem] = []
    /// Unknown keys by path, told once a file.
    private var unknown: [String: (position: JSONPosition, nearest: String?, record: String?, records: Int)] =
        [:]

    /// `names` are the keys of the document that holds the records.
    init(file: String, keys names: [String], rules: IntakeRules) {
        self.file = file
        self.rules = rules
        // Records share a few dozen keys; the thousands of a hostile document are looked up one by one.
        meanings = names.prefix(1000).map { KeyMeanings.byName[$0] ?? .unknown }
    }

    /// All problems, by place.
    consuming func finish() -> [IntakeProblem] {
        for (path, key) in unknown {
            problems.append(
                IntakeProblem(
                    .warning, file: file, at: key.position, record: key.records == 1 ? key.record : nil,
                    field: path, .unknownKey(nearest: key.nearest, records: key.records)))
        }
        return problems.sorted {
            ($0.line ?? 0, $0.column ?? 0, $0.field) < ($1.line ?? 0, $1.column ?? 0, $1.field)
        }
    }

    mutating func note(
        _ severity: IntakeProblem.Severity, _ fault: IntakeFault, at position: JSONPosition,
        field: String = ""
    ) {
        problems.append(
            IntakeProblem(severity, file: file, at: position, record: record, field: field, fault))
    }

    mutating func note(_ severity: IntakeProblem.Severity, _ fault: IntakeFault, _ field: Field) {
        note(severity, fault, at: field.value.position, field: field.path)
    }

    /// Drops a field that is not what it should be; a damaged value tells its own fault.
    mutating func drop(
        _ field: Field, expected: String, nearest: String? = nil, found: Found? = nil,
        _ severity: IntakeProblem.Severity = .dropped
    ) {
        if let damage = field.damage {
            note(severity, .json(damage.fault), at: damage.position, field: field.path)
        } else {
            note(severity, .unexpected(found ?? field.found, expected: expected, nearest: nearest), field)
        }
    }

    // MARK: Containers

    /// Calls back for each known member that has a value; unknown ones are kept for `finish`.
    mutating func members<Key: RecordKey>(
        of object: JSONNode, in path: String, _ meaning: (KeyMeanings) -> Key?,
        _ read: (inout RecordReader, Key, Field) -> Void
    ) {
        for member in object.members {
            let index = member.keyIndex
            let meanings =
                index < meanings.count ? meanings[index] : KeyMeanings.byName[member.key] ?? .unknown
            guard let key = meaning(meanings) else {
                noteUnknown(member, in: path, among: Key.self)
                continue
            }
            if member.value.isNull { continue }
            read(&self, key, Field(member.value, in: path, name: key.rawValue))
        }
    }

    /// A member without which the record is of no use; `read` tells what is wrong with a value that is there.
    mutating func required<Key: RecordKey, Value>(
        _ key: Key, of object: JSONNode, expected: String, _ read: (inout RecordReader, Field) -> Value?
    ) -> Value? {
        guard let value = object[key.rawValue], !value.isNull, value.string?.trimmed.isEmpty != true else {
            note(refusal, .missing(expected: expected), at: object.position, field: key.rawValue)
            return nil
        }
        return read(&self, Field(value, name: key.rawValue))
    }

    private mutating func noteUnknown<Key: RecordKey>(
        _ member: JSONNode.Member, in path: String, among keys: Key.Type
    ) {
        // All elements of a list share one problem.
        let parent = path.contains("[") ? path.filter { !$0.isASCII || !$0.isNumber } : path
        let field = parent + member.key
        if unknown[field] == nil {
            // A file of records with keys of their own would make as many problems as records.
            guard unknown.count < 100 else { return }
            let nearest = Key.allCases.map(\.rawValue).nearest(to: member.key)
            unknown[field] = (member.keyPosition, nearest, record, 0)
        }
        unknown[field]?.records += 1
    }

    /// The object a field holds.
    mutating func object(_ field: Field) -> JSONNode? {
        guard field.value.kind == .object else {
            drop(field, expected: "an object")
            return nil
        }
        return field.value
    }

    /// Calls back for each element of a list that is not null.
    mutating func elements(_ field: Field, _ read: (inout RecordReader, Field) -> Void) {
        guard field.value.kind == .array else {
            drop(field, expected: "a list")
            return
        }
        for (index, element) in field.value.elements.enumerated() where !element.isNull {
            read(&self, Field(element, in: field, index: index))
        }
    }

    // MARK: Words and numbers

    /// One of a closed list of words, written exactly so.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ field: Field, _ severity: IntakeProblem.Severity = .dropped
    ) -> Word? {
        let text = field.value.string
        if let text, let word = Word(rawValue: text) { return word }
        let words = Word.allCases.map(\.rawValue)
        let nearest = text.flatMap { words.nearest(to: $0.trimmed) }
        drop(
            field, expected: "one of " + words.joined(separator: ", "), nearest: nearest,
            found: text.map { nearest == nil && !$0.isWord ? .value($0) : .word($0) }, severity)
        return nil
    }

    mutating func boolean(_ field: Field) -> Bool? {
        if let boolean = field.value.boolean { return boolean }
        drop(field, expected: "true or false")
        return nil
    }

    mutating func integer(_ field: Field, in range: ClosedRange<Int64>, of what: String) -> Int? {
        if let number = field.value.integer, range.contains(number) { return Int(number) }
        drop(field, expected: "\(what) from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }
}

extension Field {
    /// Why the value itself is no JSON.
    var damage: JSONProblem? { value.kind == .damaged ? value.problems.first : nil }
}

extension String {
    /// Of the form that words of closed lists have: no name, no address and no number is.
    fileprivate var isWord: Bool {
        utf8.count <= 32
            && utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || "_-./".utf8.contains($0)
            }
    }
}
