import RelanceCore
import Testing

@Suite struct GatewayFieldTests {
    @Test(arguments: [
        ("ids[0]", [GatewayPath.Step.member("ids"), .element(0)]),
        ("messages[*].status", [.member("messages"), .everyElement, .member("status")]),
        ("[0].code", [.element(0), .member("code")]),
        ("message-count", [.member("message-count")]),
        ("a.b[1][2].c", [.member("a"), .member("b"), .element(1), .element(2), .member("c")]),
    ])
    func `a path is read step by step`(_ written: String, _ steps: [GatewayPath.Step]) {
        #expect(GatewayPath(written)?.steps == steps)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[99999]", "a]b", "a b", "a[0]b", "a[0",
        "é",
    ])
    func `what is no path is none`(_ written: String) {
        #expect(GatewayPath(written) == nil)
    }

    @Test(arguments: [
        "", "json", "json a b", "header x", "query", "text x", "text ~ (", "json a ~ [", "form",
    ])
    func `what is no field is none`(_ written: String) {
        #expect(GatewayField(written) == nil)
    }

    @Test func `a pattern takes its first group, or all it matched`() throws {
        let group = try #require(GatewayField(#"text ~ Success "([^"]+)""#))
        #expect(group.extract(from: ["Error", #"Success "07033084-5cfd""#]) == ["07033084-5cfd"])
        let whole = try #require(GatewayField("json state ~ ^[A-Z]+"))
        #expect(whole.extract(from: ["OK, sent"]) == ["OK"])
        let optional = try #require(GatewayField("text ~ a(b)?"))
        #expect(optional.extract(from: ["ac"]) == [])
    }

    @Test func `of a hundred values and more the first hundred count`() throws {
        for written in ["json a[*]", "json a[*] ~ ^[a-z]+"] {
            let field = try #require(GatewayField(written))
            #expect(field.extract(from: Array(repeating: "ok", count: 100_000)).count == 100)
        }
    }

    @Test(arguments: [
        ("json a = 0", ["0"], GatewayCondition.Verdict.all), ("json a = 0", ["0", "1"], .some),
        ("json a = 0", ["1"], .none), ("json a = 0", [], .none), ("json a != 0", ["1"], .all),
        ("json a >= 1", ["3"], .all), ("json a >= 1", ["0"], .none), ("json a <= 1", ["x"], .none),
        ("json a", ["x"], .all), ("json a is present", [], .none), ("json a is absent", [], .all),
        ("json a is absent", ["x"], .none), ("json a = b = c", ["b = c"], .all),
        ("text ~ ^a = b$", ["whatever was taken"], .all),
    ])
    func `a condition holds for all, some or none of the values`(
        _ written: String, _ values: [String], _ verdict: GatewayCondition.Verdict
    ) throws {
        #expect(try #require(GatewayCondition(written)).verdict(on: values) == verdict)
    }

    @Test(arguments: ["a = 1", "json a >= x", "json = 1", "json a b is absent"])
    func `what is no condition is none`(_ written: String) {
        #expect(GatewayCondition(written) == nil)
    }
}

@Suite struct GatewayTemplateTests {
    @Test func `names are filled in, values escaped, literals left`() throws {
        let template = try GatewayTemplate("/{a}/x?{{{b}}}")
        #expect(template.names == ["a", "b"])
        let values = ["a": "1", "b": "2"]
        #expect(template.filled(escape: { "<\($0)>" }) { values[$0] } == "/<1>/x?{<2>}")
        #expect(template.filled { $0 == "a" ? "1" : nil } == nil)
    }

    @Test func `a value with braces stays a value`() throws {
        #expect(try GatewayTemplate("{a}").filled { _ in "{b}" } == "{b}")
    }

    @Test(arguments: ["{a", "a}", "{", "}", "{a}}", "{{a}"])
    func `a brace without its other half is told`(_ written: String) {
        #expect(throws: GatewayTemplateProblem.unclosed) { try GatewayTemplate(written) }
    }

    @Test(arguments: ["{}", "{A}", "{a b}", "{é}"])
    func `what is no name is told`(_ written: String) {
        #expect(throws: GatewayTemplateProblem.self) { try GatewayTemplate(written) }
    }

    @Test func `a number, or true and false, is asked for by its mark`() throws {
        #expect(try GatewayJSON(string: "{n:number}") == .number("n"))
        #expect(try GatewayJSON(string: "{b:boolean}") == .boolean("b"))
        #expect(try GatewayJSON(string: "n:number") == .text(GatewayTemplate("n:number")))
    }
}

@Suite struct GatewayAddressTests {
    @Test(arguments: [
        ("https://eu.api.ovh.com/1.0", true, "eu.api.ovh.com", 443, "/1.0", "https://eu.api.ovh.com"),
        ("http://127.0.0.1:13013/", false, "127.0.0.1", 13_013, "", "http://127.0.0.1:13013"),
        ("https://[fd00::1]:8443/a/", true, "fd00::1", 8443, "/a", "https://[fd00::1]:8443"),
        ("https://SMS.example", true, "sms.example", 443, "", "https://sms.example"),
    ])
    func `an address is scheme, host, port and path`(
        _ text: String, _ isProtected: Bool, _ host: String, _ port: Int, _ path: String, _ origin: String
    ) throws {
        let address = try #require(GatewayAddress(text))
        #expect(address.isProtected == isProtected)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.path == path)
        #expect(address.origin == origin)
    }

    @Test(arguments: [
        "sms.example", "ftp://sms.example", "https://", "https://user:word@sms.example",
        "https://sms.example?a=b",
        "https://sms.example/#a", "https://sms.example:0", "https://sms.example:70000",
        "https://sms.example:",
        "https://sms example", "https://sms.example/a b", "https://sms.example/\r\nX: 1", "https://[::1",
        "https://é.example",
    ])
    func `anything else is none`(_ text: String) {
        #expect(GatewayAddress(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("localhost", true), ("10.0.0.1", true), ("172.16.0.1", true),
        ("172.31.255.1", true),
        ("192.168.1.20", true), ("fd12::1", true), ("172.32.0.1", false), ("11.0.0.1", false),
        ("192.169.0.1", false),
        ("8.8.8.8", false), ("10.0.0", false), ("10.example", false), ("2001:db8::1", false),
        ("phone", false),
    ])
    func `a private address is one as it is written`(_ host: String, _ isPrivate: Bool) {
        #expect(SMSGateway.isPrivate(host) == isPrivate)
    }
}

@Suite struct NumberFormatTests {
    @Test(arguments: [
        (GatewayPreset.NumberFormat.plus, "+33639980014", "+262692123456"),
        (.digits, "33639980014", "262692123456"), (.doubleZero, "0033639980014", "00262692123456"),
        (.national, "0639980014", "00262692123456"),
    ])
    func `a number is written as the provider wants it, and never rewritten to +33`(
        _ format: GatewayPreset.NumberFormat, _ mainland: String, _ overseas: String
    ) throws {
        #expect(format.text(of: try #require(PhoneNumber("+33639980014"))) == mainland)
        #expect(format.text(of: try #require(PhoneNumber("+262692123456"))) == overseas)
    }
}

@Suite struct ObjectionTests {
    @Test(arguments: [
        "STOP", "stop", " Stop. ", "Stop SMS svp", "ARRÊT", "Arrêtez les SMS svp", "désabonnement",
        "Ne plus m'envoyer de SMS",
        "Plus de SMS", "unsubscribe",
    ])
    func `who asks for no more texts is understood`(_ text: String) {
        #expect(Objection.isObjection(text))
    }

    @Test(arguments: [
        "", "Merci", "OK", "Je serai en retard", "Je ne peux pas stopper maintenant", "non stop",
        "Stop au magasin d'abord puis je viens vous voir",
        "0639980014",
    ])
    func `who says something else is not silenced`(_ text: String) {
        #expect(!Objection.isObjection(text))
    }
}
