import Foundation
import RelanceCore
import RelanceStore
import Testing

/// The files that are shipped beside the defaults: Config/demo, which `make run` plays, and what `make install` puts
/// into /etc/relance.
@Suite struct ShippedFilesTests {
    private static let root = Fixture.folder + "/../../../.."

    @Test func `the demonstration has no issue and its own rules where it says so`() throws {
        let reading = ConfigurationFile(credentialsFolder: nil).read(Self.root + "/Config/demo/relance.yaml")
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

    @Test func `the configuration of an installation keeps its state where the unit lets it`() throws {
        let reading = ConfigurationFile(credentialsFolder: nil).read(Self.root + "/systemd/relance.yaml")
        #expect(reading.issues == [])
        #expect(reading.configuration?.state == "/var/lib/private/relance")
    }

    /// An administrator takes the marks away: what the commented lines show has to be right too.
    @Test(arguments: ["Config/relance.yaml", "systemd/relance.yaml"])
    func `the examples in the comments are keys and values the reader knows`(_ file: String) throws {
        let text = try String(contentsOf: URL(filePath: Self.root + "/" + file), encoding: .utf8)
        let lines = text.replacing("sites: {}", with: "sites:").split(
            separator: "\n", omittingEmptySubsequences: false)
        let uncommented = lines.map { line in
            line.firstMatch(of: /^#( {2,}[a-z_]+:.*|mail:.*)$/).map { String($0.output.1) } ?? String(line)
        }
        #expect(uncommented.count { $0.contains("kind: smtp") || $0.contains("lead: marc.lefevre") } == 2)
        let reading = ConfigurationFile(credentialsFolder: nil)
            .read(bytes: Array(uncommented.joined(separator: "\n").utf8), path: "/etc/relance/relance.yaml")
        // What remains is of this machine: the files are not there, and the address is an example's.
        let allowed = [
            "cannot be read", "stands beside password_file", "no credentials here", "address of an example",
            "there is no preset", "stands beside receipts_token_file",
        ]
        let others = reading.issues.filter { issue in
            issue.severity == .error && !allowed.contains { issue.sentence.contains($0) }
        }
        #expect(others == [])
    }
}
