import CurlClient
import RelanceCore

/// Mail over one relay: STARTTLS required or TLS from the first byte, one recipient a transaction.
///
/// The terms of the relay are fixed for the courier's life; other terms are another courier with connections of its own.
package final class SMTPCourier: Courier {
    private let pool: CurlPool
    /// The password, also as AUTH PLAIN writes it: some relays repeat it in their refusals.
    private let secrets: SpokenSecrets

    /// Throws when the relay's words cannot make a connection (a host, a port or an EHLO name that is none).
    package init(_ relay: SMTPRelay, concurrency: Int) throws(CurlViolation) {
        secrets = SpokenSecrets(
            relay.credentials.map { account in
                let password = account.password.revealed()
                return ["\0\(account.user)\0\(password)", password]
            } ?? [])
        let login = relay.credentials.map { CurlLogin(user: $0.user, password: $0.password.revealed()) }
        let tls: CurlRoute.TLSPolicy =
            switch relay.tls {
            case .startTLS: .startTLS
            case .implicit: .implicit
            case .noneOnLoopback: .clearTextOnLoopback
            }
        let route = try CurlRoute(
            .smtp(greeting: relay.hello, login: login), host: relay.host, port: relay.port, tls: tls,
            reach: relay.allowsPrivate ? .thisMachine : .privateNetwork,
            authorities: relay.certificateFile)
        var limits = CurlLimits()
        limits.connections = concurrency
        limits.connectTimeout = .milliseconds(relay.connectTimeout.milliseconds)
        limits.responseTimeout = .milliseconds(relay.responseTimeout.milliseconds)
        limits.totalTimeout = .milliseconds(relay.totalTimeout.milliseconds)
        pool = CurlPool(route, limits: limits)
    }

    package func deliver(_ parcel: Parcel, handover: @escaping @Sendable () async throws -> Void) async
        -> DeliveryOutcome
    {
        await attempt(parcel, traced: false, handover: handover).outcome
    }

    /// One delivery with the whole exchange beside its outcome, for a person to read: `> ` before our lines, `< ` before the
    /// relay's, the authentication masked.
    package func deliverTraced(_ parcel: Parcel) async -> (outcome: DeliveryOutcome, exchange: [String]) {
        await attempt(parcel, traced: true) {}
    }

    private func attempt(
        _ parcel: Parcel, traced: Bool, handover: @escaping @Sendable () async throws -> Void
    ) async -> (outcome: DeliveryOutcome, exchange: [String]) {
        guard let mail = parcel.mail else {
            let failure = DeliveryFailure(
                kind: .configuration, scope: .message, detail: "a relay carries mail, not text messages",
                alert: true)
            return (.refused(failure), [])
        }
        let submission = SMTPSubmission(
            sender: mail.sender.description, recipient: mail.recipient.description, message: mail.bytes,
            traced: traced)
        let result = await pool.perform(.smtp(submission)) {
            do {
                try await handover()
                return true
            } catch {
                return false  // the owner knows why: it threw
            }
        }
        .reworded { secrets.masked($0) }
        let exchange = result.transcript.map { ($0.from == .client ? "> " : "< ") + $0.text }
        return (FailureClassification.outcome(of: result), exchange)
    }
}
