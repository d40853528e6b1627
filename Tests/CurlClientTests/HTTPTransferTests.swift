import Glibc
import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(10))) struct HTTPTransferTests {
    @Test func `a request goes out as written and its answer comes back whole`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(201, #"{"id":"é"}"#, headers: ["X-Reference: 42"])
        }
        defer { server.stop() }
        let request = HTTPRequest(
            "POST", "/v1/sms?a=b%20c&d=../x",
            headers: [.init("Content-Type", "application/json"), .init("X-Empty", "")],
            body: Array(#"{"to":"+33639980001"}"#.utf8))
        let result = await CurlPool.once(.http(request), over: try .to(server)) { true }
        #expect(result.problem == nil)
        #expect(result.responseCode == 201)
        #expect(result.stage == .answer)
        #expect(result.body == Array(#"{"id":"é"}"#.utf8))
        #expect(result.replies.contains("X-Reference: 42"))
        let seen = try #require(server.requests.first)
        #expect(seen.head.first == "POST /v1/sms?a=b%20c&d=../x HTTP/1.1")
        #expect(seen.body == request.body)
        #expect(seen.header("Content-Type") == "application/json")
        #expect(seen.header("X-Empty")?.isEmpty == true)
        #expect(seen.header("Expect") == nil)
        #expect(seen.header("Host") == "127.0.0.1:\(server.port)")
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "PUT", "PATCH", "POST"])
    func `every method works, with a body or without`(method: String) async throws {
        let server = try ScriptedHTTPServer { request in
            request.head[0].hasPrefix("HEAD")
                ? .answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n") : .status(200, "hello")
        }
        defer { server.stop() }
        let bodies: [[UInt8]?] = method == "GET" || method == "HEAD" ? [nil] : [nil, [], Array("x=1".utf8)]
        for body in bodies {
            let result = await CurlPool.once(
                .http(HTTPRequest(method, "/", body: body)), over: try .to(server)
            ) { true }
            #expect(result.problem == nil)
            #expect(result.responseCode == 200)
        }
        #expect(server.requests.map { $0.head[0] } == bodies.map { _ in "\(method) / HTTP/1.1" })
        #expect(server.requests.map(\.body) == bodies.map { $0 ?? [] })
    }

    @Test(arguments: [300, 301, 302, 307, 308])
    func `a redirect is an answer, not a journey`(status: Int) async throws {
        let server = try ScriptedHTTPServer { _ in .status(status, headers: ["Location: http://127.0.0.1:1/"])
        }
        defer { server.stop() }
        let result = await CurlPool.once(.http(HTTPRequest("GET", "/")), over: try .to(server))
        #expect(result.problem == nil)
        #expect(result.responseCode == status)
        #expect(server.requests.count == 1)
    }

    @Test func `the body waits for the owner`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(200) }
        defer { server.stop() }
        var arrivedAtHandover = -1
        let request = HTTPRequest("POST", "/", body: Array("x=1".utf8))
        let result = await CurlPool.once(.http(request), over: try .to(server)) {
            await server.firstHead()
            arrivedAtHandover = server.requests.count
            return true
        }
        #expect(arrivedAtHandover == 0)
        #expect(result.responseCode == 200)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [nil, Array("x=1".utf8)])
    func `an owner who declines keeps the request from being made`(body: [UInt8]?) async throws {
        let server = try ScriptedHTTPServer { _ in .status(200) }
        defer { server.stop() }
        let result = await CurlPool.once(.http(HTTPRequest("POST", "/", body: body)), over: try .to(server)) {
            false
        }
        #expect(result.problem == .handoverDeclined)
        #expect(result.stage < .answer)
        #expect(server.requests.isEmpty)
    }

    @Test(arguments: [nil, Array("x=1".utf8)])
    func `a request that acts is never repeated behind our back`(body: [UInt8]?) async throws {
        // The second request on a kept connection is taken, and the connection closed without a word: libcurl alone
        // would send it again.
        let server = try ScriptedHTTPServer { request in
            request.head[0].contains("/second") ? .close : .status(200)
        }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        _ = await pool.perform(.http(HTTPRequest("GET", "/first")))
        let result = await pool.perform(.http(HTTPRequest("POST", "/second", body: body))) { true }
        await pool.shutdown()
        #expect(result.failure == .receiving)
        #expect(result.stage == .answer)
        #expect(result.responseCode == 0)
        #expect(server.requests.filter { $0.head[0].contains("/second") }.count == 1)
    }

    @Test func `requests that only read share a connection`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(200) }
        defer { server.stop() }
        let pool = CurlPool(try .to(server), limits: .connections(1))
        for _ in 0..<3 { _ = await pool.perform(.http(HTTPRequest("GET", "/"))) }
        await pool.shutdown()
        #expect(server.requests.map(\.connection) == [0, 0, 0])
    }

    @Test func `an answer longer than allowed ends the transfer, its status known`() async throws {
        let server = try ScriptedHTTPServer { _ in .status(200, String(repeating: "x", count: 100_000)) }
        defer { server.stop() }
        let request = HTTPRequest("GET", "/", answerLimit: 1000)
        let result = await CurlPool.once(.http(request), over: try .to(server))
        #expect(result.problem == .answerTooLong(limit: 1000))
        #expect(result.responseCode == 200)
        #expect(result.body.count <= 1000)
    }

    @Test func `silence after the request ends with the total time-out: it may have been taken`() async throws
    {
        let server = try ScriptedHTTPServer { _ in .stall }
        defer { server.stop() }
        var limits = CurlLimits()
        limits.totalTimeout = .seconds(3)
        let request = HTTPRequest("POST", "/", body: Array("x=1".utf8))
        let result = await CurlPool.once(.http(request), over: try .to(server), limits: limits)
        #expect(result.failure == .timeout)
        #expect(result.stage == .answer)
    }

    @Test func `a server that is not there has been told nothing`() async throws {
        let route = try CurlRoute(.http, host: "127.0.0.1", port: 1, tls: .clearTextOnLoopback)
        let result = await CurlPool.once(.http(HTTPRequest("GET", "/")), over: route) { true }
        #expect(result.failure == .connection)
        #expect(result.stage == .connection)
    }

    @Test func `a proxy in the environment is ignored`() async {
        // In a process of its own: the environment belongs to every test.
        await #expect(processExitsWith: .success) {
            let server = try ScriptedHTTPServer { _ in .status(200) }
            let proxy = try ScriptedHTTPServer { _ in .status(500) }
            setenv("http_proxy", "http://127.0.0.1:\(proxy.port)", 1)
            let result = await CurlPool.once(.http(HTTPRequest("GET", "/")), over: try .to(server))
            #expect(result.responseCode == 200)
            #expect(server.requests.count == 1)
            #expect(proxy.requests.isEmpty)
        }
    }
}
