import PositionedJSON
import RelanceCore

extension GatewayJSON {
    /// Of a document read from a preset; a template's problem is thrown.
    init(_ node: JSONNode) throws(GatewayTemplateProblem) {
        switch node.kind {
        case .object:
            var members: [Member] = []
            for member in node.members {
                members.append(Member(name: member.key, value: try GatewayJSON(member.value)))
            }
            self = .object(members)
        case .array:
            var items: [GatewayJSON] = []
            for item in node.elements { items.append(try GatewayJSON(item)) }
            self = .list(items)
        case .string: self = try GatewayJSON(string: node.string ?? "")
        case .number: self = .literal(node.numberText ?? "0")
        case .boolean: self = .literal(node.boolean == true ? "true" : "false")
        case .null, .damaged: self = .literal("null")
        }
    }
}
