import Foundation
import Testing

/// The faults themselves: a call that were not counted would never be tried.
@Suite struct SystemCallFaultTests {
    @Test func `every change of the state that strace sees is counted`() async throws {
        let house = try Installation()
        try house.write("state: state\nledger: {compact_at: 1 KiB}\n", to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write(
            """
            [{"ref": "A", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "follow_up",
              "contact": {"email": "contact@entreprise.example", "prefers": "email"}}]
            """, to: "cases/all.json")
        let state = house.folder + "/state"
        let fault = SystemCallFault(.state, .kill, .max)
        let environment = fault.environment(state: state, log: house.folder + "/calls")
        let strace = try RunningProgram(
            "/usr/bin/strace",
            [
                "-f", "--seccomp-bpf", "-y", "-o", house.folder + "/trace", "-e",
                "trace=" + Self.names.keys.joined(separator: ","),
            ]
                + environment.flatMap { ["-E", "\($0.key)=\($0.value)"] }
                + [
                    Installation.program, "run", "--config", house.configuration, "--clock",
                    "2020-11-02T09:00:00+01:00", "--speed", "60", "--until", "2020-11-02T09:01:00+01:00",
                ],
            environment: ["PATH": "/usr/bin:/bin"], folder: house.folder)
        let end = try await strace.end()
        #expect(end.status == 0, "\(end)")
        #expect(try !house.names(in: "state").filter { $0.hasPrefix("snapshot-") }.isEmpty)

        var seen: [String: Int] = [:]
        for line in String(decoding: try house.read("trace"), as: UTF8.self).split(separator: "\n") {
            guard let call = line.firstMatch(of: /^[0-9]+ +([a-z0-9]+)\(/)?.1, line.contains(state),
                let name = Self.names[String(call)]
            else { continue }
            seen[name, default: 0] += 1
        }
        let log = SystemCallLog(String(decoding: try house.read("calls"), as: UTF8.self))
        var counted: [String: Int] = [:]
        for call in log.calls {
            let name = String(call.prefix { $0 != " " })
            if Self.names.values.contains(name) { counted[name, default: 0] += 1 }
        }
        #expect(counted == seen)
        #expect(seen.values.reduce(0, +) > 30)
    }

    /// What a call is named in the log, by its name in strace.
    private static let names = [
        "write": "write", "pwrite64": "pwrite", "writev": "writev", "fsync": "fsync",
        "fdatasync": "fdatasync",
        "rename": "rename", "renameat": "rename", "renameat2": "rename", "unlink": "unlink",
        "unlinkat": "unlink", "ftruncate": "ftruncate", "fallocate": "fallocate", "mkdir": "mkdir",
        "mkdirat": "mkdir", "flock": "flock",
    ]
}
