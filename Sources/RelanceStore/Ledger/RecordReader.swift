import PositionedJSON
import RelanceCore

/// Why a record with a good seal cannot be read.
enum RecordFault: Error, Hashable {
    case unknownKind(String)
    case badMember(String)
}

/// Takes the members of one record apart; what is missing or of another type is a fault, what is unknown is left alone.
struct RecordReader {
    let node: JSONNode

    func text(_ name: String) throws(RecordFault) -> String {
        guard let text = optionalText(name) else { throw .badMember(name) }
        return text
    }

    func optionalText(_ name: String) -> String? {
        node[name]?.string
    }

    func integer(_ name: String) throws(RecordFault) -> Int64 {
        guard let integer = node[name]?.integer else { throw .badMember(name) }
        return integer
    }

    func count(_ name: String) throws(RecordFault) -> Int {
        Int(clamping: try integer(name))
    }

    func optionalCount(_ name: String) throws(RecordFault) -> Int? {
        node[name] == nil ? nil : try count(name)
    }

    /// How many parts a text message has; what a file claims beyond 255 of them (3GPP TS 23.040, 9.2.3.24.1) would only
    /// upset the sums.
    func optionalParts() throws(RecordFault) -> Int? {
        try optionalCount("parts").map { min(max($0, 0), 255) }
    }

    func instant(_ name: String) throws(RecordFault) -> Instant {
        guard let instant = try optionalInstant(name) else { throw .badMember(name) }
        return instant
    }

    func optionalInstant(_ name: String) throws(RecordFault) -> Instant? {
        guard let member = node[name] else { return nil }
        guard let instant = member.string.flatMap(Instant.init(rfc3339:)) else { throw .badMember(name) }
        return instant
    }

    func optionalDay(_ name: String) throws(RecordFault) -> LocalDay? {
        guard let member = node[name] else { return nil }
        guard let day = member.string.flatMap(LocalDay.init(iso:)) else { throw .badMember(name) }
        return day
    }

    func key(_ name: String) throws(RecordFault) -> MessageKey {
        guard let key = optionalText(name).flatMap({ MessageKey($0) }) else { throw .badMember(name) }
        return key
    }

    func reference(_ name: String) throws(RecordFault) -> CaseReference {
        guard let ref = optionalText(name).flatMap({ CaseReference(written: $0) }) else {
            throw .badMember(name)
        }
        return ref
    }

    func mark(_ name: String) throws(RecordFault) -> AddressMark {
        guard let mark = optionalText(name).flatMap({ AddressMark($0) }) else { throw .badMember(name) }
        return mark
    }

    func optionalWord<Word: RawRepresentable<String>>(_ name: String) throws(RecordFault) -> Word? {
        node[name] == nil ? nil : try word(name)
    }

    /// One of the words an enumeration knows.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(RecordFault) -> Word {
        guard let word = optionalText(name).flatMap(Word.init(rawValue:)) else { throw .badMember(name) }
        return word
    }

    func object(_ name: String) throws(RecordFault) -> RecordReader {
        guard let member = node[name], member.kind == .object else { throw .badMember(name) }
        return RecordReader(node: member)
    }

    func list<Element>(
        _ name: String, ifMissing: [Element]? = nil, _ element: (String) -> Element?
    ) throws(RecordFault) -> [Element] {
        guard let member = node[name] else {
            guard let ifMissing else { throw .badMember(name) }
            return ifMissing
        }
        guard member.kind == .array else { throw .badMember(name) }
        var list: [Element] = []
        for child in member.elements {
            guard let value = child.string.flatMap(element) else { throw .badMember(name) }
            list.append(value)
        }
        return list
    }

    /// An object of keys, each with the instant it was settled.
    func settledKeys(_ name: String) throws(RecordFault) -> [MessageKey: Instant] {
        var keys: [MessageKey: Instant] = [:]
        for member in try object(name).node.members {
            guard let key = MessageKey(member.key),
                let at = member.value.string.flatMap(Instant.init(rfc3339:))
            else { throw .badMember(name) }
            keys[key] = at
        }
        return keys
    }
}
