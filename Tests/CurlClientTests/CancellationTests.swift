import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    @Test func `a task cancelled before it starts sends nothing`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        let started = Latch()
        let task = Task {
            await started.opened()
            return await pool.perform(.mail())
        }
        task.cancel()
        started.open()
        let result = await task.value
        await pool.shutdown()
        #expect(result.problem == .cancelled)
        #expect(result.stage == .queued)
        #expect(server.commands.isEmpty)
    }

    @Test(arguments: [ScriptedSMTPServer.Stage.connect, .ehlo, .mail, .rcpt, .data])
    func `a task cancelled on the wire ends at once, with nothing handed over`(
        stage: ScriptedSMTPServer.Stage
    ) async throws {
        let server = try ScriptedSMTPServer(at: stage, .stall)
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        let task = Task { await pool.perform(.mail()) }
        await server.reached(stage)
        task.cancel()
        let result = await task.value
        #expect(result.problem == .cancelled)
        #expect(result.stage < .answer)
        await pool.shutdown()
    }

    @Test func `a message cancelled half-way is not ended with a dot and so accepted in part`() async throws {
        let held = Latch()
        let server = try ScriptedSMTPServer { stage, _ in stage == .body ? .readOnAfter(held) : nil }
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        // Far more than sockets can hold: when the server reads on, most of it has not left.
        let line = String(repeating: "x", count: 76) + "\r\n"
        let message = String(repeating: line, count: 80_000)
        let task = Task { await pool.perform(.mail(message)) { true } }
        await server.reached(.body)
        task.cancel()
        let result = await task.value
        held.open()
        await pool.shutdown()
        await server.ended()
        #expect(result.problem == .cancelled)
        #expect(result.stage == .body)
        #expect(server.times(.endOfData) == 0)
        #expect(server.accepted.isEmpty)
    }

    @Test func `a task cancelled after the final dot says so: the message may have been accepted`()
        async throws
    {
        let server = try ScriptedSMTPServer(at: .endOfData, .acceptThen(.stall))
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        let task = Task { await pool.perform(.mail()) }
        await server.reached(.endOfData)
        task.cancel()
        let result = await task.value
        #expect(result.problem == .cancelled)
        #expect(result.stage == .answer)
        await pool.shutdown()
    }

    @Test func `a task cancelled in the queue leaves it at once`() async throws {
        let server = try ScriptedSMTPServer(at: .connect, .stall)
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        let first = Task { await pool.perform(.mail()) }
        await server.reached(.connect)
        let waiting = Task { await pool.perform(.mail()) }
        waiting.cancel()
        #expect(await waiting.value.problem == .cancelled)
        #expect(await waiting.value.stage == .queued)
        first.cancel()
        #expect(await first.value.problem == .cancelled)
        await pool.shutdown()
    }

    @Test func `a task cancelled while the owner decides has handed nothing over`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        let (asked, decided) = (Latch(), Latch())
        let task = Task {
            await pool.perform(.mail()) {
                asked.open()
                await decided.opened()
                return true
            }
        }
        await asked.opened()
        task.cancel()
        await server.ended()
        decided.open()
        let result = await task.value
        await pool.shutdown()
        #expect(result.problem == .cancelled)
        #expect(result.stage == .body)
        // libcurl, asked to drop a transfer at this point, would end the message and so have it accepted.
        #expect(server.times(.endOfData) == 0)
        #expect(server.accepted.isEmpty)
    }

    @Test func `a thousand tasks cancelled at once each end once`() async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(4))
        let results = await withTaskGroup(of: CurlResult.self) { group in
            for _ in 0..<1000 {
                group.addTask { await pool.perform(.mail()) { true } }
            }
            await server.reached(.mail)
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        await pool.shutdown()
        #expect(results.count == 1000)
        #expect(results.filter { $0.problem != nil && $0.problem != .cancelled } == [])
        #expect(results.acceptedAtLeastAndAtMost.contains(server.accepted.count))
    }

    @Test func `a pool that is shut down ends every transfer once, and takes no more`() async throws {
        let server = try ScriptedSMTPServer { stage, times in stage == .mail && times >= 20 ? .stall : nil }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(4))
        let results = await withTaskGroup(of: CurlResult.self) { group in
            for _ in 0..<200 {
                group.addTask { await pool.perform(.mail()) { true } }
            }
            await server.reached(.endOfData)
            await pool.shutdown()
            await pool.shutdown()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 200)
        #expect(results.filter { $0.problem != nil && $0.problem != .poolClosed } == [])
        #expect(results.acceptedAtLeastAndAtMost.contains(server.accepted.count))
        #expect(await pool.perform(.mail()).problem == .poolClosed)
    }

    @Test func `a pool shut down after a final dot says that it does not know`() async throws {
        let server = try ScriptedSMTPServer(at: .endOfData, .acceptThen(.stall))
        defer { server.stop() }
        let pool = CurlPool(try .to(server))
        async let result = pool.perform(.mail())
        await server.reached(.endOfData)
        await pool.shutdown()
        #expect(await result.problem == .poolClosed)
        #expect(await result.stage == .answer)
    }

    @Test func `a pool that was never used shuts down`() async throws {
        let pool = CurlPool(try CurlRoute(.http, host: "localhost", port: 1, tls: .implicit))
        await pool.shutdown()
    }
}

extension [CurlResult] {
    /// The messages that were accepted for certain, and those besides that may have been.
    fileprivate var acceptedAtLeastAndAtMost: ClosedRange<Int> {
        let certain = filter { $0.problem == nil }.count
        return certain...certain + filter { $0.problem != nil && $0.stage == .answer }.count
    }
}
