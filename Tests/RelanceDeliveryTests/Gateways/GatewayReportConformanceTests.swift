import CurlClient
import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// What providers report to us, and answer when they are asked, as they document it.
@Suite struct GatewayReportConformanceTests {
    @Test(arguments: GatewayConformanceTests.names)
    func `a call of the provider is read, and answered, as documented`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let dialect = try dialect(name, conversation)
        for call in conversation.callbacks ?? [] {
            let callback = try self.callback(call, dialect, conversation)
            let comment = Comment(rawValue: "\(name): \(call.name)")
            switch dialect.reading(of: callback, now: Conversation.now) {
            case .read(let reports, let answer):
                #expect(call.refused == nil, comment)
                #expect(reports.map(Self.line) == call.reports ?? [], comment)
                #expect(answer.status == call.reply?.status ?? 200, comment)
                #expect(answer.body == call.reply?.body ?? "", comment)
                if let part = call.part { #expect(reports.compactMap(Self.part) == [part], comment) }
            case .refused(let status, let reason):
                #expect(status == call.refused, "\(comment): \(reason)")
            }
        }
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `K1 a signed call that was changed on its way is refused`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let dialect = try dialect(name, conversation)
        for call in conversation.callbacks ?? [] where call.sign == true {
            var callback = try self.callback(call, dialect, conversation)
            callback.body.append(UInt8(ascii: "x"))
            let reading = dialect.reading(of: callback, now: Conversation.now)
            #expect(reading == .refused(status: 403, reason: "wrongly signed"))
            var unsigned = call
            unsigned.sign = nil
            callback = try self.callback(unsigned, dialect, conversation)
            #expect(
                dialect.reading(of: callback, now: Conversation.now)
                    == .refused(status: 403, reason: "unsigned"))
        }
    }

    @Test func `K1 a signature is over the octets of a call, which need be no text`() throws {
        let conversation = try Conversation.read("android_sms_gateway")
        let dialect = try dialect("android_sms_gateway", conversation)
        let key = try #require(conversation.account.credentials?["signing_key"])
        let stamp = String(Conversation.now.seconds)
        func body(_ odd: [UInt8]) -> [UInt8] {
            Array(#"{"event":"sms:received","payload":{"sender":"+33639980014","message":"STOP","#.utf8)
                + Array(#""x":""#.utf8) + odd + Array(#""}}"#.utf8)
        }
        func reading(_ body: [UInt8], signed: [UInt8]) -> GatewayCallbackReading {
            let signature = Checksum.hmacSHA256Hex(signed + Array(stamp.utf8), key: Array(key.utf8))
            return dialect.reading(
                of: GatewayCallback(
                    route: Conversation.route, token: Conversation.receiptsToken, method: .post,
                    headers: [.init("x-timestamp", stamp), .init("x-signature", signature)], body: body),
                now: Conversation.now)
        }
        // Both read the same once they are text: the signature of one is not the other's.
        let (raw, repaired) = (body([0xFF]), body(Array("\u{FFFD}".utf8)))
        #expect(reading(raw, signed: repaired) == .refused(status: 403, reason: "wrongly signed"))
        #expect(reading(repaired, signed: raw) == .refused(status: 403, reason: "wrongly signed"))
        guard case .read(let reports, _) = reading(repaired, signed: repaired) else {
            Issue.record("not read")
            return
        }
        #expect(reports.map(Self.line) == ["objection +33639980014"])
        // Signed as it is, it is believed, and says nothing: it is no JSON.
        guard case .read([], _) = reading(raw, signed: raw) else {
            Issue.record("not taken for an event that is none of our business")
            return
        }
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `K1 a signed call that is an hour off is stale, whichever way`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let dialect = try dialect(name, conversation)
        guard dialect.preset.receipts?.signature?.timestampHeader != nil else { return }
        for call in conversation.callbacks ?? [] where call.sign == true {
            let callback = try self.callback(call, dialect, conversation)
            for now in [Conversation.now + .hours(1), Conversation.now - .hours(1)] {
                guard case .refused(let status, _) = dialect.reading(of: callback, now: now) else {
                    Issue.record("\(name): \(call.name) is taken at \(now)")
                    return
                }
                #expect(status == 403)
            }
        }
    }

    @Test
    func
        `K1 the calls that are tried signed are those of several presets, one of which signs the instant too`()
        throws
    {
        let signing = try GatewayConformanceTests.names.filter { name in
            try Conversation.read(name).callbacks?.contains { $0.sign == true } == true
        }
        let timed = signing.filter { Conversation.preset($0)?.receipts?.signature?.timestampHeader != nil }
        #expect(signing.count >= 2 && timed.count >= 1, "\(signing), \(timed)")
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `K5 a call that says something twice is refused, be it in its query, its form or its JSON`(
        _ name: String
    ) throws {
        let conversation = try Conversation.read(name)
        let dialect = try dialect(name, conversation)
        for call in conversation.callbacks ?? [] where call.refused == nil {
            var twice: [Conversation.Call] = []
            if let query = call.query, let first = query.split(separator: "&").first {
                twice.append(call)
                twice[0].query = query + "&" + first
            }
            if let body = call.body, let first = body.split(separator: "&").first {
                var said = call
                said.body =
                    body.hasPrefix("{") ? "{\"twice\":1,\"twice\":2," + body.dropFirst() : body + "&" + first
                twice.append(said)
            }
            #expect(!twice.isEmpty)
            for call in twice {
                #expect(
                    dialect.reading(of: try callback(call, dialect, conversation), now: Conversation.now)
                        == .refused(status: 400, reason: "says something twice"), "\(name): \(call.name)")
            }
        }
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `polls and look-ups are asked and read as documented`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let dialect = try dialect(name, conversation)
        for question in conversation.polls ?? [] {
            try expect(question, dialect.preset.poll?.request, dialect)
            let receipt = dialect.receipt(inPoll: question.answer.words)
            #expect(receipt.map(Self.words) ?? "nothing" == question.says, "\(name): \(question.name)")
        }
        for question in conversation.lookups ?? [] {
            try expect(question, dialect.preset.lookup?.request, dialect)
            let says =
                switch dialect.finding(inLookup: question.answer.words) {
                case .taken(let proof): ["taken", proof.reference].compactMap { $0 }.joined(separator: " ")
                case .absent: "absent"
                case .undecided: "undecided"
                }
            #expect(says == question.says, "\(name): \(question.name)")
        }
    }

    private func expect(
        _ question: Conversation.Question, _ request: GatewayRequest?, _ dialect: GatewayDialect
    ) throws {
        guard let expected = question.request else { return }
        let written = try dialect.request(
            try #require(request), session: .init(token: "token-of-the-step"), now: Conversation.now,
            id: "42", reference: Conversation.reference)
        #expect("\(written.method) \(written.target)" == expected)
    }

    // MARK: The stage

    private func dialect(_ name: String, _ conversation: Conversation) throws -> GatewayDialect {
        let preset = try #require(Conversation.preset(name))
        return GatewayDialect(try conversation.gateway(preset), route: Conversation.route)
    }

    private func callback(
        _ call: Conversation.Call, _ dialect: GatewayDialect, _ conversation: Conversation
    ) throws -> GatewayCallback {
        var headers = (call.headers ?? [:]).map { GatewayCallback.Header($0.key.lowercased(), $0.value) }
        if call.sign == true, let rule = dialect.preset.receipts?.signature {
            let key = try #require(conversation.account.credentials?[rule.key.names[0]])
            let stamp = String(Conversation.now.seconds)
            if let name = rule.timestampHeader { headers.append(.init(name.lowercased(), stamp)) }
            let url = try #require(dialect.callbackURL) + (call.query.map { "?" + $0 } ?? "")
            let signature = try Self.signature(
                rule.algorithm, key: key, order: rule.of.names, url: url, body: call.body ?? "", stamp: stamp)
            headers.append(.init(rule.header.lowercased(), signature))
        }
        return GatewayCallback(
            route: Conversation.route, token: Conversation.receiptsToken,
            method: try #require(GatewayCallback.Method(rawValue: call.method)), query: call.query ?? "",
            headers: headers, body: Array((call.body ?? "").utf8))
    }

    /// Python signs, so that we do not merely agree with ourselves.
    private static func signature(
        _ algorithm: GatewayDigest, key: String, order: [String], url: String, body: String, stamp: String
    ) throws -> String {
        let script = """
            import base64, hashlib, hmac, json, sys, urllib.parse
            a = json.load(sys.stdin)
            form = urllib.parse.parse_qsl(a["body"], keep_blank_values=True)
            parts = {"url": a["url"], "body": a["body"], "timestamp": a["stamp"],
                     "sorted_form": "".join(k + v for k, v in sorted(form))}
            text = "".join(parts[name] for name in a["order"]).encode()
            if a["algorithm"] == "hmac_sha256_hex":
                out = hmac.new(a["key"].encode(), text, hashlib.sha256).hexdigest()
            else:
                out = base64.b64encode(hmac.new(a["key"].encode(), text, hashlib.sha1).digest()).decode()
            print(out, end="")
            """
        let input = try JSONSerialization.data(withJSONObject: [
            "algorithm": algorithm.rawValue, "key": key, "order": order, "url": url, "body": body,
            "stamp": stamp,
        ])
        return String(decoding: try Python.run(script, input: input), as: UTF8.self)
    }

    private static func line(_ report: GatewayReport) -> String {
        switch report {
        case .receipt(.ours(let name), let receipt): "ours \(name) \(words(receipt))"
        case .receipt(.theirs(let name), let receipt): "theirs \(name) \(words(receipt))"
        case .objection(let number, _): "objection \(number.e164)"
        }
    }

    private static func words(_ receipt: Receipt) -> String {
        let classes: [DeliveryFailure.Kind: String] = [
            .badAddress: "bad_number", .blacklisted: "blacklisted", .refused: "refused", .credit: "credit",
            .badSender: "bad_sender", .throttled: "throttled", .configuration: "configuration",
            .authentication: "authentication",
        ]
        return [receipt.verdict.rawValue, receipt.failure.flatMap { classes[$0] }].compactMap { $0 }
            .joined(separator: " ")
    }

    private static func part(_ report: GatewayReport) -> String? {
        guard case .receipt(_, let receipt) = report else { return nil }
        return "\(receipt.part ?? 0)/\(receipt.parts ?? 0)"
    }
}
