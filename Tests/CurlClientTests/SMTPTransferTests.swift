import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(10))) struct SMTPTransferTests {
    @Test func `a message arrives octet by octet, dots and all, for one recipient`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let message = "Subject: points\r\n\r\n.\r\n..\r\n.début\r\n\r\nfin.\r\n.\r\n"
        let result = await CurlPool.once(.mail(message), over: try .to(server))
        await server.reached(.quit)
        #expect(result.problem == nil)
        #expect(result.stage == .answer)
        #expect(result.responseCode == 250)
        #expect(result.connectionsOpened == 1)
        #expect(server.accepted.map(\.octets) == [Array(message.utf8)])
        #expect(server.accepted.map(\.recipient) == ["conseiller@cci.example"])
        #expect(
            server.commands == [
                [
                    "EHLO relance.example", "MAIL FROM:<relance@cci.example>",
                    "RCPT TO:<conseiller@cci.example>",
                    "DATA", "QUIT",
                ]
            ])
    }

    @Test func `a large message arrives whole`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let message = String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 20_000)
        let result = await CurlPool.once(.mail(message), over: try .to(server))
        #expect(result.problem == nil)
        #expect(server.accepted.map(\.octets) == [Array(message.utf8)])
    }

    @Test func `the server's replies are kept, at most as many as the limits allow`() async throws {
        let server = try ScriptedSMTPServer { stage, _ in
            stage == .rcpt
                ? .reply(
                    String(repeating: "550-5.1.1 " + String(repeating: "y", count: 400) + "\r\n", count: 400)
                        + "550 no\u{1B}[31m")
                : nil
        }
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server))
        #expect(result.replies.prefix(2) == ["220 scripted.example ESMTP", "250-scripted.example"])
        #expect(result.transcript.map(\.text.utf8.count).reduce(0, +) == 64 * 1024)
        #expect(result.responseCode == 550)
        #expect(result.stage == .recipient)
    }

    @Test func `control characters in a reply are shown, not passed on`() async throws {
        let server = try ScriptedSMTPServer(at: .endOfData, .reply("250 queued as \u{1B}[31mé"))
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server))
        #expect(result.replies.last == "250 queued as \\x1b[31m\\xc3\\xa9")
    }

    @Test func `a traced submission shows our commands and masks the authentication`() async throws {
        let server = try ScriptedSMTPServer(extensions: ["AUTH PLAIN"])
        defer { server.stop() }
        let login = CurlLogin(user: "relance", password: "canary-1234")
        let result = await CurlPool.once(.mail(traced: true), over: try .to(server, login: login))
        #expect(result.problem == nil)
        let said = result.transcript.filter { $0.from == .client }.map(\.text)
        #expect(said.prefix(3) == ["EHLO relance.example", "AUTH PLAIN", "«masked»"])
        #expect(said.contains("MAIL FROM:<relance@cci.example>"))
        #expect(!said.joined().contains("AHJlbGFuY2UA"))  // \0relance\0… in base64
    }

    @Test
    func `a reply before the final dot is no answer, and nobody's next message has it on its connection`()
        async throws
    {
        let hasSpoken = Latch()
        let server = try ScriptedSMTPServer { stage, times in
            guard times == 1 else { return nil }
            return switch stage {
            case .body: .first(.octets(Array("250 2.0.0 Ok\r\n".utf8)), then: .opening(hasSpoken))
            case .endOfData: .reply("554 5.7.1 never")
            default: nil
            }
        }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        #expect(await pool.perform(.mail()).problem == nil)
        // On the connection that stands.
        let result = await pool.perform(.mail()) {
            await hasSpoken.opened()
            return true
        }
        #expect(result.problem == .outOfTurn && result.stage == .answer)
        #expect(result.connectionsOpened == 0)
        let next = await pool.perform(.mail())
        #expect(next.problem == nil && next.connectionsOpened == 1)
        #expect(server.accepted.count == 2)
        await pool.shutdown()
    }

    @Test func `messages follow one another on one connection`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        var opened: [Int] = []
        for _ in 0..<3 {
            opened.append(await pool.perform(.mail()).connectionsOpened)
        }
        await pool.shutdown()
        await server.reached(.quit)
        #expect(opened == [1, 0, 0])
        #expect(server.commands.count == 1)
        #expect(server.commands.first?.last == "QUIT")
    }

    @Test func `a connection that has stood idle too long is closed, with QUIT`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        var limits = CurlLimits.connections(1)
        limits.idleTimeout = .milliseconds(1)
        let pool = CurlPool(try .to(server), limits: limits)
        _ = await pool.perform(.mail())
        await server.reached(.quit)
        let second = await pool.perform(.mail())
        await pool.shutdown()
        #expect(second.connectionsOpened == 1)
        #expect(server.accepted.count == 2)
    }

    @Test(arguments: [
        ScriptedSMTPServer.Behaviour.replyThenClose("421 4.4.2 idle too long"), .close, .reset,
    ])
    func `a connection that had gone meanwhile costs a new one, not a failure`(
        behaviour: ScriptedSMTPServer.Behaviour
    ) async throws {
        let server = try ScriptedSMTPServer { stage, times in stage == .mail && times == 1 ? behaviour : nil }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        _ = await pool.perform(.mail())
        let second = await pool.perform(.mail())
        await pool.shutdown()
        #expect(second.problem == nil)
        #expect(second.connectionsOpened == 1)
        #expect(server.accepted.count == 2)
        #expect(server.commands.count == 2)
    }

    @Test func `a new connection lost at MAIL is a failure and is not tried again`() async throws {
        let server = try ScriptedSMTPServer(at: .mail, .close)
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server))
        #expect(result.failure == .receiving)
        #expect(result.stage == .sender)
        #expect(server.commands.count == 1)
    }

    @Test func `a refused recipient whose QUIT is never answered does not hold the result up`() async throws {
        let server = try ScriptedSMTPServer { stage, _ in
            switch stage {
            case .rcpt: .reply("550 5.1.1 unknown")
            case .quit: .stall
            default: nil
            }
        }
        defer { server.stop() }
        var limits = CurlLimits.connections(1)  // with the ten minutes of a reply
        limits.farewellTimeout = .seconds(1)
        let result = await CurlPool.once(.mail(), over: try .to(server), limits: limits)
        #expect(result.responseCode == 550)
        #expect(result.stage == .recipient)
    }

    @Test func `closing a pool does not wait for the answer to QUIT`() async throws {
        let server = try ScriptedSMTPServer(at: .quit, .stall)
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        _ = await pool.perform(.mail())
        let took = await ContinuousClock().measure { await pool.shutdown() }
        #expect(took < .seconds(100))  // libcurl alone waits 120
        await server.reached(.quit)
    }

    @Test func `silence after the final dot ends with the response time-out, handed over`() async throws {
        let server = try ScriptedSMTPServer(at: .endOfData, .acceptThen(.stall))
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server), limits: .impatient)
        #expect(result.failure == .timeout)
        #expect(result.stage == .answer)
        #expect(result.responseCode == 354)
        #expect(server.accepted.count == 1)
    }

    @Test(arguments: [true, false])
    func `a connection on which a reply is still owed is never used again`(isCancelled: Bool) async throws {
        let owed = Latch()
        let server = try ScriptedSMTPServer { stage, times in
            stage == .endOfData && times == 0 ? .acceptLate("250 the first is queued", after: owed) : nil
        }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .impatient)
        let first = Task { await pool.perform(.mail()) }
        await server.reached(.endOfData)
        if isCancelled { first.cancel() }
        #expect(await first.value.stage == .answer)
        owed.open()
        let second = await pool.perform(.mail())
        await pool.shutdown()
        #expect(second.problem == nil)
        #expect(second.connectionsOpened == 1)
        #expect(second.replies.last == "250 2.0.0 Ok: queued as SCRIPTED")
        #expect(!second.replies.contains("250 the first is queued"))
    }

    @Test(arguments: [ScriptedSMTPServer.Stage.mail, .rcpt, .data])
    func `silence before any other reply ends with the response time-out, not handed over`(
        stage: ScriptedSMTPServer.Stage
    ) async throws {
        let server = try ScriptedSMTPServer(at: stage, .stall)
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server), limits: .impatient)
        #expect(result.failure == .timeout)
        #expect(result.stage < .body)
    }

    @Test func `a reply may take ten minutes by default, and a transfer longer than that`() {
        #expect(CurlLimits().responseTimeout == .seconds(600))
        #expect(CurlLimits().totalTimeout == .seconds(900))
    }

    @Test func `one slow peer does not hold up the other connection of the pool`() async throws {
        let server = try ScriptedSMTPServer { stage, times in
            stage == .endOfData && times == 0 ? .acceptThen(.stall) : nil
        }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(2))
        async let slow = pool.perform(.mail())
        await server.reached(.endOfData)
        for _ in 0..<3 {
            #expect(await pool.perform(.mail()).problem == nil)
        }
        server.release()
        #expect(await slow.stage == .answer)
        #expect(await slow.responseCode == 354)
        await pool.shutdown()
    }

    @Test func `more messages than connections wait their turn`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(3))
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<60 {
                group.addTask { await pool.perform(.mail("Subject: \(number)\r\n\r\n")).problem == nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        await pool.shutdown()
        #expect(accepted == 60)
        #expect(server.commands.count <= 3)
        #expect(Set(server.accepted.map(\.octets)).count == 60)
    }
}
