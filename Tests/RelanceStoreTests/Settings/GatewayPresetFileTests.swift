import Foundation
import RelanceCore
import RelanceStore
import Testing

@Suite struct GatewayPresetFileTests {
    @Test func `each mistake of a preset is told with its place, its key and what was expected`() {
        let path = Fixture.path("gateways/mistaken.yaml")
        let reading = GatewayPresetFile(path)
        #expect(reading.preset == nil)
        let told = reading.issues.map { String($0.description.dropFirst(path.count + 1)) }
        #expect(
            told == [
                "3:8: settings.key.about: missing, expected a text on one line, of at most 200 characters",
                "3:9: settings.key.abuot: unknown key; did you mean “about”?",
                "3:47: settings.key.default: a secret has no default",
                "4:9: sender: found “needed”, expected required, optional or none",
                "7:11: send.method: GET takes no body: use query",
                "8:9: send.path: found “send?to={to}”, expected a path such as /sms/{account}/jobs",
                "9:17: send.query.text: found “{txt}”, expected names in braces among to, text, text_gsm7, text_utf16_hex, encoding, reference, sender, validity_minutes, validity_seconds, validity_milliseconds, valid_until, callback_url; did you mean “text”?",
                "9:32: send.query.open: found “{text”, expected a text with names in braces; this one has a brace without its other half: a brace itself is written twice",
                "11:9: send.json: line 1 of it: JSON allows no comma after the last item",
                "11:9: send.json: stands beside form: keep one",
                "13:12: answer.success: found “2000”, expected an HTTP status such as 200 or 500-599",
                "14:11: answer.where[0]: found “json status == 1”, expected a condition such as json status = 1, json ids[0] is absent or text ~ ^OK",
                "14:29: answer.where[1]: found “text ~ (”, expected a condition such as json status = 1, json ids[0] is absent or text ~ ^OK",
                "16:5: answer.classes.bad_numbers: unknown key; did you mean “bad_number”?",
                "17:14: answer.classes.credit[0]: found “statu 402”, expected a mark such as status 429, code 21211 or json status = -1",
                "19:3: receipts.ours: a receipt names the message by our reference or by theirs: state one",
                "20:11: receipts.status: found “body status”, expected a place such as json ids[0], query dlr, form MessageStatus or text ~ ^OK: (.+)$",
                "21:14: receipts.delivered: the word “ok” stands for two verdicts",
                "23:7: poll.delivered: no word means delivered",
                "24:1: encodng: unknown key; did you mean “encoding”?",
            ])
        #expect(!"\(reading.issues)".contains("canary"))
    }

    @Test func `a configuration that names a preset with mistakes repeats them`() {
        let reading = ConfigurationFile(credentialsFolder: nil, gatewayFolder: Fixture.gateways)
            .read(Fixture.path("preset-with-mistakes.yaml"))
        let ofPreset = reading.issues.filter { $0.file == Fixture.path("gateways/mistaken.yaml") }
        #expect(ofPreset == GatewayPresetFile(Fixture.path("gateways/mistaken.yaml")).issues)
        #expect(!ofPreset.isEmpty)
    }

    @Test func `words in a sentence may not close a number, nor a status say that a text is not there`()
        throws
    {
        let yaml = try String(contentsOfFile: Fixture.gateways + "/generic.yaml", encoding: .utf8)
            .replacing("[code bad_number]", with: "['json error.message ~ (?i)number']")
            .replacing("[code opted_out]", with: "['text ~ ^Objected', json error.code = stop]")
            .replacing(/absent: \[".*/, with: "absent: [status 404]")
        let issues = GatewayPresetFile(bytes: Array(yaml.utf8), path: "generic.yaml").issues
        #expect(issues.map(\.key) == ["answer.classes.bad_number", "lookup.absent"])
    }

    @Test func `the classes of a preset keep the order of its file`() throws {
        let preset = try #require(GatewayPresetFile(Fixture.gateways + "/brevo.yaml").preset)
        let names = preset.answer.classes.map(\.name)
        #expect(names == [.throttled, .authentication, .credit, .refused, .badSender, .configuration])
    }

    @Test func `a file that is not there is one issue`() {
        let reading = GatewayPresetFile("/no/such/preset.yaml")
        #expect(reading.preset == nil)
        #expect(
            reading.issues.map(\.description)
                == ["/no/such/preset.yaml: cannot be read: No such file or directory"])
    }

    /// Whoever copies the pattern takes the marks away: what the comments show has to be right too.
    @Test func `the examples in the comments of the pattern are keys the reader knows`() throws {
        let text = try String(contentsOfFile: Fixture.gateways + "/generic.yaml", encoding: .utf8)
        let steps = try #require(text.range(of: "# token:")?.lowerBound)
        let uncommented = text[steps...].split(separator: "\n", omittingEmptySubsequences: false).map {
            line in
            line.replacing(/^( *)# ( *[a-z_]+:( .*)?)$/) { $0.output.1 + $0.output.2 }
        }
        let yaml = text[..<steps] + uncommented.joined(separator: "\n")
        #expect(yaml.contains("\n  lifetime: json ttl") && yaml.contains("\n    header: X-Signature"))
        let issues = GatewayPresetFile(bytes: Array(yaml.utf8), path: "generic.yaml").issues
        // What remains is of an account that is not there, and of a request that uses no step.
        let others = issues.filter { issue in
            !["no field of send names", "names in braces among"].contains { issue.sentence.contains($0) }
        }
        #expect(others == [])
    }

    @Test func `a route's words become a gateway`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("canary-secret\n", to: folder + "/secret")
            try Fixture.write("0123456789abcdef0123456789abcdef\n", to: folder + "/token")
            let yaml = """
                routes:
                  texts:
                    kind: sms
                    gateway: twilio
                    sender: CCINORMAND
                    settings: {account_sid: AC01}
                    credentials: {auth_token: {file: secret}}
                    cost_per_part: 0.052
                    receipts_token_file: token
                    per_minute: 60
                  post:
                    kind: mail_to_sms
                    relay: spool
                    address: "{to}@sms.provider.example"
                console: {public_url: "https://relance.cci.example"}
                sms: [texts, post]
                sms_budget: {soft: 800, hard: 1000}
                """
            try Fixture.write(yaml, to: folder + "/relance.yaml")
            let reading = ConfigurationFile(credentialsFolder: nil, gatewayFolder: Fixture.gateways)
                .read(folder + "/relance.yaml")
            #expect(reading.issues.filter { $0.severity == .error } == [])
            let configuration = try #require(reading.configuration)
            #expect(configuration.routes(for: .sms) == ["texts", "post"])
            #expect(configuration.routes(for: .email) == ["spool"])
            #expect(configuration.smsBudget == SMSBudgetRule(soft: 800, hard: 1000))
            guard case .sms(let gateway)? = configuration.routes["texts"]?.kind else {
                Issue.record("no gateway")
                return
            }
            #expect(gateway.preset.name == "twilio")
            #expect(gateway.address.description == "https://api.twilio.com/2010-04-01")
            #expect(gateway.costPerPart == 520)
            #expect(
                gateway.receipts?.url(ofRoute: "texts", token: "t")
                    == "https://relance.cci.example/receipts/texts/t")
            #expect(gateway.receipts?.isToken("0123456789abcdef0123456789abcdef") == true)
            #expect(gateway.receipts?.isToken("0123456789abcdef0123456789abcdee") == false)
            guard case .secret(let secret)? = gateway.values["auth_token"] else {
                Issue.record("no secret")
                return
            }
            #expect(secret.revealed() == "canary-secret")
            #expect(!"\(configuration)".contains("canary"))
            // What no live account has confirmed is told to whoever uses it.
            #expect(reading.issues.contains { $0.sentence.contains("not seen with a live account") })
        }
    }

    @Test func `a chamber's own folder comes before the program's`() throws {
        try Fixture.withFolder { folder in
            let own = try String(contentsOfFile: Fixture.gateways + "/kannel.yaml", encoding: .utf8)
                .replacing("title: Kannel", with: "title: Le Kannel de la chambre")
            try FileManager.default.createDirectory(
                atPath: folder + "/own", withIntermediateDirectories: true)
            try Fixture.write(own, to: folder + "/own/kannel.yaml")
            try Fixture.write("secret", to: folder + "/secret")
            let yaml = """
                gateways: {overrides: own}
                routes:
                  texts:
                    kind: sms
                    gateway: kannel
                    base_url: http://192.168.1.20:13013
                    clear_text: on_private_network
                    allow_private: yes
                    settings: {user: relance}
                    credentials: {password: {file: secret}}
                sms: texts
                """
            try Fixture.write(yaml, to: folder + "/relance.yaml")
            let reading = ConfigurationFile(credentialsFolder: nil, gatewayFolder: Fixture.gateways)
                .read(folder + "/relance.yaml")
            guard case .sms(let gateway)? = reading.configuration?.routes["texts"]?.kind else {
                Issue.record("\(reading.issues)")
                return
            }
            #expect(gateway.preset.title == "Le Kannel de la chambre")
            #expect(gateway.clearText == .onPrivateNetwork && gateway.allowsPrivate)
        }
    }
}
