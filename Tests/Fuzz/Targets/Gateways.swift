import RelanceCore
import RelanceDelivery
import RelanceStore
import RelanceTestSupport

extension FuzzTarget {
    /// A provider's call: which provider, whether it must be signed, method, query, type, suffix, signature, instant, body.
    ///
    /// Promise: a report names its message in at most 200 octets, and repeats no secret.
    static let callback = FuzzTarget("callback") { bytes in
        var cursor = ByteCursor(bytes)
        var gateway = cursor.choice(of: SMSGateway.shipped)
        if cursor.byte() & 1 == 1 { gateway.preset.receipts?.signature = nil }
        let method = cursor.choice(of: GatewayCallback.Method.allCases)
        let query = cursor.line()
        var headers = [GatewayCallback.Header("content-type", cursor.line())]
        let suffix = cursor.line()
        let (signature, instant) = (cursor.line(), cursor.line())
        if let rule = gateway.preset.receipts?.signature {
            headers.append(.init(rule.header.lowercased(), signature))
            if let name = rule.timestampHeader { headers.append(.init(name.lowercased(), instant)) }
        }
        let call = GatewayCallback(
            route: "texts", token: SMSGateway.canary, suffix: suffix.isEmpty ? nil : suffix, method: method,
            query: query, headers: headers, body: Array(cursor.rest))
        guard
            case .read(let reports, _) = GatewayDialect(gateway, route: "texts")
                .reading(of: call, now: SMSGateway.now)
        else { return }
        for report in reports {
            switch report {
            case .receipt(.ours(let name), let receipt), .receipt(.theirs(let name), let receipt):
                try expect((1...200).contains(name.utf8.count), "a name has at most 200 octets")
                try expectClean(receipt.detail)
            case .objection(_, let proof): try expectClean(proof)
            }
        }
    }

    /// A provider's answer: which provider, its status, whether it is whole, when to come again, its body.
    ///
    /// Promise: what is kept of it repeats no secret and has at most 512 octets.
    static let gatewayAnswer = FuzzTarget("gateway_answer") { bytes in
        var cursor = ByteCursor(bytes)
        let dialect = GatewayDialect(cursor.choice(of: SMSGateway.shipped), route: "texts")
        let status = cursor.choice(of: [200, 201, 202, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503])
        let isWhole = cursor.byte() & 1 == 0
        let retryAfter = cursor.line()
        let answer = GatewayAnswer(
            status: status, retryAfter: retryAfter.isEmpty ? nil : String(retryAfter.prefix(40)),
            isWhole: isWhole, body: Array(cursor.rest))
        switch dialect.outcome(of: answer) {
        case .accepted(let reply, let proof):
            try expectClean(reply)
            if let parts = proof?.parts { try expect((0...255).contains(parts), "a text has 255 parts") }
        case .deferred(let failure), .refused(let failure), .ambiguous(let failure):
            try expectClean(failure.detail)
        case .interrupted: break
        }
        if let (_, keep) = dialect.token(in: answer) { _ = SMSGateway.now + keep }
        if let ahead = dialect.clockAhead(in: answer, now: SMSGateway.now) { _ = SMSGateway.now + ahead }
        if let receipt = dialect.receipt(inPoll: answer) { try expectClean(receipt.detail) }
        if case .undecided(let words) = dialect.finding(inLookup: answer) { try expectClean(words) }
    }

    private static func expectClean(_ words: String) throws {
        try expect(words.utf8.count <= 512, "what is kept has at most 512 octets")
        try expect(!words.contains(SMSGateway.canary), "what is kept repeats no secret")
        try expect(
            SafeText.isPrintable(words), "\(words.debugDescription) can be printed"
        )
    }
}

extension SMSGateway {
    fileprivate static let canary = "0123456789abcdef0123456789abcdef"
    /// Monday 2 November 2020, 08:30 in UTC.
    fileprivate static let now = Instant(seconds: 1_604_305_800)

    /// A route to every provider whose preset ships, all its secrets one.
    fileprivate static let shipped: [SMSGateway] = {
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
