import Foundation
import RelanceTestSupport
import Testing

/// The systemd unit as systemd itself judges it.
@Suite(.timeLimit(.minutes(10))) struct ServiceUnitTests {
    static let analyze = "/usr/bin/systemd-analyze"

    /// Runs systemd-analyze on a copy of the unit that starts the built program: the installed one need not be there.
    private func judge(_ arguments: String...) async throws -> FinishedProgram {
        let folder = try Installation()
        let unit = try String(
            contentsOfFile: Installation.sources + "/systemd/relance.service", encoding: .utf8)
        try folder.write(
            unit.replacing("/usr/bin/relance", with: Installation.program), to: "relance.service")
        return try await RunningProgram(
            Self.analyze, arguments + [folder.folder + "/relance.service"],
            environment: ["PATH": "/usr/bin:/bin"],
            folder: folder.folder
        ).end()
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: analyze), "package systemd is not installed"))
    func `systemd finds nothing to say against the unit`() async throws {
        let verdict = try await judge("verify", "--recursive-errors=no", "--man=no")
        #expect(verdict.status == 0 && verdict.output == "" && verdict.errors == "", "\(verdict)")
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: analyze), "package systemd is not installed"))
    func `the unit is exposed to 1_3 at most`() async throws {
        let verdict = try await judge("security", "--offline=true", "--threshold=13", "--no-pager")
        #expect(verdict.status == 0, "\(verdict)")
        #expect(verdict.output.contains("Overall exposure level for relance.service: 1."), "\(verdict)")
    }

    @Test func `a disk that heals within half a day is come back to, one that does not is given up`()
        throws
    {
        let unit = try String(
            contentsOfFile: Installation.sources + "/systemd/relance.service", encoding: .utf8)
        func value(_ key: String) throws -> Int {
            let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix(key + "=") })
            return try #require(Int(line.dropFirst(key.count + 1)))
        }
        let (pause, starts) = (try value("RestartSec"), try value("StartLimitBurst"))
        #expect(unit.contains("\nRestart=on-failure\n") && unit.contains("\nStartLimitIntervalSec=1d\n"))
        #expect((5...30).contains(pause))
        #expect(pause * starts >= 12 * 3600, "too few starts for a night")
        // As many starts as take half a day have to fit into the interval, or the limit is none.
        #expect(pause * starts <= 20 * 3600)
    }

    @Test func `the unit leaves neither core file nor backtrace, and takes secrets from credentials only`()
        throws
    {
        let unit = try String(
            contentsOfFile: Installation.sources + "/systemd/relance.service", encoding: .utf8)
        let lines = Set(unit.split(separator: "\n"))
        #expect(lines.isSuperset(of: ["LimitCORE=0", "Environment=SWIFT_BACKTRACE=enable=no", "UMask=0077"]))
        #expect(lines.count { $0.hasPrefix("Environment") } == 1, "\(lines)")
        #expect(lines.contains("ExecStart=/usr/bin/relance run --config /etc/relance/relance.yaml"))
    }
}
