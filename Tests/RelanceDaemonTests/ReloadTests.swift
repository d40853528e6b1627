import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A reload that finds anything wrong, anywhere, is as if nobody had asked (reliability 2.8, 3.7).
@Suite(.timeLimit(.minutes(10))) struct ReloadTests {
    private let eight = at("2020-11-02 08:00")

    /// What somebody may have left behind in a file of a house, and what the log says of it.
    private static let mistakes: [(file: String, text: String, says: String)] = [
        ("relance.yaml", "policy: {digest: {at: 09:15}", "relance.yaml:2:1: not YAML: "),
        (
            "relance.yaml", TestHouse.configuration(digestAt: "25:00"),
            "relance.yaml:7:23: policy.digest.at: found “25:00”"
        ),
        (
            "relance.yaml", TestHouse.configuration(digestAt: "09:15", more: "mail: [pigeon]"),
            "relance.yaml:6:1: the key “mail” stands twice"
        ),
        (
            "relance.yaml", TestHouse.configuration(digestAt: "09:15", more: "retry: {then: -5 min}"),
            "relance.yaml:8:15: retry.then: found “-5 min”"
        ),
        (
            "relance.yaml",
            TestHouse.configuration(digestAt: "09:15", more: "templates: {overrides: none/here}"),
            "none/here: cannot be read: No such file or directory"
        ),
        ("relance.yaml", TestHouse.configuration(digestAt: "09:15") + "\u{0}", "relance.yaml:"),
        (
            "mine/fr/new_case.email.txt", "Subject: Dossier {{reff}}\n\nBonjour",
            "fr/new_case.email.txt:1:18: unknown name reff"
        ),
        (
            "mine/fr/new_case.email.txt", "Subject: Dossier {{ref}}\n\n{{#deadline}} avant",
            "fr/new_case.email.txt:3:1: section deadline is never closed"
        ),
        ("advisors.json", "[{\"id\": \"claire.duval\"", "advisors.json:1:23: the text ends here"),
        ("advisors.json", "\u{FEFF}", "advisors.json:1:1: there is no JSON in it"),
    ]

    /// The shipped notice of a new case under a subject of its own.
    private static let notice = """
        Subject: À vous : dossier {{ref}}

        {{> greeting}}

        Le dossier {{ref}} vous est attribué{{#instead_of}} (vous remplacez {{instead_of}}){{/instead_of}}.

        {{> new_case_facts}}

        {{> footer}}

        """

    @Test func `mistake after mistake is told with its place and leaves the house as it was`() async throws {
        let mine = "templates: {overrides: mine}"
        let house = try TestHouse(configuration: TestHouse.configuration(more: mine))
        try house.folder.write(Self.notice, to: "mine/fr/new_case.email.txt")
        let life = try await house.run(at: eight) { life in
            for (number, mistake) in Self.mistakes.enumerated() {
                let told = life.lines.all.count
                // What is right in it must not be taken either.
                try house.folder.write(
                    TestHouse.configuration(digestAt: "09:15", more: mine), to: "relance.yaml")
                try house.folder.write(Self.notice, to: "mine/fr/new_case.email.txt")
                try house.folder.write(mistake.text, to: mistake.file)
                life.wishes.yield(.reload)
                #expect(await life.log.waitForReload(number + 1) == false, "\(mistake)")
                #expect(
                    life.lines.all.dropFirst(told).contains {
                        $0.hasPrefix("<3>") && $0.contains(mistake.says)
                    }, "\(mistake): \(life.lines.all.dropFirst(told))")
            }
            await life.advance(to: at("2020-11-02 08:30"))
            await life.log.waitForAttempts(1, of: .digest)
            await life.advance(to: at("2020-11-02 09:30"))
            try house.folder.write(TestHouse.newCase("2020-0301"), to: "cases/new.json")
            await life.log.waitForAttempts(1, of: .newCase)
        }
        // Told by mail once a day, however often.
        let incidents = life.log.dispatches.filter { $0.message.kind == .technicalIncident }
        #expect(incidents.map(\.message.recipient.audience) == [.it])
        #expect(
            incidents.first?.message.content
                == .technicalIncident(
                    "La configuration n'a pas été rechargée ; l'ancienne reste en usage. « relance check » dit pourquoi."
                ))
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        #expect(digests.map(\.at) == [at("2020-11-02 08:30")])
        let notices = life.log.dispatches.filter { $0.message.kind == .newCase }
        #expect(notices.map(\.words) == ["À vous : dossier 2020-0301"])
    }

    @Test func `the status line says that the old configuration is in use until a good one is`() async throws
    {
        let house = try TestHouse()
        let socket = try NotifySocket(house.folder.path + "/notify")
        /// Of the last turn but those before the reload.
        func status() throws -> String {
            try #require(
                socket.received().flatMap { $0.split(separator: "\n") }.last { $0.hasPrefix("STATUS=") }.map {
                    String($0)
                })
        }
        let flag = "; the configuration could not be reloaded, the old one is in use"
        try await house.run(at: eight, notifier: socket.notifier()) { life in
            #expect(try !status().contains(flag))
            try house.folder.write("policy: {", to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(1) == false)
            await life.advance(to: at("2020-11-02 08:01"))
            #expect(try status().contains(flag))
            await life.advance(to: at("2020-11-02 08:02"))
            #expect(try status().contains(flag))
            try house.folder.write(TestHouse.configuration(), to: "relance.yaml")
            life.wishes.yield(.reload)
            #expect(await life.log.waitForReload(2) == true)
            await life.advance(to: at("2020-11-02 08:03"))
            #expect(try !status().contains(flag))
        }
    }
}
