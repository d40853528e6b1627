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
/// - Silence from RCPT on counts against the message, so that a message nobody can swallow does not stop its route.
package enum FailureClassification {
    package static func outcome(of result: CurlResult) -> DeliveryOutcome {
        switch result.problem {
        case nil: .accepted(reply: decidingReply(of: result))
        case .invalid(let violation)?: refusal(violation)
        case .cancelled?, .poolClosed?, .handoverDeclined?:
            result.stage < .answer
                ? .interrupted
                : .ambiguous(
                    failure(.connection, .message, of: result, says: "cut short after the final dot"))
        case .unauthenticated?: .deferred(failure(.authentication, .route, of: result, alert: true))
        case .unprotected?, .notLoopback?: .deferred(failure(.tls, .route, of: result, alert: true))
        case .failure(let libcurl, _, _)?: outcome(of: result, libcurl)
        case .answerTooLong?: .deferred(failure(.unknown, .route, of: result))  // not a thing of SMTP
        }
    }

    /// The first row that fits decides.
    private static func outcome(of result: CurlResult, _ libcurl: CurlFailure) -> DeliveryOutcome {
        let row =
            table.first { $0.fits(result, libcurl) }
            ?? Row(.queued, .answer, end: .deferred, .unknown, .route)
        let failure = failure(row.kind, row.scope, of: result, alert: row.alert)
        return switch row.end {
        case .deferred: .deferred(failure)
        case .refused: .refused(failure)
        case .ambiguous: .ambiguous(failure)
        }
    }

    private struct Row {
        enum End { case deferred, refused, ambiguous }

        let stages: ClosedRange<CurlStage>
        let replies: Set<Int>?
        let enhanced: String?
        let libcurl: Set<CurlFailure>?
        let end: End
        let kind: DeliveryFailure.Kind
        let scope: DeliveryFailure.Scope
        let alert: Bool

        init(
            _ first: CurlStage, _ last: CurlStage, _ replies: (some Sequence<Int>)? = [Int]?.none,
            enhanced: String? = nil, libcurl: Set<CurlFailure>? = nil, end: End,
            _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, alert: Bool = false
        ) {
            stages = first...last
            self.replies = replies.map { Set($0) }
            self.enhanced = enhanced
            self.libcurl = libcurl
            self.end = end
            self.kind = kind
            self.scope = scope
            self.alert = alert
        }

        func fits(_ result: CurlResult, _ failure: CurlFailure) -> Bool {
            stages.contains(result.stage)
                && replies?.contains(result.responseCode) ?? true
                && libcurl?.contains(failure) ?? true
                && enhanced.map { FailureClassification.decidingReply(of: result).dropFirst(4).hasPrefix($0) }
                    ?? true
        }
    }

    private static let table: [Row] = [
        // The far side spoke, about the route.
        Row(.connection, .answer, [421], end: .deferred, .throttled, .route),
        Row(
            .connection, .answer, [530, 534, 535, 538], end: .deferred, .authentication, .route, alert: true),
        Row(
            .connection, .connection, [454], libcurl: [.loginDenied], end: .deferred, .authentication, .route),
        Row(
            .connection, .connection, libcurl: [.loginDenied], end: .deferred, .authentication, .route,
            alert: true),
        Row(
            .connection, .connection, libcurl: [.startTLSRefused, .handshake, .certificate], end: .deferred,
            .tls,
            .route, alert: true),
        // Words slipped in between the 220 to STARTTLS and the handshake: somebody sits on the line.
        Row(
            .connection, .connection, [220], libcurl: [.weirdReply], end: .deferred, .tls, .route, alert: true
        ),
        Row(.connection, .sender, 500...599, end: .deferred, .refused, .route, alert: true),
        Row(.connection, .sender, 400...499, end: .deferred, .refused, .route),

        // The far side spoke, about the message. RFC 5321, 4.5.3.1.10: read 552 to RCPT as 452.
        Row(.recipient, .recipient, [452, 552], end: .deferred, .throttled, .message),
        Row(.recipient, .recipient, 500...599, enhanced: "5.1.", end: .refused, .badAddress, .message),
        Row(.recipient, .answer, 500...599, end: .refused, .refused, .message),
        Row(.recipient, .answer, 400...499, end: .deferred, .refused, .message),

        // It fell silent.
        Row(.answer, .answer, libcurl: [.timeout], end: .ambiguous, .timeout, .message),
        Row(.answer, .answer, end: .ambiguous, .connection, .message),
        Row(.recipient, .body, libcurl: [.timeout], end: .deferred, .timeout, .message),
        Row(.recipient, .body, end: .deferred, .connection, .message),
        Row(.queued, .sender, libcurl: [.timeout], end: .deferred, .timeout, .route),
        Row(.queued, .sender, libcurl: [.resolution], end: .deferred, .name, .route),
        Row(
            .queued, .sender, libcurl: [.connection, .sending, .receiving, .weirdReply], end: .deferred,
            .connection,
            .route),
    ]

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
        _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, of result: CurlResult,
        alert: Bool = false,
        says: String? = nil
    ) -> DeliveryFailure {
        let wasRefused = result.responseCode >= 400
        let detail = says ?? (wasRefused ? decidingReply(of: result) : result.problem?.description ?? "")
        return DeliveryFailure(
            kind: kind, scope: scope, code: result.responseCode == 0 ? nil : result.responseCode,
            detail: String(decoding: detail.utf8.prefix(512), as: UTF8.self), alert: alert)
    }

    /// The lines of the reply that decided as one, 512 bytes at most; the answer to our QUIT may stand after it.
    private static func decidingReply(of result: CurlResult) -> String {
        let replies = result.replies
        guard let last = replies.lastIndex(where: { $0.hasPrefix(String(result.responseCode)) }) else {
            return ""
        }
        var first = last
        while first > 0, replies[first - 1].dropFirst(3).first == "-" { first -= 1 }
        let lines = replies[first...last].enumerated().map { $0 == 0 ? $1 : String($1.dropFirst(4)) }
        return String(decoding: lines.joined(separator: " ").utf8.prefix(512), as: UTF8.self)
    }
}
