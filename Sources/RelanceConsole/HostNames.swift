import Glibc

/// The names this console answers to, so that no page of another site reaches it by a name that resolves here.
///
/// A numeric address is not a name: nobody can point it elsewhere.
struct HostNames: Sendable {
    private let names: Set<String>

    /// `publicURL` is what gateways are told; its host is ours.
    init(publicURL: String?) {
        let authority = publicURL.flatMap { $0.split(separator: "/", maxSplits: 2).dropFirst().first }
        names = Set(["localhost", authority.map { Self.host(of: String($0)) }].compactMap { $0 })
    }

    /// Whether a Host header, port and all, names us.
    func contain(_ authority: String) -> Bool {
        let host = Self.host(of: authority)
        return names.contains(host) || Self.isAddress(host)
    }

    private static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        return authority.prefix { $0 != ":" }.lowercased()
    }

    private static func isAddress(_ host: String) -> Bool {
        var place = in6_addr()
        return inet_pton(AF_INET, host, &place) == 1 || inet_pton(AF_INET6, host, &place) == 1
    }
}
