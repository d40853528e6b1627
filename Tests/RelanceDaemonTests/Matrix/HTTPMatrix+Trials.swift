import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension HTTPMatrix {
    /// What a gateway can answer beside the product of stages and faults.
    struct Trial: Sendable {
        let name: String
        let end: MatrixEnd
        /// What the log has to say of the cause.
        var detail = ""
        /// Whether nobody listens there.
        var isAbsent = false
        var host = TLSIdentity.host
        let behaviour: ScriptedHTTPServer.Behaviour

        init(_ name: String, _ end: String, _ behaviour: ScriptedHTTPServer.Behaviour) {
            self.name = name
            self.end = MatrixEnd(end)
            self.behaviour = behaviour
        }

        /// 202 with a body.
        init(_ name: String, _ end: String, body: [UInt8]) {
            let head = "HTTP/1.1 202 Accepted\r\nContent-Length: \(body.count)\r\n\r\n"
            self.init(name, end, .octets(Array(head.utf8) + body))
        }

        init(_ name: String, _ end: String, body: String) {
            self.init(name, end, body: Array(body.utf8))
        }
    }

    static let trials: [Trial] = bodies + framings + redirects + paces + nobody

    /// What stands in the body of a 202 that should hold an identifier.
    private static let bodies: [Trial] = [
        Trial("body: empty", "accepted?", body: ""),
        Trial("body: white space", "accepted?", body: " \r\n\t"),
        Trial("body: a brace", "accepted?", body: "{"),
        Trial("body: cut in a string", "accepted?", body: #"{"id":"m"#),
        Trial("body: a comma too many", "accepted?", body: #"{"id":"m1",}"#),
        Trial("body: a comment", "accepted?", body: #"{"id":"m1"} // taken"#),
        Trial("body: single quotes", "accepted?", body: "{'id':'m1'}"),
        Trial("body: a NUL", "accepted?", body: "{\"id\":\"m\u{0}1\"}"),
        Trial(
            "body: invalid UTF-8", "accepted?",
            body: Array(#"{"id":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)),
        Trial("body: UTF-16", "accepted?", body: [0xFF, 0xFE] + Array(good.utf8).flatMap { [$0, 0] }),
        Trial("body: a byte order mark", "accepted", body: "\u{FEFF}" + good),
        Trial("body: nested 100,000 deep", "accepted?", body: String(repeating: "[", count: 100_000)),
        Trial("body: the key twice", "accepted", body: #"{"id":"m1","id":"m2"}"#),
        Trial("body: a number that is none", "accepted", body: #"{"id":"m1","parts":NaN}"#),
        Trial("body: an absurd number", "accepted", body: #"{"id":"m1","parts":1e999999}"#),
        Trial(
            "body: a number of 5000 digits", "accepted",
            body: "{\"id\":\"m1\",\"parts\":\(String(repeating: "9", count: 5000))}"),
        Trial("body: two values", "accepted?", body: good + good),
        Trial("body: a page of a proxy", "ambiguous:unknown", body: "<html><h1>Welcome</h1></html>"),
        Trial("body: null", "ambiguous:unknown", body: "null"),
        Trial("body: a list", "ambiguous:unknown", body: "[]"),
        Trial("body: an object of somebody else's", "ambiguous:unknown", body: #"{"hello":"world"}"#),
        Trial("body: an identifier that is an object", "accepted?", body: #"{"id":{"a":1}}"#),
        Trial("body: an identifier that is a number", "accepted", body: #"{"id":42}"#),
        Trial("body: an identifier with a line end", "accepted?", body: #"{"id":"m1\r\nX: y"}"#),
        Trial(
            "body: an identifier of 5000 characters", "accepted?",
            body: "{\"id\":\"\(String(repeating: "m", count: 5000))\"}"),
        Trial("body: an empty identifier", "accepted?", body: #"{"id":""}"#),
        Trial("body: an error inside", "refused:bad_address", body: #"{"error":{"code":"bad_number"}}"#),
        Trial(
            "body: an error inside, and an identifier", "route:credit!",
            body: #"{"id":"m1","error":{"code":"no_credit"}}"#),
        Trial("body: binary", "accepted?", body: (0...255).map { UInt8($0) }),
    ]

    private static func raw(_ text: String, closes: Bool = true) -> ScriptedHTTPServer.Behaviour {
        closes ? .answerThenClose(text) : .answer(text)
    }

    /// Answers whose frame is broken.
    private static let framings: [Trial] = [
        Trial("HTTP/0.9", "ambiguous:unknown", raw(good)),
        Trial("HTTP/1.0 without a length", "accepted", raw("HTTP/1.0 202 Accepted\r\n\r\n" + good)),
        Trial("HTTP/2 in plain words", "accepted", raw("HTTP/2 202\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "HTTP/3.7", "ambiguous:unknown", raw("HTTP/3.7 202 Accepted\r\nContent-Length: 11\r\n\r\n" + good)
        ),
        Trial(
            "a status of two digits", "ambiguous:unknown",
            raw("HTTP/1.1 20 Accepted\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "a status of words", "ambiguous:unknown", raw("HTTP/1.1 OK\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "a status of 999", "ambiguous:unknown",
            raw("HTTP/1.1 999 What\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial("lines ended by LF", "accepted", raw("HTTP/1.1 202 Accepted\nContent-Length: 11\n\n" + good)),
        Trial(
            "a NUL in the head", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nX: a\u{0}b\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "a folded header", "accepted",
            raw("HTTP/1.1 202 Accepted\r\nX: a\r\n b\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "a header without a colon", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nwhat\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "a body shorter than its length", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n" + good)),
        Trial(
            "a body longer than its length", "accepted",
            raw("HTTP/1.1 202 Accepted\r\nContent-Length: 11\r\n\r\n" + good + "more")),
        Trial(
            "a negative length", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nContent-Length: -1\r\n\r\n" + good)),
        Trial(
            "an absurd length", "accepted",
            raw("HTTP/1.1 202 Accepted\r\nContent-Length: 99999999999999999999\r\n\r\n" + good)),
        Trial(
            "two lengths", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nContent-Length: 11\r\nContent-Length: 5\r\n\r\n" + good)),
        Trial(
            "a chunk that is none", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + good)),
        Trial(
            "a chunk cut off", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"id")),
        Trial(
            "chunks without an end", "accepted?",
            raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n\(good)\r\n")),
        Trial(
            "good chunks", "accepted",
            raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n\(good)\r\n0\r\n\r\n")),
        Trial(
            "gzip that was not asked for", "accepted",
            raw("HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n" + good)),
        Trial(
            "101", "ambiguous:unknown", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + good)
        ),
        Trial("100, then the answer", "accepted", raw("HTTP/1.1 100 Continue\r\n\r\n" + goodAnswer)),
        Trial(
            "103 a hundred times, then the answer", "accepted",
            raw(String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 100) + goodAnswer)),
        Trial("the answer twice", "accepted", raw(goodAnswer + goodAnswer)),
        Trial(
            "a refusal, then the answer", "refused:refused",
            raw("HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}" + goodAnswer)),
        Trial(
            "a refusal with a huge head", "refused:refused",
            raw("HTTP/1.1 400 Bad\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n")),
        Trial(
            "cookies and authentication asked for", "route:authentication!",
            raw("HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")),
        Trial(
            "a proxy asks for authentication", "refused:refused",
            raw("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")),
    ]

    private static let redirects: [Trial] = [301, 302, 303, 307, 308].flatMap { status in
        [
            "/messages", "/followed", "http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd", "//other.example/", "", "gopher://127.0.0.1:25/_MAIL",
        ].map { place in
            Trial(
                "\(status) to “\(place)”", "route:configuration!",
                .status(status, headers: ["Location: \(place)"]))
        }
    }

    /// More than anybody wants to read, or slower than anybody waits.
    static let paces: [Trial] = [
        Trial(
            "a head without an end", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\n"),
                then: .endless(Array("X-Flood: \(String(repeating: "x", count: 8000))\r\n".utf8)))),
        Trial(
            "a header without an end", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\nX: "), then: .endless([UInt8](repeating: 0x78, count: 8192))
            )),
        Trial(
            "103 without an end", "ambiguous:unknown",
            .endless(Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8))),
        Trial(
            "64 MiB", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\nContent-Length: 67108864\r\n\r\n"),
                then: .endless([UInt8](repeating: 0x20, count: 65_536)))),
        Trial(
            "a body without an end", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\n\r\n"),
                then: .endless([UInt8](repeating: 0x20, count: 65_536)))),
        Trial(
            "chunks without an end, each good", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"),
                then: .endless(Array("1000\r\n\(String(repeating: " ", count: 4096))\r\n".utf8)))),
        Trial(
            "64 MiB of a refusal", "refused:refused",
            .first(
                .answer("HTTP/1.1 400 Bad\r\nContent-Length: 67108864\r\n\r\n"),
                then: .endless([UInt8](repeating: 0x20, count: 65_536)))),
        Trial(
            "a bomb of gzip", "accepted?",
            .octets(
                Array(
                    "HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n"
                        .utf8) + bomb)),
        Trial(
            "a body that drips for ever", "accepted?",
            .first(
                .answer("HTTP/1.1 202 Accepted\r\nContent-Length: 1000000\r\n\r\n"),
                then: .endless([0x20], restMilliseconds: 20))),
        Trial(
            "a head that drips for ever", "accepted?",
            .first(.answer("HTTP/1.1 202 Accepted\r\nX: "), then: .endless([0x78], restMilliseconds: 20))),
    ]

    /// Before there is anybody to speak with.
    private static let nobody: [Trial] = {
        var closed = Trial("nobody listens", "route:connection", .close)
        (closed.isAbsent, closed.detail) = (true, "connect")
        var unknown = Trial("a name that nobody has", "route:name", .close)
        (unknown.host, unknown.detail) = ("nobody.invalid", "resolve host")
        return [closed, unknown]
    }()

    /// A gzip stream of zeros whose first blocks inflate to hundreds of times their size.
    private static let bomb: [UInt8] =
        [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xEC, 0xC1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 8, 0xA]
        + [UInt8](repeating: 0, count: 65_536)

    /// When a gateway says to come back, and the seconds kept of it; a date is left to our own schedule.
    static let retryAfters: [(said: String, kept: Int64?)] = [
        ("120", 120), ("0", 1), ("1", 1), ("21600", 21_600), ("21601", 21_600),
        ("99999999999999999999", 21_600), ("-5", nil), ("1.5", nil), ("12 minutes", nil), ("", nil),
        ("\u{FF}\u{1}", nil), ("Mon, 02 Nov 2020 08:32:00 GMT", nil),
    ]
}
