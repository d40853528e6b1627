import CCurl
import Glibc

/// One transfer on the wire, seen from libcurl's callbacks.
///
/// It feeds the payload, listens to the replies, knows how far things have come and lets nothing pass that the route
/// forbids. Touched by its worker's thread only.
final class CurlExchange {
    /// The point of no return: before the final dot, or before the body of a request.
    private enum Gate { case unasked, asked, open, declined }

    let route: CurlRoute
    let limits: CurlLimits
    let ticket: CurlTicket
    let easy: UnsafeMutableRawPointer
    private let payload: [UInt8]
    private var sent = 0
    private var gate: Gate
    private(set) var dialogue: CurlDialogue
    private(set) var answer: [UInt8] = []
    /// Our own reason to stop, which libcurl can only report as "aborted by callback".
    private(set) var refusal: CurlProblem?
    private(set) var wasProtected = false
    /// The one that stood before, and those opened since; which of them carries the transfer, its port tells.
    private var sockets: [curl_socket_t]
    private var hasOpenedSocket = false
    private var socket = CURL_SOCKET_BAD
    /// The server had said something before the final dot was sent.
    private(set) var hasSpokenOutOfTurn = false
    private let begun = ContinuousClock.now
    private var farewellDeadline: ContinuousClock.Instant?

    init(
        _ ticket: CurlTicket, on easy: UnsafeMutableRawPointer, route: CurlRoute, limits: CurlLimits,
        standing: curl_socket_t = CURL_SOCKET_BAD
    ) {
        sockets = [standing]
        self.ticket = ticket
        self.easy = easy
        self.route = route
        self.limits = limits
        payload = ticket.transfer.payload
        gate = ticket.asksForHandover ? .unasked : .open
        let isSMTP = if case .smtp = route.wire { true } else { false }
        dialogue = CurlDialogue(isSMTP: isSMTP, room: limits.transcript)
    }

    /// A request without a body leaves whole at once, so that its owner has to be asked before it starts.
    var asksBeforeStart: Bool {
        guard case .http = ticket.transfer else { return false }
        return payload.isEmpty && gate == .unasked
    }

    func askForHandover() {
        gate = .asked
        ticket.deliver(.handover)
    }

    func decide(proceed: Bool) {
        gate = proceed ? .open : .declined
        if !proceed { refusal = .handoverDeclined }
    }

    /// A connection that had stood idle was gone, and the server has not taken a word of this transfer; or a reply too many
    /// to the message before had stayed in it, and none of this one's body has left.
    func lostStaleConnection(_ code: CURLcode) -> Bool {
        guard case .smtp = route.wire, !hasOpenedSocket, refusal == nil else { return false }
        if dialogue.isOutOfStep && dialogue.stage <= .data { return true }
        guard dialogue.stage <= .sender else { return false }
        return [CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING].contains(code)
            && dialogue.transcript.allSatisfy { $0.from == .client || $0.text.hasPrefix("421") }
    }

    // MARK: Callbacks

    /// Gives the next octets, counts them, and stops at the point of no return until the owner has decided.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let isAtGate =
            switch ticket.transfer {
            case .smtp: sent == payload.count
            case .http: sent == 0
            }
        if isAtGate {
            switch gate {
            case .unasked:
                askForHandover()
                return Int(CURL_READFUNC_PAUSE)
            case .asked: return Int(CURL_READFUNC_PAUSE)
            case .declined: return Int(CURL_READFUNC_ABORT)
            case .open:
                if case .smtp = ticket.transfer, dialogue.stage < .answer {
                    hasSpokenOutOfTurn = hasUnreadWords
                }
                passPointOfNoReturn()
            }
        }
        let count = min(buffer.count, payload.count - sent)
        payload.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
        }
        sent += count
        return count
    }

    /// Whether something has come that libcurl, which reads nothing while it sends, has not read.
    private var hasUnreadWords: Bool {
        var words = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return socket != CURL_SOCKET_BAD && poll(&words, 1, 0) > 0 && words.revents & Int16(POLLIN) != 0
    }

    private func passPointOfNoReturn() {
        dialogue.passPointOfNoReturn()
        let patience = min(.now + limits.responseTimeout, begun + limits.totalTimeout)
        farewellDeadline = farewellDeadline ?? patience + limits.farewellTimeout
    }

    /// Whether libcurl, wherever it waits, must come back now: an abort is asked for, or the final reply has failed to come
    /// in its time and QUIT is not answered either.
    var mustComeBack: Bool {
        ticket.abortReason != nil || farewellDeadline.map { $0 < .now } ?? false
    }

    /// One line of the server's.
    func hear(_ line: UnsafeRawBufferPointer) {
        switch dialogue.hear(line) {
        case .isRefused?:
            // The reply to QUIT is not worth ten minutes.
            _ = ccurl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, limits.farewellTimeout.wholeSeconds)
        case .mayReuseConnection?:
            // What it has yet to say would be taken for the answer to the next message's MAIL.
            ccurl_set_long(easy, CURLOPT_FORBID_REUSE, hasSpokenOutOfTurn ? 1 : 0)
        case nil: break
        }
    }

    /// Our own commands, for a traced submission.
    func tell(_ lines: UnsafeRawBufferPointer) {
        dialogue.tell(lines)
    }

    /// Zero when there is no more room for the answer.
    func take(_ octets: UnsafeRawBufferPointer) -> Int {
        guard case .http(let request) = ticket.transfer else { return octets.count }
        guard answer.count + octets.count <= request.answerLimit else {
            refusal = .answerTooLong(limit: request.answerLimit)
            return 0
        }
        answer.append(contentsOf: octets)
        return octets.count
    }

    /// The last look at the connection, by the port of our end, before the first word of this transfer is said on it.
    func mayBegin(fromPort port: Int32) -> Bool {
        socket = sockets.last { $0 != CURL_SOCKET_BAD && ccurl_local_port($0) == port } ?? CURL_SOCKET_BAD
        // A name of several addresses, one of them forbidden, is not followed to the others.
        guard refusal == nil else { return false }
        wasProtected = ccurl_has_tls(easy) != 0 && ccurl_get_long(easy, CURLINFO_SSL_VERIFYRESULT) == 0
        guard wasProtected || route.tls.isClearText else {
            refusal = .unprotected
            return false
        }
        if case .smtp(_, .some) = route.wire, hasOpenedSocket, !dialogue.isLoggedIn {
            refusal = .unauthenticated
            return false
        }
        switch ticket.transfer {
        case .smtp: dialogue.begin(at: .sender)
        case .http: dialogue.begin(at: payload.isEmpty ? .answer : .body)
        }
        return true
    }

    /// A new socket for libcurl, or `CURL_SOCKET_BAD` where the route does not lead: the name has been looked up by now, so
    /// that no name server can have us call on somebody else (reliability 2.11, SSRF).
    func openSocket(for address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        if let objection = route.objection(to: ccurl_place_of(address)) {
            refusal = objection
            return CURL_SOCKET_BAD
        }
        let (family, type, number) = (
            address.pointee.family, address.pointee.socktype, address.pointee.protocol
        )
        let socket = Glibc.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
        guard socket >= 0 else { return CURL_SOCKET_BAD }
        // Two minutes without an acknowledgement are an end. A kernel that refuses this has the keep-alive still.
        var patience: Int32 = 120_000
        setsockopt(
            socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience, socklen_t(MemoryLayout<Int32>.size))
        hasOpenedSocket = true
        sockets.append(socket)
        return socket
    }
}
