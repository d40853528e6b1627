import Foundation
import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport
import Testing

/// How a sending ends, whatever the provider: what was handed over, what may be tried again, what nobody knows.
@Suite(.timeLimit(.minutes(10))) struct GatewayCourierTests {
    private static let tokenPreset = """
        title: Avec jeton
        settings: {user: {about: user}, password: {about: password, secret: yes}}
        sender: none
        number_format: e164
        token: {method: POST, path: /token, form: {u: "{user}", p: "{password}"}, token: json access_token, lifetime: json ttl}
        send:
          method: POST
          path: /send
          headers: {Authorization: "Bearer {token}"}
          json: '{"to":"{to}","text":"{text}"}'
        answer: {success: [201], reference: json id}
        """

    private static func courier(
        _ yaml: String? = nil, at origin: String = "http://127.0.0.1", port: Int,
        total: Elapsed = .seconds(300),
        now: Instant = Conversation.now
    ) throws -> GatewayCourier {
        let preset: GatewayPreset?
        if let yaml {
            let reading = GatewayPresetFile(bytes: Array(yaml.utf8), path: "test.yaml")
            #expect(reading.issues == [])
            preset = reading.preset
        } else {
            preset = Conversation.preset("generic")
        }
        let gateway = SMSGateway(
            preset: try #require(preset), address: try #require(GatewayAddress("\(origin):\(port)")),
            clearText: .onLoopback, sender: yaml == nil ? "CCINORMAND" : nil,
            values: [
                "api_key": .secret(Secret("canary-key")), "user": .plain("relance"),
                "password": .secret(Secret("canary-password")),
            ],
            certificateFile: nil, connectTimeout: .seconds(60), totalTimeout: total, costPerPart: nil,
            receipts: nil)
        return try GatewayCourier(gateway, route: "texts", concurrency: 2, now: { now })
    }

    private static func parcel(_ text: String = "Bonjour") throws -> Parcel {
        Parcel(key: .make("text"), kind: .appointmentSoon, content: .text(try Conversation.message(text)))
    }

    @Test(arguments: ["https://sms.localhost", "https://2130706433", "https://2852039166"])
    func `a name that leads to this machine, or to nobody, is given nothing`(origin: String) async throws {
        let server = try ScriptedHTTPServer { _ in .status(202, #"{"id":"m1"}"#) }
        defer { server.stop() }
        let outcome = await (try Self.courier(at: origin, port: server.port)).deliver(try Self.parcel()) {}
        guard case .deferred(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .name && failure.scope == .route && failure.alert, "\(failure)")
        #expect(failure.detail.contains("not allowed here"))
    }

    // MARK: The point of no return

    @Test func `nothing the provider could act on leaves before the handover is recorded`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(202, #"{"id":"m1"}"#) }
        defer { server.stop() }
        let atHandover = Guarded(-1)
        let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {
            await server.firstHead()
            atHandover.withLock { $0 = server.requests.count }
        }
        #expect(atHandover.withLock { $0 } == 0)
        #expect(outcome == .accepted(reply: "202", proof: GatewayProof(reference: "m1")))
    }

    @Test func `a handover that cannot be recorded keeps the text here`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(202, #"{"id":"m1"}"#) }
        defer { server.stop() }
        let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {
            throw CancellationError()
        }
        #expect(outcome == .interrupted)
        #expect(server.requests.isEmpty)
    }

    @Test func `a gateway that accepts and hangs up has perhaps taken it`() async throws {
        for behaviour in [ScriptedHTTPServer.Behaviour.close, .reset] {
            let server = try ScriptedHTTPServer { _ in behaviour }
            defer { server.stop() }
            let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {}
            #expect(outcome.ambiguity?.kind == .connection)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `silence after the handover is ambiguous`() async throws {
        let server = try ScriptedHTTPServer { _ in .stall }
        defer { server.stop() }
        var ends: [DeliveryFailure.Kind?] = []
        // A machine that is busy may need longer to come to the handover than the short patience lasts.
        for patience in [Elapsed.seconds(2), .seconds(60)] where ends.last != .timeout {
            let courier = try Self.courier(port: server.port, total: patience)
            ends.append(await courier.deliver(try Self.parcel()) {}.ambiguity?.kind)
        }
        #expect(ends.last == .timeout)
    }

    @Test func `an answer cut short is what its status says, and ambiguous where that says nothing`()
        async throws
    {
        for (status, end) in [
            (202, "accepted?"), (500, "ambiguous:unknown"), (503, "ambiguous:unknown"),
            (400, "refused:refused"),
            (401, "route:authentication!"),
        ] {
            let server = try ScriptedHTTPServer { _ in
                .answerThenClose("HTTP/1.1 \(status) X\r\nContent-Length: 100\r\n\r\n{\"id\":")
            }
            defer { server.stop() }
            let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {}
            #expect(MatrixEnd(outcome, copies: 0) == MatrixEnd(end), "\(status): \(outcome)")
        }
    }

    @Test func `an endless answer is not read to its end`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(202, String(repeating: " ", count: 1 << 20 + 1)) }
        defer { server.stop() }
        let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {}
        #expect(
            outcome
                == .accepted(
                    reply: "202, the rest of the answer cannot be read", proof: GatewayProof(isUnnamed: true))
        )
    }

    @Test func `an answer before the request is no acceptance of what its owner kept back`() async throws {
        for (status, end) in [(202, "interrupted"), (413, "refused:refused"), (500, "route:unknown")] {
            let answered = Latch()
            let server = try ScriptedHTTPServer(early: { moment in
                guard moment == .head else { return nil }
                defer { answered.open() }
                return .first(.status(status, "{}"), then: .stall)
            }) { _ in .close }
            defer { server.stop() }
            let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {
                await answered.opened()
                throw CancellationError()
            }
            #expect(MatrixEnd(outcome, copies: 0).description.hasPrefix(end), "\(status): \(outcome)")
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a gateway that is not there makes the route wait, and nothing was handed over`() async throws
    {
        let handedOver = Guarded(false)
        let outcome = await (try Self.courier(port: 1)).deliver(try Self.parcel()) {
            handedOver.withLock { $0 = true }
        }
        #expect(outcome.deferral?.kind == .connection)
        #expect(outcome.deferral?.scope == .route)
        #expect(!handedOver.withLock { $0 })
    }

    @Test func `a redirect is never followed`() async throws {
        let other = try ScriptedHTTPServer { _ in .status(202, #"{"id":"m1"}"#) }
        let server = try ScriptedHTTPServer { _ in
            .status(307, headers: ["Location: http://127.0.0.1:\(other.port)/messages"])
        }
        defer {
            server.stop()
            other.stop()
        }
        let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {}
        #expect(outcome.deferral?.kind == .configuration)
        #expect(other.requests.isEmpty)
    }

    @Test func `when to come back is kept`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(429, headers: ["Retry-After: 120"]) }
        defer { server.stop() }
        let outcome = await (try Self.courier(port: server.port)).deliver(try Self.parcel()) {}
        #expect(outcome.deferral?.kind == .throttled)
        #expect(outcome.deferral?.detail == "429 Retry-After 120")
    }

    @Test func `a text that would outlive its moment does not leave`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(202, #"{"id":"m1"}"#) }
        defer { server.stop() }
        let handedOver = Guarded(0)
        // The pattern takes five minutes at least.
        for (left, leaves) in [(Elapsed.milliseconds(300_000), true), (.milliseconds(299_999), false)] {
            let courier = try Self.courier(port: server.port, now: Conversation.now + .hours(2) - left)
            let outcome = await courier.deliver(try Self.parcel()) { handedOver.withLock { $0 += 1 } }
            #expect((outcome.refusal == nil) == leaves, "\(outcome)")
            if !leaves {
                #expect(outcome.refusal?.kind == .refused && outcome.refusal?.scope == .message)
                #expect(outcome.refusal?.detail.contains("too little time left") == true)
            }
        }
        #expect(handedOver.withLock { $0 } == 1)
        #expect(server.requests.count == 1)
    }

    @Test func `a mail is not for a gateway`() async throws {
        let outcome = await (try Self.courier(port: 1)).deliver(.make()) {}
        #expect(outcome.refusal?.kind == .configuration)
    }

    // MARK: Tokens

    @Test func `a token is asked once, used until it ends, and renewed once when it is refused`() async throws
    {
        let tokens = Guarded(0)
        let server = try ScriptedHTTPServer { request in
            if request.head[0].contains("/token") {
                let number = tokens.withLock { count in
                    count += 1
                    return count
                }
                return .status(200, #"{"access_token":"canary-token-\#(number)","ttl":90}"#)
            }
            let isNew = request.header("Authorization") == "Bearer canary-token-2"
            return isNew ? .status(201, #"{"id":"m1"}"#) : .status(401, #"{"message":"token expired"}"#)
        }
        defer { server.stop() }
        let courier = try Self.courier(Self.tokenPreset, port: server.port)
        let handedOver = Guarded(0)
        let parcel = try Self.parcel()
        for _ in 0..<2 {
            let outcome = await courier.deliver(parcel) { handedOver.withLock { $0 += 1 } }
            #expect(outcome == .accepted(reply: "201", proof: GatewayProof(reference: "m1")))
        }
        #expect(handedOver.withLock { $0 } == 2)
        #expect(
            server.requests.map { $0.head[0].split(separator: " ")[1] }
                == ["/token", "/send", "/token", "/send", "/send"])
    }

    @Test func `a token that stays refused is one renewal and no more`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.head[0].contains("/token") ? .status(200, #"{"access_token":"t"}"#) : .status(401)
        }
        defer { server.stop() }
        let outcome = await (try Self.courier(Self.tokenPreset, port: server.port)).deliver(try Self.parcel())
        {}
        #expect(outcome.deferral?.kind == .authentication)
        #expect(outcome.deferral?.alert == true)
        #expect(server.requests.count == 4)
    }

    @Test func `a token that cannot be had is the route's trouble, and nothing is handed over`() async throws
    {
        let server = try ScriptedHTTPServer { _ in .status(403, #"{"error":"canary-password"}"#) }
        defer { server.stop() }
        let handedOver = Guarded(false)
        let outcome = await (try Self.courier(Self.tokenPreset, port: server.port)).deliver(try Self.parcel())
        {
            handedOver.withLock { $0 = true }
        }
        #expect(outcome.deferral?.kind == .authentication)
        #expect(!"\(outcome)".contains("canary"))
        #expect(!handedOver.withLock { $0 })
    }

    // MARK: What people see

    @Test func `the exchange shows everything but the secrets`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.head[0].contains("/token")
                ? .status(200, #"{"access_token":"canary-token"}"#)
                : .status(201, #"{"id":"m1","echo":"canary-password"}"#)
        }
        defer { server.stop() }
        let courier = try Self.courier(Self.tokenPreset, port: server.port)
        let (outcome, exchange) = await courier.deliverTraced(try Self.parcel("Bonjour à vous"))
        #expect(outcome.ambiguity == nil)
        #expect(exchange.contains("> POST /send"))
        #expect(exchange.contains("> Authorization: Bearer «masked»"))
        #expect(exchange.contains(#"> {"to":"33639980014","text":"Bonjour à vous"}"#))
        #expect(exchange.contains("< HTTP/1.1 201 Scripted"))
        #expect(!exchange.joined().contains("canary"))
    }

    // MARK: Asking afterwards

    @Test func `a poll and a look-up go out as the preset says`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.head[0].contains("/messages/m1")
                ? .status(200, #"{"status":"delivered"}"#)
                : .status(200, #"{"total":1,"messages":[{"id":"m1"}]}"#)
        }
        defer { server.stop() }
        let courier = try Self.courier(port: server.port)
        #expect(await courier.poll(id: "m1", reference: Conversation.reference)?.verdict == .delivered)
        let finding = await courier.lookUp(reference: Conversation.reference)
        #expect(finding == .taken(GatewayProof(reference: "m1")))
        #expect(server.requests.allSatisfy { $0.header("Authorization") == "Bearer canary-key" })
        #expect(
            await (try Self.courier(port: 1)).lookUp(reference: "x")
                == .undecided("the provider does not answer"))
    }
}

extension DeliveryOutcome {
    fileprivate var ambiguity: DeliveryFailure? {
        if case .ambiguous(let failure) = self { failure } else { nil }
    }

    fileprivate var deferral: DeliveryFailure? {
        if case .deferred(let failure) = self { failure } else { nil }
    }

    fileprivate var refusal: DeliveryFailure? {
        if case .refused(let failure) = self { failure } else { nil }
    }
}
