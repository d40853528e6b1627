import CurlClient
import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

/// Every preset of Config/gateways, held against what its provider documents.
@Suite struct GatewayConformanceTests {
    static let names = GatewayPresetFile.names(in: Conversation.presets)

    @Test func `every preset has a file of conversations, and every file a preset`() {
        #expect(Self.names.contains("generic"))
        #expect(GatewayPresetFile.names(in: Conversation.folder) == Self.names)
    }

    @Test(arguments: names)
    func `a preset is read without an issue`(_ name: String) {
        let reading = GatewayPresetFile("\(Conversation.presets)/\(name).yaml")
        #expect(reading.issues.map(\.description) == [])
        #expect(reading.preset?.name == name)
    }

    @Test(arguments: names)
    func `every preset has its conversations, and every word it knows a case`(_ name: String) throws {
        let preset = try #require(Conversation.preset(name))
        let conversation = try Conversation.read(name)
        #expect(!conversation.sendings.isEmpty)
        let outcomes = Set(conversation.answers.map(\.outcome))
        #expect(outcomes.contains("accepted"))
        for row in preset.answer.classes {
            #expect(outcomes.contains(row.name.rawValue), "no answer means \(row.name.rawValue)")
        }
        let calls = (conversation.callbacks ?? []).flatMap { $0.reports ?? [] }
        for line in preset.receipts?.receipts.map({ Self.words(of: $0.status) }) ?? [] {
            #expect(calls.contains { $0.hasSuffix(" " + line) }, "no call says \(line)")
        }
        if preset.receipts?.answers != nil {
            #expect(calls.contains { $0.hasPrefix("objection ") }, "no call forwards an objection")
        }
        let polls = (conversation.polls ?? []).map(\.says)
        for line in preset.poll.map({ Self.words(of: $0.status) }) ?? [] {
            #expect(polls.contains(line), "no poll says \(line)")
        }
        let findings = Set((conversation.lookups ?? []).map { $0.says.prefix { $0 != " " } })
        if let lookup = preset.lookup {
            #expect(findings.isSuperset(of: ["taken", "undecided"]))
            let saysAbsent = !lookup.absent.isEmpty || !lookup.absentCodes.isEmpty
            #expect(findings.contains("absent") == saysAbsent)
        }
    }

    private static func words(of rules: GatewayStatusRules) -> [String] {
        rules.verdicts.filter { !$0.value.isEmpty }.map { $0.key.rawValue }
            + rules.failures.keys.map { "undelivered \($0.rawValue)" }
    }

    // MARK: Requests

    @Test(arguments: names)
    func `a text becomes exactly the request that is documented`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let gateway = try conversation.gateway(try #require(Conversation.preset(name)))
        let dialect = GatewayDialect(gateway, route: Conversation.route)
        for sending in conversation.sendings {
            let message = try Conversation.message(
                sending.text, to: sending.number ?? Conversation.number)
            let request = try dialect.sending(
                message, session: .init(token: "token-of-the-step"), now: Conversation.now)
            let target = try #require(URLComponents(string: request.target))
            #expect("\(request.method) \(target.path)" == sending.request, "\(sending.name)")
            #expect(try Self.pairs(target) == sending.query ?? [:], "\(sending.name)")
            Self.expectBody(
                request.body.map { String(decoding: $0, as: UTF8.self) } ?? "", form: sending.form,
                json: sending.json, "\(sending.name)")
            var headers = Dictionary(
                request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            headers["Content-Type"] = nil
            #expect(headers == sending.headers ?? [:], "\(sending.name)")
        }
    }

    @Test(arguments: names)
    func `no secret is in the request that is shown to people`(_ name: String) throws {
        let conversation = try Conversation.read(name)
        let gateway = try conversation.gateway(try #require(Conversation.preset(name)))
        let dialect = GatewayDialect(gateway, route: Conversation.route)
        let request = try dialect.sending(
            try Conversation.message(), session: .init(token: "token-of-the-step"), now: Conversation.now,
            masked: true)
        let shown = "\(request)" + String(decoding: request.body ?? [], as: UTF8.self)
        let secrets =
            (conversation.account.credentials ?? [:]).values + [
                Conversation.receiptsToken, "token-of-the-step",
            ]
        for secret in secrets { #expect(!shown.contains(secret)) }
    }

    /// Foundation reads what we wrote.
    private static func pairs(_ components: URLComponents) throws -> [String: String] {
        try Dictionary(
            (components.queryItems ?? []).map { ($0.name, $0.value ?? "") },
            uniquingKeysWith: { first, _ in
                Issue.record("\(first) stands twice")
                throw CancellationError()
            })
    }

    private static func expectBody(
        _ body: String, form: [String: String]?, json: String?, _ comment: Comment
    ) {
        if let json {
            let expected = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSObject
            let found = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? NSObject
            #expect(expected != nil, comment)
            #expect(found == expected, comment)
        } else if let form {
            var components = URLComponents()
            components.percentEncodedQuery = body
            #expect((try? pairs(components)) == form, comment)
        } else {
            #expect(body.isEmpty, comment)
        }
    }

    // MARK: Answers

    @Test(.timeLimit(.minutes(10)), arguments: names)
    func `what the provider answers on the wire means what it documents`(_ name: String) async throws {
        let conversation = try Conversation.read(name)
        let preset = try #require(Conversation.preset(name))
        for reply in conversation.answers {
            let steps = conversation.steps ?? []
            let server = try ScriptedHTTPServer { request in
                let step = steps.first { request.head[0].hasPrefix($0.request + " ") }
                return (step?.answer ?? reply.answer).behaviour
            }
            defer { server.stop() }
            let gateway = try conversation.gateway(preset, at: server.port)
            let courier = try GatewayCourier(
                gateway, route: Conversation.route, concurrency: 1, now: { Conversation.now })
            let handedOver = Guarded(0)
            let outcome = await courier.deliver(
                Parcel(
                    key: .make("conversation"), kind: .appointmentSoon,
                    content: .text(try Conversation.message()))
            ) { handedOver.withLock { $0 += 1 } }
            #expect(handedOver.withLock { $0 } == 1, "\(name): \(reply.name)")
            expect(outcome, is: reply, "\(name): \(reply.name): \(outcome)")
            let secrets = (conversation.account.credentials ?? [:]).values
            for secret in secrets { #expect(!"\(outcome)".contains(secret), "\(name): \(reply.name)") }
            #expect(!"\(outcome)".contains("639980014"), "\(name): \(reply.name)")
        }
    }

    private func expect(_ outcome: DeliveryOutcome, is reply: Conversation.Reply, _ comment: Comment) {
        switch (reply.outcome, outcome) {
        case ("accepted", .accepted(_, let proof)), ("taken", .accepted(_, let proof)):
            #expect(proof?.reference == reply.reference, comment)
            #expect(proof?.parts == reply.parts, comment)
            #expect(proof?.cost == reply.cost, comment)
        case ("ambiguous", .ambiguous): break
        case (_, .deferred(let failure)):
            #expect(Self.deferrals[reply.outcome] == failure.kind, comment)
            #expect(failure.scope == .route, comment)
        case (_, .refused(let failure)):
            #expect(Self.refusals[reply.outcome] == failure.kind, comment)
            #expect(failure.scope == .message, comment)
        default: Issue.record(comment)
        }
    }

    /// Everything fails alike: the route waits.
    private static let deferrals: [String: DeliveryFailure.Kind] = [
        "transient": .refused, "throttled": .throttled, "authentication": .authentication, "credit": .credit,
        "bad_sender": .badSender, "configuration": .configuration,
    ]
    /// This message, never.
    private static let refusals: [String: DeliveryFailure.Kind] = [
        "bad_number": .badAddress, "blacklisted": .blacklisted, "refused": .refused,
    ]

    @Test(.timeLimit(.minutes(10)), arguments: names)
    func `the steps before a sending are asked as documented`(_ name: String) async throws {
        let conversation = try Conversation.read(name)
        let preset = try #require(Conversation.preset(name))
        let steps = conversation.steps ?? []
        #expect(steps.isEmpty == (preset.token == nil && preset.clock == nil))
        guard let taken = conversation.answers.first(where: { $0.outcome == "accepted" }) else { return }
        let server = try ScriptedHTTPServer { request in
            (steps.first { request.head[0].hasPrefix($0.request + " ") }?.answer ?? taken.answer).behaviour
        }
        defer { server.stop() }
        let gateway = try conversation.gateway(preset, at: server.port)
        let courier = try GatewayCourier(
            gateway, route: Conversation.route, concurrency: 1, now: { Conversation.now })
        let parcel = Parcel(
            key: .make("conversation"), kind: .appointmentSoon, content: .text(try Conversation.message()))
        // Twice: the steps serve more than one sending.
        for _ in 0..<2 { _ = await courier.deliver(parcel) {} }
        let requests = server.requests
        #expect(requests.count == steps.count + 2)
        for (step, request) in zip(steps, requests) {
            #expect(request.head[0] == step.request + " HTTP/1.1")
            for (header, value) in step.headers ?? [:] { #expect(request.header(header) == value) }
            Self.expectBody(
                String(decoding: request.body, as: UTF8.self), form: step.form, json: step.json,
                "\(step.request)")
        }
    }
}
