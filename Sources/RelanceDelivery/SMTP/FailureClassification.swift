import CurlClient
import RelanceCore

/// What the end of an SMTP transfer means for the message and for the route (reliability 2.3 and 2.4).
///
/// Contract:
/// - **Deferred unless the far side has plainly refused this message**: a late reminder is better than a lost one. A
///   refusal needs a 5xx to RCPT, to DATA or after the message.
/// - **Ambiguous exactly when** everything had been handed over, the final dot included, and no final reply came.
///   libcurl's code alone cannot tell; how far the transfer had come, and the reply, can.
/// - **What comes before RCPT is about the route**, never about the message: 5xx to the connection, EHLO, STARTTLS, AUTH or
///   MAIL stops the route and calls a human; it burns no message's attempts.
/// - **Nothing personal comes out**: relays quote addresses and numbers, and what they said is kept without them (design D10).
/// - **Many words cost little**: the reply that decided is read once, whatever its length.
/// - A reply whose lines disagree is none, and any 2xx after the final dot is an acceptance (RFC 5321, 4.2.1 and 4.2). What
///   comes before the final dot is no acceptance, and who spoke then is not sure to mean the message by what comes after.
/// - Silence from RCPT on counts against the message, so that a message nobody can swallow does not stop its route.
package enum FailureClassification {
    package static func outcome(of result: CurlResult) -> DeliveryOutcome {
        let end = End(result)
        return switch result.problem {
        case nil where end.isGarbled || result.stage < .answer:
            .ambiguous(failure(.connection, .message, of: end, says: end.reply.kept))
        case nil: .accepted(reply: end.reply.kept)
        // libcurl knows 250 only; before the reply to the final dot, the last one was 354.
        case .failure(.weirdReply, _, _)?
        where result.stage == .answer && (200...299).contains(result.responseCode) && !end.isGarbled:
            .accepted(reply: end.reply.kept)
        case .invalid(let violation)?: refusal(violation)
        case .cancelled?, .poolClosed?, .handoverDeclined?:
            result.stage < .answer
                ? .interrupted
                : .ambiguous(failure(.connection, .message, of: end, says: "cut after the final dot"))
        case .outOfTurn?: .ambiguous(failure(.connection, .message, of: end))
        case .unauthenticated?: .deferred(failure(.authentication, .route, of: end, alert: true))
        case .unprotected?, .notLoopback?: .deferred(failure(.tls, .route, of: end, alert: true))
        case .tooNear?: .deferred(failure(.name, .route, of: end, alert: true))
        case .failure(let libcurl, _, _)?: outcome(of: end, libcurl)
        case .tooOld?: .deferred(failure(.configuration, .route, of: end, alert: true))
        case .noResources?: .deferred(failure(.unknown, .route, of: end))
        case .answerTooLong?: .deferred(failure(.unknown, .route, of: end))  // not a thing of SMTP
        }
    }

    /// The first row that fits decides.
    private static func outcome(of end: End, _ libcurl: CurlFailure) -> DeliveryOutcome {
        switch table.first(where: { $0.fits(end, libcurl) })?.verdict {
        case .routeWaits(let kind, let alert)?: .deferred(failure(kind, .route, of: end, alert: alert))
        case .messageWaits(let kind)?: .deferred(failure(kind, .message, of: end))
        case .refused(let kind)?: .refused(failure(kind, .message, of: end))
        case .ambiguous(let kind)?: .ambiguous(failure(kind, .message, of: end))
        case nil: .deferred(failure(.unknown, .route, of: end))
        }
    }

    /// The end of a transfer with the far side's last word.
    private struct End {
        let result: CurlResult
        let reply: RelayReply

        init(_ result: CurlResult) {
            self.result = result
            reply = RelayReply(in: result.replies, code: result.responseCode)
        }

        /// Also where the lines that disagree stand apart, or found no more room in the transcript.
        var isGarbled: Bool { result.isReplyGarbled || reply.isGarbled }
    }

    private enum Verdict {
        case routeWaits(DeliveryFailure.Kind, alert: Bool = false)
        case messageWaits(DeliveryFailure.Kind)
        case refused(DeliveryFailure.Kind)
        case ambiguous(DeliveryFailure.Kind)
    }

    /// Where a transfer stood, what the far side had said last, what libcurl made of it; nil is whatever.
    private struct Row {
        let stages: ClosedRange<CurlStage>
        let replies: ClosedRange<Int>?
        /// Enhanced status codes (RFC 3463).
        let enhanced: Set<String>?
        let libcurl: Set<CurlFailure>?
        let verdict: Verdict

        init(
            _ stages: ClosedRange<CurlStage>, _ replies: ClosedRange<Int>? = nil,
            enhanced: Set<String>? = nil,
            libcurl: Set<CurlFailure>? = nil, then verdict: Verdict
        ) {
            self.stages = stages
            self.replies = replies
            self.enhanced = enhanced
            self.libcurl = libcurl
            self.verdict = verdict
        }

        func fits(_ end: End, _ failure: CurlFailure) -> Bool {
            let replies = replies.map { $0.contains(end.result.responseCode) && !end.isGarbled }
            return stages.contains(end.result.stage) && replies ?? true && libcurl?.contains(failure) ?? true
                && enhanced?.contains(end.reply.status) ?? true
        }
    }

    /// Of the addresses in 5.1.x, those that say the recipient's does not exist, or takes no mail (RFC 3463, 3.2; RFC 7505).
    private static let aboutRecipient: Set = ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"]
    /// Ours is refused, or has sent too much (5.1.90 of Exchange Online): every mail would fail alike, and nobody's address
    /// is to blame.
    private static let aboutSender: Set = ["5.1.7", "5.1.8", "5.1.90"]

    private static let table: [Row] = {
        let anywhere = CurlStage.connection...CurlStage.answer
        let connection = CurlStage.connection...CurlStage.connection
        let beforeRecipient = CurlStage.connection...CurlStage.sender
        let recipient = CurlStage.recipient...CurlStage.recipient
        let fromRecipientOn = CurlStage.recipient...CurlStage.answer
        let lost: Set<CurlFailure> = [.connection, .sending, .receiving, .weirdReply]
        return [
            // The far side spoke, about the route.
            Row(anywhere, 421...421, then: .routeWaits(.throttled)),
            Row(anywhere, 530...530, then: .routeWaits(.authentication, alert: true)),
            Row(anywhere, 534...535, then: .routeWaits(.authentication, alert: true)),
            Row(anywhere, 538...538, then: .routeWaits(.authentication, alert: true)),
            Row(connection, 454...454, libcurl: [.loginDenied], then: .routeWaits(.authentication)),
            Row(connection, libcurl: [.loginDenied], then: .routeWaits(.authentication, alert: true)),
            Row(connection, libcurl: [.startTLSRefused], then: .routeWaits(.tls, alert: true)),
            Row(connection, libcurl: [.handshake, .certificate], then: .routeWaits(.tls, alert: true)),
            // Words slipped in between the 220 to STARTTLS and the handshake: somebody sits on the line.
            Row(connection, 220...220, libcurl: [.weirdReply], then: .routeWaits(.tls, alert: true)),
            Row(beforeRecipient, 500...599, then: .routeWaits(.refused, alert: true)),
            Row(beforeRecipient, 400...499, then: .routeWaits(.refused)),

            // The far side spoke, about the message. RFC 5321, 4.5.3.1.10: read 552 to RCPT as 452.
            Row(recipient, 452...452, then: .messageWaits(.throttled)),
            Row(recipient, 552...552, then: .messageWaits(.throttled)),
            Row(recipient, 500...599, enhanced: aboutRecipient, then: .refused(.badAddress)),
            Row(fromRecipientOn, 500...599, enhanced: aboutSender, then: .routeWaits(.refused, alert: true)),
            Row(fromRecipientOn, 500...599, then: .refused(.refused)),
            Row(fromRecipientOn, 400...499, then: .messageWaits(.refused)),

            // It fell silent.
            Row(.answer ... .answer, libcurl: [.timeout], then: .ambiguous(.timeout)),
            Row(.answer ... .answer, then: .ambiguous(.connection)),
            Row(fromRecipientOn, libcurl: [.timeout], then: .messageWaits(.timeout)),
            Row(fromRecipientOn, then: .messageWaits(.connection)),
            Row(beforeRecipient, libcurl: [.timeout], then: .routeWaits(.timeout)),
            Row(beforeRecipient, libcurl: [.resolution], then: .routeWaits(.name)),
            Row(beforeRecipient, libcurl: lost, then: .routeWaits(.connection)),
        ]
    }()

    /// Our own wall stopped it: an address that is none, or bytes that are no mail.
    private static func refusal(_ violation: CurlViolation) -> DeliveryOutcome {
        switch violation {
        case .emptyRecipient, .longAddress, .addressOctet:
            .refused(DeliveryFailure(kind: .badAddress, scope: .message, detail: violation.description))
        default:
            .refused(
                DeliveryFailure(
                    kind: .configuration, scope: .message, detail: violation.description, alert: true))
        }
    }

    private static func failure(
        _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, of end: End, alert: Bool = false,
        says: String? = nil
    ) -> DeliveryFailure {
        let code = end.result.responseCode
        let problem = FarSideWords.kept(end.result.problem?.description ?? "")
        return DeliveryFailure(
            kind: kind, scope: scope, code: code == 0 ? nil : code,
            detail: says ?? (code >= 400 ? end.reply.kept : problem), alert: alert)
    }
}
