import Foundation
import RelanceTestSupport
import Testing

/// The built program without a free descriptor (reliability 2.6): it lives on, and takes everything up when it has some.
@Suite(.timeLimit(.minutes(10))) struct DescriptorTests {
    private static let prlimit = "/usr/bin/prlimit"
    private static let token = "receipts-of-the-descriptor-tests"

    private func house(relay: Int, gateway: Int, receipts: Int) throws -> Installation {
        let house = try Installation()
        try house.write("account", to: "key", mode: 0o400)
        try house.write(Self.token, to: "token", mode: 0o400)
        try house.write("[]", to: "advisors.json")
        try house.write(
            """
            service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
            state: state
            retry: {delays: [1 min], then: 1 min}
            ledger: {compact_at: 1 KiB}
            routes:
              relay: {kind: smtp, host: 127.0.0.1, port: \(relay), tls: none_on_loopback, concurrency: 1}
              texts:
                kind: sms
                gateway: generic
                base_url: http://127.0.0.1:\(gateway)
                clear_text: on_loopback
                sender: CCINORMAND
                credentials: {api_key: {file: key}}
                receipts_token_file: token
            mail: [relay]
            sms: [texts]
            console: {public_url: https://relance.cci.example, listen: '127.0.0.1:\(receipts)'}

            """, to: "relance.yaml")
        return house
    }

    private func write(_ ref: String, contact: String, _ house: Installation) throws {
        try house.write(
            """
            {"ref": "\(ref)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "follow_up",
             "contact": {"last_name": "Contact", \(contact)}}
            """, to: "cases/.\(ref)")
        rename("\(house.folder)/cases/.\(ref)", "\(house.folder)/cases/\(ref).json")
    }

    private func mail(_ ref: String) -> String {
        #""email": "\#(ref.lowercased())@entreprise.example", "prefers": "email""#
    }

    /// Sets how many descriptors a program may have, whatever it has already.
    private func limit(_ program: RunningProgram, to count: Int, _ house: Installation) async throws {
        let set = try await RunningProgram(
            Self.prlimit, ["--pid", "\(program.identifier)", "--nofile=\(count):4096"], environment: [:],
            folder: house.folder
        ).end()
        try #require(set.status == 0, "\(set)")
    }

    /// The lowest number that is free: with that as its limit a program can open nothing.
    private func lowestFree(_ program: RunningProgram) throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.identifier)/fd")
        let used = Set(names.compactMap { Int($0) })
        return (0...).first { !used.contains($0) } ?? 0
    }

    /// For as long as a busy machine may take.
    private static let patiently = ["--retry", "100", "--retry-delay", "1", "--retry-all-errors"]

    /// What curl gets for a request of the receipts door: the status, 0 for none.
    private func ask(
        _ arguments: [String] = [], port: Int, path: String, _ house: Installation
    ) async throws -> Int {
        let asked = try await RunningProgram(
            "/usr/bin/curl",
            ["-s", "-m", "5", "-f", "-o", "/dev/null", "-w", "%{http_code}"] + arguments
                + ["http://127.0.0.1:\(port)/\(path)"],
            environment: [:], folder: house.folder
        ).end()
        return Int(asked.output) ?? 0
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: prlimit)))
    func `without a descriptor it lives on, and with some again everything leaves once and receipts come in`()
        async throws
    {
        let answer = Latch()
        // The first is kept waiting for its answer, the second is put off.
        let relay = try ScriptedSMTPServer { stage, times in
            switch (stage, times) {
            case (.mail, 0): .reply("451 4.3.0 Later")
            case (.endOfData, 0): .acceptLate("250 2.0.0 Ok", after: answer)
            default: nil
            }
        }
        defer { relay.stop() }
        let (texts, textCount) = (Guarded<[String]>([]), Tally())
        let gateway = try ScriptedHTTPServer { request in
            let body = String(decoding: request.body, as: UTF8.self)
            guard let reference = body.firstMatch(of: /"reference": ?"([a-z2-7]{26}\.[0-9]+)"/)?.1 else {
                return .status(400)
            }
            texts.withLock { $0.append(String(reference)) }
            textCount.add()
            return .status(201, #"{"id":"\#(reference)"}"#)
        }
        defer { gateway.stop() }
        let port = try LoopbackListener.freePort()
        let house = try house(relay: relay.port, gateway: gateway.port, receipts: port)
        let socket = try NotifySocket(house.folder + "/notify")
        try write("PUT-OFF", contact: mail("PUT-OFF"), house)
        let daemon = try house.start(
            ["run", "--clock", "2020-11-02T09:00:00+01:00", "--speed", "10"],
            environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "20000000"])
        _ = try await daemon.line(containing: "listening for receipts")
        await relay.reached(.mail)
        try write("SLOW", contact: mail("SLOW"), house)
        await relay.reached(.endOfData)

        // Callers who say nothing keep their connections, and there is no other descriptor.
        let callers = try (1...6).map { try CallerSocket(port: port, from: UInt8($0)) }
        _ = try await ask(port: port, path: "healthz", house)
        try await limit(daemon, to: try lowestFree(daemon), house)
        let more = try (1...6).map { try CallerSocket(port: port, from: UInt8($0)) }
        try write("UNREAD", contact: mail("UNREAD"), house)
        #expect(try await ask(port: port, path: "healthz", house) == 0)
        answer.open()
        _ = socket.received()
        #expect(try await socket.receives(12, beginning: "WATCHDOG=1"))
        #expect(try await daemon.end(within: 0) == nil)
        #expect(relay.accepted.count <= 2)
        withExtendedLifetime((callers, more)) {}

        try await limit(daemon, to: 1024, house)
        #expect(try await relay.hasAccepted(3))
        #expect(try await ask(Self.patiently, port: port, path: "healthz", house) == 200)
        try write(
            "TEXT", contact: #""mobile": "06 39 98 00 01", "prefers": "sms", "sms_consent": true"#, house)
        try #require(try await textCount.reaches(1))
        let reference = texts.withLock { $0[0] }
        let receipt = #"{"reference":"\#(reference)","status":"delivered"}"#
        #expect(
            try await ask(
                Self.patiently + ["-H", "Content-Type: application/json", "-d", receipt], port: port,
                path: "receipts/texts/\(Self.token)", house) == 200)
        daemon.signal(SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.status == 0, "\(ended)")
        let to = relay.accepted.map(\.recipient).filter { $0.hasSuffix("@entreprise.example") }.sorted()
        #expect(to == ["put-off", "slow", "unread"].map { $0 + "@entreprise.example" }, "\(ended)")
        // What found no descriptor was no attempt.
        for words in ["attempt=2 case=PUT-OFF ", "attempt=1 case=SLOW ", "attempt=1 case=UNREAD "] {
            #expect(ended.testDescription.contains("message accepted " + words), "\(ended)")
        }
        let count = texts.withLock { $0.count }
        #expect(count == 1)
        #expect(try await house.verifyLedger().sound)
    }
}
