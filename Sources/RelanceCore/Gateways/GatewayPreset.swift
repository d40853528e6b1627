/// An SMS provider as data: what it is sent, what its answers mean, how its receipts are read (design D8).
///
/// A preset is a file of Config/gateways, whose `generic.yaml` explains every key; nothing here knows any provider.
package struct GatewayPreset: Hashable, Sendable {
    package var name: String
    /// As people call the provider.
    package var title: String
    /// What nobody has seen a live account confirm yet, each a phrase for people.
    package var unverified: [String]
    /// What a route has to state to use it.
    package var settings: [Setting]
    package var sender: SenderRule
    /// Nil when every installation has its own, which the route then states.
    package var address: GatewayAddress?
    package var numberFormat: NumberFormat
    package var encodingWords: EncodingWords
    /// How long the provider may be told to go on trying, at least and at most.
    package var validity: ClosedRange<Elapsed>
    package var token: TokenStep?
    package var clock: ClockStep?
    package var signature: Signature?
    package var send: GatewayRequest
    package var answer: GatewayAnswerRules
    package var receipts: GatewayCallbackRules?
    package var poll: GatewayPoll?
    package var lookup: GatewayLookup?

    package init(
        name: String, title: String, unverified: [String], settings: [Setting], sender: SenderRule,
        address: GatewayAddress?, numberFormat: NumberFormat, encodingWords: EncodingWords,
        validity: ClosedRange<Elapsed>, token: TokenStep?, clock: ClockStep?, signature: Signature?,
        send: GatewayRequest, answer: GatewayAnswerRules, receipts: GatewayCallbackRules?, poll: GatewayPoll?,
        lookup: GatewayLookup?
    ) {
        self.name = name
        self.title = title
        self.unverified = unverified
        self.settings = settings
        self.sender = sender
        self.address = address
        self.numberFormat = numberFormat
        self.encodingWords = encodingWords
        self.validity = validity
        self.token = token
        self.clock = clock
        self.signature = signature
        self.send = send
        self.answer = answer
        self.receipts = receipts
        self.poll = poll
        self.lookup = lookup
    }

    /// A value of the account that a route states under the preset's name for it.
    package struct Setting: Hashable, Sendable {
        package var name: String
        package var about: String
        /// A secret comes from a file or from systemd, never from the configuration.
        package var isSecret: Bool
        /// Fields that name an optional setting nobody stated are left out.
        package var isRequired: Bool
        package var usual: String?

        package init(name: String, about: String, isSecret: Bool, isRequired: Bool, usual: String?) {
            self.name = name
            self.about = about
            self.isSecret = isSecret
            self.isRequired = isRequired
            self.usual = usual
        }
    }

    package enum SenderRule: String, CaseIterable, Hashable, Sendable {
        case required, optional
        /// The account or the SIM card decides.
        case none
    }

    /// How the provider writes +33639980014.
    package enum NumberFormat: String, CaseIterable, Hashable, Sendable {
        /// +33639980014
        case plus = "e164+"
        /// 33639980014
        case digits = "e164"
        /// 0033639980014
        case doubleZero = "00"
        /// 0639980014 for numbers of +33; others as `00`, for none is ever rewritten to +33.
        case national

        package func text(of number: PhoneNumber) -> String {
            let digits = String(number.e164.dropFirst())
            return switch self {
            case .plus: "+" + digits
            case .digits: digits
            case .doubleZero: "00" + digits
            case .national: digits.hasPrefix("33") ? "0" + digits.dropFirst(2) : "00" + digits
            }
        }
    }

    /// What `{encoding}` is for a text that fits the GSM alphabet and for one that does not; nil leaves the field out.
    package struct EncodingWords: Hashable, Sendable {
        package var gsm7: String?
        package var ucs2: String?

        package init(gsm7: String?, ucs2: String?) {
            self.gsm7 = gsm7
            self.ucs2 = ucs2
        }
    }

    /// A request that gives a `{token}` for the ones after it.
    package struct TokenStep: Hashable, Sendable {
        package var request: GatewayRequest
        package var token: GatewayField
        /// Seconds it lasts, where the provider says so.
        package var lifetime: GatewayField?
        /// How long it is used when the provider does not say.
        package var keep: Elapsed

        package init(request: GatewayRequest, token: GatewayField, lifetime: GatewayField?, keep: Elapsed) {
            self.request = request
            self.token = token
            self.lifetime = lifetime
            self.keep = keep
        }
    }

    /// A request whose answer is the provider's clock, in seconds of POSIX; `{timestamp}` is then on that clock.
    package struct ClockStep: Hashable, Sendable {
        package var request: GatewayRequest
        package var seconds: GatewayField
        package var keep: Elapsed

        package init(request: GatewayRequest, seconds: GatewayField, keep: Elapsed) {
            self.request = request
            self.seconds = seconds
            self.keep = keep
        }
    }

    /// How `{signature}` is made of a request that is ready but for it.
    package struct Signature: Hashable, Sendable {
        package var algorithm: GatewayDigest
        package var key: GatewayTemplate?
        package var of: GatewayTemplate

        package init(algorithm: GatewayDigest, key: GatewayTemplate?, of: GatewayTemplate) {
            self.algorithm = algorithm
            self.key = key
            self.of = of
        }
    }
}

/// The digests providers sign with; those of HMAC need a key.
package enum GatewayDigest: String, CaseIterable, Hashable, Sendable {
    case sha1Hex = "sha1_hex"
    case sha256Hex = "sha256_hex"
    case hmacSHA256Hex = "hmac_sha256_hex"
    case hmacSHA1Base64 = "hmac_sha1_base64"

    package var needsKey: Bool { self == .hmacSHA256Hex || self == .hmacSHA1Base64 }

    package func digest(of text: [UInt8], key: [UInt8]) -> String {
        switch self {
        case .sha1Hex: Checksum.sha1Hex(text)
        case .sha256Hex: Checksum.sha256Hex(text)
        case .hmacSHA256Hex: Checksum.hmacSHA256Hex(text, key: key)
        case .hmacSHA1Base64: Checksum.hmacSHA1Base64(text, key: key)
        }
    }
}

/// Where a provider listens: the beginning of every URL of its preset.
package struct GatewayAddress: Hashable, Sendable, CustomStringConvertible {
    package var isProtected: Bool
    package var host: String
    package var port: Int
    /// "/1.0", or empty; never ends in a slash.
    package var path: String

    /// Nil unless the text is an http or https URL of scheme, host, port and path, and nothing else: no user, query or
    /// fragment.
    package init?(_ text: String) {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return nil }
        isProtected = scheme == "https://"
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        var path = String(rest.dropFirst(authority.count))
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy({ $0.isURLPathByte }) else { return nil }
        self.path = path
        let host: Substring
        var portText: Substring?
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[..<end].dropFirst()
            let after = authority[end...].dropFirst()
            guard after.isEmpty || after.first == ":" else { return nil }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first ?? ""
            portText = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0.isHostByte }) else { return nil }
        self.host = host.lowercased()
        if let portText {
            guard portText.utf8.count <= 5, portText.utf8.allSatisfy({ (48...57).contains($0) }),
                let port = Int(portText), (1...65_535).contains(port)
            else { return nil }
            self.port = port
        } else {
            port = isProtected ? 443 : 80
        }
    }

    /// Scheme, host and, where it is not the scheme's own, port.
    package var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let usual = isProtected ? 443 : 80
        return (isProtected ? "https://" : "http://") + name + (port == usual ? "" : ":\(port)")
    }

    package var description: String { origin + path }
}

extension UInt8 {
    fileprivate var isHostByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".-:".utf8.contains(self)
        }
    }

    fileprivate var isURLPathByte: Bool {
        (0x21...0x7E).contains(self) && !"?#\"<>\\^`{|}".utf8.contains(self)
    }
}
