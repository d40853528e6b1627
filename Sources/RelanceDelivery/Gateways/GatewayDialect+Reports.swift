import RelanceCore

/// Something a provider told us after a sending.
package enum GatewayReport: Hashable, Sendable {
    package enum Reference: Hashable, Sendable {
        /// `KEY.n`, as the parcel bore it.
        case ours(String)
        /// As `GatewayProof.reference` has it.
        case theirs(String)
    }

    case receipt(Reference, Receipt)
    /// Somebody answered that they want no more text messages; `proof` is the word.
    case objection(PhoneNumber, proof: String)
}

/// What a call came to.
package enum GatewayCallbackReading: Hashable, Sendable {
    /// Answer with the acknowledgement once what the reports say is durable. A call may hold no report that matters:
    /// it is acknowledged all the same, or the provider would call for ever.
    case read([GatewayReport], answer: GatewayCallbackRules.Acknowledgement)
    /// No state may change; answer with this status.
    case refused(status: Int, reason: String)
}

/// What an answer to a look-up by our reference says.
package enum GatewayFinding: Hashable, Sendable {
    case taken(GatewayProof)
    /// The provider has never seen the message.
    case absent
    case undecided(String)
}

extension GatewayDialect {
    /// The most octets of a call that are looked at (reliability 2.11).
    package static let callbackLimit = 64 << 10

    /// Reads a call whose path and token the console has found right.
    ///
    /// Pure: the same call read twice gives the same reports, and the ledger knows a report by what it says.
    package func reading(of callback: GatewayCallback, now: Instant) -> GatewayCallbackReading {
        guard let rules = preset.receipts else {
            return .refused(status: 404, reason: "\(preset.title) calls nobody")
        }
        guard rules.methods.contains(where: { $0.rawValue == callback.method.rawValue }) else {
            return .refused(status: 405, reason: "called with another method")
        }
        guard callback.body.count <= Self.callbackLimit, callback.query.utf8.count <= 8192 else {
            return .refused(status: 413, reason: "too long")
        }
        let isForm = callback.header("content-type")?.hasPrefix("application/x-www-form-urlencoded") ?? false
        let words = GatewayWords(body: callback.body, query: callback.query, isForm: isForm)
        if let signature = rules.signature, let reason = fault(of: signature, on: callback, words, now) {
            return .refused(status: 403, reason: reason)
        }
        guard !words.repeatsKeys else { return .refused(status: 400, reason: "says something twice") }
        var reports: [GatewayReport] = []
        var isUnderstood = false
        if let receipts = rules.receipts, verdict(of: receipts.when, in: words) == .all {
            if let report = report(receipts, words) {
                isUnderstood = true
                reports.append(report)
            }
        } else if rules.receipts?.when.isEmpty == false {
            isUnderstood = true  // an event that is none of our business
        }
        if let answers = rules.answers, verdict(of: answers.when, in: words) == .all,
            let number = words[answers.number], let text = words[answers.text]
        {
            isUnderstood = true
            if let objection = objection(number, text) { reports.append(objection) }
        }
        guard isUnderstood else { return .refused(status: 400, reason: "says nothing that we know") }
        return .read(reports, answer: rules.acknowledgement)
    }

    /// What a signed call is known by when it comes again; nil where the token of the address proves the caller, since two of
    /// its calls may be alike without being one.
    package func mark(of callback: GatewayCallback) -> String? {
        guard preset.receipts?.signature != nil else { return nil }
        return String(Checksum.sha256Hex(Array(callback.query.utf8) + [0] + callback.body).prefix(32))
    }

    /// What became of a message, from the answer to a poll; nil when it does not say.
    package func receipt(inPoll answer: GatewayAnswer) -> Receipt? {
        guard let poll = preset.poll, answer.isWhole, (200...299).contains(answer.status) else { return nil }
        return receipt(poll.status, answer.words, secrets(for: answer))
    }

    /// What a look-up came to; a sending is held absent only when the provider plainly says so.
    package func finding(inLookup answer: GatewayAnswer) -> GatewayFinding {
        guard let lookup = preset.lookup, answer.isWhole else { return .undecided("no look-up") }
        let isSuccess = (200...299).contains(answer.status)
        if isSuccess, verdict(of: lookup.found, in: answer.words) == .all {
            return .taken(GatewayProof(reference: reference(lookup.reference, in: answer)))
        }
        let codes = preset.answer.errorCode.map { answer.words.all($0) } ?? []
        if !Set(codes).isDisjoint(with: lookup.absentCodes) { return .absent }
        if isSuccess, !lookup.absent.isEmpty, verdict(of: lookup.absent, in: answer.words) == .all {
            return .absent
        }
        return .undecided(
            FarSideWords.kept(
                answer.words.text, after: "\(answer.status)", secrets: secrets(for: answer)))
    }

    // MARK: Receipts

    private func report(_ rules: GatewayCallbackRules.Receipts, _ words: GatewayWords) -> GatewayReport? {
        let reference: GatewayReport.Reference? =
            switch rules.reference {
            case .ours(let field): words[field].map { .ours($0) }
            case .theirs(let field): words[field].map { .theirs($0) }
            }
        guard let reference, let receipt = receipt(rules.status, words, secrets) else { return nil }
        let name =
            switch reference {
            case .ours(let name), .theirs(let name): name
            }
        guard (1...200).contains(name.utf8.count) else { return nil }
        return .receipt(reference, receipt)
    }

    private func receipt(
        _ rules: GatewayStatusRules, _ words: GatewayWords, _ secrets: SpokenSecrets
    ) -> Receipt? {
        guard let status = words[rules.status] else { return nil }
        let verdict = Receipt.Verdict.allCases.first { rules.verdicts[$0]?.contains(status) ?? false }
        let code = rules.code.flatMap { words[$0] }
        let failure = [code, status].compactMap { $0 }.lazy.compactMap { word in
            GatewayClass.allCases.first { rules.failures[$0]?.contains(word) ?? false }
        }.first
        let counted = { (field: GatewayField?) in
            field.flatMap { words[$0] }.flatMap { Int($0) }.flatMap { (1...255).contains($0) ? $0 : nil }
        }
        let detail = [status, code].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        return Receipt(
            verdict: verdict ?? .pending, part: counted(rules.part), parts: counted(rules.parts),
            failure: verdict == .undelivered ? failure.map(\.kind) ?? .unknown : nil,
            detail: FarSideWords.kept(detail, secrets: secrets), route: route)
    }

    private func objection(_ number: String, _ text: String) -> GatewayReport? {
        // Providers leave the plus of an international number out as often as not.
        let isInternational = number.hasPrefix("+") || number.hasPrefix("0")
        guard Objection.isObjection(text), let number = PhoneNumber(isInternational ? number : "+" + number)
        else { return nil }
        return .objection(
            number, proof: FarSideWords.cut(FarSideWords.kept(text, secrets: secrets), atOctets: 60))
    }

    // MARK: Signatures

    /// What is wrong with a call's signature; nil when nothing is.
    private func fault(
        of rule: GatewayCallbackRules.Signature, on callback: GatewayCallback, _ words: GatewayWords,
        _ now: Instant
    ) -> String? {
        guard let given = callback.header(rule.header.lowercased()) else { return "unsigned" }
        var timestamp: String?
        if let name = rule.timestampHeader {
            guard let text = callback.header(name.lowercased()), text.utf8.count <= 12,
                let seconds = Int64(text)
            else {
                return "signed without its instant"
            }
            let age = now - Instant(seconds: seconds)
            guard abs(age.milliseconds) <= rule.tolerance.milliseconds else { return "signed too long ago" }
            timestamp = text
        }
        let sortedForm = words.form.sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
        let signed = rule.of.octets { name in
            switch name {
            case "body": callback.body  // as it came: another body may read the same once it is text
            case "url": Array(((gateway.receipts?.publicURL ?? "") + callback.target).utf8)
            case "sorted_form": Array(sortedForm.utf8)
            case "timestamp": timestamp.map { Array($0.utf8) }
            default: nil
            }
        }
        let key = rule.key.filled { name in
            switch gateway.values[name] {
            case .plain(let text)?: text
            case .secret(let secret)?: secret.revealed()
            case nil: nil
            }
        }
        guard let signed, let key, !key.isEmpty else { return "no key to check its signature with" }
        let expected = rule.algorithm.digest(of: signed, key: Array(key.utf8))
        let isHex = rule.algorithm != .hmacSHA1Base64
        return Checksum.areEqual(isHex ? given.lowercased() : given, expected) ? nil : "wrongly signed"
    }
}

extension GatewayCallback {
    /// Path and query of the address as we gave it out, which signatures are over.
    fileprivate var target: String {
        let path = SMSGateway.Receipts.path(ofRoute: route).dropLast()
        let words = [String(path)] + [token, suffix].compactMap { $0 }
        return words.joined(separator: "/") + (query.isEmpty ? "" : "?" + query)
    }
}

extension GatewayClass {
    /// What a class means for a message that was taken and then not delivered.
    fileprivate var kind: DeliveryFailure.Kind {
        switch self {
        case .badNumber: .badAddress
        case .blacklisted: .blacklisted
        case .badSender: .badSender
        case .credit: .credit
        case .throttled: .throttled
        case .authentication: .authentication
        case .configuration: .configuration
        case .refused: .refused
        case .taken, .transient, .ambiguous: .unknown
        }
    }
}
