import Foundation
import RelanceTestSupport
import Testing

/// Kill -9 at random while text messages leave through a gateway that sometimes accepts and hangs up (design D11).
///
/// What must hold at the end, whatever was killed when:
/// - none arrived twice;
/// - none is lost: each is sent, or `messages --state unknown` lists it after an end nobody could judge;
/// - what is listed is settled by a receipt, by the gateway's answer to a look-up, or by an operator's command.
@Suite(.timeLimit(.minutes(60))) struct SMSKillTests {
    /// A line of `messages --json`.
    struct Known: Decodable, Sendable {
        var key: String
        var channel: String
        var cases: [String]
        var phase: String
    }

    /// The gateway: what it took, and whether it knows of it when asked.
    final class Gateway: Sendable {
        private struct State {
            var arrived: [String: Int] = [:]
            var requests = 0
            var answersQuestions = false
            /// The key of a message it has nothing to say about.
            var silentAbout: String?
        }

        private let state: Guarded<State>
        let server: ScriptedHTTPServer

        init() throws {
            let state = Guarded(State())
            server = try ScriptedHTTPServer { request in
                state.withLock { state in
                    if request.head.first?.hasPrefix("GET") == true { return Self.answer(request, state) }
                    state.requests += 1
                    if state.requests % 17 == 5 { return .status(503, #"{"error":{"code":"busy"}}"#) }
                    guard let reference = Self.reference(in: request.body) else { return .status(400) }
                    state.arrived[reference, default: 0] += 1
                    if state.requests % 9 == 3 { return .reset }  // taken, and not a word
                    return .status(201, #"{"id":"\#(reference)"}"#)
                }
            }
            self.state = state
        }

        /// How often each message came, by its key.
        var arrived: [String: Int] {
            let references = state.withLock { $0.arrived }
            return Dictionary(
                references.map { (String($0.key.prefix(26)), $0.value) }, uniquingKeysWith: +)
        }

        func answerQuestions(exceptAbout key: String) {
            state.withLock { ($0.answersQuestions, $0.silentAbout) = (true, key) }
        }

        private static func reference(in body: [UInt8]) -> String? {
            String(decoding: body, as: UTF8.self).firstMatch(of: /"reference": ?"([a-z2-7]{26}\.[0-9]+)"/).map
            {
                String($0.1)
            }
        }

        private static func answer(
            _ request: ScriptedHTTPServer.Request, _ state: State
        ) -> ScriptedHTTPServer.Behaviour {
            guard state.answersQuestions else { return .status(500) }
            let reference = request.head.first?.firstMatch(of: /reference=([a-z2-7]{26}\.[0-9]+)/).map {
                String($0.1)
            }
            if let silent = state.silentAbout, reference?.hasPrefix(silent) == true { return .status(500) }
            guard let reference, state.arrived[reference] != nil else {
                return .status(200, #"{"total":0}"#)
            }
            return .status(200, #"{"total":1,"messages":[{"id":"\#(reference)"}]}"#)
        }
    }

    @Test func `kills among text messages bring none twice and lose none`() async throws {
        let gateway = try Gateway()
        defer { gateway.server.stop() }
        let house = try Installation()
        try house.write("account", to: "key", mode: 0o400)
        try house.write(Self.token, to: "token", mode: 0o400)
        try house.write(configuration(gateway, state: "state"), to: "relance.yaml")
        try house.write(configuration(gateway, state: "copy"), to: "copy.yaml")
        try house.write("[]", to: "advisors.json")
        try house.write(cases(Self.texts), to: "cases/all.json")

        let (killedWhileStarting, complaints) = try await kill(Self.kills, house)
        #expect(complaints == [])
        try await finish(house, "2020-11-02T12:00:00+01:00")

        var known = try await messages(of: house)
        #expect(Set(known.flatMap(\.cases)) == Set((0..<Self.texts).map { "K-\($0)" }))
        #expect(known.allSatisfy { $0.channel == "sms" })
        #expect(Set(known.map(\.phase)) == ["sent", "unknown"])
        let lost = known.filter { $0.phase == "sent" && gateway.arrived[$0.key] == nil }
        #expect(lost.isEmpty, "sent and never arrived: \(lost)")
        let twice = gateway.arrived.filter { $0.value > 1 }
        #expect(twice.isEmpty, "arrived more than once: \(twice)")

        let unknown = try await messages(of: house, "--state", "unknown").map(\.key)
        #expect(Set(unknown) == Set(known.filter { $0.phase == "unknown" }.map(\.key)))
        try #require(unknown.count >= 3, "too few ends that nobody could judge")
        print(
            """
            seed \(Self.seed): \(Self.kills) kills (\(killedWhileStarting) while starting), \(known.count) texts, \
            \(gateway.arrived.count) arrived, \(unknown.count) in doubt
            """)

        // One by a receipt, the others by asking the gateway; the one it says nothing about by an operator, whose act is
        // of the machine's own clock and therefore comes last.
        try await settle(unknown[1], except: unknown[0], house, gateway)
        let decided = try await house.relance(
            "cancel", unknown[0], "--by", "nadia.perrin", "--reason", "vu au téléphone")
        #expect(decided.status == 0, "\(decided)")

        known = try await messages(of: house)
        let phases = Dictionary(uniqueKeysWithValues: known.map { ($0.key, $0.phase) })
        #expect(phases[unknown[0]] == "cancelled")
        #expect(phases[unknown[1]] == "delivered")
        for key in unknown.dropFirst(2) {
            #expect(["sent", "failed"].contains(phases[key]), "\(key) is \(phases[key] ?? "gone")")
            #expect(phases[key] != "sent" || gateway.arrived[key] == 1)
        }
        #expect(gateway.arrived.allSatisfy { $0.value == 1 })
        #expect(gateway.server.complaints == [])
        let verdict = try await house.verifyLedger()
        #expect(verdict.sound && verdict.warnings.isEmpty, "\(verdict)")
    }

    // MARK: The experiment

    private static let kills = TortureScale.isFull ? 500 : 200
    private static let (texts, pace) = (kills, 13)
    private static let seed = TortureScale.seed(orInShort: 21_201_102)
    private static let token = "0123456789abcdef0123456789abcdef"
    /// Monday 2 November 2020, 09:00 in Paris.
    private static let beginning = Date(timeIntervalSince1970: 1_604_304_000)

    private func kill(
        _ kills: Int, _ house: Installation
    ) async throws -> (whileStarting: Int, complaints: [String]) {
        var random = SplitMix64(seed: Self.seed)
        var (whileStarting, complaints) = (0, [String]())
        var verification: Task<LedgerVerdict, any Error>?
        for kill in 0..<kills {
            let slot = Self.beginning + Double(Self.pace * Self.texts * (kill + 1) / kills)
            let daemon = try house.start([
                "run", "--clock", try house.clock(notBefore: slot), "--speed", "60",
            ])
            let isEarly = random.number(in: 0...5) == 0
            if !isEarly { _ = try await daemon.line(containing: "ready") }
            let delay = Double(random.number(in: isEarly ? 5...300 : 0...150)) / 1000
            if let ended = try await daemon.end(within: delay) {
                return (whileStarting, ["life \(kill) ended by itself: \(ended.testDescription)"])
            }
            daemon.signal(SIGKILL)
            #expect(try await daemon.end().status == 128 + SIGKILL)
            whileStarting += isEarly ? 1 : 0
            if let verdict = try await verification?.value, !verdict.sound {
                complaints.append("after kill \(kill): \(verdict.problems)")
            }
            verification = try house.verificationOfCopy(configuration: "copy.yaml")
        }
        if let verdict = try await verification?.value, !verdict.sound {
            complaints.append("after the last kill: \(verdict.problems)")
        }
        return (whileStarting, complaints)
    }

    /// A whole life to an instant.
    private func finish(_ house: Installation, _ until: String) async throws {
        let life = try await house.start(
            [
                "run", "--clock", try house.clock(notBefore: Self.beginning), "--speed", "600", "--until",
                until,
            ]
        ).end()
        #expect(life.status == 0, "\(life)")
    }

    /// A life in which the gateway answers, and calls in the receipt of one message.
    private func settle(_ key: String, except silent: String, _ house: Installation, _ gateway: Gateway)
        async throws
    {
        gateway.answerQuestions(exceptAbout: silent)
        let port = try LoopbackListener.freePort()
        try house.write(
            configuration(gateway, state: "state", listen: "127.0.0.1:\(port)"),
            to: "relance.yaml")
        let daemon = try house.start([
            "run", "--clock", try house.clock(notBefore: Self.beginning), "--speed", "300", "--until",
            "2020-11-02T12:20:00+01:00",
        ])
        _ = try await daemon.line(containing: "listening for receipts")
        let call = """
            import urllib.request
            request = urllib.request.Request("http://127.0.0.1:\(port)/receipts/texts/\(Self.token)",
                data=b'{"reference":"\(key).0","status":"delivered"}',
                headers={"Content-Type": "application/json"})
            print(urllib.request.urlopen(request).status)
            """
        let status = try await onThread { try Python.run(call, input: Data()) }
        #expect(String(decoding: status, as: UTF8.self) == "200\n")
        let ended = try await daemon.end()
        #expect(ended.status == 0, "\(ended)")
    }

    private func messages(of house: Installation, _ more: String...) async throws -> [Known] {
        let answer = try await house.start(["messages", "--json"] + more).end()
        #expect(answer.status == 0, "\(answer)")
        return try answer.lines.map { try JSONDecoder().decode(Known.self, from: Data($0.utf8)) }
    }

    private func configuration(_ gateway: Gateway, state: String, listen: String = "none") -> String {
        """
        service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
        state: \(state)
        routes:
          spool: {kind: spool, folder: spool}
          texts:
            kind: sms
            gateway: generic
            base_url: http://127.0.0.1:\(gateway.server.port)
            clear_text: on_loopback
            sender: CCINORMAND
            concurrency: 4
            credentials: {api_key: {file: key}}
            receipts_token_file: token
        mail: [spool]
        sms: [texts]
        console: {public_url: https://relance.cci.example, listen: '\(listen)'}

        """
    }

    /// One text each: a business with a mobile alone, registered a few seconds after the one before.
    private func cases(_ count: Int) -> String {
        let cases = (0..<count).map { number in
            """
            {"ref": "K-\(number)", "opened_at": "\((Self.beginning + Double(Self.pace * number)).formatted(.iso8601))",
             "stage": "follow_up",
             "contact": {"last_name": "Contact", "mobile": "06 39 98 \(String(10_000 + number).dropFirst())",
                         "prefers": "sms", "sms_consent": true}}
            """
        }
        return "[\(cases.joined(separator: ",\n"))]"
    }
}
