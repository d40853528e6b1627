import CCurl

/// Why a transfer did not end with an answer.
package enum CurlProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Refused by ourselves before libcurl saw it.
    case invalid(CurlViolation)
    /// The caller's task was cancelled.
    case cancelled
    /// The pool was shut down.
    case poolClosed
    /// The owner did not let the transfer pass the point of no return.
    case handoverDeclined
    /// The connection was not, or not verifiably, protected by TLS where the route demands it.
    case unprotected
    /// The route has an account, and the server offered no way to use it.
    case unauthenticated
    /// A clear-text route led to an address that is not this machine's, or not of the private network it may stay in.
    case notLoopback
    /// The host's name led nearer than the route reaches, or its address is one that no peer has.
    case tooNear
    /// The answer's body was longer than the request allows; status and headers stand in the result.
    case answerTooLong(limit: Int)
    /// The server said something before the message had come to its end: which of its replies is about what, nobody knows.
    case outOfTurn
    /// No thread or no memory for one more connection.
    case noResources
    /// This machine's libcurl does not know all that we forbid it.
    case tooOld(CurlLibrary.Version)
    /// libcurl gave up. `code` is its CURLcode, `message` what it says about it.
    case failure(CurlFailure, code: Int, message: String)

    package var description: String {
        switch self {
        case .invalid(let violation): violation.description
        case .cancelled: "cancelled"
        case .poolClosed: "the connection pool was shut down"
        case .handoverDeclined: "withheld before the point of no return"
        case .unprotected: "the connection is not protected by TLS"
        case .unauthenticated: "the server offers no authentication that we know"
        case .notLoopback: "clear text is not allowed to leave this machine or its private network"
        case .tooNear:
            "the host leads to an address of this machine or of a private network, which is not allowed here"
        case .answerTooLong(let limit): "the answer is longer than \(limit) octets"
        case .outOfTurn: "the server replied before the message had come to its end"
        case .noResources: "no thread or no memory for a connection"
        case .tooOld(let version): "libcurl \(version) is too old: \(CurlLibrary.least) or later is needed"
        case .failure(_, let code, let message): "\(message) (libcurl \(code))"
        }
    }
}

/// The kinds of CURLcode that call for different conclusions.
package enum CurlFailure: String, Hashable, Sendable {
    case resolution, connection, handshake, certificate, startTLSRefused, loginDenied
    case timeout, sending, receiving, weirdReply, other

    init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolution
            case CURLE_COULDNT_CONNECT: .connection
            case CURLE_SSL_CONNECT_ERROR: .handshake
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
                .certificate
            case CURLE_USE_SSL_FAILED: .startTLSRefused
            case CURLE_LOGIN_DENIED: .loginDenied
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_SEND_ERROR: .sending
            case CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: .receiving
            case CURLE_WEIRD_SERVER_REPLY: .weirdReply
            default: .other
            }
    }
}
