import RelanceCore

/// The ways out. What could weaken a connection or leak a password is refused here, before anything is sent.
extension SettingsContext {
    func routes(_ top: SettingsReader, messageIDDomain: String?) -> [String: Route] {
        var routes: [String: Route] = [:]
        for (name, reader) in top.maps("routes") {
            routes[name] = route(name, reader, messageIDDomain: messageIDDomain)
        }
        return routes
    }

    /// The names of the routes that carry mail; a name twice would be a fallback that leads back to itself.
    func mailRoutes(_ top: SettingsReader, among routes: [String: Route]) -> [String] {
        let names = top.list("mail", .name(among: top.names(in: "routes").map { ($0, $0) }))
        if Set(names).count < names.count {
            top.refuse("mail", "names a route twice: after its failure comes another one, not itself")
        }
        if names.isEmpty, !log.hasErrors { top.refuse("mail", "names no route") }
        for route in routes.values.sorted(by: { $0.name < $1.name }) where !names.contains(route.name) {
            if case .smtp = route.kind {
                top.warn("mail", "\(route.name) is a relay and not named here: nothing leaves by it")
            }
        }
        return names
    }

    /// The defaults speak of an example's address; no relay would take mail from it.
    func checkSender(_ service: ServiceIdentity, _ top: SettingsReader, _ mailRoutes: [Route]) {
        let leaves = mailRoutes.contains { route in
            if case .smtp(let relay) = route.kind { !SMTPRelay.isLoopback(relay.host) } else { false }
        }
        if leaves, service.sender.domain.hasSuffix(".example") {
            top.refuse("mail", "a relay carries mail, and service.sender is still the address of an example")
        }
    }

    private func route(_ name: String, _ reader: SettingsReader, messageIDDomain: String?) -> Route? {
        defer { reader.reportUnknownKeys() }
        enum Kind: String, CaseIterable { case spool, smtp }
        let kind = reader.required("kind", Form<Kind>.word)
        let perMinute = reader.optional("per_minute", .number(1...100_000))
        let concurrency = reader.optional("concurrency", .number(1...64)) ?? 2
        let way: Route.Kind? =
            switch kind {
            case .spool: reader.required("folder", .path).map { .spool(folder: path($0)) }
            case .smtp: relay(reader, messageIDDomain: messageIDDomain).map { .smtp($0) }
            case nil: nil
            }
        return way.map { Route(name: name, kind: $0, perMinute: perMinute, concurrency: concurrency) }
    }

    private func relay(_ reader: SettingsReader, messageIDDomain: String?) -> SMTPRelay? {
        reader.forbid("insecure", "there is no such switch: certificates are always checked")
        let host = reader.required("host", .host)
        let tls = reader.required("tls", Form<SMTPRelay.TLS>.word)
        if let host, tls == .noneOnLoopback, !SMTPRelay.isLoopback(host) {
            reader.refuse(
                "tls", "\(host) is not this machine: mail leaves it by starttls or implicit TLS only")
        }
        let port = reader.optional("port", .number(1...65_535)) ?? (tls == .implicit ? 465 : 587)
        let credentials = credentials(reader)
        let certificateFile = reader.optional("ca_file", .path).map(path)
        if let certificateFile {
            do throws(SmallFile.Problem) {
                _ = try SmallFile.read(certificateFile, atMost: 4 << 20)
            } catch {
                reader.refuse("ca_file", "\(certificateFile) cannot be read: \(error)")
            }
        }
        let hello = reader.optional("hello", .host) ?? messageIDDomain
        let connect = reader.optional("connect_timeout", .duration) ?? .seconds(30)
        let response = reader.optional("response_timeout", .duration) ?? .minutes(10)
        let total = reader.optional("total_timeout", .duration) ?? .minutes(15)
        if total < response || response < connect {
            reader.refuse("total_timeout", "connect, response and total timeout have to grow in this order")
        }
        guard let host, let tls, let hello else { return nil }
        return SMTPRelay(
            host: host, port: port, tls: tls, credentials: credentials, certificateFile: certificateFile,
            hello: hello, connectTimeout: connect, responseTimeout: response, totalTimeout: total)
    }

    /// User and password; the password only ever comes from a file of its own or from systemd.
    private func credentials(_ reader: SettingsReader) -> SMTPRelay.Credentials? {
        reader.forbid(
            "password",
            "a password has no place in this file: use credential or password_file, and change it now")
        let user = reader.optional("user", .text)
        let file = reader.optional("password_file", .path)
        let credential = reader.optional("credential", .identifier)
        if file != nil, credential != nil {
            reader.refuse("credential", "stands beside password_file: keep one of them")
            return nil
        }
        guard let user else {
            if file != nil { reader.refuse("password_file", "a password without a user") }
            if credential != nil { reader.refuse("credential", "a password without a user") }
            return nil
        }
        let password: Secret?
        if let file {
            password = secret(at: path(file), access: .secret, key: "password_file", reader)
        } else if let credential {
            guard let credentialsFolder else {
                if !needsCredentials {
                    reader.warn(
                        "credential", "not looked at here: systemd hands it to the unit (LoadCredential=)")
                    return SMTPRelay.Credentials(user: user, password: Secret(""))
                }
                reader.refuse(
                    "credential",
                    "there are no credentials here: systemd hands them to a unit (LoadCredential=)")
                return nil
            }
            // systemd has seen to owner and mode; with access lists the mode alone looks wider than it is.
            password = secret(
                at: credentialsFolder + "/" + credential, access: .any, key: "credential", reader)
        } else {
            if !reader.has("password") {
                reader.refuse("user", "a user without a password: state credential or password_file")
            }
            password = nil
        }
        return password.map { SMTPRelay.Credentials(user: user, password: $0) }
    }

    private func secret(
        at path: String, access: SmallFile.Access, key: String, _ reader: SettingsReader
    ) -> Secret? {
        do throws(SmallFile.Problem) {
            var bytes = try SmallFile.read(path, atMost: 64 << 10, access: access)
            while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self),
                bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                reader.refuse(key, "\(path) has to hold one line of text and nothing else")
                return nil
            }
            return Secret(text)
        } catch {
            reader.refuse(key, "\(path) cannot be read: \(error)")
            return nil
        }
    }
}
