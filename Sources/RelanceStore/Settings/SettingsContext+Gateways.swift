import RelanceCore

/// Where presets are looked for by name: the chamber's own folder before the program's.
struct GatewayFolders {
    var shipped: String
    var overrides: String?

    /// The file of a preset; nil when no folder has one of that name.
    func path(of name: String) -> String? {
        [overrides, shipped].compactMap { $0 }.first { GatewayPresetFile.names(in: $0).contains(name) }
            .map { "\($0)/\(name).yaml" }
    }

    var names: [String] {
        Set([overrides, shipped].compactMap { $0 }.flatMap(GatewayPresetFile.names(in:))).sorted()
    }
}

/// The gateways for text messages: a preset, and what the route states of its account.
extension SettingsContext {
    func gatewayFolders(_ reader: SettingsReader) -> GatewayFolders {
        defer { reader.reportUnknownKeys() }
        let shipped = reader.optional("shipped", .path).map(path)
        let overrides = reader.optional("overrides", .path).map(path)
        return GatewayFolders(shipped: shipped ?? gatewayFolder, overrides: overrides)
    }

    func smsBudget(_ reader: SettingsReader) -> SMSBudgetRule {
        defer { reader.reportUnknownKeys() }
        let soft = reader.optional("soft", .limit)
        let hard = reader.optional("hard", .limit)
        if case (let soft??, let hard??) = (soft, hard), hard < soft {
            reader.refuse("hard", "below soft: the warning has to come before the stop")
        }
        return SMSBudgetRule(soft: soft ?? nil, hard: hard ?? nil)
    }

    func gateway(
        _ reader: SettingsReader, _ folders: GatewayFolders, publicURL: String?
    ) -> SMSGateway? {
        let preset = preset(reader, folders)
        let address = reader.optional("base_url", .gatewayAddress)
        let clearText = reader.optional("clear_text", Form<SMSGateway.ClearText>.word) ?? .none
        let allowsPrivate = reader.optional("allow_private", .yesOrNo) ?? false
        let sender = reader.optional("sender", .text)
        let certificateFile = certificateFile(reader)
        let connect = reader.optional("connect_timeout", .duration) ?? .seconds(30)
        let total = reader.optional("total_timeout", .duration) ?? .minutes(2)
        if total < connect {
            reader.refuse("total_timeout", "connect and total timeout have to grow in this order")
        }
        let costPerPart = reader.optional("cost_per_part", .price)
        let receipts = receipts(reader, publicURL)
        // Without a preset nobody can tell what its settings are called.
        guard let preset else {
            _ = [reader.has("settings"), reader.has("credentials")]
            return nil
        }
        let values = values(reader, of: preset)
        guard let address = address ?? preset.address else {
            if !reader.has("base_url") {
                reader.refuse("base_url", "missing: \(preset.title) is somewhere else for everybody")
            }
            return nil
        }
        check(address, clearText, reader)
        check(sender, of: preset, reader)
        for mark in preset.unverified {
            reader.warn("gateway", "\(preset.title), not seen with a live account yet: \(mark)")
        }
        return SMSGateway(
            preset: preset, address: address, clearText: clearText, sender: sender, values: values,
            certificateFile: certificateFile, connectTimeout: connect, totalTimeout: total,
            costPerPart: costPerPart, receipts: preset.receipts == nil ? nil : receipts,
            allowsPrivate: allowsPrivate)
    }

    /// A name among the presets, or the path of a file.
    private func preset(_ reader: SettingsReader, _ folders: GatewayFolders) -> GatewayPreset? {
        guard let written = reader.required("gateway", .path) else { return nil }
        let file: String
        if written.contains("/") || written.hasSuffix(".yaml") {
            file = path(written)
        } else if let found = folders.path(of: written) {
            file = found
        } else {
            let nearest = folders.names.nearest(to: written).map { "; did you mean “\($0)”?" } ?? ""
            reader.refuse("gateway", "there is no preset “\(written)” in \(folders.shipped)\(nearest)")
            return nil
        }
        let reading = GatewayPresetFile(file)
        for issue in reading.issues { log.report(issue) }
        return reading.preset
    }

    /// What the route states of the account: plain settings under `settings`, secrets under `credentials`.
    private func values(_ reader: SettingsReader, of preset: GatewayPreset) -> [String: SMSGateway.Value] {
        let (settings, credentials) = (reader.map("settings"), reader.map("credentials"))
        defer {
            settings.reportUnknownKeys()
            credentials.reportUnknownKeys()
        }
        var values: [String: SMSGateway.Value] = [:]
        for setting in preset.settings {
            if setting.isSecret {
                settings.forbid(
                    setting.name,
                    "a secret has no place in this file: name its credential or file, and change it now")
                values[setting.name] = secret(of: setting, credentials).map { .secret($0) }
            } else if let text = settings.optional(setting.name, .text) ?? setting.usual {
                values[setting.name] = .plain(text)
            } else if setting.isRequired {
                settings.refuse(setting.name, "missing: \(setting.about)")
            }
        }
        return values
    }

    private func secret(of setting: GatewayPreset.Setting, _ credentials: SettingsReader) -> Secret? {
        guard credentials.has(setting.name) else {
            if setting.isRequired { credentials.refuse(setting.name, "missing: \(setting.about)") }
            return nil
        }
        let reader = credentials.map(setting.name)
        defer { reader.reportUnknownKeys() }
        if !reader.has("file"), !reader.has("credential") {
            reader.refuse("credential", "missing: the name of a systemd credential, or file")
        }
        return secret(reader, file: "file", credential: "credential")
    }

    private func check(
        _ address: GatewayAddress, _ clearText: SMSGateway.ClearText, _ reader: SettingsReader
    ) {
        guard !address.isProtected else { return }
        let isAllowed =
            switch clearText {
            case .none: false
            case .onLoopback: SMTPRelay.isLoopback(address.host)
            case .onPrivateNetwork: SMSGateway.isPrivate(address.host)
            }
        if !isAllowed {
            reader.refuse(
                reader.has("clear_text") ? "clear_text" : "base_url",
                "\(address.origin) is clear text: https, or clear_text on_loopback for this machine, or on_private_network for an address of your own network"
            )
        }
    }

    private func check(_ sender: String?, of preset: GatewayPreset, _ reader: SettingsReader) {
        switch (preset.sender, sender) {
        case (.required, nil): reader.refuse("sender", "missing: \(preset.title) sends under a sender's name")
        case (.none, _?): reader.refuse("sender", "\(preset.title) has no sender's name to state")
        case (_, let sender?):
            do throws(SMSSenderProblem) {
                _ = try SMSSender(sender)
            } catch {
                reader.refuse("sender", error.description)
            }
        case (.optional, nil), (.none, nil): break
        }
    }

    /// What lets a provider's calls in: the token of the route, and how the console is reached.
    private func receipts(_ reader: SettingsReader, _ publicURL: String?) -> SMSGateway.Receipts? {
        let key = reader.has("receipts_token") ? "receipts_token" : "receipts_token_file"
        guard let token = secret(reader, file: "receipts_token_file", credential: "receipts_token") else {
            return nil
        }
        let text = token.revealed()
        // A credential that only systemd has stands as an empty one where nothing is sent.
        if !text.isEmpty, text.utf8.count < 22 || !text.utf8.allSatisfy({ $0.isTokenByte }) {
            reader.refuse(key, "a token is at least 22 letters, digits, - and _: openssl rand -hex 16")
        }
        return SMSGateway.Receipts(publicURL: publicURL, token: token)
    }

    func mailToSMS(
        _ reader: SettingsReader, _ top: SettingsReader, _ service: ServiceIdentity?
    ) -> MailToSMS? {
        let names = top.names(in: "routes")
        let relayName = reader.required("relay", .name(among: names.map { ($0, $0) }))
        let address = reader.required("address", .template(names: ["to"]))
        let numberFormat = reader.required(
            "number_format", Form<GatewayPreset.NumberFormat>.word, default: "e164")
        let subject = reader.required("subject", .text, default: "SMS")
        let costPerPart = reader.optional("cost_per_part", .price)
        if let address,
            address.names != ["to"] || address.filled({ _ in "33639980014" }).map(isAddress) != true
        {
            reader.refuse("address", "has to be an e-mail address with {to} where the number stands")
        }
        guard let relayName, let carrier = carrier(relayName, reader, top, service) else { return nil }
        guard let address, let numberFormat, let subject, let service else { return nil }
        return MailToSMS(
            carrier: carrier, address: address, numberFormat: numberFormat, subject: subject,
            sender: service.sender, messageIDDomain: service.messageIDDomain, costPerPart: costPerPart)
    }

    private func isAddress(_ text: String) -> Bool { (try? EmailAddress(text)) != nil }

    /// The route a mail to the provider leaves by, read again: its own mistakes are told where it stands.
    private func carrier(
        _ name: String, _ reader: SettingsReader, _ top: SettingsReader, _ service: ServiceIdentity?
    ) -> MailToSMS.Carrier? {
        guard let other = top.maps("routes").first(where: { $0.name == name })?.reader else { return nil }
        switch other.optional("kind", .text) {
        case "spool": return other.optional("folder", .path).map { .spool(folder: path($0)) }
        case "smtp": return relay(other, messageIDDomain: service?.messageIDDomain).map { .smtp($0) }
        default:
            reader.refuse("relay", "\(name) carries no mail")
            return nil
        }
    }
}

extension Form<Int?> {
    /// A number, or `none`.
    static var limit: Form<Int?> {
        Form<Int?>("a whole number from 1 to 10000000, or none") { text in
            if text == "none" { return .some(nil) }
            guard let number = try? Form<Int>.number(1...10_000_000).value(of: text) else { return nil }
            return .some(number)
        }
    }
}

extension UInt8 {
    fileprivate var isTokenByte: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
            || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }
}
