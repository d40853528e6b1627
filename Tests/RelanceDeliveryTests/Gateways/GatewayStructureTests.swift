import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// Random texts and numbers through every preset, read back by Python from what the stub received.
@Suite(.timeLimit(.minutes(10))) struct GatewayStructureTests {
    private static let words = [
        "dossier", "été", "\"", "\\", "\\\"", "{text}", "{{", "}}", "%d", "%00", "%0d%0aX-Evil: 1",
        "&to=+33639980099",
        "=", "?", "#", "/../", "+", ";", "<b>", "'", "\n", "\r\n", "\t", "\u{1}", "\u{7F}", "\u{2028}", "🍎",
        "👩🏽",
        "\",\"to\":\"+33639980099\"", "\\u0022", "null", "日本語", "e\u{301}", "€", "]", "}", "[", "$1$",
    ]

    private static func text(_ random: inout SplitMix64) -> String {
        (0...random.number(in: 0...6)).map { _ in words[Int(random.number(in: 0...Int64(words.count - 1)))] }
            .joined(separator: random.number(in: 0...1) == 0 ? " " : "")
    }

    private struct Exhibit: Encodable {
        var name, text, number, target, body: String
        var hex: String
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `no text and no number changes the structure around it`(_ name: String) async throws {
        let conversation = try Conversation.read(name)
        let preset = try #require(Conversation.preset(name))
        let taken = try #require(conversation.answers.first { $0.outcome == "accepted" }).answer
        let steps = conversation.steps ?? []
        let server = try ScriptedHTTPServer { request in
            (steps.first { request.head[0].hasPrefix($0.request + " ") }?.answer ?? taken).behaviour
        }
        defer { server.stop() }
        let courier = try GatewayCourier(
            try conversation.gateway(preset, at: server.port), route: Conversation.route, concurrency: 1,
            now: { Conversation.now })
        var exhibits: [Exhibit] = []
        for (seed, index) in Seeds.or([3986]).flatMap({ seed in (0..<40).map { (seed, $0) } }) {
            var random = SplitMix64(seed: seed &* 64 &+ UInt64(index))
            let text = Self.text(&random)
            let number = "+33639980" + String(100 + random.number(in: 0...99)).dropFirst()
            let count = server.requests.count
            let outcome = await courier.deliver(
                Parcel(
                    key: .make("structure"), kind: .appointmentSoon,
                    content: .text(try Conversation.message(text, to: number + "0")))
            ) {}
            guard case .accepted = outcome else {
                Issue.record("seed \(seed): \(text.debugDescription): \(outcome)")
                continue
            }
            #expect(server.requests.count > count)
            let request = try #require(server.requests.last)
            exhibits.append(
                Exhibit(
                    name: "\(name) \(index) of seed \(seed)", text: text, number: number + "0",
                    target: String(request.head[0].split(separator: " ")[1]),
                    body: String(decoding: request.body, as: UTF8.self),
                    hex: text.utf16.map { String($0, radix: 16) }.joined(separator: " ")))
            #expect(!request.head.dropFirst().contains { $0.contains("Evil") }, "seed \(seed)")
        }
        let complaints = try Python.run(Self.judge, input: try JSONEncoder().encode(exhibits))
        let lines = String(decoding: complaints, as: UTF8.self).split(separator: "\n")
        for line in lines.prefix(3) { Issue.record(Comment(rawValue: String(line))) }
    }

    /// The text has to stand as one whole value, the number once, and the shape be that of the first exhibit.
    private static let judge = """
        import json, sys, urllib.parse
        exhibits = json.load(sys.stdin)
        shapes = {}
        def leaves(value, path=()):
            if isinstance(value, dict):
                for key, inner in value.items(): yield from leaves(inner, path + (key,))
            elif isinstance(value, list):
                for index, inner in enumerate(value): yield from leaves(inner, path + (index,))
            else: yield path, value
        for e in exhibits:
            url = urllib.parse.urlsplit("http://x" + e["target"])
            found = [(("query", k), v) for k, v in urllib.parse.parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))]
            body = e["body"]
            if body.lstrip().startswith("{") or body.lstrip().startswith("["):
                found += list(leaves(json.loads(body)))
            elif body:
                found += [(("form", k), v) for k, v in urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True)]
            values = [v for _, v in found]
            text16 = e["text"].encode("utf-16-be").hex().upper()
            if values.count(e["text"]) + values.count(text16) != 1 and len(e["text"]) > 4:
                print(e["name"], "text is not one value:", repr(e["text"]), repr(values))
            digits = e["number"][1:]
            numbers = [v for v in values if isinstance(v, str) and v != e["text"] and v in (digits, "+" + digits, "00" + digits, "0" + digits[2:])]
            if len(numbers) != 1: print(e["name"], "number is not one value:", repr(values))
            is_unicode = any(v == text16 for v in values)
            shapes.setdefault(is_unicode, {}).setdefault(tuple(sorted(map(str, (p for p, _ in found)))), e["name"])
        # A field may come and go with the encoding, and nothing else.
        for shape in shapes.values():
            if len(shape) > 2: print("shapes:", shape)
        """
}
