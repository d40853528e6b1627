import RelanceConsole
import RelanceCore
import RelanceTestSupport
import Testing

/// Callers who send too much, too slowly or nonsense: nothing of it reaches the desk, and their connection is freed.
@Suite(.timeLimit(.minutes(10))) struct HostileCallerTests {
    private let target = "/receipts/kannel/token"

    private func expect(
        _ status: String, for request: String, limits: ConsoleLimits = .patient
    ) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk, limits: limits) { console in
            let answer = try await console.answer(to: request)
            #expect(answer.status == status, "\(answer.prefix(200))")
            #expect(answer.split(separator: "HTTP/1.1 ").count == 1, "\(answer.prefix(500))")
            let health = try await console.answer("GET", "/healthz")
            #expect(health.status == "200")
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test func `K4 a body of 64 KiB is taken whole, one byte more is too large`() async throws {
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

    @Test func `K4 a body in chunks without an end is cut`() async throws {
        let head = "POST \(target) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        try await expect("413", for: head + String(repeating: chunk, count: 34))
    }

    @Test func `K4 a body that does not come in its time is a time-out`() async throws {
        var limits = ConsoleLimits.patient
        limits.bodyTime = .milliseconds(50)
        try await expect(
            "408", for: "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
            limits: limits
        )
    }

    @Test func `K4 a head that does not come in its time ends the connection`() async throws {
        var limits = ConsoleLimits.patient
        limits.head = .milliseconds(50)
        try await OpenConsole.serve(limits: limits) { console in
            let silence = try await console.answer(
                to: "GET \(target) HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            #expect(silence.isEmpty)
        }
    }

    @Test(arguments: ["/receipts/kannel/token", "/nowhere", "/healthz"])
    func `K4 a body that drips is a time-out, although it goes on`(target: String) async throws {
        var limits = ConsoleLimits.patient
        limits.bodyTime = .milliseconds(500)
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk, limits: limits) { console in
            let (drops, heard) = try await onThread { [port = console.port] in
                let caller = try CallerSocket(port: port)
                caller.say("POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
                return (caller.drip("x", restMilliseconds: 50, atMost: 5999), try caller.hearAll())
            }
            #expect(heard.status == "408", "\(heard)")
            #expect((1..<5999).contains(drops))
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test(arguments: ["", OpenConsole.request("GET", "/healthz", isLast: false)])
    func `K4 a head that drips ends the connection, although it goes on`(before: String) async throws {
        var limits = ConsoleLimits.patient
        limits.head = .milliseconds(500)
        try await OpenConsole.serve(limits: limits) { console in
            let (drops, heard) = try await onThread { [port = console.port] in
                let caller = try CallerSocket(port: port)
                if !before.isEmpty {
                    caller.say(before)
                    _ = try caller.hear(through: "ok\n")
                }
                caller.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
                return (caller.drip("x", restMilliseconds: 50, atMost: 5999), try caller.hearAll())
            }
            #expect(heard.isEmpty, "\(heard)")
            #expect((1..<5999).contains(drops))
        }
    }

    @Test func `K5 brackets without an end are too large`() async throws {
        let brackets = String(repeating: "[", count: 100_000)
        try await expect(
            "413",
            for: "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + brackets)
    }

    @Test func `K4 a body that is cut off is never taken for a whole one`() async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            for head in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
            {
                let heard = try await onThread { [port = console.port, target] in
                    let caller = try CallerSocket(port: port)
                    caller.say("POST \(target) HTTP/1.1\r\nHost: localhost\r\n" + head)
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
        Row("K10 a hundred and one headers", many), Row("K10 one header of 9 KiB", long),
        Row("K10 headers of 20 KiB", much),
        Row("K10 two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        Row("K10 a length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
        Row("K10 chunks and a length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n"),
        Row("K10 a folded header", "X: y\r\n z\r\n"), Row("K10 a NUL", "X: y\u{0}z\r\n"),
        Row("K10 a header without a colon", "nonsense\r\n"),
        Row("K10 a space before the colon", "Content-Length : 1\r\n"),
        Row("K10 a negative length", "Content-Length: -1\r\n"),
        Row("K10 an absurd length", "Content-Length: 99999999999999999999\r\n"),
    ])
    func `a head that is no head is a bad request, and nothing behind it is heard`(row: Row) async throws {
        try await expect(
            "400", for: "POST \(target) HTTP/1.1\r\nHost: localhost\r\n\(row.text)\r\n" + Self.smuggled)
    }

    /// What whoever reads a request in another way than we would take for the next one.
    private static let smuggled = "GET /receipts/kannel/token HTTP/1.1\r\nHost: localhost\r\n\r\n"
    private static let longPath = "/" + String(repeating: "a", count: 9 << 10)
    private static let endless = "GET /" + String(repeating: "a", count: 1 << 20)

    @Test(arguments: [
        Row("K10 a target of 9 KiB", "GET \(longPath) HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Row("K10 a target without an end", endless), Row("K10 HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Row("K10 TLS", "\u{16}\u{3}\u{1}\u{2}\r\n"), Row("K10 a method alone", "GET\r\n\r\n"),
        Row("K10 a word too many", "GET / HTTP/1.1 extra\r\n\r\n"),
    ])
    func `a request line that is none is a bad request, and nothing behind it is heard`(row: Row) async throws
    {
        try await expect("400", for: row.text + Self.smuggled)
    }

    // MARK: - Who is meant

    @Test(arguments: [
        ("Host: evil.example", "421"), ("Host: relance.cci.example.evil.example", "421"),
        ("Host: RELANCE.cci.example:8443", "200"), ("Host: 127.0.0.1", "200"), ("Host: [::1]:80", "200"),
        ("Host: 127.1", "421"), ("Host: 0x7f000001", "421"), ("Host:", "421"), ("X: y", "400"),
        ("Host: localhost\r\nHost: evil.example", "400"), ("Host: evil.example\r\nHost: localhost", "400"),
    ])
    func `K10 only who names us is answered`(header: String, status: String) async throws {
        try await OpenConsole.serve { console in
            let answer = try await console.answer(
                to: "GET /healthz HTTP/1.1\r\n\(header)\r\nConnection: close\r\n\r\n")
            #expect(answer.status == status, "\(answer)")
        }
    }

    @Test(arguments: [
        ("Host:", "421"), ("Host: ", "421"), ("Host: :80", "421"), ("Host: relance.cci.example", "421"),
        ("Host: localhost", "200"), ("Host: 127.0.0.1:80", "200"),
    ])
    func `K10 who has no name of its own is named by nobody`(header: String, status: String) async throws {
        try await OpenConsole.serve(publicURL: nil) { console in
            let answer = try await console.answer(
                to: "GET /healthz HTTP/1.1\r\n\(header)\r\nConnection: close\r\n\r\n")
            #expect(answer.status == status, "\(answer)")
        }
    }

    private static let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"

    @Test(arguments: [
        Row(
            "K10 a target with another host",
            "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Row("K10 CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Row("K10 HTTP/0.9", "GET /healthz\r\n\r\n"),
        Row("K10 HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n"),
        Row("K10 a line ended by LF", "GET /healthz HTTP/1.1\nHost: localhost\n\n"),
        Row("K10 a header ended by LF", head + "X: y\nY: z\r\n\r\n"),
        Row("K10 a lone CR in a header", head + "X: y\rY: z\r\n\r\n"),
        Row("K10 a header of 1 MiB", head + "X: \(String(repeating: "y", count: 1 << 20))\r\n\r\n"),
        Row("K10 10,000 headers", head + String(repeating: "X: y\r\n", count: 10_000) + "\r\n"),
        Row(
            "K10 two encodings",
            head + "Transfer-Encoding: gzip, chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
        Row("K10 a chunk that is none", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ])
    func `what could be read in two ways is read in none, and the connection ends`(row: Row) async throws {
        let desk = ScriptedDesk()
        try await OpenConsole.serve(desk) { console in
            let answer = try await console.answer(to: row.text + Self.smuggled)
            // A caller who is still talking when the connection ends may miss the answer.
            #expect(["400", "421", "431", ""].contains(answer.status), "\(answer.prefix(300))")
            let health = try await console.answer("GET", "/healthz")
            #expect(health.status == "200")
        }
        #expect(await desk.callbacks.isEmpty)
    }

    @Test func `K4 a body of 8 MiB is not taken, nor one that goes on behind what is thrown away`()
        async throws
    {
        try await expect(
            "413",
            for: "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n"
                + String(repeating: "x", count: 1_048_577))
        try await OpenConsole.serve { console in
            // Its caller is cut off while talking, and may not get to hear why.
            let answer = try await console.answer(
                "POST", target, body: String(repeating: "x", count: 8 << 20))
            #expect(["413", ""].contains(answer.status))
        }
    }

    @Test(arguments: [
        Row("K13 a form", "Content-Type: application/x-www-form-urlencoded\r\n"),
        Row("K13 JSON", "Content-Type: application/json\r\n"),
        Row("K13 as the browser tells it", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
    ])
    func `a page of another site moves nothing here`(row: Row) async throws {
        let order = #"{"act": "acknowledge", "case": "2020-0301", "by": "anne.delmas", "reason": "seen"}"#
        let desk = ScriptedDesk(answer: CallbackAnswer(status: 403))
        try await OpenConsole.serve(desk) { console in
            for target in ["/orders", "/", "/receipts/kannel/guessed"] {
                let answer = try await console.answer(
                    to:
                        "POST \(target) HTTP/1.1\r\nHost: relance.cci.example\r\nOrigin: https://evil.example\r\n"
                        + "Cookie: a=b\r\n\(row.text)Content-Length: \(order.utf8.count)\r\nConnection: close\r\n\r\n"
                        + order)
                #expect(["403", "404"].contains(answer.status), "\(answer)")
                #expect(!answer.lowercased().contains("access-control-"), "no other site may read the answer")
            }
            let preflight = try await console.answer(
                "OPTIONS", "/orders",
                headers: ["Origin: https://evil.example", "Access-Control-Request-Method: POST"])
            #expect(preflight.status == "404" && !preflight.lowercased().contains("access-control-"))
        }
        #expect(await desk.orders.isEmpty)
        #expect(
            await desk.callbacks.map(\.token) == ["guessed"], "a call with a token, which the desk judges")
    }

    // MARK: - Crowds

    /// A second, ten times over: not optimised, and on a machine that is busy elsewhere.
    private static let promptly = Duration.seconds(10)

    @Test func `K11 one address has its share of connections, and every other one is answered at once`() async
    {
        // In a process of its own: in this one, tests that compute hold up whatever waits for a thread.
        await #expect(processExitsWith: .success) {
            try await OpenConsole.serve { console in
                let port = console.port
                let crowd = try await onThread {
                    try (0..<500).map { number in
                        let caller = try CallerSocket(port: port)
                        if number % 2 == 0 { caller.say("GET /healthz HTTP/1.1\r\nX-Slow: ") }
                        return caller
                    }
                }
                let start = ContinuousClock.now
                let health = try await onThread {
                    let caller = try CallerSocket(port: port, from: 2)
                    caller.say(OpenConsole.request("GET", "/healthz"))
                    return try caller.hearAll()
                }
                #expect(health.status == "200")
                #expect(.now - start <= Self.promptly)
                // All but its share have been sent away.
                let sentAway = try await onThread { try crowd[8...].allSatisfy { try $0.hearAll().isEmpty } }
                #expect(sentAway)
            }
        }
    }

    @Test func `K11 whoever says nothing makes room at once when all places are taken`() async {
        await #expect(processExitsWith: .success) {
            var limits = ConsoleLimits.patient
            limits.head = .seconds(600)  // what frees a place is not the time
            try await OpenConsole.serve(limits: limits) { console in
                let port = console.port
                let crowd = try await onThread {
                    try (0..<64).map { number in
                        let caller = try CallerSocket(port: port, from: UInt8(2 + number / 8))
                        caller.say("GET /healthz HTTP/1.1\r\nX-Slow: ")
                        return caller
                    }
                }
                let start = ContinuousClock.now
                let health = try await console.answer("GET", "/healthz")
                #expect(health.status == "200")
                #expect(.now - start <= Self.promptly)
                let gone = try await onThread { try crowd[0].hearAll() }
                #expect(gone.isEmpty)
            }
        }
    }

    @Test func `a request the desk has is not cut off for a newcomer`() async throws {
        let (asked, mayAnswer) = (Latch(), Latch())
        let desk = ScriptedDesk {
            asked.open()
            await mayAnswer.opened()
        }
        var limits = ConsoleLimits.patient
        limits.connections = 1
        try await OpenConsole.serve(desk, limits: limits) { console in
            async let heard = console.answer("POST", target, body: "x")
            await asked.opened()
            let turnedAway = try await console.answer("GET", "/healthz")
            #expect(turnedAway.isEmpty)
            mayAnswer.open()
            let answer = try await heard
            #expect(answer.status == "200")
        }
    }
}
