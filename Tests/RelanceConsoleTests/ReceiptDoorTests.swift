import RelanceConsole
import RelanceCore
import RelanceTestSupport
import Testing

/// The door for gateways: what reaches the desk, and what the gateway hears.
@Suite(.timeLimit(.minutes(10))) struct ReceiptDoorTests {
    private let token = "k7Fq-0123456789_abcdef~"

    @Test func `the desk gets a call as it came, and its answer goes out to the byte`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let answer = try await console.answer(
                "POST", "/receipts/jasmin/\(token)/2020?level=1&err=&text=%C3%A9t%C3%A9+%7B%",
                headers: ["X-Signature: ab12", "X-Twice: a", "x-twice: b"], body: #"{"id": "1"}"#)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("Content-Type: text/plain\r\n"))
            #expect(answer.contains("Content-Length: 10\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nACK/Jasmin"))
        }
        let callback = try #require(await desk.callbacks.first)
        #expect(callback.route == "jasmin" && callback.token == token && callback.suffix == "2020")
        #expect(callback.method == .post)
        #expect(callback.query == "level=1&err=&text=%C3%A9t%C3%A9+%7B%")
        #expect(callback.header("x-signature") == "ab12")
        #expect(callback.header("x-twice") == nil)
        #expect(callback.body == Array(#"{"id": "1"}"#.utf8))
    }

    @Test func `a gateway that tells by query alone is heard as well`() async throws {
        let desk = ScriptedDesk(answer: CallbackAnswer(status: 204))
        try await OpenConsole.serve(desk) { console in
            let answer = try await console.answer("GET", "/receipts/kannel/\(token)?type=1")
            #expect(answer.hasPrefix("HTTP/1.1 204 No Content\r\n") && answer.hasSuffix("\r\n\r\n"))
        }
        let callback = try #require(await desk.callbacks.first)
        #expect(callback.method == .get && callback.body.isEmpty && callback.suffix == nil)
        #expect(callback.query == "type=1")
    }

    @Test func `a gateway that signs needs no token in its address`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            _ = try await console.answer("POST", "/receipts/twilio", body: "MessageStatus=delivered")
        }
        #expect(await desk.callbacks.map(\.token) == [nil])
    }

    @Test(arguments: [
        "/", "/receipts", "/receipts/", "/receipts//token", "/receipts/kannel/", "/receipts/kannel/../x/y",
        "/receipts/kan%6Eel/token", "/receipts/kannel/to%2Fken", "/receipts/kannel/to;ken", "/orders",
        "/healthz/", "//receipts/kannel/token", "/RECEIPTS/kannel/token",
        "/receipts/kannel/" + String(repeating: "a", count: 129),
        "/receipts/" + String(repeating: "a", count: 65), "*", "/receipts/kannel/token/é",
        "/receipts/kannel/token/" + String(repeating: "a", count: 257),
    ])
    func `a path that is not ours leads nowhere`(target: String) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let answer = try await console.answer("GET", target)
            #expect(["404", "400"].contains(answer.status), "\(answer)")
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test(arguments: ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"])
    func `a method that is not a gateway's is refused, naming those that are`(method: String) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let answer = try await console.answer(method, "/receipts/kannel/\(token)")
            #expect(answer.status == "405" && answer.contains("Allow: GET, POST\r\n"), "\(answer)")
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test func `whoever asks if we are there is told so and no more`() async throws {
        try await OpenConsole.serve { console in
            let got = try await console.answer("GET", "/healthz")
            #expect(got.hasSuffix("\r\n\r\nok\n"))
            let head = try await console.answer("HEAD", "/healthz")
            #expect(head.hasSuffix("\r\n\r\n"))
            let posted = try await console.answer("POST", "/healthz", body: "")
            #expect(posted.status == "405")
        }
    }

    @Test func `requests on one connection are answered in their order`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let first = OpenConsole.request("POST", "/receipts/a/\(token)", body: "1", isLast: false)
            let second = OpenConsole.request("GET", "/healthz", isLast: false)
            let third = OpenConsole.request("POST", "/receipts/b/\(token)", body: "3")
            let answer = try await console.answer(to: first + second + third)
            let bodies = answer.split(separator: "HTTP/1.1 200 OK").map { $0.suffix(3) }
            #expect(bodies == ["min", "ok\n", "min"])
        }
        #expect(await desk.callbacks.map(\.route) == ["a", "b"])
        #expect(await desk.callbacks.map(\.body) == [Array("1".utf8), Array("3".utf8)])
    }

    @Test func `the gateway hears nothing before the desk has returned, and a stop waits for it`()
        async throws
    {
        let (asked, mayAnswer) = (Latch(), Latch())
        let desk = ScriptedDesk {
            asked.open()
            await mayAnswer.opened()
        }
        try await OpenConsole.serve(desk) { console in
            async let answer = console.answer("POST", "/receipts/kannel/\(token)", body: "x")
            await asked.opened()
            async let stopped: Void = console.stop()
            mayAnswer.open()
            let heard = try await answer
            #expect(heard.hasSuffix("ACK/Jasmin"))
            try await stopped
            await #expect(throws: CallerSocket.Failure.self) {
                try await console.answer("GET", "/healthz")
            }
        }
    }

    @Test func `a stop does not wait for a caller who says nothing`() async throws {
        try await OpenConsole.serve { console in
            let caller = try await onThread { [port = console.port] in
                let caller = try CallerSocket(port: port)
                caller.say(OpenConsole.request("GET", "/healthz", isLast: false))
                _ = try caller.hear(through: "ok\n")
                return caller
            }
            try await console.stop()
            let rest = try await onThread { try caller.hearAll() }
            #expect(rest.isEmpty)
        }
    }

    @Test func `a call the desk refuses is not told of by the console, whatever it names`() async throws {
        let canary = "canary-0123456789abcdef"
        try await OpenConsole.serve(ScriptedDesk(answer: CallbackAnswer(status: 404))) { console in
            _ = try await console.answer("POST", "/receipts/\(canary)", body: "x")
            #expect(!console.lines.all.contains { $0.contains("receipt ") || $0.contains(canary) })
        }
    }

    @Test func `no line of the log holds a token or anything else of a request`() async throws {
        let canary = "canary-0123456789abcdef"
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            _ = try await console.answer("POST", "/receipts/kannel/\(canary)?q=\(canary)", body: canary)
            _ = try await console.answer("PUT", "/receipts/kannel/\(canary)", headers: ["X: \(canary)"])
            _ = try await console.answer("GET", "/\(canary)")
            _ = try await console.answer(
                "POST", "/receipts/kannel/\(canary)", body: String(repeating: canary, count: 4000))
            _ = try await console.answer(to: "GET /\(canary) HTTP/9\r\n\r\n")
            #expect(console.lines.all.contains { $0.contains("kannel") })
            let lines = console.lines.all.count
            _ = try await console.answer(
                "POST", "/receipts/\(canary)", body: String(repeating: canary, count: 4000))
            #expect(await desk.refusals == ["kannel": 413, canary: 413])
            #expect(console.lines.all.count == lines)
            #expect(!console.lines.all.contains { $0.contains(canary) })
        }
    }
}

extension String {
    /// The status of an HTTP answer.
    var status: String { String(dropFirst("HTTP/1.1 ".count).prefix(3)) }
}
