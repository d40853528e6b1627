import Glibc
import HTTPTypes

/// The names this console answers to, so that no page of another site reaches it by a name that resolves here.
///
/// A numeric address is not a name: nobody can point it elsewhere.
package struct HostNames: Sendable {
    private let names: Set<String>

    /// `publicURL` is what gateways are told; its host is ours.
    package init(publicURL: String?) {
        let authority = publicURL.flatMap { $0.split(separator: "/", maxSplits: 2).dropFirst().first }
        names = Set(["localhost", authority.map { Self.host(of: String($0)) }].compactMap { $0 })
    }

    /// Why a request is not for us, whatever it asks (RFC 9112, 3.2): it names somebody else, or nobody.
    package func problem(with head: HTTPRequest) -> HTTPResponse.Status? {
        guard head.path?.hasPrefix("/") == true, let authority = head.authority,
            !head.headerFields.contains(where: { $0.name.canonicalName == "host" })  // the second of two
        else { return .badRequest }
        return contain(authority) ? nil : .misdirectedRequest
    }

    /// Whether a Host header, port and all, names us.
    package func contain(_ authority: String) -> Bool {
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
