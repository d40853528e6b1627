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
        ("\"claire duval\"@cci.example", .quoted), ("\"a@b\"@cci.example", .quoted),
        ("claire\"duval@cci.example", .localPart), ("claire duval@cci.example", .localPart),
        (".claire@cci.example", .localPartDots), ("claire..duval@cci.example", .localPartDots),
        ("claire.@cci.example", .localPartDots),
        ("claire%cci.example@relay.example", .localPart), ("claire(x)@cci.example", .localPart),
        ("<claire@cci.example>", .angleBracket), ("claire@cci.example>", .angleBracket),
        ("\"Claire\" <claire@cci.example>", .angleBracket),
        ("<claire@cci.example> NOTIFY=NEVER", .angleBracket),
        ("claire,karim@cci.example", .separator), ("claire@cci.example,karim@cci.example", .separator),
        ("claire@cci.example; karim@cci.example", .separator), ("claire@cci.example;", .separator),
        ("claire@", .emptyDomain), ("@", .emptyLocalPart),
        ("claire@localhost", .singleLabel), ("claire@[192.0.2.1]", .addressLiteral),
        ("claire@[IPv6:::1]", .addressLiteral), ("claire@-cci.example", .domain),
        ("claire@cci-.example", .domain), ("claire@cci..example", .domainDots),
        ("claire@cci.example.", .domainDots), ("claire@.cci.example", .domainDots),
        ("claire@.", .domainDots), ("claire@cci_x.example", .domain), ("claire@cci x.example", .domain),
        ("claire@" + String(repeating: "a", count: 64) + ".example", .domain),
    ]

    @Test(arguments: refused)
    func `these are none, and why`(text: String, problem: EmailAddressProblem) {
        #expect(throws: problem) { try EmailAddress(text) }
    }

    @Test(arguments: [
        (EmailAddressProblem.controlCharacter(position: 7), "control character at position 7"),
        (.notASCII, "a character outside ASCII"),
        (.angleBracket, "an angle bracket: the address stands alone, without a name or parameters"),
        (.quoted, "a quotation mark before the @"),
        (.separator, "a comma or semicolon: more than one address"), (.noAt, "no @"),
        (.severalAts, "more than one @"), (.emptyLocalPart, "nothing before the @"),
        (.emptyDomain, "nothing after the @"),
        (.tooLong, "longer than 64 octets before the @ or 253 after"),
        (.localPartDots, "a dot before the @ that does not stand between two parts"),
        (.localPart, "a character before the @ that a plain address does not have"),
        (.addressLiteral, "a number in brackets after the @, not the name of a host"),
        (.domainDots, "a dot after the @ that does not stand between two names"),
        (.singleLabel, "a single name after the @, without the domain it belongs to"),
        (.domain, "no host name of letters, digits and hyphens after the @"),
    ]) func `each problem has a sentence of its own`(problem: EmailAddressProblem, sentence: String) {
        #expect(problem.description == sentence)
    }
}
