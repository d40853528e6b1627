import RelanceConsole
import RelanceCore
import RelanceTestSupport
import Testing

/// Callers who send too much, too slowly or nonsense: nothing of it reaches the desk, and their connection is freed.
@Suite(.timeLimit(.minutes(10))) struct HostileCallerTests {
    private let target = "/receipts/kannel/token"

    private func expect(
        _ status: String, for request: String, limits: ConsoleLimits = ConsoleLimits()
    ) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk, limits: limits) { console in
            let answer = try await console.answer(to: request)
            #expect(answer.status == status, "\(answer.prefix(200))")
            let health = try await console.answer("GET", "/healthz")
            #expect(health.status == "200")
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test func `a body of 64 KiB is taken whole, one byte more is too large`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let whole = String(repeating: "x", count: 65_536)
            let atLimit = try await console.answer("POST", target, body: whole)
            #expect(atLimit.status == "200")
            let longer = try await console.answer("POST", target, body: whole + "x")
            #expect(longer.status == "413")
        }
        #expect(await desk.callbacks.map(\.body.count) == [65_536])
    }

    @Test func `a body in chunks without an end is cut`() async throws {
        let head = "POST \(target) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        try await expect("413", for: head + String(repeating: chunk, count: 34))
    }

    @Test func `a body that does not come in its time is a time-out`() async throws {
        var limits = ConsoleLimits()
        limits.bodyTime = .milliseconds(50)
        try await expect(
            "408", for: "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", limits: limits
        )
    }

    @Test func `a head that does not come in its time ends the connection`() async throws {
        var limits = ConsoleLimits()
        limits.head = .milliseconds(50)
        try await OpenConsole.serve(limits: limits) { console in
            let silence = try await console.answer(to: "GET \(target) HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            #expect(silence.isEmpty)
        }
    }

    @Test func `a body that is cut off is never taken for a whole one`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            for head in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
            {
                let heard = try await onThread { [port = console.port, target] in
                    let caller = try CallerSocket(port: port)
                    caller.say("POST \(target) HTTP/1.1\r\nHost: a\r\n" + head)
                    caller.endSaying()
                    return try caller.hearAll()
                }
                #expect(heard.isEmpty || heard.status == "400", "\(heard)")
            }
        }
        #expect(await desk.callbacks.isEmpty)
    }

    private static let many = (0...100).map { "X-\($0): y\r\n" }.joined()
    private static let long = "X: " + String(repeating: "y", count: 9 << 10) + "\r\n"
    private static let much = (0..<40).map { "X-\($0): \(String(repeating: "y", count: 512))\r\n" }.joined()

    /// What a caller says, under a name that fits on a line.
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: String

        init(_ name: String, _ text: String) {
            testDescription = name
            self.text = text
        }
    }

    @Test(arguments: [
        Row("a hundred and one headers", many), Row("one header of 9 KiB", long),
        Row("headers of 20 KiB", much),
        Row("two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        Row("a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
        Row("a folded header", "X: y\r\n z\r\n"), Row("a NUL", "X: y\u{0}z\r\n"),
        Row("a header without a colon", "nonsense\r\n"),
        Row("a space before the colon", "Content-Length : 1\r\n"),
        Row("a negative length", "Content-Length: -1\r\n"),
        Row("an absurd length", "Content-Length: 99999999999999999999\r\n"),
    ])
    func `a head that is no head is a bad request`(row: Row) async throws {
        try await expect(
            "400", for: "POST \(target) HTTP/1.1\r\nHost: a\r\n\(row.text)\r\n")
    }

    private static let longPath = "/" + String(repeating: "a", count: 9 << 10)
    private static let endless = "GET /" + String(repeating: "a", count: 1 << 20)

    @Test(arguments: [
        Row("a target of 9 KiB", "GET \(longPath) HTTP/1.1\r\nHost: a\r\n\r\n"),
        Row("a target without an end", endless), Row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Row("TLS", "\u{16}\u{3}\u{1}\u{2}\r\n"), Row("a method alone", "GET\r\n\r\n"),
        Row("a word too many", "GET / HTTP/1.1 extra\r\n\r\n"),
    ])
    func `a request line that is none is a bad request`(row: Row) async throws {
        try await expect("400", for: row.text)
    }

    @Test func `beyond its connections a caller waits until another one has gone`() async throws {
        var limits = ConsoleLimits()
        limits.connections = 1
        try await OpenConsole.serve(limits: limits) { console in
            let port = console.port
            let first = try await onThread {
                let first = try CallerSocket(port: port)
                first.say(OpenConsole.request("GET", "/healthz", isLast: false))
                _ = try first.hear(through: "ok\n")
                return first
            }
            async let second = console.answer("GET", "/healthz")
            let again = try await onThread {
                first.say(OpenConsole.request("GET", "/healthz", isLast: true))
                first.endSaying()
                return try first.hearAll()
            }
            #expect(again.status == "200")
            let other = try await second
            #expect(other.status == "200")
        }
    }
}
