import RelanceCore
import RelanceTestSupport
import Testing

struct HeaderEncodingTests {
    /// The field as it lies in the mail, its folds shown as `⏎`.
    private func field(_ name: String, of message: RenderedMessage) throws -> String? {
        let header = String(decoding: try bytes(of: message), as: UTF8.self).replacing("\r\n ", with: "⏎ ")
        return header.split(separator: "\r\n").first { $0.hasPrefix(name + ":") }.map(String.init)
    }

    @Test(arguments: [
        ("Dossier 2020-0301", "Dossier 2020-0301"),
        ("Réf", "=?utf-8?Q?R=C3=A9f?="),
        ("a é b", "a =?utf-8?Q?=C3=A9?= b"),
        ("é b è", "=?utf-8?Q?=C3=A9_b_=C3=A8?="),
        ("a  b", "=?utf-8?Q?a__b?="),
        (" a", "=?utf-8?Q?_a?="),
        ("=?utf-8?Q?x?=", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?="),
        ("a =?b", "a =?utf-8?Q?=3D=3Fb?="),
        ("1 + 1 = 2, (a) \"b\"", "1 + 1 = 2, (a) \"b\""),
    ])
    func `a subject is written as it is where it can be, else in encoded words`(
        subject: String, field: String
    ) throws {
        #expect(try self.field("Subject", of: .make(subject: subject)) == "Subject: " + field)
    }

    @Test(arguments: [
        ("Claire Duval", "Claire Duval"),
        ("D'Hérouville", "=?utf-8?Q?D=27H=C3=A9rouville?="),
        ("Duval, Claire", "=?utf-8?Q?Duval=2C?= Claire"),
        ("\"x\" <y>", "=?utf-8?Q?=22x=22_=3Cy=3E?="),
        ("M. Lefevre", "=?utf-8?Q?M=2E?= Lefevre"),
    ])
    func `a display name holds atoms or encoded words, nothing that could be syntax`(
        name: String, phrase: String
    ) throws {
        let message = RenderedMessage.make(to: .init(name: name, address: .make("a@b.example")))
        #expect(try field("To", of: message) == "To: \(phrase) <a@b.example>")
    }

    @Test(arguments: [
        String(repeating: "dossier ", count: 40).trimmed, String(repeating: "é", count: 200),
        String(repeating: "x", count: 300), String(repeating: "🍎 ", count: 60).trimmed,
    ])
    func `a long subject is folded to lines of 76 octets, its encoded words to 75`(subject: String) throws {
        let lines = try #require(try field("Subject", of: .make(subject: subject))).split(separator: "⏎")
        #expect(lines.count > 1)
        for line in lines {
            #expect(line.utf8.count <= 76)
            for word in line.split(separator: " ") where word.hasPrefix("=?") {
                #expect(word.utf8.count <= 75)
            }
        }
    }

    @Test func `an encoded word holds whole characters`() throws {
        let folded = try #require(try field("Subject", of: .make(subject: String(repeating: "👩🏽", count: 12))))
        for word in folded.split(whereSeparator: { " ⏎".contains($0) }) where word.hasPrefix("=?") {
            let octets = word.dropFirst("=?utf-8?Q?".count).dropLast(2).count { $0 == "=" }
            #expect(octets.isMultiple(of: 8), "a woman and her colour are eight octets: \(word)")
        }
    }

    @Test func `an address without a place to fold makes the only longer line`() throws {
        let address = EmailAddress.make(
            String(repeating: "a", count: 60) + "@" + String(repeating: "b", count: 60) + ".example")
        let field = try #require(
            try field("To", of: .make(to: .init(name: "Claire Duval", address: address))))
        #expect(field == "To: Claire Duval⏎ <\(address)>")
    }
}
