import CCurl

/// Where a pool connects and under which terms: one server, one TLS policy, one authority, one account.
///
/// A pool serves exactly one route, so that no connection made under other terms can ever be used again by mistake
/// (CVE-2026-4873, CVE-2026-8286 and their like).
package struct CurlRoute: Hashable, Sendable {
    package enum Wire: Hashable, Sendable {
        /// `greeting` is the name given in EHLO.
        case smtp(greeting: String, login: CurlLogin?)
        case http
    }

    package enum TLSPolicy: String, Hashable, Sendable {
        /// SMTP only: the session must be upgraded before anything else is said.
        case startTLS
        /// TLS from the first byte: smtps, https.
        case implicit
        /// No TLS at all, and therefore to an address of this machine only.
        case clearTextOnLoopback
        /// No TLS at all, to an address of a private network only: whoever runs that network said so.
        case clearTextOnPrivateNetwork

        var isClearText: Bool { self == .clearTextOnLoopback || self == .clearTextOnPrivateNetwork }
    }

    /// How near this machine a host's name may lead, when TLS protects what is said.
    package enum Reach: Hashable, Sendable {
        case internet
        case privateNetwork
        case thisMachine
    }

    package let wire: Wire
    package let host: String
    package let port: Int
    package let tls: TLSPolicy
    package let reach: Reach
    /// The only authorities trusted, as a PEM file; nil trusts those of the system.
    package let authorities: String?
    /// The path of the socket that takes the place of host and port; nil is TCP.
    package let socket: String?

    /// Throws when a name could carry something else than a name, or the terms contradict one another.
    ///
    /// A numeric address, and `localhost`, are meant as they are written, whatever the reach.
    package init(
        _ wire: Wire, host: String, port: Int, tls: TLSPolicy, reach: Reach = .internet,
        authorities: String? = nil
    ) throws(CurlViolation) {
        guard host.isHostName || host.isAddressLiteral else { throw .host(host) }
        guard (1...65535).contains(port) else { throw .port(port) }
        switch wire {
        case .smtp(let greeting, let login):
            guard greeting.isHostName else { throw .greeting(greeting) }
            guard login?.isPrintable ?? true else { throw .login }
        case .http:
            guard tls != .startTLS else { throw .startTLSOverHTTP }
        }
        self.wire = wire
        self.host = host
        self.port = port
        self.tls = tls
        self.reach = host == "localhost" || host.isNumericAddress ? .thisMachine : reach
        self.authorities = authorities
        socket = nil
    }

    /// HTTP over a Unix domain socket, which does not leave this machine.
    package init(socket path: String) throws(CurlViolation) {
        // sockaddr_un has room for 108 bytes with the end.
        guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else { throw .socket(path) }
        wire = .http
        host = "localhost"
        port = 80
        tls = .clearTextOnLoopback
        reach = .thisMachine
        authorities = nil
        socket = path
    }

    /// Why no connection is made to an address; nil where one may be.
    func objection(to place: ccurl_place) -> CurlProblem? {
        switch tls {
        case .clearTextOnLoopback: place == CCURL_THIS_MACHINE ? nil : .notLoopback
        case .clearTextOnPrivateNetwork:
            place == CCURL_THIS_MACHINE || place == CCURL_PRIVATE ? nil : .notLoopback
        case .startTLS, .implicit:
            switch place {
            case CCURL_PUBLIC: nil
            case CCURL_PRIVATE: reach == .internet ? .tooNear : nil
            case CCURL_THIS_MACHINE: reach == .thisMachine ? nil : .tooNear
            default: .tooNear
            }
        }
    }
}

/// An account at a server; it never prints its password.
package struct CurlLogin: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let user: String
    let password: String

    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    package var description: String { "\(user):«redacted»" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["user": user]) }

    fileprivate var isPrintable: Bool {
        !user.isEmpty && (user + password).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

extension String {
    /// Letters, digits and hyphens between dots, 253 octets at most (RFC 1123, 2.1).
    fileprivate var isHostName: Bool {
        utf8.count <= 253
            && split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0.isLetterOrDigit }
            }
    }

    /// Four decimal octets, or an IPv6 address; what else a resolver takes for a number (`0x7f000001`, `127.1`) is a name here.
    fileprivate var isNumericAddress: Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, self, &address) == 1 || inet_pton(AF_INET6, self, &address) == 1
    }

    /// An IPv6 address without brackets or zone; what it means is the resolver's business.
    fileprivate var isAddressLiteral: Bool {
        contains(":")
            && utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
