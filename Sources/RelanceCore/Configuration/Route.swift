/// A way out of the house, by name: the local spool, a relay, a gateway for text messages.
package struct Route: Sendable {
    package enum Kind: Sendable {
        /// A Maildir, text files and a JSON line per message, in this folder: what leaves can be looked at and goes
        /// nowhere. The cost of a part is for the look of it, in ten-thousandths of a currency.
        case spool(folder: String, costPerPart: Int? = nil)
        case smtp(SMTPRelay)
        case sms(SMSGateway)
        case mailToSMS(MailToSMS)

        /// Whether messages of a channel can leave this way.
        package func carries(_ channel: Channel) -> Bool {
            switch (self, channel) {
            case (.spool, _), (.smtp, .email), (.sms, .sms), (.mailToSMS, .sms): true
            case (.smtp, .sms), (.sms, .email), (.mailToSMS, .email): false
            }
        }
    }

    package var name: String
    package var kind: Kind
    /// How many messages may start a minute; nil is no limit.
    package var perMinute: Int?
    /// How many may be on the wire at once.
    package var concurrency: Int

    package init(name: String, kind: Kind, perMinute: Int?, concurrency: Int) {
        self.name = name
        self.kind = kind
        self.perMinute = perMinute
        self.concurrency = concurrency
    }
}

extension Route {
    /// What one part of a text message costs, in ten-thousandths of the account's currency; nil when nobody said.
    package var costPerPart: Int? {
        switch kind {
        case .spool(_, let cost): cost
        case .smtp: nil
        case .sms(let gateway): gateway.costPerPart
        case .mailToSMS(let mail): mail.costPerPart
        }
    }

    /// What so many parts cost, written with four decimals; nil when nobody said what one costs.
    package func cost(ofParts parts: Int) -> String? { costPerPart.map { Route.price($0 * parts) } }

    /// Ten-thousandths as a decimal number.
    package static func price(_ tenThousandths: Int) -> String {
        let decimals = String(tenThousandths % 10_000)
        return "\(tenThousandths / 10_000)." + String(repeating: "0", count: 4 - decimals.count) + decimals
    }
}

/// A mail relay and how to speak with it; what is stated here never weakens at run time (reliability 2.2, G8).
package struct SMTPRelay: Sendable {
    package enum TLS: String, CaseIterable, Hashable, Sendable {
        /// Required: a relay that does not offer it gets nothing.
        case startTLS = "starttls"
        /// From the first byte (port 465).
        case implicit
        /// Clear text, to this machine only.
        case noneOnLoopback = "none_on_loopback"
    }

    package struct Credentials: Sendable {
        package var user: String
        package var password: Secret

        package init(user: String, password: Secret) {
            self.user = user
            self.password = password
        }
    }

    package var host: String
    package var port: Int
    package var tls: TLS
    /// Nil is no authentication.
    package var credentials: Credentials?
    /// Certificates to trust in place of the system's; nil is the system's.
    package var certificateFile: String?
    /// The name said in EHLO.
    package var hello: String
    package var connectTimeout: Elapsed
    /// How long one answer may take.
    package var responseTimeout: Elapsed
    package var totalTimeout: Elapsed
    /// Whether the host's name may lead to this machine itself; to a private network it may, where relays mostly stand.
    package var allowsPrivate: Bool

    package init(
        host: String, port: Int, tls: TLS, credentials: Credentials?, certificateFile: String?, hello: String,
        connectTimeout: Elapsed, responseTimeout: Elapsed, totalTimeout: Elapsed, allowsPrivate: Bool = false
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.credentials = credentials
        self.certificateFile = certificateFile
        self.hello = hello
        self.connectTimeout = connectTimeout
        self.responseTimeout = responseTimeout
        self.totalTimeout = totalTimeout
        self.allowsPrivate = allowsPrivate
    }

    /// Whether a host as written is this machine whatever the name server says.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
