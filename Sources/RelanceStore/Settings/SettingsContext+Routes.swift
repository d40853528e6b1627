import RelanceCore

/// The ways out. What could weaken a connection or leak a password is refused here, before anything is sent.
extension SettingsContext {
    func routes(
        _ top: SettingsReader, _ service: ServiceIdentity?, publicURL: String?
    ) -> [String: Route] {
        var routes: [String: Route] = [:]
        let gateways = gatewayFolders(top.map("gateways"))
        for (name, reader) in top.maps("routes") {
            routes[name] = route(name, reader, top, service, gateways, publicURL: publicURL)
        }
        return routes
    }

    /// The names of the routes that carry a channel; a name twice would be a fallback that leads back to itself.
    func carriers(
        _ top: SettingsReader, _ key: String, _ channel: Channel, among routes: [String: Route]
    ) -> [String] {
        let names = top.list(key, .name(among: top.names(in: "routes").map { ($0, $0) }))
        if Set(names).count < names.count {
            top.refuse(key, "names a route twice: after its failure comes another one, not itself")
        }
        if names.isEmpty, !log.hasErrors { top.refuse(key, "names no route") }
        for name in names {
            if let route = routes[name], !route.kind.carries(channel) {
                top.refuse(key, "\(name) carries no \(channel == .email ? "mail" : "text messages")")
            }
        }
        for route in routes.values.sorted(by: { $0.name < $1.name }) where !names.contains(route.name) {
            switch route.kind {
            case .spool: continue
            case .smtp where channel == .email:
                top.warn(key, "\(route.name) is a relay and not named here: nothing leaves by it")
            case .sms where channel == .sms, .mailToSMS where channel == .sms:
                top.warn(key, "\(route.name) is a gateway and not named here: nothing leaves by it")
            case .smtp, .sms, .mailToSMS: continue
            }
        }
        return names
    }

    /// The defaults speak of an example's address; no relay would take mail from it.
    func checkSender(_ service: ServiceIdentity, _ top: SettingsReader, _ carriers: [Route]) {
        let leaves = carriers.contains { route in
            switch route.kind {
            case .smtp(let relay): !SMTPRelay.isLoopback(relay.host)
            case .mailToSMS(let mail):
                if case .smtp(let relay) = mail.carrier { !SMTPRelay.isLoopback(relay.host) } else { false }
            case .spool, .sms: false
            }
        }
        if leaves, service.sender.domain.hasSuffix(".example") {
            top.refuse("mail", "a relay carries mail, and service.sender is still the address of an example")
        }
    }

    private enum RouteKind: String, CaseIterable {
        case spool, smtp, sms
        case mailToSMS = "mail_to_sms"
    }

    private func route(
        _ name: String, _ reader: SettingsReader, _ top: SettingsReader, _ service: ServiceIdentity?,
        _ gateways: GatewayFolders, publicURL: String?
    ) -> Route? {
        defer { reader.reportUnknownKeys() }
        let kind = reader.required("kind", Form<RouteKind>.word)
        let perMinute = reader.optional("per_minute", .number(1...100_000))
        let concurrency = reader.optional("concurrency", .number(1...64)) ?? 2
        let way: Route.Kind? =
            switch kind {
            case .spool: spool(reader)
            case .smtp: relay(reader, messageIDDomain: service?.messageIDDomain).map { .smtp($0) }
            case .sms: gateway(reader, gateways, publicURL: publicURL).map { .sms($0) }
            case .mailToSMS: mailToSMS(reader, top, service).map { .mailToSMS($0) }
            case nil: nil
            }
        return way.map { Route(name: name, kind: $0, perMinute: perMinute, concurrency: concurrency) }
    }

    private func spool(_ reader: SettingsReader) -> Route.Kind? {
        let costPerPart = reader.optional("cost_per_part", .price)
        return reader.required("folder", .path).map {
            .spool(folder: path($0), costPerPart: costPerPart)
        }
    }

    func relay(_ reader: SettingsReader, messageIDDomain: String?) -> SMTPRelay? {
        reader.forbid("insecure", "there is no such switch: certificates are always checked")
        let host = reader.required("host", .host)
        let tls = reader.required("tls", Form<SMTPRelay.TLS>.word)
        if let host, tls == .noneOnLoopback, !SMTPRelay.isLoopback(host) {
            reader.refuse(
                "tls", "\(host) is not this machine: mail leaves it by starttls or implicit TLS only")
        }
        let port = reader.optional("port", .number(1...65_535)) ?? (tls == .implicit ? 465 : 587)
        let credentials = credentials(reader)
        let certificateFile = certificateFile(reader)
        let hello = reader.optional("hello", .host) ?? messageIDDomain
        let connect = reader.optional("connect_timeout", .duration) ?? .seconds(30)
        let response = reader.optional("response_timeout", .duration) ?? .minutes(10)
        let total = reader.optional("total_timeout", .duration) ?? .minutes(15)
        if total < response || response < connect {
            reader.refuse("total_timeout", "connect, response and total timeout have to grow in this order")
        }
        let allowsPrivate = reader.optional("allow_private", .yesOrNo) ?? false
        guard let host, let tls, let hello else { return nil }
        return SMTPRelay(
            host: host, port: port, tls: tls, credentials: credentials, certificateFile: certificateFile,
            hello: hello, connectTimeout: connect, responseTimeout: response, totalTimeout: total,
            allowsPrivate: allowsPrivate)
    }

    /// Certificates to trust in place of the system's; they have to be at hand now.
    func certificateFile(_ reader: SettingsReader) -> String? {
        guard let file = reader.optional("ca_file", .path).map(path) else { return nil }
        do throws(SmallFile.Problem) {
            _ = try SmallFile.read(file, atMost: 4 << 20, access: .trusted)
        } catch {
            reader.refuse("ca_file", "\(file) cannot be read: \(error)")
        }
        return file
    }

    /// User and password; the password only ever comes from a file of its own or from systemd.
    private func credentials(_ reader: SettingsReader) -> SMTPRelay.Credentials? {
        reader.forbid(
            "password",
            "a password has no place in this file: use credential or password_file, and change it now")
        let user = reader.optional("user", .text)
        guard let user else {
            if reader.has("password_file") { reader.refuse("password_file", "a password without a user") }
            if reader.has("credential") { reader.refuse("credential", "a password without a user") }
            return nil
        }
        if !reader.has("password_file"), !reader.has("credential") {
            if !reader.has("password") {
                reader.refuse("user", "a user without a password: state credential or password_file")
            }
            return nil
        }
        return secret(reader, file: "password_file", credential: "credential").map {
            SMTPRelay.Credentials(user: user, password: $0)
        }
    }

    /// A secret from a file of its own or from systemd; nil when neither is stated, or when something is wrong with it.
    ///
    /// No problem repeats what stands there: whoever mistakes the name of a secret for the secret has written that.
    func secret(_ reader: SettingsReader, file fileKey: String, credential key: String) -> Secret? {
        let file = reader.optional(fileKey, .path.hidden)
        let credential = reader.optional(key, .identifier.hidden)
        if file != nil, credential != nil {
            reader.refuse(key, "stands beside \(fileKey): keep one of them")
            return nil
        }
        if let file {
            return secret(at: path(file), access: .secret, reader, fileKey, "the file it names", hint: "")
        }
        guard let credential else { return nil }
        guard let credentialsFolder else {
            if !needsCredentials {
                reader.warn(key, "not looked at here: systemd hands it to the unit (LoadCredential=)")
                return Secret("")
            }
            reader.refuse(
                key, "there are no credentials here" + Self.whereCredentialsAre)
            return nil
        }
        // systemd has seen to owner and mode; with access lists the mode alone looks wider than it is.
        return secret(
            at: credentialsFolder + "/" + credential, access: .any, reader, key, "the credential it names",
            hint: Self.whereCredentialsAre)
    }

    private static let whereCredentialsAre =
        ": systemd hands them to a unit (LoadCredential=), and outside of it CREDENTIALS_DIRECTORY names their folder"

    private func secret(
        at path: String, access: SmallFile.Access, _ reader: SettingsReader, _ key: String, _ what: String,
        hint: String
    ) -> Secret? {
        do throws(SmallFile.Problem) {
            var bytes = try SmallFile.read(path, atMost: 64 << 10, access: access)
            while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self),
                bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                reader.refuse(key, "\(what) has to hold one line of text and nothing else")
                return nil
            }
            return Secret(text)
        } catch {
            reader.refuse(key, "\(what) cannot be read: \(error)\(hint)")
            return nil
        }
    }
}
