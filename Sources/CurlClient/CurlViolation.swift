import Glibc

/// Why a route or a transfer was refused before libcurl saw it.
///
/// libcurl passes envelopes and bodies on as they are: up to 8.21 a CR LF in an address becomes a second command, and
/// a bare LF in a body is the sending half of SMTP smuggling (VU#302671). This is the last wall before the wire.
package enum CurlViolation: Error, Hashable, Sendable, CustomStringConvertible {
    case host(String)
    case port(Int)
    case socket(String)
    case greeting(String)
    case login
    case startTLSOverHTTP
    case wrongWire

    case emptyRecipient
    case longAddress(octets: Int)
    /// `position` counts octets from 1.
    case addressOctet(UInt8, position: Int)

    case bareLineEnd(line: Int)
    case nul(line: Int)
    case longLine(line: Int, octets: Int)
    case unendedLastLine

    case method(String)
    /// It is not told: its query may hold secrets.
    case target
    case header(String)

    package var description: String {
        switch self {
        case .host(let host): "“\(host.debugDescription)” is neither a host name nor an address"
        case .port(let port): "\(port) is not a port (1 to 65535)"
        case .socket(let path): "\(path.debugDescription) is not the path of a socket (107 bytes at most)"
        case .greeting(let name): "the EHLO name \(name.debugDescription) is not a host name"
        case .login: "the account has an empty name or a control character"
        case .startTLSOverHTTP: "STARTTLS is for SMTP; HTTP takes implicit TLS"
        case .wrongWire: "an SMTP route takes submissions only, an HTTP route requests only"
        case .emptyRecipient: "the recipient is empty"
        case .longAddress(let octets): "the address has \(octets) octets, at most 254 are allowed"
        case .addressOctet(let octet, let position):
            "the address has the octet 0x\(String(octet, radix: 16)) at position \(position)"
        case .bareLineEnd(let line): "line \(line) of the message holds a CR or LF that is not CR LF"
        case .nul(let line): "line \(line) of the message holds a NUL"
        case .longLine(let line, let octets):
            "line \(line) of the message has \(octets) octets, at most 998 are allowed"
        case .unendedLastLine: "the message does not end with CR LF"
        case .method(let method): "\(method.debugDescription) is not an HTTP method"
        case .target: "the target of the request is not a path and query"
        case .header(let name): "the header \(name.debugDescription) has a bad name or a control character"
        }
    }
}

extension CurlTransfer {
    /// What forbids handing this transfer to libcurl on this route; nil when nothing does.
    package func violation(on route: CurlRoute) -> CurlViolation? {
        switch (self, route.wire) {
        case (.smtp(let submission), .smtp): submission.violation
        case (.http(let request), .http): request.violation
        default: .wrongWire
        }
    }
}

extension SMTPSubmission {
    fileprivate var violation: CurlViolation? {
        if recipient.isEmpty { return .emptyRecipient }
        return Self.violation(ofAddress: sender) ?? Self.violation(ofAddress: recipient)
            ?? Self.violation(of: message)
    }

    private static func violation(ofAddress address: String) -> CurlViolation? {
        if address.utf8.count > 254 { return .longAddress(octets: address.utf8.count) }
        for (index, octet) in address.utf8.enumerated() {
            switch octet {
            case 0x21...0x7E where octet != UInt8(ascii: "<") && octet != UInt8(ascii: ">"): continue
            default: return .addressOctet(octet, position: index + 1)
            }
        }
        return nil
    }

    /// RFC 5321, 2.3.8 (CR LF only) and 4.5.3.1.6 (1000 octets with it).
    private static func violation(of message: [UInt8]) -> CurlViolation? {
        message.withUnsafeBytes { octets in
            var line = 1
            var rest = octets[...]
            while let end = rest.offset(of: UInt8(ascii: "\n")) {
                let text = rest.prefix(end)
                guard text.offset(of: UInt8(ascii: "\r")) == end - 1 else { return .bareLineEnd(line: line) }
                guard text.offset(of: 0) == nil else { return .nul(line: line) }
                guard end - 1 <= 998 else { return .longLine(line: line, octets: end - 1) }
                rest = rest.dropFirst(end + 1)
                line += 1
            }
            return rest.isEmpty && line > 1 ? nil : .unendedLastLine
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// How far from the start the octet first stands.
    fileprivate func offset(of octet: UInt8) -> Int? {
        let octets = UnsafeRawBufferPointer(rebasing: self)
        guard let start = octets.baseAddress, let found = memchr(start, Int32(octet), octets.count) else {
            return nil
        }
        return UnsafeRawPointer(found) - start
    }
}

extension HTTPRequest {
    fileprivate var violation: CurlViolation? {
        guard !method.isEmpty, method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            return .method(method)
        }
        guard target.utf8.first == UInt8(ascii: "/"),
            target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { return .target }
        let bad = headers.first { header in
            header.name.isEmpty
                || !header.name.utf8.allSatisfy {
                    $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
                || !header.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        return bad.map { .header($0.name) }
    }
}
