import RelanceCore
import Testing

/// The grammar of an envelope address, narrower than RFC 5321's (reliability 2.11).
@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("claire.duval@cci.example", "claire.duval@cci.example"),
        (" claire@cci.example\u{A0}", "claire@cci.example"),
        ("Claire.Duval@CCI.Example", "Claire.Duval@cci.example"),
        ("o'brien+relance@a-b.cci.example", "o'brien+relance@a-b.cci.example"),
        (
            String(repeating: "a", count: 64) + "@cci.example",
            String(repeating: "a", count: 64) + "@cci.example"
        ),
    ])
    func `these are addresses`(text: String, address: String) throws {
        #expect(try EmailAddress(text).description == address)
    }

    static let refused: [(String, EmailAddressProblem)] = [
        ("claire@cci.example\r\nRCPT TO:<x@y.example>", EmailAddressProblem.controlCharacter(position: 19)),
        ("claire\u{0}@cci.example", .controlCharacter(position: 7)),
        ("claire\u{7F}@cci.example", .controlCharacter(position: 7)),
        ("hélène@cci.example", .notASCII), ("claire@ccі.example", .notASCII),
        ("claire.cci.example", .noAt), ("", .noAt), ("a@b@cci.example", .severalAts),
        ("@cci.example", .emptyLocalPart),
        (String(repeating: "a", count: 65) + "@cci.example", .tooLong),
        ("a@" + String(repeating: "b.", count: 127) + "example", .tooLong),
        ("\"claire duval\"@cci.example", .localPart), ("claire duval@cci.example", .localPart),
        (".claire@cci.example", .localPart), ("claire..duval@cci.example", .localPart),
        ("claire%cci.example@relay.example", .localPart), ("claire(x)@cci.example", .localPart),
        ("<claire@cci.example>", .localPart), ("claire,karim@cci.example", .localPart),
        ("claire@localhost", .domain), ("claire@[192.0.2.1]", .domain), ("claire@-cci.example", .domain),
        ("claire@cci-.example", .domain), ("claire@cci..example", .domain), ("claire@cci.example.", .domain),
        ("claire@cci_x.example", .domain), ("claire@cci.example>", .domain),
        ("claire@" + String(repeating: "a", count: 64) + ".example", .domain),
    ]

    @Test(arguments: refused)
    func `these are none, and why`(text: String, problem: EmailAddressProblem) {
        #expect(throws: problem) { try EmailAddress(text) }
    }

    @Test func `every problem has its sentence`() {
        let problems: [EmailAddressProblem] = [
            .controlCharacter(position: 7), .notASCII, .noAt, .severalAts, .emptyLocalPart, .tooLong,
            .localPart, .domain,
        ]
        #expect(Set(problems.map(\.description)).count == problems.count)
    }
}
