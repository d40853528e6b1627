import PositionedJSON
import RelanceCore

/// What a provider said, in an answer or in a call, to be asked for the values of fields.
package struct GatewayWords: Sendable {
    /// The body as text.
    package let text: String
    package let query: [FormText.Pair]
    package let form: [FormText.Pair]
    private let json: JSONNode?
    /// Whether an object of the body, the query or the form says something twice, so that two readers may understand two
    /// things.
    let repeatsKeys: Bool

    /// `query` is what stood after the question mark of the URL that was called.
    package init(body: [UInt8], query: String = "", isForm: Bool = false) {
        text = String(decoding: body, as: UTF8.self)
        self.query = FormText.pairs(query)
        form = isForm ? FormText.pairs(text) : []
        // A body that is no JSON has no JSON fields: whatever asks for one then finds none.
        let document = isForm ? nil : try? JSONDocument.parse(body, limits: Self.limits)
        json = document?.root.kind == .damaged ? nil : document?.root
        repeatsKeys =
            document?.problems.contains { $0.isRepetition } ?? false
            || [self.query, form].contains { pairs in Set(pairs.map(\.name)).count < pairs.count }
    }

    private static var limits: JSONLimits {
        var limits = JSONLimits()
        limits.documentBytes = 1 << 20
        return limits
    }

    /// The first value of a field.
    package subscript(field: GatewayField) -> String? { all(field).first }

    /// Whether the body is JSON, so that what is absent from it is absent, and not merely unread.
    package var isJSON: Bool { json != nil }

    /// Whether the body is a page for people: then it may not even have been the provider who spoke.
    var isPage: Bool { text.first { !$0.isWhitespace } == "<" }

    /// Every value of a field: more than one where its path says `[*]`.
    package func all(_ field: GatewayField) -> [String] {
        values(of: field) { node in
            switch node.kind {
            case .string: node.string
            case .number: node.numberText
            case .boolean: node.boolean.map { $0 ? "true" : "false" }
            case .object, .array, .null, .damaged: nil
            }
        }
    }

    /// How many of the field's values fulfil a condition; an object or a list is there, and equal to nothing.
    package func verdict(on condition: GatewayCondition) -> GatewayCondition.Verdict {
        if case .json = condition.field.source, !isJSON { return .none }
        switch condition.test {
        case .present, .absent:
            return condition.verdict(
                on: values(of: condition.field) { $0.isNull ? nil : $0.string ?? $0.numberText ?? "" })
        case .equal, .unequal, .atLeast, .atMost: return condition.verdict(on: all(condition.field))
        }
    }

    private func values(of field: GatewayField, _ text: (JSONNode) -> String?) -> [String] {
        let found: [String] =
            switch field.source {
            case .text: [self.text]
            case .json(let path): json.map { Self.nodes(at: path.steps[...], in: $0).compactMap(text) } ?? []
            case .query(let name): query.filter { $0.name == name }.map(\.value)
            case .form(let name): form.filter { $0.name == name }.map(\.value)
            }
        return field.extract(from: found)
    }

    private static func nodes(at steps: ArraySlice<GatewayPath.Step>, in node: JSONNode) -> [JSONNode] {
        guard let step = steps.first else { return [node] }
        let rest = steps.dropFirst()
        switch step {
        case .member(let name): return node[name].map { nodes(at: rest, in: $0) } ?? []
        case .element(let index):
            return node.elements.dropFirst(index).first { _ in true }.map { nodes(at: rest, in: $0) } ?? []
        case .everyElement:
            return node.elements.prefix(GatewayField.greatestCount).flatMap { nodes(at: rest, in: $0) }
        }
    }
}

extension JSONProblem {
    fileprivate var isRepetition: Bool {
        if case .duplicateKey = fault { true } else { false }
    }
}

/// Names and values as URLs and forms carry them.
package enum FormText {
    package struct Pair: Hashable, Sendable {
        package let name: String
        package let value: String
    }

    /// Everything but unreserved characters (RFC 3986, 2.3) as `%XX`: safe in a path, a query and a form.
    package static func escaped(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The pairs of a query or a form, in their order; at most 100 of them.
    package static func pairs(_ text: String) -> [Pair] {
        text.split(separator: "&", maxSplits: 100).prefix(100).map { pair in
            let name = pair.prefix { $0 != "=" }
            return Pair(name: unescaped(name), value: unescaped(pair.dropFirst(name.count + 1)))
        }
    }

    private static func unescaped(_ text: Substring) -> String {
        var out: [UInt8] = []
        var bytes = text.utf8[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): out.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                if let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16),
                    bytes.count >= 2
                {
                    out.append(value)
                    bytes.removeFirst(2)
                } else {
                    out.append(byte)
                }
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
