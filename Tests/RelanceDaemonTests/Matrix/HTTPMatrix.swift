import RelanceCore
import RelanceDelivery
import RelanceTestSupport

/// What a gateway can do at each stage of a sending, and how the sending has to end (reliability 2.4, 2.10, 3.5).
///
/// The words of a cell are those of `SMTPMatrix`; `accepted?` is taken with an identifier nobody could read, and `lost` is the
/// route's matter or ambiguous: whether the body had left is a question of microseconds.
///
/// Reliability 2.4 has every 2xx with an unknown body taken. Here a 2xx is taken when its body is what the preset asks for, or
/// cannot be read at all; one that can be read and does not say so (`{}`, `null`, `[]`, somebody else's object, a page for
/// people) is ambiguous. Such an answer may come from whoever sits in between and has passed nothing on (a portal, a proxy,
/// a page of maintenance): taken for an acceptance, a text that never left would be lost in silence (G1). Ambiguous, it is
/// never repeated by itself either (G4), and a look-up, a receipt or a person settles it.
enum HTTPMatrix {
    /// Where in the exchange it happens: before TLS, in it, with the body of the request unread, with everything read, in the
    /// middle of the answer's head, in the middle of its body.
    enum Stage: String, CaseIterable, Sendable {
        case connect, handshake, head, request, headers, body
    }

    enum Fault: String, CaseIterable, Sendable {
        case drop, close, stall, garbage, drip, early
    }

    static let wire = """
                 connect        handshake      head               request               headers    body
        drop     cut:tls!       route:tls!     lost:connection    ambiguous:connection  accepted?  accepted?
        close    route:tls!     route:tls!     lost:connection    ambiguous:connection  accepted?  accepted?
        stall    route:timeout  route:timeout  ambiguous:timeout  ambiguous:timeout     accepted?  accepted?
        garbage  route:tls!     route:tls!     lost:unknown       ambiguous:unknown     accepted?  accepted?
        drip     -              accepted       -                  accepted              accepted   accepted
        early    route:tls!     -              accepted           -                     -          -
        """

    /// Why a cell is empty.
    static let senseless: [(stage: Stage, faults: Set<Fault>, reason: String)] = [
        (.connect, [.drip], "it has nothing to say there"),
        (.handshake, [.early], "that is `connect: early`, words before the client's first"),
        (.head, [.drip], "an answer before the body is `early`, at whatever pace"),
        (.request, [.early], "nothing is early once everything has come"),
        (.headers, [.early], "nothing is early once everything has come"),
        (.body, [.early], "nothing is early once everything has come"),
    ]

    /// What a status means by itself, its body `{}`: the preset's own statuses and those of RFC 9110 and of proxies.
    static let statuses = """
        status  end
        200     ambiguous:unknown
        201     ambiguous:unknown
        202     ambiguous:unknown
        203     ambiguous:unknown
        204     ambiguous:unknown
        205     ambiguous:unknown
        206     ambiguous:unknown
        207     ambiguous:unknown
        208     ambiguous:unknown
        226     ambiguous:unknown
        299     ambiguous:unknown
        300     route:configuration!
        301     route:configuration!
        302     route:configuration!
        303     route:configuration!
        304     route:configuration!
        305     route:configuration!
        306     route:configuration!
        307     route:configuration!
        308     route:configuration!
        399     route:configuration!
        400     refused:refused
        401     route:authentication!
        402     route:credit!
        403     route:authentication!
        404     route:configuration!
        405     route:configuration!
        406     route:configuration!
        407     refused:refused
        408     ambiguous:unknown
        409     accepted?
        410     refused:refused
        411     refused:refused
        412     refused:refused
        413     refused:refused
        414     refused:refused
        415     route:configuration!
        416     refused:refused
        417     refused:refused
        418     refused:refused
        419     refused:refused
        420     refused:refused
        421     refused:refused
        422     refused:refused
        423     refused:refused
        424     refused:refused
        425     ambiguous:unknown
        426     refused:refused
        427     refused:refused
        428     refused:refused
        429     route:throttled
        430     refused:refused
        431     refused:refused
        451     refused:refused
        499     refused:refused
        500     ambiguous:unknown
        501     ambiguous:unknown
        502     ambiguous:unknown
        503     route:refused
        504     ambiguous:unknown
        505     ambiguous:unknown
        506     ambiguous:unknown
        507     ambiguous:unknown
        508     ambiguous:unknown
        509     ambiguous:unknown
        510     ambiguous:unknown
        511     ambiguous:unknown
        520     ambiguous:unknown
        525     ambiguous:unknown
        530     ambiguous:unknown
        598     ambiguous:unknown
        599     ambiguous:unknown
        """

    static let good = #"{"id":"m1"}"#
    static let goodAnswer = "HTTP/1.1 202 Accepted\r\nContent-Length: 11\r\n\r\n" + good

    /// What the server does for a cell: before the request is complete, or once it is.
    static func behaviour(
        _ fault: Fault, at stage: Stage
    ) -> (early: ScriptedHTTPServer.Moment?, ScriptedHTTPServer.Behaviour) {
        let moment = ScriptedHTTPServer.Moment(rawValue: stage.rawValue)
        let said: ScriptedHTTPServer.Behaviour? =
            switch stage {
            case .connect, .handshake, .head, .request: nil
            case .headers: .octets(Array("HTTP/1.1 202 Accepted\r\nContent-Le".utf8))
            case .body: .octets(Array("HTTP/1.1 202 Accepted\r\nContent-Length: 11\r\n\r\n{\"id".utf8))
            }
        let then: ScriptedHTTPServer.Behaviour =
            switch fault {
            case .drop: .reset
            case .close: .close
            case .stall: .stall
            case .garbage: .first(.octets([0xFF, 0, 0x1B, 0x80, 0x0D, 0x0A, 0x0D, 0x0A]), then: .close)
            case .drip where stage == .headers:
                .slowly("ngth: 11\r\n\r\n" + good, octets: 1, restMilliseconds: 1)
            case .drip where stage == .body: .slowly("\":\"m1\"}", octets: 1, restMilliseconds: 1)
            case .drip: .slowly(goodAnswer, octets: 16, restMilliseconds: 1)
            case .early where stage == .head: .answer(goodAnswer)  // and the body is read all the same
            case .early: .first(.answer(goodAnswer), then: .stall)
            }
        return (moment, said.map { .first($0, then: then) } ?? then)
    }
}
