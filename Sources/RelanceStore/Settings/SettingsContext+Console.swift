import Glibc
import RelanceCore

extension SettingsContext {
    func console(_ reader: SettingsReader) -> ConsoleSettings {
        defer { reader.reportUnknownKeys() }
        let listen = reader.optional("listen", Form<ConsoleSettings.ListenAddress?>.listenAddress)
        let publicURL = reader.optional("public_url", Form<String?>.publicURL)
        return ConsoleSettings(listen: listen ?? nil, publicURL: publicURL ?? nil)
    }
}

extension Form<ConsoleSettings.ListenAddress?> {
    /// What is reached from the internet is the reverse proxy's to receive, since TLS is its own.
    static var listenAddress: Form {
        let usual = "an address and port such as 127.0.0.1:8480, or none"
        return Form(usual) { (text) throws(FormMismatch) -> ConsoleSettings.ListenAddress? in
            if text == "none" { return nil }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            // `try?` loses nothing: the sentence of this form says it all.
            guard parts.count > 1, let last = parts.last,
                let port = try? Form<Int>.number(1...65_535).value(of: String(last))
            else { throw FormMismatch() }
            var host = String(text.dropLast(last.utf8.count + 1))
            if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
            guard let address = NumericAddress(host) else { throw FormMismatch() }
            guard address.isOfThisMachine || address.isPrivate else {
                throw FormMismatch(
                    expected: "an address of this machine or of a private network: from further away, calls "
                        + "come in by a reverse proxy, which has TLS")
            }
            return ConsoleSettings.ListenAddress(host: host, port: port)
        }
    }
}

extension Form<String?> {
    /// `https://host[:port][/path]`; without TLS to this machine only, for a gateway that runs on it.
    static var publicURL: Form {
        Form("an address such as https://relance.cci.example, or none", hidesWhatItFound: true) {
            (text) throws(FormMismatch) -> String? in
            if text == "none" { return nil }
            let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
            guard let scheme, text.utf8.count <= 200,
                text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !"?#@\\\"<>".utf8.contains($0) })
            else { throw FormMismatch() }
            var text = text
            while text.hasSuffix("/") { text.removeLast() }
            let authority = text.dropFirst(scheme.count).prefix { $0 != "/" }
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let host = String(parts[0])
            // `try?` as above.
            guard (try? Form<String>.host.value(of: host)) != nil,
                parts.count == 1 || (try? Form<Int>.number(1...65_535).value(of: String(parts[1]))) != nil
            else { throw FormMismatch() }
            if scheme == "http://", !SMTPRelay.isLoopback(host) {
                throw FormMismatch(expected: "an address with https, since \(host) is not this machine")
            }
            return text
        }
    }
}

/// An IPv4 or IPv6 address in figures.
private struct NumericAddress {
    /// Four octets or sixteen.
    private let octets: [UInt8]

    init?(_ text: String) {
        var four = in_addr()
        var sixteen = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            octets = withUnsafeBytes(of: four) { Array($0) }
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            octets = withUnsafeBytes(of: sixteen) { Array($0) }
        } else {
            return nil
        }
    }

    var isOfThisMachine: Bool {
        octets.count == 4 ? octets[0] == 127 : octets == Array(repeating: 0, count: 15) + [1]
    }

    /// RFC 1918 and RFC 4193.
    var isPrivate: Bool {
        guard octets.count == 4 else { return octets[0] & 0xFE == 0xFC }
        return octets[0] == 10 || octets[0] == 172 && 16...31 ~= octets[1]
            || octets[0] == 192 && octets[1] == 168
    }
}
