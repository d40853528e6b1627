import RelanceCore
import RelanceDelivery
import RelanceTestSupport

/// What a relay can do at each stage of a delivery, and how the delivery has to end (reliability 2.3, 2.4, 3.4).
///
/// A table as a person reads it: columns are the stages, rows what the relay does there. A cell says
/// - `accepted`, or whom the end is about (`route`, `message`), or that it is `refused` or `ambiguous`;
/// - the kind of failure, as the ledger and the log have it;
/// - `!` where a human is called;
/// - `*1` where the relay has taken the message, whatever it said;
/// - `-` where the two make no sense together; `senseless` then has the reason.
///
/// Whatever is said while the message is on its way, whoever then says 250 may have meant what came before: `body` has words
/// without meaning there, a reply that is given too early, and one that is taken back after the final dot (`twice`).
enum SMTPMatrix {
    typealias Stage = ScriptedSMTPServer.Stage

    static let stages: [Stage] = [
        .connect, .ehlo, .startTLS, .handshake, .auth, .mail, .rcpt, .data, .body, .endOfData,
    ]

    /// What the relay does instead of answering well.
    enum Fault: String, CaseIterable, Sendable {
        case temporary, permanent, goodbye, drop, close, stall, garbage, noCode, wrongCode
        case badMultiline, longLine, nul, bareLF, drip, split, twice, early
    }

    static let session = """
                      connect           ehlo              startTLS          handshake      auth
        temporary     route:refused     route:refused     route:tls!        route:tls!     route:authentication
        permanent     route:refused!    route:refused!    route:tls!        route:tls!     route:authentication!
        goodbye       route:throttled   route:throttled   route:throttled   route:tls!     route:throttled
        drop          route:connection  route:connection  route:connection  route:tls!     route:connection
        close         route:connection  route:connection  route:connection  route:tls!     route:connection
        stall         route:timeout     route:timeout     route:timeout     route:timeout  route:timeout
        garbage       route:timeout     route:timeout     route:timeout     route:tls!     route:timeout
        noCode        route:timeout     route:timeout     route:timeout     -              route:timeout
        wrongCode     accepted*1        route:unknown     route:tls!        -              route:authentication!
        badMultiline  route:connection  route:unknown     route:tls!        -              route:authentication!
        longLine      accepted*1        accepted*1        accepted*1        route:tls!     accepted*1
        nul           accepted*1        accepted*1        accepted*1        -              accepted*1
        bareLF        accepted*1        accepted*1        accepted*1        -              accepted*1
        drip          accepted*1        accepted*1        accepted*1        accepted*1     accepted*1
        split         accepted*1        accepted*1        accepted*1        accepted*1     accepted*1
        twice         route:tls!        route:tls!        route:tls!        -              message:connection
        early         accepted*1        accepted*1        route:tls!        -              accepted*1
        """

    static let transaction = """
                      mail                rcpt                 data                    body                    endOfData
        temporary     route:refused       message:refused      message:refused         message:refused         message:refused
        permanent     route:refused!      refused:bad_address  refused:refused         refused:refused         refused:refused
        goodbye       route:throttled     route:throttled      route:throttled         route:throttled         route:throttled
        drop          route:connection    message:connection   message:connection      message:connection      ambiguous:connection
        close         route:connection    message:connection   message:connection      message:connection      ambiguous:connection
        stall         route:timeout       message:timeout      message:timeout         message:timeout         ambiguous:timeout
        garbage       route:timeout       message:timeout      message:timeout         ambiguous:connection*1  ambiguous:timeout
        noCode        route:timeout       message:timeout      message:timeout         ambiguous:connection*1  ambiguous:timeout
        wrongCode     route:connection    message:connection   message:connection      -                       ambiguous:connection
        badMultiline  route:connection    message:connection   message:connection      -                       ambiguous:connection*1
        longLine      accepted*1          accepted*1           accepted*1              -                       accepted*1
        nul           accepted*1          accepted*1           accepted*1              -                       accepted*1
        bareLF        accepted*1          accepted*1           accepted*1              -                       accepted*1
        drip          accepted*1          accepted*1           accepted*1              -                       accepted*1
        split         accepted*1          accepted*1           accepted*1              -                       accepted*1
        twice         message:connection  message:connection   ambiguous:connection*1  ambiguous:connection    accepted*1
        early         accepted*1          accepted*1           accepted*1              ambiguous:connection*1  accepted*1
        """

    /// Why a cell is empty.
    static let senseless: [(stage: Stage, faults: Set<Fault>, reason: String)] = [
        (
            .handshake, [.noCode, .wrongCode, .badMultiline, .nul, .bareLF, .twice, .early],
            "in place of a handshake all words are alike: those of the other rows do for them"
        ),
        (
            .body, [.wrongCode, .badMultiline, .longLine, .nul, .bareLF, .drip, .split],
            "no reply is due there: a good one in any dress is the row `early`"
        ),
    ]
}

extension SMTPMatrix {
    /// What the scripted server does for a cell, once.
    static func script(_ fault: Fault, at stage: Stage) -> ScriptedSMTPServer.Script {
        if (fault, stage) == (.twice, .body) {
            let replies: [Stage: ScriptedSMTPServer.Behaviour] = [
                .body: .octets(Array("250 2.0.0 Ok\r\n".utf8)), .endOfData: .reply("554 5.7.1 never"),
            ]
            return { $1 == 0 ? replies[$0] : nil }
        }
        let behaviour = behaviour(fault, at: stage)
        return { $0 == stage && $1 == 0 ? behaviour : nil }
    }

    /// What the log has to say of the cause, where the delivery fails of it.
    static func detail(_ fault: Fault, at stage: Stage) -> String {
        switch (fault, stage) {
        case (.stall, _): "libcurl 28"  // out of patience
        case (_, .handshake): "libcurl 35"  // nothing it understands as a handshake
        case (.temporary, .body): "disk full"
        case (.temporary, _): "not now"
        case (.permanent, .auth): "wrong"
        case (.permanent, .rcpt): "no such mailbox"
        case (.permanent, .body): "too large"
        case (.permanent, _): "never"
        case (.goodbye, _): "shutting down"
        case (.garbage, .body), (.noCode, .body), (.twice, .body), (.early, .body):
            "before the message had come"
        case (.garbage, _), (.noCode, _): "libcurl 28"
        case (.wrongCode, .auth): "denied"
        case (.badMultiline, _): "one thing another"
        default: ""
        }
    }

    private static func behaviour(_ fault: Fault, at stage: Stage) -> ScriptedSMTPServer.Behaviour {
        let good = goodReply(at: stage)
        let code = good.prefix(3)
        func taken(_ behaviour: ScriptedSMTPServer.Behaviour) -> ScriptedSMTPServer.Behaviour {
            stage == .endOfData ? .acceptThen(behaviour) : behaviour
        }
        func words(_ text: String) -> ScriptedSMTPServer.Behaviour {
            switch stage {
            case .body: .octets(Array(text.utf8))  // it says so, and goes on as though nothing were
            default: .first(.octets(Array(text.utf8)), then: .stall)
            }
        }
        switch (fault, stage) {
        case (.temporary, .auth): return .reply("454 4.7.0 not now")
        case (.temporary, .body): return .ahead("452 4.3.1 disk full")
        case (.temporary, _): return .reply("450 4.3.0 not now")
        case (.permanent, .auth): return .reply("535 5.7.8 wrong")
        case (.permanent, .rcpt): return .reply("550 5.1.1 no such mailbox")
        case (.permanent, .body): return .ahead("552 5.3.4 too large")
        case (.permanent, _): return .reply("554 5.7.1 never")
        case (.goodbye, .body): return .ahead("421 4.3.2 shutting down")
        case (.goodbye, _): return .replyThenClose("421 4.3.2 shutting down")
        case (.drop, _): return .reset
        case (.close, _): return .close
        case (.stall, _): return .stall
        case (.garbage, _): return words("\u{0}\u{1B}\u{7}é\u{80}\u{FF}~~\u{0}\r\n")
        case (.noCode, _): return words("words without a code\r\n")
        case (.wrongCode, .data): return .reply("250 not what was asked")
        case (.wrongCode, .connect), (.wrongCode, .startTLS): return .reply("250 not what was asked")
        case (.wrongCode, .auth): return .reply("250 not what was asked")
        case (.wrongCode, _): return .reply("354 not what was asked")
        case (.badMultiline, _): return taken(.reply("\(code)-one thing\r\n451 another"))
        case (.longLine, _): return taken(.reply(good + String(repeating: "x", count: 100_000)))
        case (.nul, _): return taken(.reply(good + "\u{0}and more"))
        case (.bareLF, _): return taken(.octets(Array((good + "\n").utf8)))
        case (.drip, .handshake): return .slowly(good, octets: 16, restMilliseconds: 1)
        case (.drip, _): return taken(.slowly(good, octets: 1, restMilliseconds: 1))
        case (.split, .handshake): return .slowly(good, octets: 3, restMilliseconds: 0)
        case (.split, _): return taken(.slowly(good, octets: good.utf8.count - 3, restMilliseconds: 20))
        case (.twice, _): return taken(.octets(Array("\(good)\r\n\(good)\r\n".utf8)))
        case (.early, .startTLS): return .octets(Array("\(good)\r\n250 slipped in\r\n".utf8))
        case (.early, .body): return .ahead("250 2.0.0 Ok: queued")
        case (.early, _): return taken(.ahead("\(good)\r\n\(goodReply(after: stage))"))
        }
    }

    static func goodReply(at stage: Stage) -> String {
        switch stage {
        case .connect: "220 scripted.example ESMTP"
        case .ehlo: "250-scripted.example\r\n250 STARTTLS"
        case .startTLS, .handshake: "220 go ahead"
        case .auth: "235 welcome"
        case .mail, .rcpt: "250 ok"
        case .data: "354 go ahead"
        case .body, .endOfData: "250 2.0.0 Ok: queued as SCRIPTED"
        case .quit: "221 bye"
        }
    }

    private static func goodReply(after stage: Stage) -> String {
        let next = stages.firstIndex(of: stage).map { stages[($0 + 1)...].first ?? .quit } ?? .quit
        return goodReply(at: next == .body ? .endOfData : next)
    }

    /// So much that what is unread by the relay is still with us.
    static let tooMuchForSockets = Array(
        String(repeating: String(repeating: "x", count: 76) + "\r\n", count: 80_000).utf8)
}
