import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

extension FuzzTarget {
    /// A provider's call: which provider, whether it must be signed and is, method, query, type, suffix, signature,
    /// instant, body.
    ///
    /// Promise: a call that is not signed as its provider signs changes nothing, a report names its message in at most
    /// 200 octets, and repeats no secret.
    static let callback = FuzzTarget("callback") { bytes in
        var cursor = ByteCursor(bytes)
        var gateway = cursor.choice(of: SMSGateway.shipped)
        let mode = cursor.byte()
        if mode & 1 == 1 { gateway.preset.receipts?.signature = nil }
        let method = cursor.choice(of: GatewayCallback.Method.allCases)
        let query = cursor.line()
        let type = cursor.line()
        let suffix = cursor.line()
        let (signature, instant) = (cursor.line(), cursor.line())
        var call = GatewayCallback(
            route: "texts", token: SMSGateway.canary, suffix: suffix.isEmpty ? nil : suffix, method: method,
            query: query, headers: [.init("content-type", type)], body: Array(cursor.rest))
        let rule = gateway.preset.receipts?.signature
        if let rule {
            let own = CallSignature(rule, of: call, by: gateway, at: String(SMSGateway.now.seconds))
            let isOwn = mode & 2 == 2
            call.headers.append(.init(rule.header.lowercased(), isOwn ? own.text : signature))
            if let name = rule.timestampHeader {
                call.headers.append(.init(name.lowercased(), isOwn ? own.instant : instant))
            }
        }
        let reading = GatewayDialect(gateway, route: "texts").reading(of: call, now: SMSGateway.now)
        let given = rule?.timestampHeader.flatMap { call.header($0.lowercased()) } ?? ""
        if let rule, case .refused(let status, _) = reading {
            let isSigned = CallSignature(rule, of: call, by: gateway, at: given).isGiven(in: call)
            try expect(
                isSigned || [403, 405, 413].contains(status),
                "what is not signed is refused for it: \(status)")
        }
        guard case .read(let reports, _) = reading else { return }
        if let rule {
            try expect(
                CallSignature(rule, of: call, by: gateway, at: given).isGiven(in: call),
                "what is read was signed by its provider")
            let age = Int64(given).map { abs($0 - SMSGateway.now.seconds) } ?? 0
            try expect(
                rule.timestampHeader == nil || age * 1000 <= rule.tolerance.milliseconds,
                "what is read was signed lately")
        }
        for report in reports {
            switch report {
            case .receipt(.ours(let name), let receipt), .receipt(.theirs(let name), let receipt):
                try expect((1...200).contains(name.utf8.count), "a name has at most 200 octets")
                try expectClean(receipt.detail, of: gateway)
            case .objection(_, let proof): try expectClean(proof, of: gateway)
            }
        }
    }

    /// A provider's answer: which provider, its status, whether it is whole, when to come again, its body.
    ///
    /// Promise: what is kept of it repeats no secret, as it is or written otherwise, and has at most 512 octets.
    static let gatewayAnswer = FuzzTarget("gateway_answer") { bytes in
        var cursor = ByteCursor(bytes)
        let gateway = cursor.choice(of: SMSGateway.shipped)
        let dialect = GatewayDialect(gateway, route: "texts")
        let status = cursor.choice(of: [200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])
        let isWhole = cursor.byte() & 1 == 0
        let retryAfter = cursor.line()
        var answer = GatewayAnswer(
            status: status, retryAfter: retryAfter.isEmpty ? nil : String(retryAfter.prefix(40)),
            isWhole: isWhole, body: Array(cursor.rest))
        // What the courier knows of its request.
        answer.secrets = SpokenSecrets([SMSGateway.canary] + gateway.pairs)
        switch dialect.outcome(of: answer) {
        case .accepted(let reply, let proof):
            try expectClean(reply, of: gateway)
            if let proof { try expectClean(proof, of: gateway) }
        case .deferred(let failure), .refused(let failure), .ambiguous(let failure):
            try expectClean(failure.detail, of: gateway)
        case .interrupted: break
        }
        if let (_, keep) = dialect.token(in: answer) { _ = SMSGateway.now + keep }
        if let ahead = dialect.clockAhead(in: answer, now: SMSGateway.now) { _ = SMSGateway.now + ahead }
        if let receipt = dialect.receipt(inPoll: answer) { try expectClean(receipt.detail, of: gateway) }
        switch dialect.finding(inLookup: answer) {
        case .taken(let proof): try expectClean(proof, of: gateway)
        case .undecided(let words): try expectClean(words, of: gateway)
        case .absent: break
        }
    }

    private static func expectClean(_ proof: GatewayProof, of gateway: SMSGateway) throws {
        if let reference = proof.reference {
            try expectClean(reference, of: gateway)
            try expect((1...200).contains(reference.utf8.count), "a name has at most 200 octets")
        }
        if let parts = proof.parts { try expect((0...255).contains(parts), "a text has 255 parts") }
        if let cost = proof.cost {
            try expectClean(cost, of: gateway)
            try expect(cost.utf8.count <= 60, "a cost has at most 60 octets")
        }
    }

    private static func expectClean(_ words: String, of gateway: SMSGateway) throws {
        try expect(words.utf8.count <= 512, "what is kept has at most 512 octets")
        for form in gateway.formsOfCanary {
            try expect(!words.contains(form), "\(words.debugDescription) repeats no secret")
        }
        try expect(
            SafeText.isPrintable(words), "\(words.debugDescription) can be printed"
        )
    }
}

extension SMSGateway {
    /// Without a run of digits, which would be taken out as a number.
    static let canary = "canary-of-the-house-0a1b2c3d4e5f"
    /// As it is, in base64, percent-escaped, and in the pairs that its requests bear.
    fileprivate var formsOfCanary: [String] {
        let octets = Array(Self.canary.utf8)
        let escaped = octets.map { "%" + String($0, radix: 16) }.joined()
        return [Self.canary, escaped] + ([octets] + pairs.map { Array($0.utf8) }).map { Checksum.base64($0) }
    }

    /// Users and passwords as the requests bear them.
    fileprivate var pairs: [String] {
        let requests = [preset.send, preset.token?.request, preset.poll?.request, preset.lookup?.request]
        return requests.compactMap { $0?.account }.compactMap { account in
            let (user, password) = (account.user.filled(value(of:)), account.password.filled(value(of:)))
            return user.map { "\($0):\(password ?? "")" }
        }
    }

    fileprivate func value(of name: String) -> String? {
        switch values[name] {
        case .plain(let text)?: text
        case .secret(let secret)?: secret.revealed()
        case nil: nil
        }
    }

    /// Monday 2 November 2020, 08:30 in UTC.
    static let now = Instant(seconds: 1_604_305_800)

    /// A route to every provider whose preset ships, all its secrets one.
    static let shipped: [SMSGateway] = {
        let folder = FuzzTarget.gatewayFolder
        return GatewayPresetFile.names(in: folder).compactMap { name in
            guard let preset = GatewayPresetFile("\(folder)/\(name).yaml").preset,
                let address = preset.address ?? GatewayAddress("https://gateway.example")
            else { return nil }
            let values = preset.settings.map { setting in
                (setting.name, setting.isSecret ? Value.secret(Secret(canary)) : .plain(setting.usual ?? "x"))
            }
            return SMSGateway(
                preset: preset, address: address, clearText: .none, sender: nil,
                values: Dictionary(values) { first, _ in first }, certificateFile: nil,
                connectTimeout: .seconds(60), totalTimeout: .seconds(300), costPerPart: nil,
                receipts: .init(publicURL: "https://relance.cci.example", token: Secret(canary)))
        }
    }()
}

/// What a provider would write over a call, made by another hand than the one that checks it.
private struct CallSignature {
    let text: String
    let instant: String
    private let rule: GatewayCallbackRules.Signature

    init(
        _ rule: GatewayCallbackRules.Signature, of call: GatewayCallback, by gateway: SMSGateway,
        at instant: String
    ) {
        self.rule = rule
        self.instant = instant
        let path = ["/receipts", call.route] + [call.token, call.suffix].compactMap(\.self)
        let url =
            "https://relance.cci.example" + path.joined(separator: "/")
            + (call.query.isEmpty ? "" : "?" + call.query)
        let isForm =
            call.header("content-type")?.hasPrefix("application/x-www-form-urlencoded") ?? false
        let form = isForm ? FormText.pairs(call.body.text).sorted { $0.name < $1.name } : []
        func octets(_ segment: GatewayTemplate.Segment) -> [UInt8] {
            switch segment {
            case .literal(let literal): Array(literal.utf8)
            case .value("body"): call.body
            case .value("url"): Array(url.utf8)
            case .value("sorted_form"): form.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
            case .value("timestamp"): Array(instant.utf8)
            case .value(let name): Array((gateway.value(of: name) ?? "").utf8)
            }
        }
        text = rule.algorithm.digest(
            of: rule.of.segments.flatMap(octets), key: rule.key.segments.flatMap(octets))
    }

    func isGiven(in call: GatewayCallback) -> Bool {
        let given = call.header(rule.header.lowercased())
        return given == text || rule.algorithm != .hmacSHA1Base64 && given?.lowercased() == text
    }
}
