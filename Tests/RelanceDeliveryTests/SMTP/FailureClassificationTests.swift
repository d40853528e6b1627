import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

/// Reliability 2.3 and 2.4, measured on the wire: what the far side does at each stage, and what it means.
@Suite(.timeLimit(.minutes(10))) struct FailureClassificationTests {
    struct Row: Sendable, CustomTestStringConvertible {
        enum End { case deferred, refused, ambiguous }

        let stage: ScriptedSMTPServer.Stage
        let behaviour: ScriptedSMTPServer.Behaviour
        let end: End
        let kind: DeliveryFailure.Kind
        let scope: DeliveryFailure.Scope
        let code: Int?
        let alert: Bool
        let tls: SMTPRelay.TLS
        let isLarge: Bool
        /// Nothing but our own patience ends it.
        let isSilent: Bool

        init(
            _ stage: ScriptedSMTPServer.Stage, _ behaviour: ScriptedSMTPServer.Behaviour, _ end: End,
            _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, _ code: Int? = nil,
            alert: Bool = false,
            tls: SMTPRelay.TLS = .noneOnLoopback, isLarge: Bool = false,
            isSilent: Bool = false
        ) {
            self.stage = stage
            self.behaviour = behaviour
            self.end = end
            self.kind = kind
            self.scope = scope
            self.code = code
            self.alert = alert
            self.tls = tls
            self.isLarge = isLarge
            self.isSilent = isSilent || behaviour.isStall
        }

        var testDescription: String { "\(stage.rawValue): \(behaviour)" }
    }

    static let rows: [Row] = [
        Row(.connect, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.connect, .reply("450 4.3.2 not now"), .deferred, .refused, .route, 450),
        Row(.connect, .reply("554 5.7.1 you are blocked"), .deferred, .refused, .route, 554, alert: true),
        Row(.connect, .close, .deferred, .connection, .route),
        Row(.connect, .reset, .deferred, .connection, .route),
        Row(.connect, .stall, .deferred, .timeout, .route),

        Row(
            .ehlo, .reply("554 5.7.1 go away"), .deferred, .refused, .route, 554, alert: true, tls: .startTLS),
        Row(.ehlo, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421, tls: .startTLS),
        Row(.ehlo, .close, .deferred, .connection, .route, 220),
        Row(.ehlo, .stall, .deferred, .timeout, .route, 220),
        Row(.ehlo, .reply("250 no extensions"), .deferred, .tls, .route, 250, alert: true, tls: .startTLS),

        Row(
            .startTLS, .reply("454 4.7.0 not available"), .deferred, .tls, .route, 454, alert: true,
            tls: .startTLS),
        Row(
            .startTLS, .reply("220 go\r\n250 injected"), .deferred, .tls, .route, 220, alert: true,
            tls: .startTLS),
        Row(.startTLS, .close, .deferred, .connection, .route, 250, tls: .startTLS),
        Row(.startTLS, .stall, .deferred, .timeout, .route, 250, tls: .startTLS),
        Row(
            .handshake, .reply("250 no handshake"), .deferred, .tls, .route, 220, alert: true, tls: .startTLS),
        Row(.handshake, .close, .deferred, .tls, .route, 220, alert: true, tls: .startTLS),

        Row(.auth, .reply("535 5.7.8 wrong"), .deferred, .authentication, .route, 535, alert: true),
        Row(.auth, .reply("454 4.7.0 temporary"), .deferred, .authentication, .route, 454),
        Row(.auth, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.auth, .close, .deferred, .connection, .route, 334),
        Row(.auth, .stall, .deferred, .timeout, .route, 334),

        Row(.mail, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.mail, .reply("451 4.3.0 later"), .deferred, .refused, .route, 451),
        Row(.mail, .reply("552 5.3.4 too large"), .deferred, .refused, .route, 552, alert: true),
        Row(.mail, .reply("550 5.7.1 sender refused"), .deferred, .refused, .route, 550, alert: true),
        Row(.mail, .reply("530 5.7.0 authenticate"), .deferred, .authentication, .route, 530, alert: true),
        Row(.mail, .close, .deferred, .connection, .route, 235),
        Row(.mail, .reset, .deferred, .connection, .route, 235),
        Row(.mail, .stall, .deferred, .timeout, .route, 235),

        Row(.rcpt, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.rcpt, .reply("450 4.2.0 greylisted"), .deferred, .refused, .message, 450),
        Row(.rcpt, .reply("452 4.5.3 too many"), .deferred, .throttled, .message, 452),
        Row(.rcpt, .reply("552 5.5.3 too many"), .deferred, .throttled, .message, 552),
        Row(.rcpt, .reply("550-5.1.1 no such\r\n550 5.1.1 mailbox"), .refused, .badAddress, .message, 550),
        Row(.rcpt, .reply("550 5.1.10 null MX"), .refused, .badAddress, .message, 550),
        Row(.rcpt, .reply("550 5.1.0 unspecified"), .refused, .refused, .message, 550),
        Row(.rcpt, .reply("550 5.1.4 ambiguous mailbox"), .refused, .refused, .message, 550),
        Row(.rcpt, .reply("550 5.1.12 unheard of"), .refused, .refused, .message, 550),
        Row(.rcpt, .reply("553 5.1.7 our mailbox"), .deferred, .refused, .route, 553, alert: true),
        Row(.rcpt, .reply("550 5.1.8 our domain"), .deferred, .refused, .route, 550, alert: true),
        Row(.rcpt, .reply("550 5.1.90 too much today"), .deferred, .refused, .route, 550, alert: true),
        Row(.endOfData, .reply("550 5.1.8 our domain"), .deferred, .refused, .route, 550, alert: true),
        Row(.rcpt, .reply("550 5.7.1 policy"), .refused, .refused, .message, 550),
        Row(.rcpt, .reply("550 no"), .refused, .refused, .message, 550),
        Row(.rcpt, .reply("535 5.7.8 expired"), .deferred, .authentication, .route, 535, alert: true),
        Row(.rcpt, .close, .deferred, .connection, .message, 250),
        Row(.rcpt, .reset, .deferred, .connection, .message, 250),
        Row(.rcpt, .stall, .deferred, .timeout, .message, 250),

        Row(.data, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.data, .reply("451 4.3.0 later"), .deferred, .refused, .message, 451),
        Row(.data, .reply("554 5.5.1 no valid recipients"), .refused, .refused, .message, 554),
        Row(.data, .close, .deferred, .connection, .message, 250),
        Row(.data, .stall, .deferred, .timeout, .message, 250),

        Row(.body, .close, .deferred, .connection, .message, 354, isLarge: true),
        Row(.body, .reset, .deferred, .connection, .message, 354, isLarge: true),
        Row(.body, .stall, .deferred, .timeout, .message, 354, isLarge: true),

        Row(.endOfData, .reply("421 4.3.2 too busy"), .deferred, .throttled, .route, 421),
        Row(.endOfData, .reply("451 4.3.0 later"), .deferred, .refused, .message, 451),
        Row(.endOfData, .reply("452 4.3.1 disk full"), .deferred, .refused, .message, 452),
        Row(.endOfData, .reply("552 5.3.4 too large"), .refused, .refused, .message, 552),
        Row(.endOfData, .reply("554 5.7.1 spam"), .refused, .refused, .message, 554),
        Row(.endOfData, .close, .ambiguous, .connection, .message, 354),
        Row(.endOfData, .reset, .ambiguous, .connection, .message, 354),
        Row(.endOfData, .acceptThen(.close), .ambiguous, .connection, .message, 354),
        Row(.endOfData, .acceptThen(.reset), .ambiguous, .connection, .message, 354),
        Row(.endOfData, .acceptThen(.stall), .ambiguous, .timeout, .message, 354),
        Row(.endOfData, .reply("250-half an answer"), .ambiguous, .timeout, .message, isSilent: true),
    ]

    @Test(arguments: rows)
    func `what the far side does at each stage has its meaning`(row: Row) async throws {
        let extensions = row.tls == .startTLS ? ["STARTTLS"] : ["AUTH PLAIN"]
        let server = try ScriptedSMTPServer(extensions: extensions, at: row.stage, row.behaviour)
        defer { server.stop() }
        // Only the time-out that ends the row is short, so that a busy machine does not meet another one first.
        let isEarly = [.connect, .ehlo, .startTLS, .auth].contains(row.stage)
        let relay = SMTPRelay.to(
            server, tls: row.tls, login: row.tls != .startTLS,
            connectTimeout: .seconds(row.isSilent && isEarly ? 2 : 60),
            responseTimeout: .seconds(row.isSilent && !isEarly ? 3 : 600),
            totalTimeout: .seconds(row.isSilent && row.isLarge ? 6 : 900))
        let courier = try SMTPCourier(relay, concurrency: 1)
        let handedOver = Latch()
        let outcome = await courier.deliver(row.isLarge ? .tooLargeForSockets : .make()) { handedOver.open() }

        let failure: DeliveryFailure
        switch (row.end, outcome) {
        case (.deferred, .deferred(let found)), (.refused, .refused(let found)),
            (.ambiguous, .ambiguous(let found)):
            failure = found
        default:
            Issue.record("\(row.end) was expected, not \(outcome)")
            return
        }
        #expect(failure.kind == row.kind, "\(failure)")
        #expect(failure.scope == row.scope, "\(failure)")
        #expect(failure.code == row.code, "\(failure)")
        #expect(failure.alert == row.alert, "\(failure)")
        #expect(!failure.detail.isEmpty)
        if row.end != .ambiguous { #expect(server.accepted.isEmpty) }
        if row.end == .ambiguous { await handedOver.opened() }  // an ambiguous end was written down before
    }

    @Test func `the far side's words are told, all lines of them`() async throws {
        let server = try ScriptedSMTPServer(
            at: .rcpt, .reply("550-5.1.1 no such\r\n550-5.1.1 mailbox\r\n550 5.1.1 here"))
        defer { server.stop() }
        let outcome = await (try SMTPCourier(.to(server), concurrency: 1)).deliver(.make()) {}
        #expect(
            outcome
                == .refused(
                    DeliveryFailure(
                        kind: .badAddress, scope: .message, code: 550,
                        detail: "550-5.1.1 no such 5.1.1 mailbox 5.1.1 here")))
    }

    @Test func `long words are cut at 512 bytes`() async throws {
        let server = try ScriptedSMTPServer(
            at: .endOfData, .reply("250 " + String(repeating: "é", count: 400)))
        defer { server.stop() }
        let outcome = await (try SMTPCourier(.to(server), concurrency: 1)).deliver(.make()) {}
        guard case .accepted(let reply, _) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reply.utf8.count == 512)
    }

    /// With an address looked for from every octet on, it outlasts the suite.
    @Test func `a refusal of many words is understood as fast as one of few`() async throws {
        let lines = Array(repeating: "550-" + String(repeating: "x", count: 8000), count: 8) + ["550 no"]
        let server = try ScriptedSMTPServer(at: .rcpt, .reply(lines.joined(separator: "\r\n")))
        defer { server.stop() }
        let outcome = await (try SMTPCourier(.to(server), concurrency: 1)).deliver(.make()) {}
        guard case .refused(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .refused && failure.detail.utf8.count == 512)
    }

    @Test(arguments: ["+33 6 39 98 00 14", "33639980014", "0639980014", "06.39.98.00.14"])
    func `whatever a relay says, no number is kept, and none swallows the code before it`(number: String)
        async throws
    {
        for (reply, kept) in [
            ("550 \(number) unknown", "550 ‹number› unknown"),
            ("550 5.1.1 \(number) unknown", "550 5.1.1 ‹number› unknown"),
        ] {
            let server = try ScriptedSMTPServer(at: .rcpt, .reply(reply))
            defer { server.stop() }
            let outcome = await (try SMTPCourier(.to(server), concurrency: 1)).deliver(.make()) {}
            guard case .refused(let failure) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(failure.detail == kept)
        }
    }

    @Test func `a name that does not exist is the route's trouble`() async throws {
        let relay = SMTPRelay(
            host: "relay.invalid", port: 587, tls: .startTLS, credentials: nil, certificateFile: nil,
            hello: "relance.example", connectTimeout: .seconds(30), responseTimeout: .seconds(600),
            totalTimeout: .seconds(900))
        let outcome = await (try SMTPCourier(relay, concurrency: 1)).deliver(.make()) {}
        guard case .deferred(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .name)
        #expect(failure.scope == .route)
    }

    @Test(arguments: [
        "<conseiller@cci.example>: no such user", "conseiller@cci.example unknown",
        "to=conseiller@cci.example",
        "rewritten to 'conseiller@intern.cci.example', unknown",
        "\"le conseiller\"@cci.example unknown", "conseiller @ cci.example unknown",
        "@cci.example, conseiller@",
        String(repeating: "x", count: 480) + " conseiller.de.la.chambre@cci.example",
    ])
    func `whatever a relay says, no address of it is kept`(words: String) async throws {
        for (stage, reply) in [
            (ScriptedSMTPServer.Stage.rcpt, "550 5.1.1 " + words), (.endOfData, "250 2.0.0 " + words),
        ] {
            let server = try ScriptedSMTPServer(at: stage, .reply(reply))
            defer { server.stop() }
            let outcome = await (try SMTPCourier(.to(server), concurrency: 1)).deliver(.make()) {}
            let kept: String
            switch outcome {
            case .accepted(let reply, _): kept = reply
            case .refused(let failure): kept = failure.detail
            default:
                Issue.record("\(outcome)")
                return
            }
            #expect(kept.hasPrefix(stage == .rcpt ? "550 5.1.1" : "250 2.0.0"))
            #expect(!kept.contains("conseiller") && !kept.contains("@") && kept.contains("‹"))
            #expect(kept.utf8.count <= 515)
        }
    }

    @Test(arguments: ["canary-1234", "AHJlbGFuY2UAY2FuYXJ5LTEyMzQ=", "Y2FuYXJ5LTEyMzQ="])
    func `whatever a relay says, our password is not kept`(secret: String) async throws {
        let server = try ScriptedSMTPServer(
            extensions: ["AUTH PLAIN"], at: .auth, .reply("535 5.7.8 what is \(secret)?"))
        defer { server.stop() }
        let courier = try SMTPCourier(.to(server, login: true), concurrency: 1)
        let (outcome, exchange) = await courier.deliverTraced(.make())
        guard case .deferred(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.kind == .authentication && failure.detail == "535 5.7.8 what is «masked»?")
        #expect(exchange.contains("< 535 5.7.8 what is «masked»?"), "\(exchange)")
        #expect(!exchange.joined().contains(secret))
    }

    @Test func `a name that leads to this machine is the route's trouble, unless it is allowed to`()
        async throws
    {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        var relay = SMTPRelay.to(server, tls: .startTLS)
        relay.host = "relay.localhost"
        for (isAllowed, kind) in [(false, DeliveryFailure.Kind.name), (true, .tls)] {
            relay.allowsPrivate = isAllowed
            let outcome = await (try SMTPCourier(relay, concurrency: 1)).deliver(.make()) {}
            guard case .deferred(let failure) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(failure.kind == kind && failure.scope == .route && failure.alert, "\(failure)")
        }
        #expect(server.times(.mail) == 0)
    }

    @Test func `bytes that are no mail are refused by ourselves, and a human is told`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let courier = try SMTPCourier(.to(server), concurrency: 1)
        let outcome = await courier.deliver(.make(bytes: Array("a\n.\nMAIL FROM:<evil@b.example>\r\n".utf8)))
        {}
        #expect(
            outcome
                == .refused(
                    DeliveryFailure(
                        kind: .configuration, scope: .message,
                        detail: "line 1 of the message holds a CR or LF that is not CR LF", alert: true)))
        #expect(server.commands.isEmpty)
    }
}

extension ScriptedSMTPServer.Behaviour {
    fileprivate var isStall: Bool {
        switch self {
        case .stall, .acceptThen(.stall): true
        default: false
        }
    }
}
