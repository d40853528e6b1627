import Foundation
import RelanceTestSupport
import Testing

/// The secrets of reliability 2.11, looked for wherever the built program leaves anything: canaries are its passwords, and
/// whatever it speaks with fails in ways that make it write, and repeats them.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SecretTests {
    private static let password = "canary-smtp-4711"
    private static let key = "canary-gateway-0815"
    private static let token = "canary0token0123456789abcdef0123"
    /// Each as it is and as a protocol writes it.
    private static let canaries = [
        password, key, token, Data(password.utf8).base64EncodedString(),
        Data("\0relance\0\(password)".utf8).base64EncodedString(), Data(key.utf8).base64EncodedString(),
    ]

    /// A relay and a gateway that refuse, each quoting the secret it was shown.
    private final class Peers: Sendable {
        let relay: ScriptedSMTPServer
        let gateway: ScriptedHTTPServer

        init() throws {
            let (password, key) = (SecretTests.password, SecretTests.key)
            relay = try ScriptedSMTPServer(extensions: ["8BITMIME", "AUTH PLAIN LOGIN"]) { stage, times in
                switch stage {
                case .auth where times % 2 == 0:
                    .reply(
                        "535 5.7.8 \(password) is wrong, and so is "
                            + Data("\0relance\0\(password)".utf8).base64EncodedString())
                case .rcpt: .reply("550 5.1.1 I know nobody but \(password)")
                default: nil
                }
            }
            gateway = try ScriptedHTTPServer { request in
                .status(
                    request.head.first?.hasPrefix("POST") == true ? 401 : 500,
                    #"{"error":{"code":"unauthorized","message":"no account has \#(key)"}}"#)
            }
        }

        func stop() {
            relay.stop()
            gateway.stop()
        }
    }

    private func house(_ peers: Peers, console port: Int) throws -> Installation {
        let house = try Installation()
        try house.write(Self.password + "\n", to: "credentials/smtp-password", mode: 0o400)
        try house.write(Self.key + "\n", to: "credentials/sms-key", mode: 0o400)
        try house.write(Self.token + "\n", to: "credentials/sms-receipts", mode: 0o400)
        try house.write(
            """
            service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
            state: state
            log: {level: debug}
            routes:
              relay:
                kind: smtp
                host: 127.0.0.1
                port: \(peers.relay.port)
                tls: none_on_loopback
                user: relance
                credential: smtp-password
              texts:
                kind: sms
                gateway: generic
                base_url: http://127.0.0.1:\(peers.gateway.port)
                clear_text: on_loopback
                sender: CCINORMAND
                credentials: {api_key: {credential: sms-key}}
                receipts_token: sms-receipts
            mail: [relay]
            sms: [texts]
            console: {listen: '127.0.0.1:\(port)', public_url: 'http://127.0.0.1:\(port)'}

            """, to: "relance.yaml")
        try house.write(
            """
            [{"id": "zoe.lefevre", "first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe.lefevre@cci.example",
              "role": "advisor"}]
            """, to: "advisors.json")
        let cases = ["A", "B", "C"].map { ref in
            """
            {"ref": "\(ref)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "listening", "advisor": "zoe.lefevre",
             "contact": {"mobile": "06 39 98 20 21", "email": "contact@entreprise.example", "prefers": "sms",
                         "sms_consent": true}}
            """
        }
        try house.write("[\(cases.joined(separator: ",\n"))]", to: "cases/all.json")
        return house
    }

    private static func canary(in bytes: Data) -> String? {
        canaries.first { bytes.range(of: Data($0.utf8)) != nil }
    }

    /// Every file under a folder but the credentials, the socket left out.
    private func files(of house: Installation) throws -> [String] {
        let all = FileManager.default.enumerator(atPath: house.folder)?.compactMap { $0 as? String } ?? []
        return try all.filter { name in
            let kind = try FileManager.default.attributesOfItem(atPath: house.folder + "/" + name)[.type]
            return !name.hasPrefix("credentials") && kind as? FileAttributeType == .typeRegular
        }
    }

    @Test func `no secret stands in anything the program says, writes or shows of itself`() async throws {
        let peers = try Peers()
        defer { peers.stop() }
        let port = try LoopbackListener.freePort()
        let house = try house(peers, console: port)
        let credentials = ["CREDENTIALS_DIRECTORY": house.folder + "/credentials", "JOURNAL_STREAM": "8:1"]
        let daemon = try house.start(
            ["run", "--clock", "2020-11-02T09:00:00+01:00", "--speed", "60"], environment: credentials)
        for sentence in ["535 5.7.8 «masked»", "no account has «masked»"] {
            _ = try await daemon.line(containing: sentence)
        }

        // What the system shows of it while it works.
        for name in ["cmdline", "environ", "status", "limits", "maps"] {
            let shown = try Data(contentsOf: URL(filePath: "/proc/\(daemon.identifier)/\(name)"))
            #expect(!shown.isEmpty && Self.canary(in: shown) == nil, "\(name)")
        }

        // Callers who know the token, who do not, and who quote it where it does not belong.
        for request in [
            [
                "-d", #"{"event":"status","reference":"x","status":"delivered"}"#,
                "receipts/texts/\(Self.token)",
            ],
            ["-d", "{", "receipts/texts/\(Self.token)"], ["receipts/texts/\(Self.token)x"],
            ["receipts/nowhere/\(Self.token)"], ["-d", "x", "receipts/\(Self.token)"],
            ["-X", "PUT", "receipts/texts/\(Self.token)"], ["-H", "X: \(Self.token)", "healthz"],
            ["-H", "Host: \(Self.token).example", "healthz"],
        ] {
            let asked = try await RunningProgram(
                "/usr/bin/curl",
                ["-s", "-i"] + request.dropLast() + [
                    "http://127.0.0.1:\(port)/" + request[request.count - 1]
                ],
                environment: [:], folder: house.folder
            ).end()
            #expect(asked.status == 0 && Self.canary(in: Data(asked.output.utf8)) == nil, "\(asked)")
        }

        // What operators are shown, with a daemon at work and, for those who send, beside it.
        for arguments in [
            ["status"], ["status", "--json"], ["check"], ["check", "--json"], ["cases", "--json"],
            ["messages"], ["messages", "--json"], ["plan"], ["explain", "A"], ["explain", "A", "--json"],
            ["preview", "appointment_confirmed"], ["ledger", "export"], ["ledger", "verify", "--json"],
            ["reload"],
            ["send-test", "relay", "--to", "zoe.lefevre@cci.example"],
            ["send-test", "relay", "--to", "zoe.lefevre@cci.example"],
            ["send-test", "texts", "--to", "+33639982021"],
        ] {
            let told = try await house.start(arguments, environment: credentials).end()
            #expect(Self.canary(in: Data(told.testDescription.utf8)) == nil, "\(arguments): \(told)")
        }

        // Configurations that name a secret wrongly, or have one where its name should stand.
        let right = String(decoding: try house.read("relance.yaml"), as: UTF8.self)
        for (name, wrong, complaint) in [
            ("receipts_token: sms-receipts", "receipts_token: \(Self.token)", "routes.texts.receipts_token"),
            ("{credential: sms-key}", "{credential: \(Self.key)}", "api_key.credential"),
            ("{credential: sms-key}", "{file: \(Self.key)}", "api_key.file"),
            ("credential: smtp-password", "password_file: \(Self.password)", "routes.relay.password_file"),
            ("credential: smtp-password", "password: \(Self.password)", "routes.relay.password"),
        ] {
            try house.write(right.replacing(name, with: wrong), to: "relance.yaml")
            daemon.signal(SIGHUP)
            _ = try await daemon.line(containing: complaint)
            let told = try await house.start(["check"], environment: credentials).end()
            #expect(told.status == 78 && told.errors.contains(complaint), "\(told)")
            #expect(Self.canary(in: Data(told.testDescription.utf8)) == nil, "\(told)")
        }
        let written = try house.read("relance.yaml")
        try house.write("", to: "relance.yaml")  // that file has it, and was not written by the program
        #expect(Self.canary(in: written) == Self.password)

        daemon.signal(SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.status == 0)
        #expect(Self.canary(in: Data(ended.testDescription.utf8)) == nil, "\(ended)")
        let files = try files(of: house)
        #expect(files.contains { $0.hasPrefix("state/ledger-") })
        for name in files { #expect(Self.canary(in: try house.read(name)) == nil, "\(name)") }

        // They have been at work all the same.
        #expect(peers.relay.times(.auth) > 0 && !peers.gateway.requests.isEmpty)
        #expect(peers.gateway.requests.contains { $0.head.contains { $0.contains(Self.key) } })
        #expect(peers.relay.complaints == [] && peers.gateway.complaints == [])
    }

    /// libcurl writes the keys of its sessions to the file that variable names, and everything sent can then be read.
    @Test func `no session's keys are written down, whoever asks for it`() async throws {
        let identity = try TLSIdentity()
        let gateway = try ScriptedHTTPServer(identity: identity) { _ in .status(202, #"{"id":"m1"}"#) }
        defer { gateway.stop() }
        let house = try Installation()
        try house.write(Self.key, to: "key", mode: 0o400)
        try house.write("[]", to: "advisors.json")
        try house.makeFolder("cases")
        try house.write(
            """
            state: state
            routes:
              texts:
                kind: sms
                gateway: generic
                base_url: https://\(TLSIdentity.host):\(gateway.port)
                ca_file: \(identity.authorities)
                allow_private: yes
                sender: CCINORMAND
                credentials: {api_key: {file: key}}
            sms: [texts]
            """, to: "relance.yaml")
        let sent = try await house.start(
            ["send-test", "texts", "--to", "+33639982021"],
            environment: ["SSLKEYLOGFILE": house.folder + "/keys"]
        ).end()
        #expect(sent.status == 0 && gateway.requests.count == 1, "\(sent)")
        #expect(try house.names(in: ".").contains("keys") == false)
    }

    /// A core file that goes through a pipe asks no limit: the kernel is told that there is nothing to be had.
    @Test func `the kernel keeps the memory of the daemon from everybody but root`() async throws {
        let house = try Installation()
        try house.write("[]", to: "advisors.json")
        try house.makeFolder("cases")
        try house.write("state: state\n", to: "relance.yaml")
        // Whose process cannot be dumped is root's in /proc (proc(5)), so it must not be root's in the first place.
        let isRoot = geteuid() == 0
        let owner: uid_t = isRoot ? 65534 : geteuid()
        if isRoot {
            for name in ["", "/advisors.json", "/cases", "/relance.yaml"] {
                chown(house.folder + name, owner, 65534)
            }
        }
        let program = [Installation.program, "run", "--config", house.configuration]
        let daemon = try RunningProgram(
            isRoot ? "/usr/bin/setpriv" : program[0],
            isRoot
                ? ["--reuid=\(owner)", "--regid=65534", "--clear-groups"] + program
                : Array(program.dropFirst()), environment: ["PATH": "/usr/bin:/bin"], folder: house.folder)
        _ = try await daemon.line(containing: "ready")
        let status = try String(contentsOfFile: "/proc/\(daemon.identifier)/status", encoding: .utf8)
        #expect(status.contains("Uid:\t\(owner)\t\(owner)"), "\(status)")
        let shown = try FileManager.default.attributesOfItem(atPath: "/proc/\(daemon.identifier)/environ")
        #expect(shown[.ownerAccountID] as? Int == 0)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
    }

    @Test(arguments: [SIGABRT, SIGSEGV, SIGQUIT])
    func `a crash leaves no core file, whatever the shell allows`(signal: Int32) async throws {
        let peers = try Peers()
        defer { peers.stop() }
        let house = try house(peers, console: try LoopbackListener.freePort())
        let daemon = try RunningProgram(
            "/bin/sh",
            ["-c", "ulimit -c unlimited; exec \"$0\" run --config relance.yaml", Installation.program],
            // As in the unit: a backtrace would print what the registers point at, and outlive a signal from outside.
            environment: [
                "CREDENTIALS_DIRECTORY": house.folder + "/credentials", "SWIFT_BACKTRACE": "enable=no",
            ], folder: house.folder)
        _ = try await daemon.line(containing: "ready")
        let limits = try String(contentsOfFile: "/proc/\(daemon.identifier)/limits", encoding: .utf8)
        #expect(
            limits.contains(#/Max core file size +0 +0 /#), "neither now nor ever again in this process")
        daemon.signal(signal)
        #expect(try await daemon.end().status == 128 + signal)
        let left = try files(of: house)
        #expect(!left.contains { $0.contains("core") }, "\(left)")
        for name in left { #expect(Self.canary(in: try house.read(name)) == nil, "\(name)") }
    }
}
