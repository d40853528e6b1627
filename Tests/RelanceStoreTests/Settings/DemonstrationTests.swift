import RelanceCore
import RelanceStore
import Testing

/// Config/demo, which `make run` plays.
@Suite struct DemonstrationTests {
    private static let path = Fixture.folder + "/../../../../Config/demo/relance.yaml"

    @Test func `the demonstration has no issue and its own rules where it says so`() throws {
        let reading = ConfigurationFile(credentialsFolder: nil).read(Self.path)
        #expect(reading.issues == [])
        let configuration = try #require(reading.configuration)
        #expect(
            configuration.sites.map(\.id) == ["dieppe", "rouen", "le-havre", "caen", "evreux", "cherbourg"])
        #expect(configuration.mailRoutes == ["spool"])
        let cherbourg = configuration.policies.policy(ofSite: "cherbourg")
        #expect(cherbourg.deadlines.first?.due.description == "3 working hours")
        let dieppe = configuration.policies.policy(ofSite: "dieppe")
        #expect(dieppe.deadlines == configuration.policies.house.deadlines)
    }
}
