import Foundation
import RelanceTestSupport
import Testing

/// Kill -9 at random while mails leave, again and again over the same state (reliability 2.2, 3.2).
///
/// What must hold at the end, whatever was killed when:
/// - none is lost: every case's mail has arrived, or the ledger lists it as unknown after two ends nobody could judge;
/// - none came twice, unless the ledger shows an ambiguous end of it; never thrice; both copies are the same bytes;
/// - what arrived is what the ledger says was attempted, and `ledger verify` accepted the state after each kill.
///
/// `make torture` kills several times as often (TortureScale).
@Suite(.timeLimit(.minutes(120))) struct KillTests {
    /// A line of `messages --json`.
    struct Known: Decodable, Sendable {
        var key: String
        var kind: String
        var cases: [String]
        var phase: String
    }

    /// A line of `ledger export`: the ends of attempts.
    struct Entry: Decodable, Sendable {
        var k: String
        var key: String?
        var outcome: String?
        var failure: String?
    }

    /// Where the mails go.
    struct Sink: Sendable {
        /// The lines of its route.
        let route: [String]
        /// What has arrived, once everything on its way has.
        let arrived: @Sendable () async throws -> [[UInt8]]
    }

    @Test func `kills among mails to Postfix lose none and repeat none`() async throws {
        try await PostfixServer.run { server in
            let password = NSTemporaryDirectory() + "relance-password-" + UUID().uuidString.prefix(8)
            try Data(server.password.utf8).write(to: URL(filePath: password))
            defer { unlink(password) }
            chmod(password, 0o400)
            let sink = Sink(
                route: [
                    "host: \(server.host)", "port: \(server.port)", "tls: starttls",
                    "ca_file: \(server.authorities)",
                    "user: \(server.user)", "password_file: \(password)",
                ],
                arrived: {
                    try await server.settledMails().map { ArrivedMail($0).bytes }
                })
            let kills = TortureScale.isFull ? 1000 : 200
            try await experiment(
                kills: kills, mails: kills * 3 / 2, seed: TortureScale.seed(orInShort: 20_201_102), sink: sink
            )
        }
    }

    @Test func `a relay that accepts and hangs up, refuses for now or drops loses none either`() async throws
    {
        let server = try ScriptedSMTPServer { stage, times in
            switch stage {
            case .endOfData where times % 20 == 7: .acceptThen(.reset)
            case .rcpt where times % 20 == 11: .reply("451 4.3.0 try again later")
            case .body where times % 25 == 13: .reset
            default: nil
            }
        }
        defer { server.stop() }
        let sink = Sink(
            route: ["host: 127.0.0.1", "port: \(server.port)", "tls: none_on_loopback"],
            arrived: { server.accepted.map(\.octets) })
        let kills = TortureScale.isFull ? 500 : 60
        try await experiment(
            kills: kills, mails: kills * 2, seed: TortureScale.seed(orInShort: 19_201_102), sink: sink)
        #expect(server.complaints == [])
    }

    // MARK: The experiment

    /// When the first mail is due; the others follow one by one, `pace` seconds apart.
    ///
    /// Monday 2 November 2020, 09:00 in Paris.
    private static let beginning = Date(timeIntervalSince1970: 1_604_304_000)
    private static let pace = 13

    private func experiment(kills: Int, mails: Int, seed: UInt64, sink: Sink) async throws {
        let house = try Installation()
        try house.write(configuration(sink, state: "state"), to: "relance.yaml")
        try house.write(configuration(sink, state: "copy"), to: "copy.yaml")
        try house.makeFolder("cache")
        try house.write("[]", to: "advisors.json")
        try house.write(cases(mails), to: "cases/all.json")

        var random = SplitMix64(seed: seed)
        var tally = Tally(kills: kills, mails: mails, seed: seed)
        var verdict: Task<LedgerVerdict, any Error>?
        while tally.killed < kills {
            // Each life begins a little later in the morning, when a mail or two have become due.
            let slot = Self.beginning + Double(Self.pace * mails * (tally.killed + 1) / kills)
            let daemon = try house.start(
                [
                    "run", "--clock", try house.clock(notBefore: slot), "--speed", "60",
                ], environment: house.cache)
            // One in six dies while it starts, the others at work.
            let isEarly = random.number(in: 0...5) == 0
            if !isEarly { _ = try await daemon.line(containing: "ready") }
            let delay = Double(random.number(in: isEarly ? 5...300 : 0...150)) / 1000
            if let ended = try await daemon.end(within: delay) {
                Issue.record("ended by itself: \(ended)")
                return
            }
            daemon.signal(SIGKILL)
            #expect(try await daemon.end().status == 128 + SIGKILL)
            tally.killed += 1
            tally.killedWhileStarting += isEarly ? 1 : 0
            if let verdict { tally.note(try await verdict.value) }
            verdict = try house.verificationOfCopy(configuration: "copy.yaml")
        }
        if let verdict { tally.note(try await verdict.value) }

        let last = try await house.start(
            [
                "run", "--clock", try house.clock(notBefore: Self.beginning), "--speed", "3000",
                "--until",
                "2020-11-02T16:00:00+01:00",
            ], environment: house.cache
        ).end()
        #expect(last.status == 0, "\(last)")
        let final = try await house.verifyLedger()
        #expect(final.sound && final.warnings.isEmpty, "\(final)")
        tally.note(final)

        let known = try await house.relance("messages", "--json").lines.map {
            try JSONDecoder().decode(Known.self, from: Data($0.utf8))
        }
        let entries = try await house.relance("ledger", "export").lines.map {
            try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
        }
        tally.judge(known: known, entries: entries, arrived: try await sink.arrived())
        print(tally.summary)
        #expect(tally.complaints == [])
    }

    private func configuration(_ sink: Sink, state: String) -> String {
        """
        service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
        state: \(state)
        routes:
          relay:
            kind: smtp
            concurrency: 4
        \(sink.route.map { "    \($0)\n" }.joined())
        mail: [relay]

        """
    }

    /// One mail each: a business with an address, registered a few seconds after the one before.
    private func cases(_ count: Int) -> String {
        let cases = (0..<count).map { number in
            """
            {"ref": "K-\(number)", "opened_at": "\((Self.beginning + Double(Self.pace * number)).formatted(.iso8601))",
             "stage": "follow_up",
             "contact": {"last_name": "Contact", "email": "contact\(number)@entreprise.example", "prefers": "email"}}
            """
        }
        return "[\(cases.joined(separator: ",\n"))]"
    }
}

/// What an experiment counted and what was wrong.
private struct Tally {
    let kills: Int
    let mails: Int
    let seed: UInt64
    var killed = 0
    var killedWhileStarting = 0
    var torn = 0
    var verified = 0
    var complaints: [String] = []
    private var counts: [String] = []

    init(kills: Int, mails: Int, seed: UInt64) {
        self.kills = kills
        self.mails = mails
        self.seed = seed
    }

    mutating func note(_ verdict: LedgerVerdict) {
        verified += 1
        torn += verdict.warnings.isEmpty ? 0 : 1
        if !verdict.sound { complaints.append("after kill \(killed): \(verdict.problems)") }
    }

    mutating func judge(known: [KillTests.Known], entries: [KillTests.Entry], arrived: [[UInt8]]) {
        let copies = Dictionary(grouping: arrived) { Self.key(of: $0) ?? "" }
        var ambiguous: [String: Int] = [:]
        for entry in entries where entry.k == "result" && entry.outcome == "ambiguous" {
            ambiguous[entry.key ?? "", default: 0] += 1
        }
        let attempted = Set(entries.filter { $0.k == "attempt" }.compactMap(\.key))

        let expected = Set((0..<mails).map { "K-\($0)" })
        if known.count != mails || Set(known.flatMap(\.cases)) != expected {
            complaints.append(
                "\(known.count) messages of \(Set(known.flatMap(\.cases)).count) cases are known")
        }
        var (twice, unknown) = (0, 0)
        for message in known {
            let copies = copies[message.key] ?? []
            let ends = ambiguous[message.key] ?? 0
            switch message.phase {
            case "sent" where copies.isEmpty: complaints.append("\(message.key) is sent and has not arrived")
            case "sent": break
            case "unknown" where ends == 2: unknown += 1
            default: complaints.append("\(message.key) ended as \(message.phase)")
            }
            if copies.count > 1 { twice += 1 }
            if copies.count > 2 || copies.count > 1 + ends {
                complaints.append("\(message.key) arrived \(copies.count) times with \(ends) ambiguous ends")
            }
            if Set(copies).count > 1 { complaints.append("the copies of \(message.key) differ") }
        }
        for stranger in Set(copies.keys).subtracting(attempted) {
            complaints.append("\(stranger) arrived and was never attempted")
        }
        func ends(_ outcome: String, _ failure: String?) -> Int {
            entries.count {
                $0.k == "result" && $0.outcome == outcome && (failure == nil || $0.failure == failure)
            }
        }
        counts = [
            "\(arrived.count) mails arrived of \(copies.count) messages", "\(twice) twice",
            "\(unknown) unknown",
            "\(entries.count { $0.k == "attempt" }) attempts",
            "\(ends("deferred", "crash")) cut before the hand-over", "\(ends("ambiguous", "crash")) after it",
            "\(ends("ambiguous", nil)) ambiguous ends in all",
        ]
    }

    var summary: String {
        """
        seed \(seed): \(killed) kills (\(killedWhileStarting) while starting), \(mails) cases; \
        \(counts.joined(separator: ", ")); \(verified) verifications, \(torn) with a torn tail
        """
    }

    private static func key(of mail: [UInt8]) -> String? {
        String(decoding: mail, as: UTF8.self).firstMatch(of: /Message-ID: <([a-z2-7]{26})\.0@/).map {
            String($0.1)
        }
    }
}
