import PositionedJSON
import RelanceCore

/// The presets of SMS providers on disk: Config/gateways as shipped, and a chamber's own.
///
/// A reading that found anything wrong gives no preset: half a provider is none.
package struct GatewayPresetFile: Sendable {
    package private(set) var preset: GatewayPreset?
    package private(set) var issues: [ConfigurationIssue] = []

    /// Reads a file; the preset goes by its name without `.yaml`.
    package init(_ path: String) {
        do throws(SmallFile.Problem) {
            self.init(
                bytes: try SmallFile.read(path, atMost: SettingsNode.greatestSize, access: .trusted),
                path: path)
        } catch {
            self.init(issue: ConfigurationIssue(file: path, problem: .unreadable(reason: error.description)))
        }
    }

    /// Reads the text of a file that stands, or would stand, at `path`.
    package init(bytes: [UInt8], path: String) {
        let log = IssueLog()
        do throws(ConfigurationIssue) {
            let root = try SettingsNode.parse(yaml: bytes, file: path)
            let name = path.split(separator: "/").last.map { String($0) } ?? path
            let reading = PresetReading(log: log)
            preset = reading.preset(
                SettingsReader(root, log: log), name: String(name.prefix { $0 != "." }))
        } catch {
            log.report(error)
        }
        issues = log.issues.sorted()
        if log.hasErrors { preset = nil }
    }

    private init(issue: ConfigurationIssue) {
        issues = [issue]
    }

    /// The presets a folder holds, by name.
    package static func names(in folder: String) -> [String] {
        // A folder that is not there holds none; whoever asked for one of it says so.
        ((try? SmallFile.names(in: folder)) ?? []).filter { $0.hasSuffix(".yaml") }.map {
            String($0.dropLast(5))
        }
    }

    /// Where the presets that come with the program are: `share/relance/gateways` of the prefix it is installed under,
    /// else those of the source tree it was built in.
    package static var shippedFolder: String {
        ShippedFolder.path(installed: "gateways", inSources: "Config/gateways")
    }
}

/// What reading one preset needs at hand: the names its templates may fill in.
private struct PresetReading {
    let log: IssueLog

    /// Of any request.
    private static let names = ["timestamp", "token", "method", "url", "body"]
    /// Of the message, in a sending and in a look-up by our reference.
    private static let messageNames = [
        "to", "text", "text_gsm7", "text_utf16_hex", "encoding", "reference", "sender", "validity_minutes",
        "validity_seconds", "validity_milliseconds", "valid_until", "callback_url",
    ]

    func preset(_ top: SettingsReader, name: String) -> GatewayPreset? {
        let title = top.required("title", .text)
        let unverified = top.list("unverified", .text)
        let settings = top.maps("settings", named: .placeholder).compactMap { setting($0.name, $0.reader) }
        let known = settings.map(\.name)
        for builtin in Self.names + Self.messageNames + ["signature", "id"] where known.contains(builtin) {
            top.refuse("settings", "\(builtin) is a name that every preset has already")
        }
        let steps = (token: top.has("token"), clock: top.has("clock"), signature: top.has("signature"))
        let account = known + (steps.clock ? ["timestamp"] : [])
        let request =
            account + (steps.token ? ["token"] : [])
            + (steps.signature ? ["signature"] + (steps.clock ? [] : ["timestamp"]) : [])
        let sender = top.required("sender", Form<GatewayPreset.SenderRule>.word)
        let address = top.optional("base_url", .gatewayAddress)
        let numberFormat = top.required("number_format", Form<GatewayPreset.NumberFormat>.word)
        let validity = validity(top.map("validity"))
        let token = steps.token ? tokenStep(top.map("token"), names: account) : nil
        let clock = steps.clock ? clockStep(top.map("clock"), names: known) : nil
        let signature = steps.signature ? signature(top.map("signature"), settings: known) : nil
        let sending = requestOnly(top.map("send"), names: request + Self.messageNames)
        if let sending { check(sending, sender: sender, steps: steps, top) }
        let answer = answer(top.map("answer"))
        let receipts = top.has("receipts") ? callback(top.map("receipts"), settings: known) : nil
        let poll = top.has("poll") ? poll(top.map("poll"), names: request + ["id", "reference"]) : nil
        let lookup = top.has("lookup") ? lookup(top.map("lookup"), names: request + ["reference"]) : nil
        let words = encodingWords(top.map("encoding"))
        top.reportUnknownKeys()
        guard let title, let sender, let numberFormat, let sending, let answer, !log.hasErrors else {
            return nil
        }
        return GatewayPreset(
            name: name, title: title, unverified: unverified, settings: settings, sender: sender,
            address: address, numberFormat: numberFormat, encodingWords: words, validity: validity,
            token: token, clock: clock, signature: signature, send: sending, answer: answer,
            receipts: receipts, poll: poll, lookup: lookup)
    }

    private func setting(_ name: String, _ reader: SettingsReader) -> GatewayPreset.Setting? {
        defer { reader.reportUnknownKeys() }
        let about = reader.required("about", .text)
        let isSecret = reader.optional("secret", .yesOrNo) ?? false
        let usual = reader.optional("default", .text)
        let isRequired = reader.optional("required", .yesOrNo) ?? (usual == nil)
        if isSecret, usual != nil { reader.refuse("default", "a secret has no default") }
        return about.map {
            GatewayPreset.Setting(
                name: name, about: $0, isSecret: isSecret, isRequired: isRequired, usual: usual)
        }
    }

    private func validity(_ reader: SettingsReader) -> ClosedRange<Elapsed> {
        defer { reader.reportUnknownKeys() }
        let least = reader.required("at_least", .duration, default: "1 min") ?? .minutes(1)
        let most = reader.required("at_most", .duration, default: "2 days") ?? .days(2)
        guard least <= most else {
            reader.refuse("at_most", "shorter than at_least")
            return least...least
        }
        return least...most
    }

    private func encodingWords(_ reader: SettingsReader) -> GatewayPreset.EncodingWords {
        defer { reader.reportUnknownKeys() }
        func word(_ name: String) -> String? {
            reader.optional(name, .text).flatMap { $0 == "none" ? nil : $0 }
        }
        return GatewayPreset.EncodingWords(gsm7: word("gsm7"), ucs2: word("ucs2"))
    }

    /// What every sending has to carry, wherever its provider wants it.
    private func check(
        _ request: GatewayRequest, sender: GatewayPreset.SenderRule?,
        steps: (token: Bool, clock: Bool, signature: Bool), _ top: SettingsReader
    ) {
        let names = Set(request.names)
        if !names.contains("to") { top.refuse("send", "no field names {to}") }
        if names.isDisjoint(with: ["text", "text_gsm7"]) { top.refuse("send", "no field names {text}") }
        if names.contains("sender") != (sender != GatewayPreset.SenderRule.none) {
            top.refuse("sender", "a sender that no field of send names, or the other way round")
        }
        if steps.token, !names.contains("token") { top.refuse("token", "no field of send names {token}") }
        if steps.signature, !names.contains("signature") {
            top.refuse("signature", "no field of send names {signature}")
        }
    }

    // MARK: Requests

    private func requestOnly(_ reader: SettingsReader, names: [String]) -> GatewayRequest? {
        defer { reader.reportUnknownKeys() }
        return request(reader, names: names)
    }

    private func request(_ reader: SettingsReader, names: [String]) -> GatewayRequest? {
        let template = Form<GatewayTemplate>.template(names: names)
        let method = reader.required("method", Form<GatewayRequest.Method>.word)
        let path = reader.required("path", .pathTemplate(names: names))
        let query = reader.fields("query", template)
        let headers = reader.fields("headers", template)
        for (name, _) in headers where !name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }) {
            reader.refuse("headers", "“\(name.debugDescription)” is no name of a header")
        }
        var account: GatewayRequest.Account?
        if reader.has("basic") {
            let basic = reader.map("basic")
            let (user, password) = (basic.required("user", template), basic.required("password", template))
            basic.reportUnknownKeys()
            if let user, let password { account = .init(user: user, password: password) }
        }
        let form = reader.fields("form", template)
        let json = json(reader, names: names)
        if reader.has("json"), reader.has("form") { reader.refuse("json", "stands beside form: keep one") }
        if method == .get, reader.has("json") || reader.has("form") {
            reader.refuse("method", "GET takes no body: use query")
        }
        guard let method, let path else { return nil }
        func field(_ field: (name: String, value: GatewayTemplate)) -> GatewayRequest.Field {
            GatewayRequest.Field(name: field.name, value: field.value)
        }
        return GatewayRequest(
            method: method, path: path, query: query.map(field), headers: headers.map(field),
            account: account, body: json.map { .json($0) } ?? (form.isEmpty ? nil : .form(form.map(field))))
    }

    private func json(_ reader: SettingsReader, names: [String]) -> GatewayJSON? {
        guard let text = reader.optional("json", .block) else { return nil }
        do {
            let document = try JSONDocument.parse(Array(text.utf8))
            if let problem = document.problems.first { throw problem }
            let json = try GatewayJSON(document.root)
            guard let stranger = json.names.first(where: { !names.contains($0) }) else { return json }
            let nearest = names.nearest(to: stranger).map { "; did you mean {\($0)}?" } ?? ""
            reader.refuse("json", "{\(stranger)} is no name that can stand here\(nearest)")
        } catch let problem as JSONProblem {
            reader.refuse("json", "line \(problem.position.line) of it: \(problem.fault)")
        } catch {
            reader.refuse("json", "\(error)")
        }
        return nil
    }

    private func tokenStep(_ reader: SettingsReader, names: [String]) -> GatewayPreset.TokenStep? {
        defer { reader.reportUnknownKeys() }
        let request = request(reader, names: names)
        let token = reader.required("token", .field)
        let lifetime = reader.optional("lifetime", .field)
        let keep = reader.required("keep", .duration, default: "1 min")
        guard let request, let token, let keep else { return nil }
        return .init(request: request, token: token, lifetime: lifetime, keep: keep)
    }

    private func clockStep(_ reader: SettingsReader, names: [String]) -> GatewayPreset.ClockStep? {
        defer { reader.reportUnknownKeys() }
        let request = request(reader, names: names)
        let seconds = reader.required("seconds", .field)
        let keep = reader.required("keep", .duration, default: "1 h")
        guard let request, let seconds, let keep else { return nil }
        return .init(request: request, seconds: seconds, keep: keep)
    }

    private func signature(_ reader: SettingsReader, settings: [String]) -> GatewayPreset.Signature? {
        defer { reader.reportUnknownKeys() }
        let algorithm = reader.required("algorithm", Form<GatewayDigest>.word)
        let key = reader.optional("key", .template(names: settings))
        let of = reader.required("of", .template(names: settings + Self.names.filter { $0 != "token" }))
        guard let algorithm, let of else { return nil }
        if algorithm.needsKey != (key != nil) {
            reader.refuse("key", algorithm.needsKey ? "\(algorithm.rawValue) needs one" : "only HMAC has one")
        }
        return .init(algorithm: algorithm, key: key, of: of)
    }

    // MARK: Answers and receipts

    private func answer(_ reader: SettingsReader) -> GatewayAnswerRules? {
        defer { reader.reportUnknownKeys() }
        let success = reader.list("success", .statuses)
        if success.isEmpty, !log.hasErrors {
            reader.refuse("success", "states no HTTP status that means taken")
        }
        let classes = reader.map("classes")
        defer { classes.reportUnknownKeys() }
        return GatewayAnswerRules(
            success: success, conditions: reader.list("where", .condition),
            reference: reader.optional("reference", .field), parts: reader.optional("parts", .field),
            cost: reader.optional("cost", .field), credit: reader.optional("credit", .field),
            errorCode: reader.optional("code", .field), errorText: reader.optional("text", .field),
            classes: rows(of: classes))
    }

    /// The classes in the order of the file.
    private func rows(of classes: SettingsReader) -> [GatewayAnswerRules.Class] {
        let rows = GatewayClass.allCases.compactMap { name in
            let marks = classes.list(name.rawValue, .mark)
            return marks.isEmpty ? nil : GatewayAnswerRules.Class(name: name, marks: marks)
        }
        for row in rows where row.name.closesAddress {
            let isGuessed = row.marks.contains {
                if case .condition(let condition) = $0 { condition.isGuess } else { false }
            }
            if isGuessed {
                classes.refuse(
                    row.name.rawValue,
                    "words in a sentence close nobody's number: state a code, or say refused")
            }
        }
        return classes.writtenNames.compactMap { name in rows.first { $0.name.rawValue == name } }
    }

    /// The keys that tell what became of a message, in a call to us or in the answer to a question of ours.
    private func status(_ reader: SettingsReader) -> GatewayStatusRules? {
        var verdicts: [Receipt.Verdict: [String]] = [:]
        for verdict in Receipt.Verdict.allCases {
            verdicts[verdict] = reader.list(verdict.rawValue, .text)
        }
        let words = verdicts.values.flatMap { $0 }
        if let twice = words.first(where: { word in words.count { $0 == word } > 1 }) {
            reader.refuse("delivered", "the word “\(twice)” stands for two verdicts")
        }
        if verdicts[.delivered]?.isEmpty ?? true { reader.refuse("delivered", "no word means delivered") }
        let failures = reader.map("failures")
        defer { failures.reportUnknownKeys() }
        var classes: [GatewayClass: [String]] = [:]
        for name in GatewayClass.reasons where failures.has(name.rawValue) {
            classes[name] = failures.list(name.rawValue, .text)
        }
        return reader.required("status", .field).map {
            GatewayStatusRules(
                status: $0, verdicts: verdicts, code: reader.optional("code", .field), failures: classes,
                part: reader.optional("part", .field), parts: reader.optional("parts", .field))
        }
    }

    private func callback(_ reader: SettingsReader, settings: [String]) -> GatewayCallbackRules? {
        defer { reader.reportUnknownKeys() }
        let methods = reader.list("methods", Form<GatewayRequest.Method>.word)
        if methods.isEmpty { reader.refuse("methods", "states no method the provider calls with") }
        var receipts: GatewayCallbackRules.Receipts?
        if reader.has("status") {
            let (ours, theirs) = (reader.optional("ours", .field), reader.optional("theirs", .field))
            if (ours == nil) == (theirs == nil) {
                reader.refuse("ours", "a receipt names the message by our reference or by theirs: state one")
            }
            if let rules = status(reader),
                let reference = ours.map({ .ours($0) })
                    ?? theirs.map({ GatewayCallbackRules.Reference.theirs($0) })
            {
                receipts = .init(when: reader.list("when", .condition), reference: reference, status: rules)
            }
        }
        let signature = reader.has("signature") ? callbackSignature(reader.map("signature"), settings) : nil
        let answers = reader.has("answers") ? answers(reader.map("answers")) : nil
        if receipts == nil, answers == nil, !log.hasErrors {
            reader.refuse("status", "neither a status nor answers: nothing could be read from a call")
        }
        let reply = reader.map("reply")
        defer { reply.reportUnknownKeys() }
        return GatewayCallbackRules(
            methods: methods, signature: signature, receipts: receipts, answers: answers,
            acknowledgement: .init(
                status: reply.optional("status", .number(200...299)) ?? 200,
                type: reply.optional("type", .text) ?? "text/plain; charset=utf-8",
                body: reply.optional("body", .block) ?? ""))
    }

    private func callbackSignature(
        _ reader: SettingsReader, _ settings: [String]
    ) -> GatewayCallbackRules.Signature? {
        defer { reader.reportUnknownKeys() }
        let header = reader.required("header", .identifier)
        let algorithm = reader.required("algorithm", Form<GatewayDigest>.word)
        let key = reader.required("key", .template(names: settings))
        let timestamp = reader.optional("timestamp_header", .identifier)
        let names = ["body", "url", "sorted_form"] + (timestamp == nil ? [] : ["timestamp"])
        let of = reader.required("of", .template(names: names))
        let tolerance = reader.required("tolerance", .duration, default: "5 min")
        guard let header, let algorithm, let key, let of, let tolerance else { return nil }
        if !algorithm.needsKey {
            reader.refuse(
                "algorithm", "without a key anybody could sign: hmac_sha256_hex or hmac_sha1_base64")
        }
        return .init(
            header: header, algorithm: algorithm, key: key, of: of, timestampHeader: timestamp,
            tolerance: tolerance)
    }

    private func answers(_ reader: SettingsReader) -> GatewayCallbackRules.Answers? {
        defer { reader.reportUnknownKeys() }
        let (number, text) = (reader.required("number", .field), reader.required("text", .field))
        let conditions = reader.list("when", .condition)
        guard let number, let text else { return nil }
        return .init(when: conditions, number: number, text: text)
    }

    private func poll(_ reader: SettingsReader, names: [String]) -> GatewayPoll? {
        defer { reader.reportUnknownKeys() }
        let (request, status) = (request(reader, names: names), status(reader))
        guard let request, let status else { return nil }
        return .init(request: request, status: status)
    }

    private func lookup(_ reader: SettingsReader, names: [String]) -> GatewayLookup? {
        defer { reader.reportUnknownKeys() }
        let request = request(reader, names: names)
        let found = reader.list("found", .condition)
        let marks = reader.list("absent", .mark)
        if found.isEmpty { reader.refuse("found", "states nothing that says the provider has the message") }
        var (codes, conditions): ([String], [GatewayCondition]) = ([], [])
        for mark in marks {
            switch mark {
            case .code(let code): codes.append(code)
            case .condition(let condition): conditions.append(condition)
            case .status:
                reader.refuse("absent", "a status alone may be a proxy's: state a code or conditions")
            }
        }
        return request.map {
            .init(
                request: $0, found: found, absentCodes: codes, absent: conditions,
                reference: reader.optional("reference", .field))
        }
    }
}

extension GatewayClass {
    /// Nothing is sent to the number any more.
    fileprivate var closesAddress: Bool { self == .badNumber || self == .blacklisted }

    /// Those that say why a text that was taken did not arrive.
    fileprivate static let reasons: [GatewayClass] = [
        .badNumber, .blacklisted, .badSender, .credit, .throttled, .configuration, .refused,
    ]
}
