/// A text with names in braces to fill in, `Bearer {token}`; a brace itself is written twice.
package struct GatewayTemplate: Hashable, Sendable {
    package enum Segment: Hashable, Sendable {
        case literal(String)
        case value(String)
    }

    package let segments: [Segment]

    /// Throws when a brace is not closed or encloses no name.
    package init(_ written: String) throws(GatewayTemplateProblem) {
        var segments: [Segment] = []
        var literal = ""
        var rest = Substring(written)
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(character)
                rest.removeFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw .unclosed }
                let name = String(rest[..<end])
                guard !name.isEmpty, name.utf8.allSatisfy({ $0.isNameByte }) else { throw .name(name) }
                if !literal.isEmpty { segments.append(.literal(literal)) }
                literal = ""
                segments.append(.value(name))
                rest = rest[end...].dropFirst()
            case "}": throw .unclosed
            default: literal.append(character)
            }
        }
        if !literal.isEmpty { segments.append(.literal(literal)) }
        self.segments = segments
    }

    /// The names it fills in, in their order.
    package var names: [String] {
        segments.compactMap { if case .value(let name) = $0 { name } else { nil } }
    }

    /// The text with every name's value, `escape` applied to values alone; nil when one of them is absent.
    package func filled(
        escape: (String) -> String = { $0 }, _ value: (String) -> String?
    ) -> String? {
        octets { name in value(name).map { Array(escape($0).utf8) } }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// The same over octets, which need be no text.
    package func octets(_ value: (String) -> [UInt8]?) -> [UInt8]? {
        var octets: [UInt8] = []
        for segment in segments {
            switch segment {
            case .literal(let literal): octets += literal.utf8
            case .value(let name):
                guard let found = value(name) else { return nil }
                octets += found
            }
        }
        return octets
    }
}

package enum GatewayTemplateProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unclosed
    case name(String)

    package var description: String {
        switch self {
        case .unclosed: "a brace without its other half: a brace itself is written twice"
        case .name(let name): "“\(name)” between braces is no name of small letters, digits and _"
        }
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || self == UInt8(ascii: "_")
    }
}
