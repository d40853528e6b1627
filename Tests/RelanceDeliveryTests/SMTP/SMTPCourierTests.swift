import RelanceCore
import RelanceDelivery
import RelanceTestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct SMTPCourierTests {
    @Test func `a mail is accepted once its owner has written that down`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let courier = try SMTPCourier(.to(server), concurrency: 1)
        let outcome = await courier.deliver(.make()) {
            #expect(server.accepted.isEmpty)
        }
        #expect(outcome == .accepted(reply: "250 2.0.0 Ok: queued as SCRIPTED"))
        #expect(server.accepted.map(\.octets) == [Parcel.make().mail?.bytes])
        #expect(server.accepted.map(\.sender) == ["relance@cci.example"])
    }

    @Test func `an owner who cannot write it down keeps the mail from leaving`() async throws {
        struct DiskFull: Error {}
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let courier = try SMTPCourier(.to(server), concurrency: 1)
        #expect(await courier.deliver(.make()) { throw DiskFull() } == .interrupted)
        #expect(server.accepted.isEmpty)
    }

    @Test func `a delivery cut before the hand-over is interrupted, after it ambiguous`() async throws {
        for (stage, behaviour) in [
            (ScriptedSMTPServer.Stage.rcpt, ScriptedSMTPServer.Behaviour.stall),
            (.endOfData, .acceptThen(.stall)),
        ] {
            let server = try ScriptedSMTPServer(at: stage, behaviour)
            defer { server.stop() }
            let courier = try SMTPCourier(.to(server), concurrency: 1)
            let delivery = Task { await courier.deliver(.make()) {} }
            await server.reached(stage)
            delivery.cancel()
            switch await delivery.value {
            case .interrupted: #expect(stage == .rcpt)
            case .ambiguous: #expect(stage == .endOfData)
            case let other: Issue.record("\(other)")
            }
        }
    }

    @Test func `a relay whose words make no connection is refused at the start`() throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        var relay = SMTPRelay.to(server)
        relay.hello = "relance.example\r\nQUIT"
        #expect(throws: (any Error).self) { try SMTPCourier(relay, concurrency: 1) }
    }

    @Test(arguments: [true, false])
    func `a mail that demands TLS never takes the connection that one in clear has left standing`(
        offersTLS: Bool
    ) async throws {
        let identity = try TLSIdentity()
        let server = try ScriptedSMTPServer(
            extensions: offersTLS ? ["STARTTLS", "AUTH PLAIN"] : ["AUTH PLAIN"],
            identity: offersTLS ? identity : nil)
        defer { server.stop() }
        var open = SMTPRelay.to(server)
        open.host = TLSIdentity.host
        let inClear = try SMTPCourier(open, concurrency: 1)
        let protected = try SMTPCourier(
            .demandingTLS(of: server, as: identity, patience: 60), concurrency: 1)
        #expect(MatrixEnd(await inClear.deliver(.make("clear")) {}, copies: 0) == MatrixEnd("accepted"))
        let outcome = await protected.deliver(.make("protected")) {}
        #expect(
            MatrixEnd(outcome, copies: 0) == MatrixEnd(offersTLS ? "accepted" : "route:tls!"), "\(outcome)")
        #expect(server.accepted.count == (offersTLS ? 2 : 1))
        #expect(server.connections == 2)
        #expect(server.commands[0].count { $0.hasPrefix("MAIL ") } == 1)
        let words = try #require(server.heardInClear.last)
        #expect(words.hasPrefix("EHLO relance.example\r\n" + (offersTLS ? "STARTTLS\r\n" : "")))
        #expect(!["AUTH", "MAIL", "RCPT", "DATA", "Bonjour"].contains { words.contains($0) })
        #expect(server.complaints.isEmpty)
        // It did stand: the next one in clear takes it.
        #expect(MatrixEnd(await inClear.deliver(.make("clear again")) {}, copies: 0) == MatrixEnd("accepted"))
        #expect(server.connections == 2)
    }

    @Test func `a real relay takes the mail of a message by STARTTLS and by implicit TLS, with AUTH`()
        async throws
    {
        try await PostfixServer.run { server in
            for tls in [SMTPRelay.TLS.startTLS, .implicit] {
                let message = RenderedMessage.make(key: .make(tls.rawValue), text: "Bonjour Élodie,\n.\n..\n")
                let bytes = try MIMEMessage.bytes(
                    of: message, zone: .utc, messageIDDomain: "cci.example", sender: message.from.address)
                let parcel = Parcel(
                    key: message.key, kind: message.kind, sender: message.from.address,
                    recipient: message.to.address, bytes: bytes)
                let courier = try SMTPCourier(.to(server, tls: tls), concurrency: 2)
                let outcome = await courier.deliver(parcel) {}
                guard case .accepted(let reply, _) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(reply.hasPrefix("250 2.0.0 Ok: queued as "))
                // The server puts its own lines before ours and changes nothing else but the line ends.
                let ours = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
                let arrived = try await server.mails(atLeast: tls == .startTLS ? 1 : 2)
                #expect(arrived.contains { $0.hasSuffix(ours) })
            }

            let courier = try SMTPCourier(.to(server), concurrency: 1)
            let unknown = await courier.deliver(.make(to: .make(server.unknownRecipient))) {}
            let later = await courier.deliver(.make(to: .make(server.deferredRecipient))) {}
            #expect(unknown.refusal?.kind == .badAddress)
            #expect(unknown.refusal?.code == 550)
            #expect(later.deferral?.scope == .message)
            #expect(later.deferral?.code == 450)

            let stranger = try SMTPCourier(.to(server, certificateFile: server.strangers), concurrency: 1)
            let untrusted = await stranger.deliver(.make()) {}
            #expect(untrusted.deferral?.kind == .tls)
            #expect(untrusted.deferral?.scope == .route)
            #expect(untrusted.deferral?.alert == true)

            let locked = try SMTPCourier(.to(server, password: "wrong"), concurrency: 1)
            let denied = await locked.deliver(.make()) {}
            #expect(denied.deferral?.kind == .authentication)
            #expect(denied.deferral?.scope == .route)
            #expect(denied.deferral?.code == 535)

            let (outcome, exchange) = await courier.deliverTraced(.make())
            #expect(outcome.refusal == nil)
            #expect(exchange.contains("> MAIL FROM:<relance@cci.example>"))
            #expect(exchange.contains { $0.hasPrefix("< 235 ") })
            // \0relance\0canary-7f3d-postfix in base64 begins so.
            #expect(!exchange.joined().contains("AHJlbGFuY2UAY2FuYXJ5"))
        }
    }
}

extension DeliveryOutcome {
    fileprivate var refusal: DeliveryFailure? {
        if case .refused(let failure) = self { failure } else { nil }
    }

    fileprivate var deferral: DeliveryFailure? {
        if case .deferred(let failure) = self { failure } else { nil }
    }
}
