import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// A reload that finds anything wrong, anywhere, is as if nobody had asked (reliability 2.8, 3.7).
@Suite(.timeLimit(.minutes(10))) struct ReloadTests {
    private let eight = at("2020-11-02 08:00")

    /// What somebody may have left behind in the files of a house.
    private static let mistakes: [(file: String, text: String)] = [
        ("relance.yaml", "policy: {digest: {at: 09:15}"),
        ("relance.yaml", TestHouse.configuration(digestAt: "25:00")),
        ("relance.yaml", TestHouse.configuration(digestAt: "09:15", more: "mail: [pigeon]")),
        ("relance.yaml", TestHouse.configuration(digestAt: "09:15", more: "retry: {then: -5 min}")),
        (
            "relance.yaml",
            TestHouse.configuration(digestAt: "09:15", more: "templates: {overrides: none/here}")
        ),
        ("relance.yaml", TestHouse.configuration(digestAt: "09:15") + "\u{0}"),
        ("advisors.json", "[{\"id\": \"claire.duval\""),
        ("advisors.json", "\u{FEFF}"),
    ]

    @Test func `mistake after mistake leaves the house as it was`()
        async throws
    {
        let house = try TestHouse()
        let life = try await house.run(at: eight) { life in
            for (number, mistake) in Self.mistakes.enumerated() {
                // What is right in it must not be taken either.
                try house.folder.write(TestHouse.configuration(digestAt: "09:15"), to: "relance.yaml")
                try house.folder.write(mistake.text, to: mistake.file)
                life.wishes.yield(.reload)
                #expect(await life.log.waitForReload(number + 1) == false, "\(mistake)")
            }
            await life.advance(to: at("2020-11-02 08:30"))
            await life.log.wait { events in
                events.contains {
                    if case .attempted(let dispatch) = $0 { dispatch.message.kind == .digest } else { false }
                }
            }
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
