import CCurl
import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite(.timeLimit(.minutes(10))) struct TLSPolicyTests {
    @Test(arguments: [
        // Measured in reliability.md 2.4: libcurl's code, the last reply.
        (
            ["STARTTLS"], ScriptedSMTPServer.Stage.startTLS,
            ScriptedSMTPServer.Behaviour.reply("454 no TLS now"), 64, 454
        ),
        ([], .connect, .reply("220 no STARTTLS here"), 64, 250),
        (["STARTTLS"], .startTLS, .reply("220 go ahead\r\n250 injected"), 8, 220),
        (["STARTTLS"], .handshake, .reply("250 not a handshake"), 35, 220),
    ])
    func `without TLS not a word of the message leaves`(
        extensions: [String], stage: ScriptedSMTPServer.Stage, behaviour: ScriptedSMTPServer.Behaviour,
        code: Int,
        reply: Int
    ) async throws {
        let server = try ScriptedSMTPServer(extensions: extensions, at: stage, behaviour)
        defer { server.stop() }
        let result = await CurlPool.once(.mail(), over: try .demandingTLS(of: server))
        #expect(result.libcurlCode == code)
        #expect(result.responseCode == reply)
        #expect(result.stage == .connection)
        #expect(!result.wasProtected)
        #expect(server.times(.mail) == 0)
        #expect(server.times(.auth) == 0)
    }

    @Test func `the connection itself is looked at before the first word`() throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        guard let easy = curl_easy_init() else { throw Unavailable() }
        let exchange = CurlExchange(
            CurlTicket(.mail(), asksForHandover: false), on: easy, route: try .demandingTLS(of: server),
            limits: CurlLimits())
        let list = exchange.prepare()
        defer {
            curl_easy_cleanup(easy)
            curl_slist_free_all(list)
            withExtendedLifetime(exchange) {}  // its callbacks are no longer called
        }
        // As though libcurl had handed us a clear-text connection in spite of our demand (CVE-2026-4873).
        ccurl_set_long(easy, CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue))
        #expect(curl_easy_perform(easy) == CURLE_ABORTED_BY_CALLBACK)
        #expect(exchange.refusal == .unprotected)
        #expect(server.times(.mail) == 0)
    }

    @Test func `clear text goes to this machine only, whatever a name resolves to`() async throws {
        // 192.0.2.1 is TEST-NET-1: were a socket opened, it would be to an address that is nobody's.
        let route = try CurlRoute(
            .smtp(greeting: "relance.example", login: nil), host: "192.0.2.1", port: 25,
            tls: .clearTextOnLoopback)
        let result = await CurlPool.once(.mail(), over: route)
        #expect(result.problem == .notLoopback)
        #expect(result.stage == .connection)
    }

    @Test func `clear text goes to a private network only, where its owner said so`() async throws {
        let abroad = try CurlRoute(.http, host: "192.0.2.1", port: 80, tls: .clearTextOnPrivateNetwork)
        let refused = await CurlPool.once(.http(HTTPRequest("GET", "/")), over: abroad)
        #expect(refused.problem == .notLoopback)
        let server = try ScriptedHTTPServer { _ in .status(200) }
        defer { server.stop() }
        let here = try CurlRoute(.http, host: "127.0.0.1", port: server.port, tls: .clearTextOnPrivateNetwork)
        #expect(await CurlPool.once(.http(HTTPRequest("GET", "/")), over: here).responseCode == 200)
    }

    @Test func `an account that the server offers no way to use stops the transfer`() async throws {
        let server = try ScriptedSMTPServer(extensions: ["8BITMIME"])
        defer { server.stop() }
        let login = CurlLogin(user: "relance", password: "canary-1234")
        let result = await CurlPool.once(.mail(), over: try .to(server, login: login))
        #expect(result.problem == .unauthenticated)
        #expect(result.stage == .connection)
        #expect(server.times(.mail) == 0)
    }

    @Test(arguments: [TLSIdentity.Version.tls1_0, .tls1_1])
    func `a server of an old TLS is there for whoever allows it, and not for us`(
        version: TLSIdentity.Version
    ) async throws {
        let identity = try TLSIdentity(newest: version)
        let server = try ScriptedHTTPServer(identity: identity) { _ in .status(200) }
        defer { server.stop() }
        let route = try CurlRoute(
            .http, host: TLSIdentity.host, port: server.port, tls: .implicit,
            authorities: identity.authorities)
        #expect(await CurlPool.once(.http(HTTPRequest("GET", "/")), over: route).failure == .handshake)
        #expect(server.requests.isEmpty)

        guard let easy = curl_easy_init() else { throw Unavailable() }
        defer { curl_easy_cleanup(easy) }
        ccurl_set_string(easy, CURLOPT_URL, "https://\(TLSIdentity.host):\(server.port)/")
        ccurl_set_string(easy, CURLOPT_CAINFO, identity.authorities)
        ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_0))
        // Debian's OpenSSL and OpenSSL 3 itself hold old versions too weak for their usual level.
        ccurl_set_string(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0")
        #expect(curl_easy_perform(easy) == CURLE_OK)
        #expect(server.requests.count == 1)
    }

    @Test func `a real server, by STARTTLS and by implicit TLS, with AUTH`() async throws {
        try await PostfixServer.run { server in
            for tls in [CurlRoute.TLSPolicy.startTLS, .implicit] {
                let result = await CurlPool.once(
                    .mail("Subject: \(tls.rawValue)\r\n\r\nBonjour.\r\n"), over: try .to(server, tls: tls))
                #expect(result.problem == nil)
                #expect(result.wasProtected)
                #expect(result.replies.last?.hasPrefix("250 2.0.0 Ok: queued as ") == true)
                #expect(result.replies.contains { $0.hasPrefix("235 ") })
            }
            let mails = try await server.mails(atLeast: 2)
            #expect(mails.count == 2)
            #expect(mails.contains { $0.contains("Subject: startTLS") && $0.contains("\n\nBonjour.\n") })

            // Terms are never shared: another authority and another password fail, though a good connection stands.
            let good = CurlPool(try .to(server), limits: .connections(1))
            #expect(await good.perform(.mail()).problem == nil)
            let stranger = await CurlPool.once(.mail(), over: try .to(server, authorities: server.strangers))
            #expect(stranger.libcurlCode == 60)
            #expect(stranger.failure == .certificate)
            #expect(stranger.stage == .connection)
            let wrong = await CurlPool.once(.mail(), over: try .to(server, password: "wrong"))
            #expect(wrong.failure == .loginDenied)
            #expect(wrong.responseCode == 535)
            #expect(await good.perform(.mail()).connectionsOpened == 0)
            await good.shutdown()

            let otherName = try CurlRoute(
                .smtp(greeting: "relance.example", login: nil), host: "127.0.0.1", port: server.port,
                tls: .startTLS, authorities: server.authorities)
            #expect(await CurlPool.once(.mail(), over: otherName).failure == .certificate)

            let refused = await CurlPool.once(.mail(to: server.unknownRecipient), over: try .to(server))
            #expect(refused.responseCode == 550)
            #expect(refused.stage == .recipient)
        }
    }

    private struct Unavailable: Error {}
}
