import RelanceCore
import RelanceDelivery
import RelanceTestSupport

extension SMTPMatrix {
    /// What a relay can do beside the product of stages and faults.
    struct Trial: Sendable {
        let name: String
        let end: MatrixEnd
        /// What the log has to say of the cause.
        var detail = ""
        var flaw: TLSIdentity.Flaw?
        var newest = TLSIdentity.Version.tls1_3
        var tls = SMTPRelay.TLS.startTLS
        var extensions = ["STARTTLS", "AUTH PLAIN"]
        /// Whether it ails the relay as such, and is there again when the next message comes.
        var isLasting = false
        /// Whether it says something while the message is on its way, and then goes on.
        var speaksInBody = false
        /// Whether nobody listens there.
        var isAbsent = false
        var host = TLSIdentity.host
        let stage: Stage?
        let script: ScriptedSMTPServer.Script

        init(
            _ name: String, _ end: String, at stage: Stage? = nil, time: Int = 0,
            _ behaviour: ScriptedSMTPServer.Behaviour = .close, saying detail: String = ""
        ) {
            self.detail = detail
            self.name = name
            self.end = MatrixEnd(end)
            self.stage = stage
            script = { $0 == stage && $1 == time ? behaviour : nil }
        }

        init(_ name: String, _ end: String, at stage: Stage, script: @escaping ScriptedSMTPServer.Script) {
            self.name = name
            self.end = MatrixEnd(end)
            self.stage = stage
            self.script = script
        }
    }

    static let trials: [Trial] = acceptances + certificates + tlsTrials + replies + nobody

    /// The relay takes the message, and then something goes wrong.
    private static let acceptances = [
        Trial("takes it, then RST", "ambiguous:connection*1", at: .endOfData, .acceptThen(.reset)),
        Trial("takes it, then FIN", "ambiguous:connection*1", at: .endOfData, .acceptThen(.close)),
        Trial("takes it, then silence", "ambiguous:timeout*1", at: .endOfData, .acceptThen(.stall)),
        Trial(
            "takes it, then garbage", "ambiguous:timeout*1", at: .endOfData,
            .acceptThen(.first(.octets([0xFF, 0, 0x1B, 0x0D, 0x0A]), then: .stall))),
        Trial(
            "says 250, then 421", "accepted*1", at: .endOfData,
            .acceptThen(.replyThenClose("250 2.0.0 Ok: queued\r\n421 4.3.2 shutting down"))),
        Trial(
            "takes it, half the code, then FIN", "ambiguous:connection*1", at: .endOfData,
            .acceptThen(.first(.octets(Array("25".utf8)), then: .close))),
        Trial(
            "takes it, never ends its reply", "ambiguous:timeout*1", at: .endOfData,
            .acceptThen(.first(.reply("250-half an answer"), then: .stall))),
        Trial(
            "takes it, replies with a line without end", "ambiguous:connection*1", at: .endOfData,
            .acceptThen(.endlessLine)),
        Trial(
            "takes it with another 2xx", "accepted*1", at: .endOfData,
            .acceptThen(.reply("252 2.0.0 on its way"))),
        Trial(
            "takes it, and its lines disagree the other way", "ambiguous:connection*1", at: .endOfData,
            .acceptThen(.reply("451-not yet\r\n250 queued"))),
    ]

    /// Under both policies: what the certificate lacks is noticed before a word is said.
    private static let certificates: [Trial] = [SMTPRelay.TLS.startTLS, .implicit].flatMap { tls in
        TLSIdentity.Flaw.allCases.map { flaw in
            var trial = Trial("\(tls): a certificate that is \(flaw)", "route:tls!", saying: flaw.words)
            (trial.flaw, trial.tls, trial.isLasting) = (flaw, tls, true)
            return trial
        }
            + [TLSIdentity.Version.tls1_0, .tls1_1].map { version in
                var trial = Trial("\(tls): \(version) at most", "route:tls!", saying: "protocol version")
                (trial.newest, trial.tls, trial.isLasting) = (version, tls, true)
                return trial
            }
    }

    private static let tlsTrials: [Trial] = [
        offering([], "STARTTLS stripped from EHLO", "route:tls!", saying: "STARTTLS not supported"),
        offering(
            ["AUTH PLAIN"], "AUTH offered instead of STARTTLS", "route:tls!", saying: "STARTTLS not supported"
        ),
        offering(
            ["STARTTLS"], "no AUTH inside TLS", "route:authentication!",
            saying: "no authentication that we know"),
        offering(
            ["STARTTLS", "AUTH GSSAPI"], "no AUTH that we know", "route:authentication!",
            saying: "Login denied"),
        offering(plenty(40), "an EHLO of 40 lines", "accepted*1"),
        offering(plenty(5000), "an EHLO of 5000 lines", "route:connection"),
        Trial("STARTTLS unknown", "route:tls!", at: .startTLS, .reply("502 5.5.1 unknown")),
        Trial(
            "words slipped in after 220 in a write of their own", "route:tls!", at: .handshake,
            .first(.reply("250-slipped in\r\n250 AUTH PLAIN"), then: .stall)),
        Trial(
            "EHLO refused inside TLS", "route:authentication!", at: .ehlo, time: 1, .reply("554 5.7.1 never")),
        Trial("silence inside TLS", "route:timeout", at: .ehlo, time: 1, .stall),
        implicit("TLS first, all well", "accepted*1"),
        implicit("TLS first, silence", "route:timeout", at: .handshake, .stall),
        implicit("TLS first, FIN", "route:tls!", at: .handshake, .close),
        implicit("clear text where TLS comes first", "route:tls!", at: .handshake, .reply("220 hello")),
    ]

    private static let replies = [
        Trial(
            "an account is asked for at MAIL", "route:authentication!", at: .mail,
            .reply("530 5.7.0 authenticate")),
        Trial("a greeting without end", "route:connection", at: .connect, .endlessLine),
        Trial("too many messages at RCPT", "message:throttled", at: .rcpt, .reply("452 4.5.3 too many")),
        Trial("552 at RCPT is 452", "message:throttled", at: .rcpt, .reply("552 5.5.3 too many")),
        Trial("our own address refused", "route:refused!", at: .rcpt, .reply("553 5.1.7 whose mailbox")),
        Trial("greylisted", "message:refused", at: .rcpt, .reply("451 4.7.1 greylisted")),
    ]

    private static func plenty(_ lines: Int) -> [String] {
        ["STARTTLS", "AUTH PLAIN"] + (0..<lines).map { "X-\($0) " + String(repeating: "x", count: 60) }
    }

    /// Before there is anybody to speak with.
    private static let nobody: [Trial] = {
        var closed = Trial("nobody listens", "route:connection", saying: "connect")
        (closed.isAbsent, closed.isLasting) = (true, true)
        var unknown = Trial("a name that nobody has", "route:name", saying: "resolve host")
        (unknown.host, unknown.isLasting) = ("nobody.invalid", true)
        return [closed, unknown]
    }()

    private static func offering(
        _ extensions: [String], _ name: String, _ end: String, saying detail: String = ""
    ) -> Trial {
        var trial = Trial(name, end, saying: detail)
        trial.extensions = extensions
        trial.isLasting = true
        return trial
    }

    private static func implicit(
        _ name: String, _ end: String, at stage: Stage? = nil,
        _ behaviour: ScriptedSMTPServer.Behaviour = .close
    ) -> Trial {
        var trial = Trial(name, end, at: stage, behaviour)
        trial.tls = .implicit
        return trial
    }
}

extension TLSIdentity.Flaw {
    /// What OpenSSL and libcurl say of it, in part.
    var words: String {
        switch self {
        case .selfSigned: "self-signed certificate"
        case .expired: "certificate has expired"
        case .notYetValid: "certificate is not yet valid"
        case .wrongHost: "subject name"
        case .unknownAuthority: "issuer certificate"
        case .wrongPurpose: "certificate purpose"
        }
    }
}
