/// One value of a document: a cursor, cheap to copy, that keeps the document alive.
package struct JSONNode: Sendable {
    package let document: JSONDocument
    let index: Int

    private var node: JSONTape.Node { document.tape.nodes[index] }

    package var kind: JSONKind {
        switch node.shape {
        case .object: .object
        case .array: .array
        case .plainString, .unescapedString: .string
        case .number: .number
        case .yes, .no: .boolean
        case .null: .null
        case .damaged: .damaged
        }
    }

    /// Where the value begins.
    package var position: JSONPosition { document.source.position(of: Int(node.offset)) }

    /// The faults of this value and of all values inside it, in the order they are written.
    package var problems: [JSONProblem] {
        document.tape.problems(in: index..<document.tape.end(of: index)).map(\.problem)
    }

    /// The bytes of a string, unescaped, or of a number as written; nil for any other value.
    package var text: ArraySlice<UInt8>? {
        let node = node
        let range = Int(node.link)..<Int(node.link) + Int(node.length)
        switch node.shape {
        case .plainString, .number: return document.source.bytes[range]
        case .unescapedString: return document.tape.unescaped[range]
        default: return nil
        }
    }

    package var string: String? {
        guard kind == .string else { return nil }
        return text.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A number as written, however large or precise.
    package var numberText: String? {
        guard node.shape == .number else { return nil }
        return text.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A number written without point or exponent, when it fits; exact.
    package var integer: Int64? { numberText.flatMap { Int64($0) } }

    /// The nearest finite double to a number; nil when it is beyond them all.
    package var double: Double? {
        numberText.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    package var boolean: Bool? {
        switch node.shape {
        case .yes: true
        case .no: false
        default: nil
        }
    }

    package var isNull: Bool { node.shape == .null }

    /// How many elements or members a container holds; 0 for any other value.
    package var count: Int {
        switch node.shape {
        case .object, .array: Int(node.length)
        default: 0
        }
    }

    /// The elements of an array; none for any other value.
    package var elements: Children { Children(of: self, when: .array) }

    /// The members of an object in the order written, doubles included; none for any other value.
    package var members: some Sequence<Member> {
        Children(of: self, when: .object).lazy.map { Member(value: $0) }
    }

    /// The first member of that name.
    package subscript(key: String) -> JSONNode? {
        members.first { $0.key == key }?.value
    }
}

/// What a value is.
package enum JSONKind: Sendable {
    case object, array, string, number, boolean, null
    /// A value with a fault of its own, which `JSONNode.problems` tells.
    case damaged
}

extension JSONKind: CustomStringConvertible {
    /// As a sentence says it: "expected a string, found a number".
    package var description: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "true or false"
        case .null: "null"
        case .damaged: "a damaged value"
        }
    }
}

extension JSONNode {
    /// A value of an object under its key.
    package struct Member: Sendable {
        package let value: JSONNode

        private var node: JSONTape.Node { value.document.tape.nodes[value.index] }

        package var key: String { value.document.tape.keys[keyIndex] }
        /// The place of the key in `JSONDocument.keys`: equal keys have equal places.
        package var keyIndex: Int { Int(node.key) }
        package var keyPosition: JSONPosition { value.document.source.position(of: Int(node.keyOffset)) }
    }

    /// The values directly inside a container.
    package struct Children: Sequence, IteratorProtocol, Sendable {
        private let document: JSONDocument
        private var upcoming: Int
        private let end: Int

        fileprivate init(of node: JSONNode, when shape: JSONTape.Shape) {
            document = node.document
            let isOne = node.node.shape == shape
            upcoming = node.index + 1
            end = isOne ? document.tape.end(of: node.index) : upcoming
        }

        package mutating func next() -> JSONNode? {
            guard upcoming < end else { return nil }
            let node = JSONNode(document: document, index: upcoming)
            upcoming = document.tape.end(of: upcoming)
            return node
        }
    }
}
