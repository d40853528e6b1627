import RelanceTestSupport

@testable import CurlClient

extension CurlRoute {
    /// The scripted server, in clear text.
    static func to(_ server: ScriptedSMTPServer, login: CurlLogin? = nil) throws -> CurlRoute {
        try CurlRoute(
            .smtp(greeting: "relance.example", login: login), host: "127.0.0.1", port: server.port,
            tls: .clearTextOnLoopback)
    }

    /// The scripted server, STARTTLS demanded.
    static func demandingTLS(of server: ScriptedSMTPServer) throws -> CurlRoute {
        try CurlRoute(
            .smtp(greeting: "relance.example", login: nil), host: "127.0.0.1", port: server.port,
            tls: .startTLS)
    }

    static func to(_ server: ScriptedHTTPServer) throws -> CurlRoute {
        try CurlRoute(.http, host: "127.0.0.1", port: server.port, tls: .clearTextOnLoopback)
    }

    static func to(
        _ server: PostfixServer, tls: TLSPolicy = .startTLS, password: String? = nil,
        authorities: String? = nil
    ) throws -> CurlRoute {
        try CurlRoute(
            .smtp(
                greeting: "relance.example",
                login: CurlLogin(user: server.user, password: password ?? server.password)),
            host: server.host, port: tls == .implicit ? server.smtpsPort : server.port, tls: tls,
            authorities: authorities ?? server.authorities)
    }
}

extension CurlTransfer {
    static func mail(
        _ message: String = "Subject: test\r\n\r\nBonjour.\r\n", from sender: String = "relance@cci.example",
        to recipient: String = "conseiller@cci.example", traced: Bool = false
    ) -> CurlTransfer {
        .smtp(
            SMTPSubmission(sender: sender, recipient: recipient, message: Array(message.utf8), traced: traced)
        )
    }
}

extension CurlLimits {
    /// One connection, and little patience: for tests whose subject is silence.
    static var impatient: CurlLimits {
        var limits = CurlLimits()
        limits.connections = 1
        limits.responseTimeout = .seconds(3)
        limits.farewellTimeout = .seconds(1)
        return limits
    }

    static func connections(_ count: Int) -> CurlLimits {
        var limits = CurlLimits()
        limits.connections = count
        // Between two transfers of a test a busy machine may well let half a minute pass.
        limits.idleTimeout = .seconds(3600)
        return limits
    }
}

extension CurlPool {
    /// One transfer through a pool of its own, which is gone afterwards.
    static func once(
        _ transfer: CurlTransfer, over route: CurlRoute, limits: CurlLimits = CurlLimits(),
        handover: (() async -> Bool)? = nil
    ) async -> CurlResult {
        let pool = CurlPool(route, limits: limits)
        let result = await pool.perform(transfer, handover: handover)
        await pool.shutdown()
        return result
    }
}

extension CurlResult {
    var failure: CurlFailure? {
        if case .failure(let failure, _, _) = problem { failure } else { nil }
    }

    var libcurlCode: Int? {
        if case .failure(_, let code, _) = problem { code } else { nil }
    }
}
