import CCurl

extension CurlExchange {
    /// Tells libcurl everything about this transfer; returns the list of headers, to be freed when the transfer is over.
    ///
    /// Whatever libcurl would otherwise take from its environment, from a file or from the server's word is switched off
    /// by name: proxies, .netrc, cookies (no engine), redirects, other protocols, weaker TLS.
    func prepare() -> UnsafeMutablePointer<curl_slist>? {
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        ccurl_set_string(easy, CURLOPT_PROXY, "")
        if let socket = route.socket { ccurl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, socket) }
        ccurl_set_long(easy, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, limits.connectTimeout.wholeMilliseconds)
        ccurl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, limits.responseTimeout.wholeSeconds)
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, limits.totalTimeout.wholeMilliseconds)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPIDLE, 60)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPINTVL, 60)
        prepareTLS()
        prepareCallbacks()
        switch (ticket.transfer, route.wire) {
        case (.smtp(let submission), .smtp(let greeting, let login)):
            return prepare(submission, greeting: greeting, login: login)
        case (.http(let request), _): return prepare(request)
        case (.smtp, .http): return nil  // refused by CurlTransfer.violation
        }
    }

    private func prepareTLS() {
        let demand = route.tls.isClearText ? CURLUSESSL_NONE : CURLUSESSL_ALL
        ccurl_set_long(easy, CURLOPT_USE_SSL, Int(demand.rawValue))
        ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        if let authorities = route.authorities {
            ccurl_set_string(easy, CURLOPT_CAINFO, authorities)
            ccurl_set_string(easy, CURLOPT_CAPATH, nil)  // else the system's are trusted as well
        }
    }

    private func prepare(
        _ submission: SMTPSubmission, greeting: String, login: CurlLogin?
    ) -> UnsafeMutablePointer<curl_slist>? {
        let scheme = route.tls == .implicit ? "smtps" : "smtp"
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, scheme)
        ccurl_set_string(easy, CURLOPT_URL, "\(scheme)://\(route.authority)/\(greeting)")
        if let login {
            ccurl_set_string(easy, CURLOPT_USERNAME, login.user)
            ccurl_set_string(easy, CURLOPT_PASSWORD, login.password)
        }
        // The size stays unsaid: a server that finds a message too large then refuses the message, not the sender.
        ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
        ccurl_set_string(easy, CURLOPT_MAIL_FROM, "<\(submission.sender)>")
        // Until the final reply is heard. libcurl would keep a connection on which that reply is still owed, after a time-out
        // or an abort, and take it for the answer to the next message's MAIL.
        ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        let recipients = curl_slist_append(nil, "<\(submission.recipient)>")
        ccurl_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
        ccurl_set_long(easy, CURLOPT_VERBOSE, submission.traced ? 1 : 0)
        return recipients
    }

    private func prepare(_ request: HTTPRequest) -> UnsafeMutablePointer<curl_slist>? {
        let scheme = route.tls == .implicit ? "https" : "http"
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, scheme)
        ccurl_set_string(easy, CURLOPT_URL, "\(scheme)://\(route.authority)\(request.target)")
        ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        if let body = request.body {
            ccurl_set_long(easy, CURLOPT_POST, 1)
            ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        } else if request.method == "HEAD" {
            ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        }
        ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        if ticket.asksForHandover {
            // libcurl silently repeats a request when a connection it used again turns out dead; never one that acts.
            ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
            ccurl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        }
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        // An empty value takes a header away that libcurl would add by itself.
        lines += ["Expect:"]
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines += ["Content-Type:"]
        }
        let headers = lines.reduce(nil) { list, line in curl_slist_append(list, line) }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers)
        return headers
    }

    private func prepareCallbacks() {
        // Unretained: the worker keeps the exchange until libcurl has let go of it.
        let exchange = Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_READDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_XFERINFODATA, CURLOPT_PREREQDATA,
            CURLOPT_OPENSOCKETDATA, CURLOPT_DEBUGDATA,
        ] {
            ccurl_set_pointer(easy, option, exchange)
        }
        ccurl_set_long(easy, CURLOPT_NOPROGRESS, 0)

        ccurl_set_read(easy) { buffer, size, count, exchange in
            guard let exchange = CurlExchange.at(exchange) else { return Int(CURL_READFUNC_ABORT) }
            return exchange.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
        }
        ccurl_set_write(easy, CURLOPT_WRITEFUNCTION) { octets, size, count, exchange in
            CurlExchange.at(exchange)?.take(UnsafeRawBufferPointer(start: octets, count: size * count)) ?? 0
        }
        ccurl_set_write(easy, CURLOPT_HEADERFUNCTION) { line, size, count, exchange in
            CurlExchange.at(exchange)?.hear(UnsafeRawBufferPointer(start: line, count: size * count))
            return size * count
        }
        // libcurl waits for the reply to the final dot and to QUIT without leaving curl_multi_perform; this is called
        // once a second meanwhile, and is the only way out.
        ccurl_set_progress(easy) { exchange, _, _, _, _ in
            CurlExchange.at(exchange)?.mustComeBack == false ? 0 : 1
        }
        ccurl_set_prereq(easy) { exchange, _, _, _, port in
            CurlExchange.at(exchange)?.mayBegin(fromPort: port) == true
                ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        ccurl_set_open_socket(easy) { exchange, _, address in
            guard let exchange = CurlExchange.at(exchange), let address else { return CURL_SOCKET_BAD }
            return exchange.openSocket(for: address)
        }
        ccurl_set_debug(easy) { _, type, octets, count, exchange in
            if type == CURLINFO_HEADER_OUT {
                CurlExchange.at(exchange)?.tell(UnsafeRawBufferPointer(start: octets, count: count))
            }
            return 0
        }
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> CurlExchange? {
        pointer.map { Unmanaged<CurlExchange>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension CurlRoute {
    /// Host and port as a URL has them.
    fileprivate var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
