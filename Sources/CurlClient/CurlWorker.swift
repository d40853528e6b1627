import CCurl
import Glibc

/// One multi handle with one easy handle and at most one connection, carrying one transfer at a time.
///
/// Made, used and closed by one and the same thread.
final class CurlWorker {
    private let route: CurlRoute
    private let limits: CurlLimits
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer
    /// The connection that stands between two transfers.
    ///
    /// Asked for, not kept by callbacks: libcurl 7.88.1 closes the socket of an attempt it gave up without telling the
    /// callback (`cf_socket_close` in lib/cf-socket.c), and its number may then be anybody's.
    private var standing = CURL_SOCKET_BAD
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Throws when libcurl has no memory, cannot start or is too old.
    init(route: CurlRoute, limits: CurlLimits) throws(CurlProblem) {
        if let obstacle = CurlLibrary.obstacle { throw obstacle }
        guard let multi = curl_multi_init() else { throw .noResources }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            throw .noResources
        }
        self.route = route
        self.limits = limits
        self.multi = multi
        self.easy = easy
    }

    deinit {
        // libcurl can still say QUIT where a connection stands, and finds the end of the stream instead of waiting two minutes for the answer.
        if standing != CURL_SOCKET_BAD { shutdown(standing, Int32(SHUT_RD)) }
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// Carries the transfer to its end, whatever that is.
    func carry(_ ticket: CurlTicket) -> CurlResult {
        ticket.setCarrier(multi)
        defer { ticket.setCarrier(nil) }
        let exchange = CurlExchange(ticket, on: easy, route: route, limits: limits, standing: standing)
        if exchange.asksBeforeStart {
            exchange.askForHandover()
            if let problem = waitForDecision(exchange) { return CurlResult(problem: problem) }
        }
        return carry(exchange, isSecondTry: false)
    }

    private func waitForDecision(_ exchange: CurlExchange) -> CurlProblem? {
        while true {
            switch exchange.ticket.nextOrder() {
            case .abort(let reason): return reason
            case .decided(let proceed):
                exchange.decide(proceed: proceed)
                return exchange.refusal
            case .carryOn: curl_multi_poll(multi, nil, 0, Self.pollTimeout, nil)
            }
        }
    }

    /// A second try follows at once, on a new connection, when the one that stood had gone: that is nobody's failure.
    private func carry(_ exchange: CurlExchange, isSecondTry: Bool) -> CurlResult {
        let list = exchange.prepare()
        defer {
            curl_easy_reset(easy)
            curl_slist_free_all(list)
        }
        errorText[0] = 0
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        if isSecondTry { ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }

        let code = perform(exchange)
        if !isSecondTry, exchange.lostStaleConnection(code) {
            let again = CurlExchange(exchange.ticket, on: easy, route: route, limits: limits)
            curl_easy_reset(easy)
            return carry(again, isSecondTry: true)
        }
        return result(of: exchange, code: code)
    }

    /// Runs until libcurl has finished, and never takes an unfinished transfer away from it.
    ///
    /// `curl_multi_remove_handle` would send the final dot of a message cut anywhere, and the server accept it (7.88.1,
    /// `smtp_done` in lib/smtp.c). An abort is the progress callback's to give.
    private func perform(_ exchange: CurlExchange) -> CURLcode {
        curl_multi_add_handle(multi, easy)
        defer {
            standing = ccurl_standing_socket(easy)
            curl_multi_remove_handle(multi, easy)
        }
        var isAborting = false
        while true {
            var running: Int32 = 0
            var code = CURLE_OK
            curl_multi_perform(multi, &running)
            if ccurl_multi_next_finished(multi, &code) != 0 { return code }
            switch exchange.ticket.nextOrder() {
            case .abort where !isAborting: isAborting = true
            case .decided(let proceed):
                exchange.decide(proceed: proceed)
                curl_easy_pause(easy, CURLPAUSE_CONT)
            case .abort, .carryOn: curl_multi_poll(multi, nil, 0, Self.pollTimeout, nil)
            }
        }
    }

    /// One second: libcurl has no timer for the silence before a reply, it looks when it is called.
    private static let pollTimeout: Int32 = 1000

    private func result(of exchange: CurlExchange, code: CURLcode) -> CurlResult {
        let reply = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)
        var problem = code == CURLE_OK ? nil : exchange.refusal ?? aborted(exchange, code) ?? failure(code)
        if exchange.hasSpokenOutOfTurn, (200...299).contains(reply) { problem = .outOfTurn }
        return CurlResult(
            problem: problem, stage: exchange.dialogue.stage, responseCode: reply,
            isReplyGarbled: exchange.dialogue.isGarbled, transcript: exchange.dialogue.transcript,
            connectionsOpened: ccurl_get_long(easy, CURLINFO_NUM_CONNECTS),
            wasProtected: exchange.wasProtected, body: exchange.answer)
    }

    private func aborted(_ exchange: CurlExchange, _ code: CURLcode) -> CurlProblem? {
        code == CURLE_ABORTED_BY_CALLBACK ? exchange.ticket.abortReason : nil
    }

    private func failure(_ code: CURLcode) -> CurlProblem {
        let text = errorText[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        return .failure(CurlFailure(code), code: Int(code.rawValue), message: text)
    }
}
