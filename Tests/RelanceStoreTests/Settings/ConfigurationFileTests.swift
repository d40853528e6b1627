import Glibc
import RelanceCore
import RelanceStore
import Testing

/// What a file that has no mistake turns into.
@Suite struct ConfigurationFileTests {
    private func configuration(
        _ text: String, path: String = "/etc/relance/relance.yaml", credentialsFolder: String? = nil
    ) throws -> Configuration {
        let reading = ConfigurationFile(credentialsFolder: credentialsFolder)
            .read(bytes: Array(text.utf8), path: path)
        #expect(reading.issues == [])
        return try #require(reading.configuration)
    }

    @Test func `texts that look like numbers, truth or times stay texts`() throws {
        let service = try configuration(
            """
            service: {name: no, phone: 0261911021, hotline: 12:30}
            """
        ).service
        #expect(service.name == "no")
        #expect(service.phone.e164 == "+33261911021")
        #expect(service.hotline == "12:30")
    }

    @Test func `relative paths start from the folder of the file`() throws {
        let configuration = try configuration(
            """
            sources: {cases: [cases, /srv/cases], directory: ../people/advisors.json}
            state: state
            templates: {overrides: templates}
            """)
        #expect(configuration.sources.caseFolders == ["/etc/relance/cases", "/srv/cases"])
        #expect(configuration.sources.directory == "/etc/relance/../people/advisors.json")
        #expect(configuration.state == "/etc/relance/state")
        #expect(configuration.templates.overrides == "/etc/relance/templates")
        #expect(configuration.templates.shipped == nil)
    }

    @Test func `a row is changed key by key, taken out, or added`() throws {
        let rows = try configuration(
            """
            policy:
              deadlines:
                first_call: {due: 2 working hours}
                three_month_check: none
                second_look: {from: follow_up_done_at, due: "3 weeks, preceding"}
            """
        ).policies.house.deadlines
        let first = try #require(rows.first { $0.kind.rawValue == "first_call" })
        #expect(first.due.description == "2 working hours")
        #expect(first.steps.count == 3)
        #expect(!rows.contains { $0.kind.rawValue == "three_month_check" })
        #expect(rows.last?.due.description == "3 weeks, preceding")
    }

    @Test func `a site follows the house in all it does not say itself`() throws {
        let configuration = try configuration(
            """
            sites:
              dieppe:
                name: Dieppe
                mailbox: dieppe@cci.example
                lead: marc.lefevre
                policy:
                  calendars: {service: {week: {saturday: 09:00-12:00}}}
                  deadlines: {first_call: {due: 2 working hours}}
              saint-denis:
                name: Saint-Denis
                mailbox: saint-denis@cci.example
                policy: {zone: Indian/Reunion, calendars: {service: {holidays: reunion}}}
              rouen: {name: Rouen, mailbox: rouen@cci.example}
            policy:
              deadlines: {first_call: {steps: [{overdue: 0 working minutes}]}}
            """)
        #expect(configuration.sites.map(\.id) == ["dieppe", "saint-denis", "rouen"])
        let dieppe = configuration.policies.policy(ofSite: "dieppe")
        let saturday = try #require(LocalDay(iso: "2020-11-07"))
        #expect(dieppe.service.hours(on: saturday).hours.description == "09:00-12:00")
        // The calendar of the staff is based on that of the service.
        #expect(dieppe.windows.staff.hours(on: saturday).hours.description == "09:00-12:00")
        let first = try #require(dieppe.deadlines.first { $0.kind.rawValue == "first_call" })
        #expect(first.due.description == "2 working hours")
        #expect(first.steps.map(\.phase) == [.overdue])

        let reunion = configuration.policies.policy(ofSite: "saint-denis")
        #expect(reunion.zone.identifier == "Indian/Reunion")
        #expect(try reunion.service.hours(on: #require(LocalDay(iso: "2021-12-20"))).hours.isClosed)

        let rouen = configuration.policies.policy(ofSite: "rouen")
        #expect(rouen.service.hours(on: saturday).hours.isClosed)
    }

    @Test func `closures, special hours and opened holidays hold on their dates`() throws {
        let service = try configuration(
            """
            policy:
              calendars:
                service:
                  closures:
                    - {from: 2020-12-28, to: 2020-12-31, label: fermeture}
                    - {on: 2021-05-14, label: pont}
                  special_hours:
                    - {on: 2020-12-24, hours: [09:00-11:00, 11:30-12:00], label: veille de Noël}
                  open_holidays: [2021-05-24]
                  week: {wednesday: [09:00-12:00, 13:30-17:30]}
            """
        ).policies.house.service
        func hours(_ day: String) throws -> String {
            try service.hours(on: #require(LocalDay(iso: day))).hours.description
        }
        #expect(try hours("2020-12-30") == "")
        #expect(try hours("2021-05-14") == "")
        #expect(try hours("2020-12-24") == "09:00-11:00, 11:30-12:00")
        #expect(try hours("2021-05-24") == "09:00-17:30")
        #expect(try hours("2020-11-04") == "09:00-12:00, 13:30-17:30")
    }

    // MARK: Routes and secrets

    private static func relay(_ password: String) -> String {
        """
        service: {sender: relance@cci-normandie.test, message_id_domain: relance.cci-normandie.test}
        routes:
          relay:
            kind: smtp
            host: smtp.cci-normandie.test
            tls: implicit
            user: relance
            \(password)
            per_minute: 30
            concurrency: 4
        mail: [relay, spool]
        """
    }

    private func smtp(_ configuration: Configuration) throws -> SMTPRelay {
        let kind = try #require(configuration.routes["relay"]).kind
        guard case .smtp(let relay) = kind else { throw NoRelay() }
        return relay
    }

    private struct NoRelay: Error {}

    @Test func `a relay takes its password from a file nobody else reads`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("canary-4711\n", to: folder + "/password", mode: 0o400)
            let configuration = try configuration(
                Self.relay("password_file: password"), path: folder + "/relance.yaml")
            let relay = try smtp(configuration)
            #expect(relay.credentials?.password.revealed() == "canary-4711" && !relay.allowsPrivate)
            #expect(relay.port == 465)
            #expect(relay.hello == "relance.cci-normandie.test")
            #expect(relay.responseTimeout == .minutes(10))
            #expect(configuration.mailRoutes == ["relay", "spool"])
            #expect(configuration.routes["relay"]?.perMinute == 30)
            #expect(!String(reflecting: configuration).contains("canary"))
        }
    }

    @Test func `who only looks is warned of a credential that is not at hand, who sends is refused`() throws {
        let text = Array(Self.relay("credential: smtp-password").utf8)
        let looking = ConfigurationFile(credentialsFolder: nil, needsCredentials: false)
            .read(bytes: text, path: "/etc/relance/relance.yaml")
        #expect(looking.configuration != nil)
        #expect(looking.issues.map(\.severity) == [.warning])
        let sending = ConfigurationFile(credentialsFolder: nil).read(
            bytes: text, path: "/etc/relance/relance.yaml")
        #expect(sending.configuration == nil)
    }

    @Test func `a relay takes its password from a credential of systemd`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("canary-4711", to: folder + "/smtp-password", mode: 0o440)
            let relay = try smtp(
                configuration(Self.relay("credential: smtp-password"), credentialsFolder: folder))
            #expect(relay.credentials?.password.revealed() == "canary-4711")
        }
    }

    @Test(arguments: [
        ("s3cret\n", 0o644, "its mode is 0644 and others may read a secret: chmod 0400"),
        ("s3cret\n", 0o440, "its mode is 0440 and others may read a secret: chmod 0400"),
    ])
    func `a password file that others may read is refused`(_ text: String, _ mode: Int, _ reason: String)
        throws
    {
        try Fixture.withFolder { folder in
            try Fixture.write(text, to: folder + "/password", mode: mode)
            let reading = ConfigurationFile(credentialsFolder: nil)
                .read(
                    bytes: Array(Self.relay("password_file: password").utf8), path: folder + "/relance.yaml")
            #expect(
                reading.issues.map(\.sentence) == ["the file it names cannot be read: \(reason)"])
        }
    }

    @Test(arguments: ["", "\n", "two\nlines\n"])
    func `a password file holds one line`(_ text: String) throws {
        try Fixture.withFolder { folder in
            try Fixture.write(text, to: folder + "/password", mode: 0o400)
            let reading = ConfigurationFile(credentialsFolder: nil)
                .read(
                    bytes: Array(Self.relay("password_file: password").utf8), path: folder + "/relance.yaml")
            #expect(
                reading.issues.map(\.sentence)
                    == ["the file it names has to hold one line of text and nothing else"])
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "::1"])
    func `clear text is allowed to this machine`(_ host: String) throws {
        let configuration = try configuration(
            "{routes: {relay: {kind: smtp, host: \"\(host)\", port: 2525, tls: none_on_loopback}}, mail: relay}"
        )
        #expect(try smtp(configuration).tls == .noneOnLoopback)
    }

    @Test func `a relay that carries no mail is a warning`() {
        let text = "routes: {relay: {kind: smtp, host: localhost, tls: starttls}}"
        let reading = ConfigurationFile(credentialsFolder: nil).read(
            bytes: Array(text.utf8), path: "relance.yaml")
        #expect(reading.configuration != nil)
        #expect(reading.issues.map(\.severity) == [.warning])
        #expect(
            reading.issues.map(\.sentence) == ["relay is a relay and not named here: nothing leaves by it"])
    }

    @Test func `texts that may arrive twice are a warning, each where it is wanted`() {
        let text = """
            on_ambiguous:
              mail: hold
              kinds: {referred: {sms: retry_anyway}, survey: {mail: retry, sms: hold}}
            """
        let reading = ConfigurationFile(credentialsFolder: nil).read(
            bytes: Array(text.utf8), path: "relance.yaml")
        #expect(
            reading.issues.map(\.description) == [
                "relance.yaml:3:27: warning: on_ambiguous.kinds.referred.sms: such texts may arrive twice and cost "
                    + "twice: only for what has to arrive"
            ])
        let rule = reading.configuration?.onAmbiguous
        #expect(rule?.choice(for: .referred, by: .sms) == .retryAnyway)
        #expect(rule?.choice(for: .referred, by: .email) == .hold)
        #expect(rule?.choice(for: .survey, by: .email) == .retry)
        #expect(rule?.choice(for: .unreachable, by: .sms) == .hold)
    }

    @Test(arguments: ["localhost.evil.example", "127.0.0.1.example", "1.127.0.0", "127.1.1", "0.0.0.0"])
    func `what only looks like this machine is not`(_ host: String) {
        #expect(!SMTPRelay.isLoopback(host))
    }

    // MARK: Whole files

    @Test(arguments: ["", "# only a comment\n", "\u{FEFF}stop: {drain: 20 s}\n", "policy:\nsites:\n"])
    func `what is not said is as shipped`(_ text: String) throws {
        let configuration = try configuration(text)
        #expect(configuration.policies.house.deadlines.count == 13)
    }

    @Test func `a link that leads round in a circle is one issue`() throws {
        try Fixture.withFolder { folder in
            #expect(symlink(folder + "/a", folder + "/b") == 0)
            #expect(symlink(folder + "/b", folder + "/a") == 0)
            let reading = ConfigurationFile(credentialsFolder: nil).read(folder + "/a")
            #expect(reading.issues.map(\.sentence) == ["cannot be read: Too many levels of symbolic links"])
        }
    }

    @Test func `a FIFO in place of the file does not wait for its writer`() throws {
        try Fixture.withFolder { folder in
            #expect(mkfifo(folder + "/relance.yaml", 0o600) == 0)
            let reading = ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml")
            #expect(reading.issues.map(\.sentence) == ["cannot be read: not a regular file"])
        }
    }

    @Test func `a file larger than any configuration is not read`() throws {
        try Fixture.withFolder { folder in
            try Fixture.write("", to: folder + "/relance.yaml")
            #expect(truncate(folder + "/relance.yaml", 1 << 30) == 0)
            let reading = ConfigurationFile(credentialsFolder: nil).read(folder + "/relance.yaml")
            #expect(reading.issues.map(\.sentence) == ["cannot be read: larger than 1024 KiB"])
        }
    }
}
