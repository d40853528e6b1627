import Foundation
import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// A gateway that answers with the request it was sent, whole: what of it is a secret is kept nowhere.
@Suite(.timeLimit(.minutes(10))) struct EchoedSecretTests {
    /// Every mark that URLs, JSON, HTML and base64 write in another way, and the beginning of another secret.
    private static let secret = #"canary "k&/+%\<é"#
    private static let longer = secret.replacing("é", with: "!") + "longer"

    /// How a page quotes what it was sent.
    enum Quotation: String, CaseIterable, Sendable {
        case plain, json, percent, html, numbers

        func quote(_ text: String) -> String {
            switch self {
            case .plain: text
            case .json:
                text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("/", with: "\\/")
            case .percent: text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            case .html:
                text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
                    "\"", with: "&quot;")
            case .numbers:
                text.unicodeScalars.map { "\\u" + String(format: "%04x", $0.value) }.joined()
            }
        }
    }

    /// The secrets of a preset are harder ones here; one is the beginning of the next.
    private static func gateway(_ name: String, at port: Int) throws -> SMSGateway {
        let conversation = try Conversation.read(name)
        var gateway = try conversation.gateway(try #require(Conversation.preset(name)), at: port)
        let names = gateway.preset.settings.filter(\.isSecret).map(\.name).sorted()
        for (index, name) in names.enumerated() {
            // In a header only ASCII may stand.
            gateway.values[name] = .secret(
                Secret((index % 2 == 0 ? longer : secret).replacing("é", with: "e")))
        }
        return gateway
    }

    private static func deliver(to gateway: SMSGateway) async throws -> (
        outcome: DeliveryOutcome, exchange: [String]
    ) {
        let courier = try GatewayCourier(
            gateway, route: Conversation.route, concurrency: 1, now: { Conversation.now })
        let parcel = Parcel(
            key: .make("echo"), kind: .appointmentSoon, content: .text(try Conversation.message()))
        return await courier.deliverTraced(parcel)
    }

    @Test(arguments: GatewayConformanceTests.names)
    func `no secret that is repeated to us is kept or shown, in any form`(_ name: String) async throws {
        let conversation = try Conversation.read(name)
        for (status, quotation) in zip([401, 400, 500, 200, 403], Quotation.allCases) {
            let server = try ScriptedHTTPServer { request in
                let step = (conversation.steps ?? []).first { request.head[0].hasPrefix($0.request + " ") }
                if let step { return step.answer.behaviour }
                let whole = (request.head + [String(decoding: request.body, as: UTF8.self)])
                return .status(
                    status, whole.map(quotation.quote).joined(separator: "\n"),
                    headers: request.head.dropFirst().filter { $0.contains("canary") }.map { "X-Echo: \($0)" }
                )
            }
            defer { server.stop() }
            let gateway = try Self.gateway(name, at: server.port)
            let (outcome, exchange) = try await Self.deliver(to: gateway)
            let told = "\(outcome)\n" + exchange.joined(separator: "\n")
            #expect(!told.contains("canary"), "\(status) \(quotation): \(told)")
            for form in Self.forms(sentTo: server) {
                #expect(!told.contains(form), "\(status) \(quotation): \(form) in \(told)")
            }
        }
    }

    /// What of the requests is secret though no setting is: tokens, pairs in base64, signatures.
    private static func forms(sentTo server: ScriptedHTTPServer) -> [String] {
        let fromHeaders = server.requests.flatMap { request in
            ["Authorization", "X-Ovh-Signature"].compactMap { request.header($0) }
        }
        let words = fromHeaders.map { value in
            value.hasPrefix("$1$")
                ? String(value.dropFirst(3)) : value.split(separator: " ").last.map { String($0) } ?? ""
        }
        // Masked as far as its padding, which tells nothing.
        return ["token-of-the-step", Conversation.receiptsToken]
            + words.filter { $0.count >= 16 }.map { String($0.prefix { $0 != "=" }) }
    }

    @Test func `a secret at the place where words are cut leaves no half behind`() async throws {
        for padding in [0, 480, 500, 1980, 1990, 4070, 4090] {
            let server = try ScriptedHTTPServer { _ in
                .status(400, String(repeating: ".", count: padding) + " canary-key and more")
            }
            defer { server.stop() }
            var gateway = try Self.gateway("generic", at: server.port)
            gateway.values["api_key"] = .secret(Secret("canary-key"))
            let (outcome, exchange) = try await Self.deliver(to: gateway)
            #expect(!"\(outcome) \(exchange)".contains("can"), "\(padding): \(outcome) \(exchange)")
        }
    }

    /// Read on to the end from every octet, it outlasts the suite.
    @Test(arguments: ["\\", "%", "%25", "&amp;", "&", "+", "\\u00", "canary-ke", "a@", "1 "])
    func `a body of nothing but beginnings is understood like any other`(beginning: String) async throws {
        let server = try ScriptedHTTPServer { _ in
            .status(400, String(repeating: beginning, count: 200_000 / beginning.utf8.count))
        }
        defer { server.stop() }
        var gateway = try Self.gateway("generic", at: server.port)
        gateway.values["api_key"] = .secret(Secret("canary-key"))
        guard case .refused(let failure) = try await Self.deliver(to: gateway).outcome else {
            Issue.record("not refused")
            return
        }
        #expect(failure.detail.utf8.count <= 512)
    }

    @Test func `a secret with something invisible in it is still one`() async throws {
        for (status, body) in [
            (400, #"{"error":{"code":"can\u00e9ary-key","message":"can\u200bary-key"}}"#),
            (202, #"{"id":"canéary-key","cost":"can\u200bary-key","credit":"canary\u00a0-key"}"#),
        ] {
            let server = try ScriptedHTTPServer { _ in .status(status, body) }
            defer { server.stop() }
            var gateway = try Self.gateway("generic", at: server.port)
            gateway.values["api_key"] = .secret(Secret("canary-key"))
            let outcome = try await Self.deliver(to: gateway).outcome
            #expect(!"\(outcome)".contains("canary-key"), "\(outcome)")
        }
    }

    @Test func `a token is a secret of its own`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.head[0].contains("/token")
                ? .status(
                    200, #"{"access_token":"canary.session"}"#,
                    headers: ["Set-Cookie: session=canary.session"])
                : .status(500, "Bearer canary.session is not known")
        }
        defer { server.stop() }
        var gateway = try Self.gateway("contact_everyone", at: server.port)
        gateway.values["password"] = .secret(Secret("password"))
        let (outcome, exchange) = try await Self.deliver(to: gateway)
        #expect("\(outcome)".contains("Bearer «masked» is not known"))
        #expect(!"\(outcome) \(exchange)".contains("canary"))
    }
}
