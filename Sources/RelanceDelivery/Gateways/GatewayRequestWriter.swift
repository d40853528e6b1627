import CurlClient
import RelanceCore

/// Fills a request in: every value escaped for the place it stands in.
///
/// With `masked`, what is secret stands as «masked» in its place, so that a person sees the request as it leaves and
/// nothing has to be searched for afterwards.
struct GatewayRequestWriter {
    private let dialect: GatewayDialect
    private let session: GatewayDialect.Session
    private let now: Instant
    private let message: Parcel.TextMessage?
    private let id: String?
    private let reference: String?
    private let masked: Bool

    /// The most octets of an answer that are read.
    private static let answerLimit = 256 << 10
    private static let mask = "«masked»"

    init(
        _ dialect: GatewayDialect, session: GatewayDialect.Session, now: Instant,
        message: Parcel.TextMessage? = nil, id: String? = nil, reference: String? = nil, masked: Bool
    ) {
        self.dialect = dialect
        self.session = session
        self.now = now
        self.message = message
        self.id = id
        self.reference = reference ?? message?.reference
        self.masked = masked
    }

    private var preset: GatewayPreset { dialect.preset }

    func request(_ request: GatewayRequest) throws(GatewayRefusal) -> HTTPRequest {
        let target = try target(of: request)
        var headers: [HTTPRequest.Header] = []
        let body: [UInt8]?
        switch request.body {
        case .form(let fields)?:
            headers.append(.init("Content-Type", "application/x-www-form-urlencoded"))
            body = Array(pairs(fields).utf8)
        case .json(let json)?:
            headers.append(.init("Content-Type", "application/json"))
            body = Array((try text(of: json) ?? "null").utf8)
        case nil: body = request.method == .get ? nil : []
        }
        // What a signature covers stands before it is made.
        let signature = signature(over: request.method.rawValue, target, body)
        for field in request.headers {
            guard let value = field.value.filled({ $0 == "signature" ? signature : self.value(of: $0) })
            else {
                continue
            }
            // The last wall is CurlViolation's; here the refusal still knows the field.
            guard masked || value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
                throw GatewayRefusal(
                    "the header \(field.name) would hold a line end or a letter outside ASCII")
            }
            if field.name.lowercased() == "content-type" { headers.removeAll { $0.name == "Content-Type" } }
            headers.append(.init(field.name, value))
        }
        if let account = request.account {
            guard let pair = pair(of: account) else {
                throw GatewayRefusal("the account has no user or no password")
            }
            let shown = masked ? Self.mask : Checksum.base64(Array(pair.utf8))
            headers.append(.init("Authorization", "Basic " + shown))
        }
        return HTTPRequest(
            request.method.rawValue, target, headers: headers, body: body, answerLimit: Self.answerLimit)
    }

    /// What a written request holds besides the account's own secrets that must not be printed.
    func secrets(of request: GatewayRequest, in written: HTTPRequest) -> [String] {
        let signature = signature(over: written.method, written.target, written.body)
        return [session.token, signature, request.account.flatMap(pair)].compactMap { $0 }
    }

    /// As Basic authentication writes it in base64 (RFC 7617).
    private func pair(of account: GatewayRequest.Account) -> String? {
        guard let user = account.user.filled(value), let password = account.password.filled(value) else {
            return nil
        }
        return "\(user):\(password)"
    }

    private func target(of request: GatewayRequest) throws(GatewayRefusal) -> String {
        guard let path = request.path.filled(escape: FormText.escaped, value) else {
            throw GatewayRefusal("the path names something that is absent")
        }
        let query = pairs(request.query)
        return dialect.gateway.address.path + path + (query.isEmpty ? "" : "?" + query)
    }

    private func pairs(_ fields: [GatewayRequest.Field]) -> String {
        fields.compactMap { field in
            field.value.filled(value).map { FormText.escaped(field.name) + "=" + FormText.escaped($0) }
        }.joined(separator: "&")
    }

    // MARK: JSON

    /// Nil when the value names something absent.
    private func text(of json: GatewayJSON) throws(GatewayRefusal) -> String? {
        switch json {
        case .literal(let literal): return literal
        case .text(let template): return template.filled(value).map(Self.quoted)
        case .number(let name):
            guard let number = value(of: name) else { return nil }
            guard masked || Self.isNumber(number) else {
                throw GatewayRefusal("{\(name)} has to be a number and is none")
            }
            return number
        case .boolean(let name):
            guard let word = value(of: name) else { return nil }
            guard masked || word == "true" || word == "false" else {
                throw GatewayRefusal("{\(name)} has to be true or false and is neither")
            }
            return word
        case .list(let items):
            var texts: [String] = []
            for item in items {
                if let text = try text(of: item) { texts.append(text) }
            }
            return "[" + texts.joined(separator: ",") + "]"
        case .object(let members):
            var texts: [String] = []
            for member in members {
                if let text = try text(of: member.value) {
                    texts.append(Self.quoted(member.name) + ":" + text)
                }
            }
            return "{" + texts.joined(separator: ",") + "}"
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) }
            && (text == "0" || text.first != "0")
    }

    /// RFC 8259, 7.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    // MARK: Values

    private func signature(over method: String, _ target: String, _ body: [UInt8]?) -> String? {
        guard let rule = preset.signature else { return nil }
        if masked { return Self.mask }
        let ready = [
            "method": method, "url": dialect.gateway.address.origin + target,
            "body": String(decoding: body ?? [], as: UTF8.self),
        ]
        guard let text = rule.of.filled({ ready[$0] ?? value(of: $0) }) else { return nil }
        let key = rule.key?.filled(value) ?? ""
        return rule.algorithm.digest(of: Array(text.utf8), key: Array(key.utf8))
    }

    /// The value of a name; nil when it is absent here.
    private func value(of name: String) -> String? {
        switch name {
        case "token": session.token.map { masked ? Self.mask : $0 }
        case "timestamp": String((now + session.clockAhead).seconds)
        case "id": id
        case "reference": reference
        case "sender": dialect.gateway.sender
        case "callback_url": callbackURL
        default: messageValue(of: name) ?? settingValue(of: name)
        }
    }

    private var callbackURL: String? {
        masked
            ? dialect.gateway.receipts?.url(ofRoute: dialect.route, token: Self.mask) : dialect.callbackURL
    }

    private func settingValue(of name: String) -> String? {
        switch dialect.gateway.values[name] {
        case .plain(let text)?: text
        case .secret(let secret)?: masked ? Self.mask : secret.revealed()
        case nil: nil
        }
    }

    private func messageValue(of name: String) -> String? {
        guard let message else { return nil }
        let fits = SMSText(message.text).encoding == .gsm7
        let words = preset.encodingWords
        let validity = min(
            max(message.usefulUntil - now, preset.validity.lowerBound), preset.validity.upperBound)
        return switch name {
        case "to": preset.numberFormat.text(of: message.recipient)
        case "text": message.text
        case "text_gsm7": fits ? message.text : nil
        case "text_utf16_hex": fits ? nil : message.text.utf16Hex
        case "encoding": fits ? words.gsm7 : words.ucs2
        case "validity_minutes": String(validity.seconds / 60)
        case "validity_seconds": String(validity.seconds)
        case "validity_milliseconds": String(validity.milliseconds)
        case "valid_until": Instant(seconds: (now + validity).seconds).rfc3339(in: .utc)
        default: nil
        }
    }
}

extension String {
    /// Big-endian UTF-16 as capital hexadecimal, as SMPP carries UCS-2.
    fileprivate var utf16Hex: String {
        utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
