import Foundation
import Testing

/// `make install` into a folder of the test's own, with the program that is built already.
@Suite(.timeLimit(.minutes(10))) struct InstallTests {
    @Test func `what is installed finds its templates and configuration, under any prefix`() async throws {
        let house = try Installation()
        let root = house.folder + "/root"
        let make = try await RunningProgram(
            "/usr/bin/make",
            [
                "-C", Installation.sources, "install", "PROGRAM=\(Installation.program)", "DESTDIR=\(root)",
                "PREFIX=/usr/local",
            ],
            environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            folder: house.folder
        ).end()
        #expect(make.status == 0, "\(make)")

        let check = try await RunningProgram(
            root + "/usr/local/bin/relance", ["check", "--config", root + "/etc/relance/relance.yaml"],
            environment: ["PATH": "/usr/bin:/bin"], folder: house.folder
        ).end()
        #expect(check.status == 0, "\(check)")
        #expect(check.output.hasPrefix("OK: "), "\(check)")

        let unit = try String(contentsOfFile: root + "/lib/systemd/system/relance.service", encoding: .utf8)
        #expect(unit.contains("ExecStart=/usr/local/bin/relance run --config /etc/relance/relance.yaml"))
        let configuration = try String(contentsOfFile: root + "/etc/relance/relance.yaml", encoding: .utf8)
        #expect(configuration.contains("state: /var/lib/private/relance"))
        #expect(FileManager.default.fileExists(atPath: root + "/usr/local/share/relance/relance.yaml"))
    }

    @Test func `an installed configuration is kept by the next installation`() async throws {
        let house = try Installation()
        let root = house.folder + "/root"
        let arguments = [
            "-C", Installation.sources, "install", "PROGRAM=\(Installation.program)", "DESTDIR=\(root)",
        ]
        try house.write("# mine\n", to: "root/etc/relance/relance.yaml")
        let make = try await RunningProgram(
            "/usr/bin/make", arguments, environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
            folder: house.folder
        ).end()
        #expect(make.status == 0, "\(make)")
        #expect(
            String(decoding: try house.read("root/etc/relance/relance.yaml"), as: UTF8.self) == "# mine\n")
    }
}
