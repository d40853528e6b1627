import RelanceCore

extension SMTPRelay {
    /// The scripted server, with as much patience as a real one is given unless its silence is the subject.
    package static func to(
        _ server: ScriptedSMTPServer, tls: TLS = .noneOnLoopback, login: Bool = false,
        connectTimeout: Elapsed = .seconds(60), responseTimeout: Elapsed = .seconds(600),
        totalTimeout: Elapsed = .seconds(900)
    ) -> SMTPRelay {
        SMTPRelay(
            host: "127.0.0.1", port: server.port, tls: tls,
            credentials: login ? Credentials(user: "relance", password: Secret("canary-1234")) : nil,
            certificateFile: nil, hello: "relance.example", connectTimeout: connectTimeout,
            responseTimeout: responseTimeout, totalTimeout: totalTimeout)
    }

    /// The scripted server, TLS and an account demanded; `patience` is for the whole, in seconds.
    package static func demandingTLS(
        of server: ScriptedSMTPServer, as identity: TLSIdentity, tls: TLS = .startTLS, patience: Int64
    ) -> SMTPRelay {
        SMTPRelay(
            host: TLSIdentity.host, port: server.port, tls: tls,
            credentials: Credentials(user: "relance", password: Secret("canary-1234")),
            certificateFile: identity.authorities, hello: "relance.example", connectTimeout: .seconds(60),
            responseTimeout: .seconds(600), totalTimeout: .seconds(patience))
    }

    package static func to(
        _ server: PostfixServer, tls: TLS = .startTLS, password: String? = nil, certificateFile: String? = nil
    ) -> SMTPRelay {
        SMTPRelay(
            host: server.host, port: tls == .implicit ? server.smtpsPort : server.port, tls: tls,
            credentials: Credentials(user: server.user, password: Secret(password ?? server.password)),
            certificateFile: certificateFile ?? server.authorities, hello: "relance.example",
            connectTimeout: .seconds(30), responseTimeout: .seconds(600), totalTimeout: .seconds(900))
    }
}
