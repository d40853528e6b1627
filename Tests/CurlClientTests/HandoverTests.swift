import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(10))) struct HandoverTests {
    @Test func `nothing is accepted until the owner has let go`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let recorded = Latch()
        var acceptedAtHandover = -1
        let pool = CurlPool(try .to(server))
        let result = await pool.perform(.mail()) {
            await server.reached(.data)
            acceptedAtHandover = server.accepted.count
            recorded.open()
            return true
        }
        await recorded.opened()
        await pool.shutdown()
        #expect(result.problem == nil)
        #expect(acceptedAtHandover == 0)
        #expect(server.times(.endOfData) == 1)
    }

    @Test func `an owner who declines keeps the message from being accepted`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server)) { false }
        #expect(result.problem == .handoverDeclined)
        #expect(result.stage == .body)
        #expect(server.times(.endOfData) == 0)
        #expect(server.accepted.isEmpty)
    }

    @Test func `other transfers go on while an owner takes its time`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let (asked, decided) = (Latch(), Latch())
        let pool = CurlPool(try .to(server), limits: .connections(2))
        async let slow = pool.perform(.mail("Subject: slow\r\n\r\n")) {
            asked.open()
            await decided.opened()
            return true
        }
        await asked.opened()
        #expect(await pool.perform(.mail("Subject: quick\r\n\r\n")).problem == nil)
        #expect(server.accepted.count == 1)
        decided.open()
        #expect(await slow.problem == nil)
        #expect(server.accepted.count == 2)
        await pool.shutdown()
    }

    @Test func `a transfer that is refused earlier never asks`() async throws {
        let server = try ScriptedSMTPServer(at: .rcpt, .reply("550 5.1.1 unknown"))
        defer { server.stop() }
        var asked = false
        let result = await CurlPool.once(.mail(), over: try .to(server)) {
            asked = true
            return true
        }
        #expect(result.responseCode == 550)
        #expect(!asked)
    }

    @Test func `a server that goes while the owner decides has not been given the message`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .to(server)) {
            await server.reached(.data)
            server.stop()
            return false
        }
        #expect(result.problem != nil)
        #expect(result.stage == .body)
        #expect(server.accepted.isEmpty)
    }
}
