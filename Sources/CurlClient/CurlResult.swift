/// How a transfer ended, and how far it had come.
package struct CurlResult: Hashable, Sendable {
    /// Nil when the far side answered: SMTP took the message, HTTP gave a status, whichever.
    package let problem: CurlProblem?
    package let stage: CurlStage
    /// The last SMTP reply code or HTTP status; 0 when there was none.
    package let responseCode: Int
    /// Whether the lines of that reply bear different codes, so that it says nothing.
    package let isReplyGarbled: Bool
    /// The replies of the server line by line (HTTP: status line and headers), and our own commands where the submission is
    /// traced; bounded by `CurlLimits.transcript`.
    package private(set) var transcript: [CurlLine]
    /// Connections this transfer had to open; 0 when it used one that stood.
    package let connectionsOpened: Int
    /// The transfer ran inside TLS with the server's certificate and name verified.
    package let wasProtected: Bool
    /// The body of an HTTP answer.
    package let body: [UInt8]

    package init(
        problem: CurlProblem?, stage: CurlStage = .queued, responseCode: Int = 0,
        isReplyGarbled: Bool = false, transcript: [CurlLine] = [], connectionsOpened: Int = 0,
        wasProtected: Bool = false, body: [UInt8] = []
    ) {
        self.problem = problem
        self.stage = stage
        self.responseCode = responseCode
        self.isReplyGarbled = isReplyGarbled
        self.transcript = transcript
        self.connectionsOpened = connectionsOpened
        self.wasProtected = wasProtected
        self.body = body
    }

    /// The same with every line of its transcript in other words: without a secret that the far side has repeated.
    package func reworded(_ words: (String) -> String) -> CurlResult {
        var result = self
        result.transcript = transcript.map { CurlLine(from: $0.from, text: words($0.text)) }
        return result
    }

    /// What the server said, without its line ends.
    package var replies: [String] {
        transcript.filter { $0.from == .server }.map(\.text)
    }
}

/// The step a transfer was in when it ended: the answer it waited for had not come, or was a refusal.
package enum CurlStage: Int, Comparable, Hashable, Sendable {
    /// libcurl never saw it.
    case queued
    /// Name, TCP, TLS; for SMTP also greeting, EHLO, STARTTLS and AUTH.
    case connection
    /// MAIL FROM.
    case sender
    /// RCPT TO.
    case recipient
    /// DATA.
    case data
    /// The message or the request is leaving; what has left is useless without its end.
    case body
    /// Everything the far side needs has been given to libcurl, the final dot included: it may have accepted.
    case answer

    package static func < (a: CurlStage, b: CurlStage) -> Bool { a.rawValue < b.rawValue }
}

/// One line of an exchange, without its line end; octets outside ASCII and control characters are shown as `\xNN`.
package struct CurlLine: Hashable, Sendable {
    package enum Side: Hashable, Sendable { case client, server }

    package let from: Side
    package let text: String
}
