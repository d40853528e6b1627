import RelanceTestSupport
import Testing

@testable import CurlClient

@Suite struct CurlViolationTests {
    private let smtp: CurlRoute
    private let http: CurlRoute

    init() throws {
        smtp = try CurlRoute(
            .smtp(greeting: "relance.example", login: nil), host: "localhost", port: 25, tls: .startTLS)
        http = try CurlRoute(.http, host: "localhost", port: 443, tls: .implicit)
    }

    @Test(arguments: [
        ("a@b.example\r\nRCPT TO:<evil@c.example>", CurlViolation.addressOctet(0x0D, position: 12)),
        ("a@b.example\nDATA", .addressOctet(0x0A, position: 12)),
        ("a@b.example> NOTIFY=NEVER", .addressOctet(0x3E, position: 12)),
        ("<a@b.example", .addressOctet(0x3C, position: 1)),
        ("a b@c.example", .addressOctet(0x20, position: 2)),
        ("a@b.example\u{0}", .addressOctet(0, position: 12)),
        ("a@b\u{7F}.example", .addressOctet(0x7F, position: 4)),
        ("é@b.example", .addressOctet(0xC3, position: 1)),
        (String(repeating: "a", count: 255), .longAddress(octets: 255)),
        ("", .emptyRecipient),
    ])
    func `an envelope address that could say more than an address is refused`(
        address: String, violation: CurlViolation
    ) throws {
        #expect(CurlTransfer.mail(to: address).violation(on: smtp) == violation)
        if !address.isEmpty {
            #expect(CurlTransfer.mail(from: address).violation(on: smtp) == violation)
        }
    }

    @Test func `the null sender is allowed`() throws {
        #expect(CurlTransfer.mail(from: "").violation(on: smtp) == nil)
    }

    @Test(arguments: [
        ("a\nb\r\n", CurlViolation.bareLineEnd(line: 1)),
        ("a\r\n.\n.\r\n", .bareLineEnd(line: 2)),
        ("a\r\nb\rc\r\n", .bareLineEnd(line: 2)),
        ("a\r\r\n", .bareLineEnd(line: 1)),
        ("a\r\n\u{0}\r\n", .nul(line: 2)),
        ("a\r\n" + String(repeating: "x", count: 999) + "\r\n", .longLine(line: 2, octets: 999)),
        ("a\r\nb", .unendedLastLine),
        ("a\r", .unendedLastLine),
        ("", .unendedLastLine),
    ])
    func `a message that is not lines ended by CR LF is refused`(message: String, violation: CurlViolation)
        throws
    {
        #expect(CurlTransfer.mail(message).violation(on: smtp) == violation)
    }

    @Test func `a line of 998 octets and an empty line are allowed`() throws {
        let message = String(repeating: "x", count: 998) + "\r\n\r\n\r\n"
        #expect(CurlTransfer.mail(message).violation(on: smtp) == nil)
    }

    @Test(arguments: [
        (HTTPRequest("GET /\r\nX:", "/"), CurlViolation.method("GET /\r\nX:")),
        (HTTPRequest("GET", "/a b"), .target),
        (HTTPRequest("GET", "/a\r\nHost: evil.example"), .target),
        (HTTPRequest("GET", "//a#b"), .target),
        (HTTPRequest("GET", "http://evil.example/"), .target),
        (HTTPRequest("GET", "/", headers: [.init("X", "a\r\nY: b")]), .header("X")),
        (HTTPRequest("GET", "/", headers: [.init("X: a\r\nY", "b")]), .header("X: a\r\nY")),
        (HTTPRequest("GET", "/", headers: [.init("", "b")]), .header("")),
    ])
    func `a request that could say more than itself is refused`(
        request: HTTPRequest, violation: CurlViolation
    ) throws {
        #expect(CurlTransfer.http(request).violation(on: http) == violation)
    }

    @Test func `a route takes its own kind of transfer only`() throws {
        #expect(CurlTransfer.mail().violation(on: http) == .wrongWire)
        #expect(CurlTransfer.http(HTTPRequest("GET", "/")).violation(on: smtp) == .wrongWire)
    }

    @Test(arguments: [
        "", "a b", "a/b", "a@b", "-a.example", "a..example", "relance.example\r\nQUIT", "é.example",
    ])
    func `a name that is no host name makes no route`(name: String) {
        #expect(throws: CurlViolation.host(name)) {
            try CurlRoute(.http, host: name, port: 443, tls: .implicit)
        }
        #expect(throws: CurlViolation.greeting(name)) {
            try CurlRoute(.smtp(greeting: name, login: nil), host: "localhost", port: 25, tls: .startTLS)
        }
    }

    @Test func `an impossible port, an account with a line break and STARTTLS over HTTP make no route`() {
        #expect(throws: CurlViolation.port(0)) { try CurlRoute(.http, host: "::1", port: 0, tls: .implicit) }
        #expect(throws: CurlViolation.startTLSOverHTTP) {
            try CurlRoute(.http, host: "localhost", port: 80, tls: .startTLS)
        }
        #expect(throws: CurlViolation.login) {
            let login = CurlLogin(user: "a\r\nb", password: "c")
            return try CurlRoute(
                .smtp(greeting: "a.example", login: login), host: "localhost", port: 25, tls: .startTLS)
        }
    }

    @Test func `an account never prints its password`() {
        let login = CurlLogin(user: "relance", password: "canary-1234")
        var dumped = ""
        dump(login, to: &dumped)
        for text in ["\(login)", String(reflecting: login), dumped, "\([login])"] {
            #expect(!text.contains("canary"), "\(text)")
        }
    }
}
