import CCurl
import RelanceTestSupport
import Testing

@testable import CurlClient

/// Where a host's name may lead (reliability 2.11, SSRF): it is judged by the address it was looked up to.
@Suite(.timeLimit(.minutes(10))) struct ReachTests {
    /// As a resolver writes it, with what libcurl is asked to connect to.
    private static func place(of address: String) throws -> ccurl_place {
        let storage = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        defer { storage.deallocate() }
        storage.initializeMemory(as: UInt8.self, repeating: 0, count: 256)
        let target = storage.bindMemory(to: curl_sockaddr.self, capacity: 1)
        let socket = try #require(MemoryLayout<curl_sockaddr>.offset(of: \.addr)).advanced(by: 0)
        let isV6 = address.contains(":")
        target.pointee.family = isV6 ? AF_INET6 : AF_INET
        let offset = try #require(
            isV6
                ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)
                : MemoryLayout<sockaddr_in>.offset(of: \.sin_addr))
        try #require(inet_pton(target.pointee.family, address, storage + socket + offset) == 1)
        return ccurl_place_of(target)
    }

    @Test(arguments: [
        ("93.184.216.34", CCURL_PUBLIC), ("172.15.0.1", CCURL_PUBLIC), ("172.32.0.1", CCURL_PUBLIC),
        ("100.128.0.1", CCURL_PUBLIC), ("2606:2800:220:1::1", CCURL_PUBLIC), ("::ffff:8.8.8.8", CCURL_PUBLIC),
        ("64:ff9b::8.8.8.8", CCURL_PUBLIC), ("10.0.0.1", CCURL_PRIVATE), ("172.16.0.1", CCURL_PRIVATE),
        ("172.31.255.255", CCURL_PRIVATE), ("192.168.1.1", CCURL_PRIVATE),
        ("100.100.100.200", CCURL_PRIVATE), ("fd00:ec2::254", CCURL_PRIVATE), ("fec0::1", CCURL_PRIVATE),
        ("::ffff:10.0.0.1", CCURL_PRIVATE), ("127.0.0.1", CCURL_THIS_MACHINE),
        ("127.255.255.254", CCURL_THIS_MACHINE), ("::1", CCURL_THIS_MACHINE),
        ("::ffff:127.0.0.1", CCURL_THIS_MACHINE), ("64:ff9b::127.0.0.1", CCURL_THIS_MACHINE),
        ("169.254.169.254", CCURL_NOWHERE), ("::ffff:169.254.169.254", CCURL_NOWHERE),
        ("fe80::1", CCURL_NOWHERE), ("0.0.0.0", CCURL_NOWHERE), ("::", CCURL_NOWHERE),
        ("::127.0.0.1", CCURL_NOWHERE), ("224.0.0.1", CCURL_NOWHERE), ("255.255.255.255", CCURL_NOWHERE),
        ("ff02::1", CCURL_NOWHERE), ("2002:808:808::1", CCURL_PUBLIC), ("2002:a00:1::1", CCURL_PRIVATE),
        ("2002:7f00:1::", CCURL_THIS_MACHINE), ("2002:a9fe:a9fe::", CCURL_NOWHERE),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", CCURL_NOWHERE), ("2001:1::1", CCURL_PUBLIC),
        ("64:ff9b:1::a00:1", CCURL_PRIVATE), ("64:ff9b:1:fffe::a9fe:a9fe", CCURL_PRIVATE),
        ("64:ff9b:2::1", CCURL_PUBLIC),
    ]) func `every address has its place`(address: String, place: ccurl_place) throws {
        #expect(try Self.place(of: address) == place, "\(address)")
    }

    @Test(arguments: [
        (CurlRoute.Reach.internet, [CCURL_PUBLIC]), (.privateNetwork, [CCURL_PUBLIC, CCURL_PRIVATE]),
        (.thisMachine, [CCURL_PUBLIC, CCURL_PRIVATE, CCURL_THIS_MACHINE]),
    ]) func `a name leads as near as its route reaches`(reach: CurlRoute.Reach, places: [ccurl_place]) throws
    {
        let route = try CurlRoute(.http, host: "sms.cci.example", port: 443, tls: .implicit, reach: reach)
        for place in [CCURL_PUBLIC, CCURL_PRIVATE, CCURL_THIS_MACHINE, CCURL_NOWHERE] {
            #expect(route.objection(to: place) == (places.contains(place) ? nil : .tooNear), "\(place)")
        }
    }

    /// A name of this machine, and the other ways in which a resolver lets one write its address.
    private static let disguises = ["gateway.localhost", "2130706433", "0x7f000001", "127.1", "017700000001"]

    @Test(arguments: disguises) func `a name that leads to this machine is refused before anything is said`(
        name: String
    ) async throws {
        let server = try ScriptedSMTPServer()
        defer { server.stop() }
        for reach in [CurlRoute.Reach.internet, .privateNetwork] {
            let route = try CurlRoute(.http, host: name, port: server.port, tls: .implicit, reach: reach)
            let result = await CurlPool.once(.http(HTTPRequest("GET", "/")), over: route)
            #expect(result.problem == .tooNear && result.stage == .connection, "\(result)")
        }
        let relay = try CurlRoute(
            .smtp(greeting: "relance.example", login: nil), host: name, port: server.port, tls: .startTLS,
            reach: .privateNetwork)
        #expect(await CurlPool.once(.mail(), over: relay).problem == .tooNear)
        #expect(server.times(.connect) == 0)
    }

    @Test(arguments: ["2852039166", "0xa9fea9fe", "169.254.43518", "169.254.169.254", "0", "0.0.0.0"])
    func `an address that no peer has is refused however it is written, and whatever the route allows`(
        name: String
    ) async throws {
        let route = try CurlRoute(.http, host: name, port: 9, tls: .implicit, reach: .thisMachine)
        #expect(await CurlPool.once(.http(HTTPRequest("GET", "/")), over: route).problem == .tooNear)
    }

    @Test func `what is meant is reached`() async throws {
        let server = try ScriptedSMTPServer(extensions: [])
        defer { server.stop() }
        for (name, reach) in [
            ("127.0.0.1", CurlRoute.Reach.internet), ("localhost", .internet),
            ("relay.localhost", .thisMachine),
        ] {
            let route = try CurlRoute(
                .smtp(greeting: "relance.example", login: nil), host: name, port: server.port, tls: .startTLS,
                reach: reach)
            // As far as the STARTTLS that this server lacks.
            #expect(await CurlPool.once(.mail(), over: route).failure == .startTLSRefused, "\(name)")
        }
    }
}
