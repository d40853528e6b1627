import RelanceTestSupport
import Testing

/// The servers of the tests complain of whatever a strict peer would not bear with: each rule broken once, by a client who
/// says exactly these words.
@Suite(.timeLimit(.minutes(10))) struct StrictServerTests {
    /// What is said, under a name that fits on a line, and what is complained of.
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let says: [String]
        let complaints: [String]

        init(_ name: String, _ says: [String], _ complaints: [String]) {
            (testDescription, self.says, self.complaints) = (name, says, complaints)
        }

        init(_ name: String, _ says: String, _ complaint: String? = nil) {
            self.init(name, [says], [complaint].compactMap { $0 })
        }
    }

    // MARK: SMTP

    private static let hello = "EHLO relance.example\r\n"
    private static let mail = "MAIL FROM:<relance@cci.example>\r\n"
    private static let rcpt = "RCPT TO:<conseiller@cci.example>\r\n"
    private static let long = String(repeating: "x", count: 999)

    private static func message(_ text: String) -> [String] {
        [hello, mail, rcpt, "DATA\r\n", text + "\r\n.\r\n", "QUIT\r\n"]
    }

    static let dialogues: [Row] = [
        Row("all well", message("Subject: test\r\n\r\nBonjour.\r\n..\r\n...a"), []),
        Row("the null sender", [hello, "MAIL FROM:<>\r\n", rcpt, "QUIT\r\n"], []),
        Row("a size that is asked for", [hello, "MAIL FROM:<a@cci.example> SIZE=12\r\n"], []),
        Row("HELO where EHLO is not understood", [hello, "HELO relance.example\r\n", mail, "QUIT\r\n"], []),
        Row("HELO at once", ["HELO relance.example\r\n"], ["HELO out of its order"]),
        Row("MAIL before EHLO", [mail], ["MAIL out of its order"]),
        Row("RCPT before MAIL", [hello, rcpt], ["RCPT out of its order"]),
        Row("two recipients", [hello, mail, rcpt, rcpt], ["RCPT out of its order"]),
        Row("DATA before RCPT", [hello, mail, "DATA\r\n"], ["DATA out of its order"]),
        Row("EHLO twice", [hello, hello], ["EHLO out of its order"]),
        Row("words after QUIT", [hello, "QUIT\r\n" + hello], ["words before the reply"]),
        Row("STARTTLS before EHLO", ["STARTTLS\r\n"], ["STARTTLS out of its order"]),
        Row("an account outside TLS", [hello, "AUTH PLAIN\r\n"], ["AUTH in clear"]),
        Row(
            "a mechanism nobody offers", [hello, "AUTH LOGIN\r\n"], ["AUTH in another form", "AUTH in clear"]),
        Row("another verb", [hello, "RSET\r\n"], ["a verb that nobody needs"]),
        Row("small letters", ["ehlo relance.example\r\n"], ["a verb that nobody needs"]),
        Row("a name that is none", ["EHLO relance_example\r\n"], ["EHLO in another form"]),
        Row("an address for a name", ["EHLO [127.0.0.1]\r\n"], ["EHLO in another form"]),
        Row("a parameter", [hello, "MAIL FROM:<a@cci.example> BODY=8BITMIME\r\n"], ["MAIL in another form"]),
        Row(
            "a parameter of a recipient", [hello, mail, "RCPT TO:<a@cci.example> NOTIFY=NEVER\r\n"],
            ["RCPT in another form"]),
        Row("a space before the path", [hello, "MAIL FROM: <a@cci.example>\r\n"], ["MAIL in another form"]),
        Row("no brackets", [hello, "MAIL FROM:a@cci.example\r\n"], ["MAIL in another form"]),
        Row(
            "two addresses", [hello, mail, "RCPT TO:<a@cci.example,b@cci.example>\r\n"],
            ["RCPT in another form"]),
        Row(
            "a quoted address", [hello, mail, "RCPT TO:<\"a b\"@cci.example>\r\n"], ["RCPT in another form"]),
        Row("no recipient", [hello, mail, "RCPT TO:<>\r\n"], ["RCPT in another form"]),
        Row(
            "a word after DATA", [hello, mail, rcpt, "DATA now\r\n.\r\n"],
            ["words before the reply", "DATA in another form"]),
        Row(
            "a long command", [hello, "MAIL FROM:<\(long)@cci.example>\r\n"],
            ["a command of more than 512 octets", "MAIL in another form"]),
        Row(
            "a command with a tab", [hello, "MAIL\tFROM:<a@cci.example>\r\n"],
            ["a command that is not printable ASCII", "a verb that nobody needs"]),
        Row(
            "a bare LF in a command", [hello, "MAIL FROM:<a@cci.example>\nRSET\r\n"],
            ["a command that is not printable ASCII", "MAIL in another form"]),
        Row("two commands at once", [hello, mail + rcpt], ["words before the reply"]),
        Row("a bare LF", message("one\ntwo"), ["a bare LF in the message"]),
        Row("a bare CR", message("one\rtwo"), ["a bare CR in the message"]),
        Row("a NUL", message("one\u{0}two"), ["a NUL in the message"]),
        Row("eight bits", message("été"), ["eight bits in the message"]),
        Row("a line of 1001 octets", message(long), ["a line of more than 1000 octets in the message"]),
        Row("a line of 1000 octets", message(String(long.dropLast())), []),
        Row("a dot that is not doubled", message(".a"), ["a dot that is not doubled in the message"]),
        Row(
            "the next message before the reply", [hello, mail, rcpt, "DATA\r\n", "x\r\n.\r\n" + mail],
            ["words before the reply to the final dot"]),
    ]

    @Test(arguments: dialogues) func `a relay complains of`(row: Row) async throws {
        let server = try ScriptedSMTPServer(
            extensions: ["AUTH PLAIN", "SIZE 1000000"], identity: try TLSIdentity())
        defer { server.stop() }
        try await onThread { [port = server.port] in
            let caller = try CallerSocket(port: port)
            _ = try caller.hearReply()
            for words in row.says {
                caller.say(words)
                _ = try caller.hearReply()
            }
        }
        #expect(server.complaints.map { $0.prefix { $0 != ":" } } == row.complaints.map { $0[...] })
    }

    @Test func `a relay complains of an answer to a challenge that is no base64`() async throws {
        for (answer, complaints) in [
            ("AGEAYg==", []), ("what?", ["an answer that is no base64"]),
            ("", ["an answer that is no base64"]),
        ] {
            let server = try ScriptedSMTPServer(extensions: ["AUTH PLAIN"])
            defer { server.stop() }
            try await onThread { [port = server.port] in
                let caller = try CallerSocket(port: port)
                _ = try caller.hearReply()
                for words in [Self.hello, "AUTH PLAIN\r\n", answer + "\r\n"] {
                    caller.say(words)
                    _ = try caller.hearReply()
                }
            }
            #expect(server.complaints == complaints)
        }
    }

    // MARK: HTTP

    private static func post(_ headers: String, line: String = "POST /messages HTTP/1.1") -> String {
        "\(line)\r\nHost: localhost\r\nContent-Length: 2\r\n\(headers)\r\n{}"
    }

    static let requests: [Row] = [
        Row("all well", post("X-Key: a b\r\nEmpty:\r\n")),
        Row("a question without a body", "GET /messages?a=%20 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        Row("another version", post("", line: "POST /messages HTTP/1.0"), "another request line"),
        Row(
            "the whole address", post("", line: "POST http://localhost/messages HTTP/1.1"),
            "another request line"),
        Row("a fragment", post("", line: "POST /messages#a HTTP/1.1"), "another request line"),
        Row("two spaces", post("", line: "POST  /messages HTTP/1.1"), "another request line"),
        Row("a method in small letters", post("", line: "post /messages HTTP/1.1"), "another request line"),
        Row("a bare LF", post("X: y\nZ: a\r\n"), "a bare LF"),
        Row("a bare CR", post("X: y\rZ: a\r\n"), "a bare CR"),
        Row("eight bits", post("X: é\r\n"), "an octet that is not printable ASCII"),
        Row("a NUL", post("X: \u{0}\r\n"), "an octet that is not printable ASCII"),
        Row("a space before the colon", post("X : y\r\n"), "a header that is none"),
        Row("a folded header", post("X: y\r\n z\r\n"), "a header that is none"),
        Row("no colon", post("nonsense\r\n"), "a header that is none"),
        Row("two hosts", post("Host: localhost\r\n"), "a header twice"),
        Row("two lengths", post("content-length: 2\r\n"), "a header twice"),
        Row("a header twice", post("X: y\r\nx: z\r\n"), "a header twice"),
        Row("no host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "no host"),
        Row("no length", "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "no length of the body"),
        Row(
            "a length that is none", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
            "no length of the body"),
        Row(
            "a length without a body", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
            "a length without a body"),
        Row("chunks", post("Transfer-Encoding: identity\r\n"), "a header nobody asked for"),
        Row("an expectation", post("Expect: 100-continue\r\n"), "a header nobody asked for"),
        Row("an encoding", post("Accept-Encoding: gzip\r\n"), "a header nobody asked for"),
        Row("a cookie", post("Cookie: a=b\r\n"), "a header nobody asked for"),
        Row("words behind the request", post("") + "GET", "words behind the request"),
    ]

    @Test(arguments: requests) func `a gateway complains of`(row: Row) async throws {
        let server = try ScriptedHTTPServer { _ in .answerThenClose("HTTP/1.1 200 OK\r\n\r\n") }
        defer { server.stop() }
        try await onThread { [port = server.port] in
            let caller = try CallerSocket(port: port)
            for words in row.says { caller.say(words) }
            _ = try caller.hearAll()
        }
        #expect(server.complaints.map { $0.prefix { $0 != ":" } } == row.complaints.map { $0[...] })
    }
}

extension CallerSocket {
    /// A reply of a relay, all its lines, or what there is of it.
    fileprivate func hearReply() throws -> String {
        var reply = ""
        repeat {
            let line = try hear(through: "\r\n")
            if line.isEmpty { return reply }
            reply += line
        } while reply.split(separator: "\r\n").last?.dropFirst(3).first == "-"
        return reply
    }
}
