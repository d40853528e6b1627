/// A gateway for text messages and the account at it: a preset and what the route adds to it.
package struct SMSGateway: Sendable {
    /// What may leave in clear text; anything else needs https.
    package enum ClearText: String, CaseIterable, Hashable, Sendable {
        case none
        /// To this machine.
        case onLoopback = "on_loopback"
        /// To an address of a private network (RFC 1918, RFC 4193), as stated by whoever runs that network.
        case onPrivateNetwork = "on_private_network"
    }

    /// What a route states under a setting's name.
    package enum Value: Sendable {
        case plain(String)
        case secret(Secret)
    }

    /// Where the provider reports to us, when it can.
    package struct Receipts: Sendable {
        /// How the console is reached from outside, `https://relance.cci.example`; nil when the provider is told otherwise,
        /// or not at all.
        package var publicURL: String?
        /// The last part of the path; whoever knows it may report.
        package var token: Secret

        package init(publicURL: String?, token: Secret) {
            self.publicURL = publicURL
            self.token = token
        }

        /// The address of a route's receipts, with its token or what stands for it; nil without a public address.
        package func url(ofRoute name: String, token: String) -> String? {
            publicURL.map { $0 + Receipts.path(ofRoute: name) + token }
        }

        /// The path of a route's receipts, its token left out.
        package static func path(ofRoute name: String) -> String { "/receipts/\(name)/" }

        /// Whether a caller knows the token; the time it takes tells nothing of it.
        package func isToken(_ word: String) -> Bool { Checksum.areEqual(word, token.revealed()) }
    }

    package var preset: GatewayPreset
    package var address: GatewayAddress
    package var clearText: ClearText
    /// Whether the host's name may lead into a private network or to this machine.
    package var allowsPrivate: Bool
    package var sender: String?
    /// By the names of the preset's settings; defaults included.
    package var values: [String: Value]
    /// Certificates to trust in place of the system's; nil is the system's.
    package var certificateFile: String?
    package var connectTimeout: Elapsed
    package var totalTimeout: Elapsed
    /// What one part costs, in ten-thousandths of the account's currency, for the plan's estimate.
    package var costPerPart: Int?
    package var receipts: Receipts?

    package init(
        preset: GatewayPreset, address: GatewayAddress, clearText: ClearText, sender: String?,
        values: [String: Value], certificateFile: String?, connectTimeout: Elapsed, totalTimeout: Elapsed,
        costPerPart: Int?, receipts: Receipts?, allowsPrivate: Bool = false
    ) {
        self.preset = preset
        self.address = address
        self.clearText = clearText
        self.allowsPrivate = allowsPrivate
        self.sender = sender
        self.values = values
        self.certificateFile = certificateFile
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.costPerPart = costPerPart
        self.receipts = receipts
    }

    /// Whether an address as written is of a private network or of this machine, whatever the name server says.
    package static func isPrivate(_ host: String) -> Bool {
        if SMTPRelay.isLoopback(host) { return true }
        if host.contains(":") { return ["fc", "fd"].contains { host.lowercased().hasPrefix($0) } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, let first = parts[0], let second = parts[1], !parts.contains(nil) else {
            return false
        }
        return first == 10 || (first == 172 && (16...31).contains(second)) || (first == 192 && second == 168)
    }
}

/// Text messages as mails to an address made of the number, over a route that carries mail.
package struct MailToSMS: Sendable {
    /// The relay or spool the mails leave by; a route kind of its own could lead back to itself.
    package enum Carrier: Sendable {
        case spool(folder: String)
        case smtp(SMTPRelay)
    }

    package var carrier: Carrier
    /// `{to}@sms.provider.example`, with the number where it says `{to}`.
    package var address: GatewayTemplate
    package var numberFormat: GatewayPreset.NumberFormat
    package var subject: String
    package var sender: EmailAddress
    package var messageIDDomain: String
    package var costPerPart: Int?

    package init(
        carrier: Carrier, address: GatewayTemplate, numberFormat: GatewayPreset.NumberFormat, subject: String,
        sender: EmailAddress, messageIDDomain: String, costPerPart: Int?
    ) {
        self.carrier = carrier
        self.address = address
        self.numberFormat = numberFormat
        self.subject = subject
        self.sender = sender
        self.messageIDDomain = messageIDDomain
        self.costPerPart = costPerPart
    }
}

/// How many parts of text messages may leave in a calendar month.
package struct SMSBudgetRule: Hashable, Sendable {
    /// From here on somebody is told.
    package var soft: Int?
    /// From here on no text leaves: the other channel, else a phone task.
    package var hard: Int?

    package init(soft: Int?, hard: Int?) {
        self.soft = soft
        self.hard = hard
    }
}
