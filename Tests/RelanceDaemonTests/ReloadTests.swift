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
        let digests = life.log.dispatches.filter { $0.message.kind == .digest }
        #expect(digests.map(\.at) == [at("2020-11-02 08:30")])
    }
}
