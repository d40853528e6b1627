import CurlClient
import RelanceCore

/// What the end of a request without an answer means.
///
/// A sending that had left is ambiguous whatever ended it; everything else is about the route.
enum GatewayFailures {
    static func outcome(of result: CurlResult, isSending: Bool, secrets: SpokenSecrets) -> DeliveryOutcome {
        let isOut = isSending && result.stage >= .answer
        func failure(
            _ kind: DeliveryFailure.Kind, _ scope: DeliveryFailure.Scope, alert: Bool = false
        ) -> DeliveryFailure {
            DeliveryFailure(
                kind: kind, scope: scope,
                detail: FarSideWords.kept(result.problem?.description ?? "no answer", secrets: secrets),
                alert: alert)
        }
        switch result.problem {
        case .invalid?: return .refused(failure(.configuration, .message, alert: true))
        case .cancelled?, .poolClosed?, .handoverDeclined?:
            return isOut ? .ambiguous(failure(.connection, .message)) : .interrupted
        case .unprotected?, .notLoopback?: return .deferred(failure(.tls, .route, alert: true))
        case .tooNear?: return .deferred(failure(.name, .route, alert: true))
        case .tooOld?: return .deferred(failure(.configuration, .route, alert: true))
        case .unauthenticated?, .outOfTurn?, .answerTooLong?, .noResources?, nil:
            return isOut ? .ambiguous(failure(.unknown, .message)) : .deferred(failure(.unknown, .route))
        case .failure(let libcurl, _, _)?:
            let kind = kind(of: libcurl)
            if isOut { return .ambiguous(failure(kind, .message)) }
            return .deferred(failure(kind, .route, alert: kind == .tls))
        }
    }

    private static func kind(of failure: CurlFailure) -> DeliveryFailure.Kind {
        switch failure {
        case .resolution: .name
        case .connection, .sending, .receiving, .weirdReply: .connection
        case .handshake, .certificate, .startTLSRefused: .tls
        case .timeout: .timeout
        case .loginDenied: .authentication
        case .other: .unknown
        }
    }
}
