import CurlClient
import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension FuzzTarget {
    /// A text on its way to a provider: which provider, its digits, what the provider gave as token and as name of a
    /// message, then the text.
    ///
    /// Promise: beside a harmless text to a harmless number nothing is another but the text and the number, each one
    /// value; nothing of it is refused by the wall before the wire, and what is shown to people holds no secret.
    static let gatewayRequest = FuzzTarget("gateway_request") { bytes in
        var cursor = ByteCursor(bytes)
        let gateway = cursor.choice(of: SMSGateway.shipped)
        let dialect = GatewayDialect(gateway, route: "texts")
        let digits = cursor.line().filter { ("0"..."9").contains($0) }.prefix(15)
        let number = PhoneNumber("+" + digits) ?? harmlessNumber
        let token = cursor.line().filter { $0.isASCII && $0 > " " && $0 < "\u{7F}" }
        let id = cursor.line().filter { $0.isASCII && $0 >= " " && $0 < "\u{7F}" }
        let text = Array(cursor.rest).text
        let session = GatewayDialect.Session(token: token.isEmpty ? "t" : token)
        let isGSM = SMSText(text).encoding == .gsm7
        let written: (hostile: HTTPRequest, harmless: HTTPRequest)
        do throws(GatewayRefusal) {
            written = (
                try dialect.sending(message(text, number), session: session, now: SMSGateway.now),
                try dialect.sending(
                    message(isGSM ? "x" : "☎", harmlessNumber), session: session, now: SMSGateway.now)
            )
        } catch {
            try expect(!error.description.isEmpty, "a refused text has a reason")
            return
        }
        try expectSame(
            try WrittenRequest(written.hostile), as: try WrittenRequest(written.harmless),
            but: [
                (isGSM ? "x" : "☎", text), (harmlessNumber.e164, number.e164),
            ], in: gateway.preset)
        try expectMayLeave(written.hostile)
        if let poll = gateway.preset.poll {
            try expectMayLeave(
                try dialect.request(
                    poll.request, session: session, now: SMSGateway.now, id: id, reference: "KEY.0"))
        }
        let shown = try dialect.sending(
            message(text, number), session: session, now: SMSGateway.now, masked: true)
        let words = [shown.target, Array(shown.body ?? []).text] + shown.headers.map(\.value)
        let isOwn = text.contains(SMSGateway.canary) || digits.contains(SMSGateway.canary)
        try expect(
            isOwn || !words.contains { $0.contains(SMSGateway.canary) }, "what is shown holds no secret")
    }

    private static let harmlessNumber = PhoneNumber.make("+33639980014")

    private static func message(_ text: String, _ number: PhoneNumber) -> Parcel.TextMessage {
        Parcel.TextMessage(
            recipient: number, text: text, reference: "KEY.0", usefulUntil: SMSGateway.now + .hours(4))
    }

    private static func expectMayLeave(_ request: HTTPRequest) throws {
        let route = try CurlRoute(.http, host: "gateway.example", port: 443, tls: .implicit)
        let violation = CurlTransfer.http(request).violation(on: route)
        try expect(violation == nil, "what is written may leave: \(violation?.description ?? "")")
    }

    /// Every value is the other's, or has the second of a pair where the other has the first.
    private static func expectSame(
        _ hostile: WrittenRequest, as harmless: WrittenRequest, but pairs: [(String, String)],
        in preset: GatewayPreset
    ) throws {
        try expect(
            hostile.values.map(\.place) == harmless.values.map(\.place),
            "the structure stays: \(hostile.values.map(\.place)), \(harmless.values.map(\.place))")
        var counts = [0, 0]
        for (own, other) in zip(hostile.values, harmless.values) where own != other {
            if let index = pairs.firstIndex(where: { pair in
                forms(of: pair.0, in: preset).contains(other.value)
                    && forms(of: pair.1, in: preset).contains(own.value)
            }) {
                counts[index] += 1
            } else {
                try expect(
                    preset.signature != nil && other.value.utf8.count == own.value.utf8.count,
                    "\(own) changes with the text, \(other)")
            }
        }
        try expect(counts.allSatisfy { $0 <= 1 }, "the text and the number stand once each")
        for (index, pair) in pairs.enumerated() where pair.0 != pair.1 {
            try expect(counts[index] == 1, "\(pair.1.debugDescription) stands in the request")
        }
    }

    /// How a preset may write a text or a number.
    private static func forms(of word: String, in preset: GatewayPreset) -> [String] {
        let hex = word.utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        let number = PhoneNumber(word).map { preset.numberFormat.text(of: $0) }
        return [word, hex.joined()] + [number].compactMap { $0 }
    }
}

/// A request taken apart by another reader than the one who wrote it.
private struct WrittenRequest {
    struct Value: Hashable {
        let place: String
        let value: String
    }

    private(set) var values: [Value] = []

    init(_ request: HTTPRequest) throws {
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        for (index, step) in parts[0].split(separator: "/").enumerated() {
            values.append(Value(place: "path \(index)", value: try Self.unescaped(step)))
        }
        if parts.count > 1 { try add(pairs: parts[1], of: "query") }
        for header in request.headers {
            values.append(Value(place: "header \(header.name)", value: header.value))
        }
        let body = request.body ?? []
        let type = request.headers.first { $0.name.lowercased() == "content-type" }?.value
        if type == "application/json" {
            add(try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed), at: "json")
        } else if !body.isEmpty {
            try add(pairs: Substring(body.text), of: "form")
        }
    }

    private mutating func add(pairs: Substring, of place: String) throws {
        for pair in pairs.split(separator: "&", omittingEmptySubsequences: false) {
            let sides = pair.split(separator: "=", omittingEmptySubsequences: false)
            try expect(sides.count == 2, "\(pair.debugDescription) is a name and a value")
            values.append(
                Value(place: "\(place) \(try Self.unescaped(sides[0]))", value: try Self.unescaped(sides[1])))
        }
    }

    private mutating func add(_ json: Any, at place: String) {
        switch json {
        case let object as [String: Any]:
            for (name, inner) in object.sorted(by: { $0.key < $1.key }) { add(inner, at: place + "." + name) }
        case let list as [Any]:
            for (index, inner) in list.enumerated() { add(inner, at: place + "[\(index)]") }
        case let text as String: values.append(Value(place: place, value: text))
        default: values.append(Value(place: place, value: "\(json)"))
        }
    }

    private static func unescaped(_ text: Substring) throws -> String {
        let plain = text.replacing("+", with: " ").removingPercentEncoding
        try expect(plain != nil, "\(text.debugDescription) is escaped well")
        return plain ?? ""
    }
}
