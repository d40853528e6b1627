/// What a pool is asked to do, as a value; nothing in it depends on the route.
package enum CurlTransfer: Hashable, Sendable {
    case smtp(SMTPSubmission)
    case http(HTTPRequest)
}

/// One message for one recipient.
///
/// One recipient each, so that a refusal is about this recipient, and nobody sees anybody else.
package struct SMTPSubmission: Hashable, Sendable {
    /// The return path; empty for the null sender `<>`.
    package let sender: String
    package let recipient: String
    /// The message as it leaves, before dot-stuffing: lines of at most 998 octets, each ended by CR LF, no NUL.
    package let message: [UInt8]
    /// Keeps our own commands in the transcript too, with everything of the authentication masked.
    package let traced: Bool

    package init(sender: String, recipient: String, message: [UInt8], traced: Bool = false) {
        self.sender = sender
        self.recipient = recipient
        self.message = message
        self.traced = traced
    }
}

/// One request to the route's server, HTTP/1.1.
package struct HTTPRequest: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let method: String
    /// Path and query as they go on the wire, percent-encoded already.
    package let target: String
    package let headers: [Header]
    package let body: [UInt8]?
    /// The most octets of an answer's body that are read; a longer one ends the transfer.
    package let answerLimit: Int

    package init(
        _ method: String, _ target: String, headers: [Header] = [], body: [UInt8]? = nil,
        answerLimit: Int = 1 << 20
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.answerLimit = answerLimit
    }
}

extension CurlTransfer {
    /// The octets we send after the envelope or the headers.
    var payload: [UInt8] {
        switch self {
        case .smtp(let submission): submission.message
        case .http(let request): request.body ?? []
        }
    }
}
