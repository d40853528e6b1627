import RelanceCore
import RelanceStore
import Testing

@Suite struct ConsoleSettingsTests {
    private func read(_ console: String) throws -> ConsoleSettings {
        let text = "state: /var/lib/relance\nconsole: {\(console)}\n"
        let reading = ConfigurationFile(credentialsFolder: nil).read(
            bytes: Array(text.utf8), path: "/etc/relance/relance.yaml")
        return try #require(reading.configuration, "\(reading.issues)").console
    }

    @Test func `nothing listens unless it is told to`() throws {
        #expect(try read("") == ConsoleSettings())
        #expect(try read("listen: none, public_url: none") == ConsoleSettings())
    }

    @Test(arguments: [
        ("127.0.0.1:8480", "127.0.0.1", 8480), ("127.1.2.3:1", "127.1.2.3", 1),
        ("10.0.0.7:65535", "10.0.0.7", 65_535), ("172.16.0.1:80", "172.16.0.1", 80),
        ("172.31.255.1:80", "172.31.255.1", 80), ("192.168.1.4:80", "192.168.1.4", 80),
        ("'[::1]:8480'", "::1", 8480), ("'[fd00::1]:8480'", "fd00::1", 8480),
    ])
    func `it listens on an address of this machine or of a private network`(
        written: String, host: String, port: Int
    ) throws {
        #expect(try read("listen: \(written)").listen == .init(host: host, port: port))
    }

    @Test(arguments: [
        "0.0.0.0:80", "8.8.8.8:80", "172.32.0.1:80", "172.15.0.1:80", "192.169.0.1:80", "'[::]:80'",
        "'[2001:db8::1]:80'", "localhost:80", "127.0.0.1:0", "127.0.0.1:65536", "':80'", "127.0.0.1:",
        "'::1'", "127.1:80",
    ])
    func `it listens nowhere else`(written: String) {
        #expect(throws: (any Error).self) { try read("listen: \(written)") }
    }

    @Test(arguments: [
        ("https://relance.cci.example", "https://relance.cci.example/receipts/kannel/abc"),
        ("https://cci.example:8443/relance/", "https://cci.example:8443/relance/receipts/kannel/abc"),
        ("http://127.0.0.1:8480", "http://127.0.0.1:8480/receipts/kannel/abc"),
    ])
    func `the addresses of receipts are built from the public one`(written: String, url: String) throws {
        let settings = try read("public_url: '\(written)'")
        #expect(settings.receiptURL(route: "kannel", token: "abc") == url)
        #expect(settings.receiptURL(route: "kannel", token: nil) == String(url.dropLast(4)))
    }

    @Test(arguments: [
        "relance.cci.example", "ftp://cci.example", "https://", "https:///x", "https://cci.example?x",
        "https://cci.example#x", "https://a b", "https://user@cci.example", "https://cci.example:0",
        "https://cci.example:", "http://10.0.0.7", "https://cci..example",
    ])
    func `a public address is https and nothing but an address`(written: String) {
        #expect(throws: (any Error).self) { try read("public_url: '\(written)'") }
    }
}
