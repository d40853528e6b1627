import Foundation
import RelanceTestSupport
import Testing

/// The day that `make run` plays, with the built program.
///
/// A second of it is ten minutes of the day, so the suites beside it start their programs one by one: on a machine that
/// stands still for long, a reminder is no longer worth sending.
@Suite(.timeLimit(.minutes(10))) struct DemonstrationTests {
    /// A message the ledger knows, in the words of `messages --json`.
    struct Known: Decodable, Hashable, Sendable {
        var kind: String
        var variant: String?
        var cases: [String]
        var to: Receiver
        var channel: String
        var due: String
        var phase: String

        struct Receiver: Decodable, Hashable, Sendable {
            var role: String
            var id: String
        }
    }

    static let day = [
        "run", "--clock", "2020-11-02T08:25:00+01:00", "--until", "2020-11-02T18:10:00+01:00", "--watch",
    ]

    private func messages(of house: Installation) async throws -> [Known] {
        let answer = try await house.relance("messages", "--json")
        #expect(answer.status == 0, "\(answer)")
        return try answer.lines.map { try JSONDecoder().decode(Known.self, from: Data($0.utf8)) }
    }

    @Test func `the day goes as written, once, and its ledger is sound`() async throws {
        let house = try Installation.demonstration()
        let spool = ".relance/demo/spool/mail/new"
        let daemon = try house.start(Self.day + ["--speed", "600"])
        let started = ContinuousClock.now
        _ = try await daemon.line(containing: "✓")
        print("the demonstration's first mail is on disk after \(ContinuousClock.now - started)")
        #expect(try !house.names(in: spool).isEmpty)
        let ended = try await daemon.end()
        #expect(ended.status == 0 && ended.errors == "", "\(ended)")

        let sent = try await messages(of: house).filter { $0.phase == "sent" }
        func due(_ kind: String, _ ref: String) -> [String] {
            sent.filter { $0.kind == kind && $0.cases == [ref] }.map { "\($0.due) \($0.to.id)" }.sorted()
        }
        // Opened on Friday 30 October at 15:40: 110 minutes until the closing at 17:30, 130 more from Monday 09:00.
        #expect(due("deadline_reminder", "2020-0301") == ["2020-11-02T10:10:00+01:00 claire.duval"])
        #expect(due("deadline_overdue", "2020-0301") == ["2020-11-02T11:10:00+01:00 claire.duval"])
        #expect(due("escalation", "2020-0301") == ["2020-11-02T13:10:00+01:00 marc.lefevre"])
        // Distress heard at 15:10, and nobody took it for half an hour.
        #expect(
            due("distress_alert", "2020-0293") == [
                "2020-11-02T15:10:00+01:00 anne.delmas", "2020-11-02T15:10:00+01:00 paul.renaud",
                "2020-11-02T15:40:00+01:00 anne.delmas", "2020-11-02T15:40:00+01:00 paul.renaud",
            ])
        let digests = sent.filter { $0.kind == "digest" }
        #expect(Set(digests.map(\.due)) == ["2020-11-02T08:30:00+01:00", "2020-11-02T08:45:00+01:00"])
        #expect(digests.contains { $0.to.id == "claire.duval" && $0.cases.contains("2020-0301") })

        // The business side: each text in a file of its own, one part each, to whoever chose texts and agreed to them.
        let texts = sent.filter { $0.channel == "sms" }
        func told(_ kind: String, _ ref: String) -> [String] {
            sent.filter { $0.kind == kind && $0.cases == [ref] && $0.to.role == "business" }.map(\.channel)
                .sorted()
        }
        #expect(told("appointment_confirmed", "2020-0264") == ["email", "sms"])
        #expect(told("appointment_moved", "2020-0296") == ["email", "sms"])
        #expect(told("appointment_cancelled", "2020-0259") == ["email", "sms"])
        #expect(told("unreachable", "2020-0281") == ["sms"])
        #expect(told("case_closed", "2020-0266") == ["email"])
        let textFiles = try house.names(in: ".relance/demo/spool/sms/new")
        #expect(textFiles.count == texts.count && !texts.isEmpty)
        for name in textFiles {
            let text = String(
                decoding: try house.read(".relance/demo/spool/sms/new/" + name), as: UTF8.self)
            #expect(text.contains("\nParts: 1\n") && text.contains("\nCost: 0.0450\n"), "\(text)")
        }

        #expect(try house.names(in: spool).count == sent.count - texts.count)
        #expect(ended.lines.count == sent.count && ended.lines.allSatisfy { $0.hasSuffix("✓") }, "\(ended)")
        let complaints = try await onThread {
            try MailJudge.complaints(
                about: house.names(in: spool).map {
                    MailJudge.Exhibit(name: $0, bytes: Array(try house.read(spool + "/" + $0)))
                })
        }
        #expect(complaints == [])

        // At noon the escalation of 13:10 had not been planned yet.
        for (time, escalations) in [("12:00", 0), ("18:00", 1)] {
            let explained = try await house.relance(
                "explain", "2020-0301", "--at", "2020-11-02T\(time):00+01:00", "--json")
            let told = try #require(explained.records().first?["messages"] as? [[String: Any]])
            let kinds = told.compactMap { $0["kind"] as? String }
            #expect(kinds.contains("deadline_overdue"), "\(explained)")
            #expect(kinds.count { $0 == "escalation" } == escalations, "\(time): \(explained)")
        }

        let verdict = try await house.verifyLedger()
        #expect(verdict.sound && verdict.warnings.isEmpty && verdict.problems.isEmpty)

        let again = try await house.start(Self.day + ["--speed", "30000"]).end()
        #expect(again.status == 0 && again.output == "", "nothing is sent twice: \(again)")
        #expect(try house.names(in: spool).count == sent.count - texts.count)
        #expect(try house.names(in: ".relance/demo/spool/sms/new").count == texts.count)
        #expect(try await house.verifyLedger().sound)
    }

    @Test func `every command that looks has something to show of the demonstration`() async throws {
        let house = try Installation.demonstration()
        let check = try await house.relance("check")
        #expect(check.status == 0 && check.output.hasPrefix("OK: "), "\(check)")
        let noon = "2020-11-02T12:00:00+01:00"
        for command in [
            ["cases"], ["cases", "--json"], ["plan", "--from", noon], ["explain", "2020-0301", "--at", noon],
            ["explain", "2020-0301", "--at", noon, "--json"],
            ["simulate", "--from", noon, "--to", "2020-11-02T18:00:00+01:00", "--json"],
            ["preview", "digest", "--at", noon], ["status"], ["messages"],
        ] {
            let shown = try await house.start(command).end()
            #expect(shown.status == 0 && shown.errors == "", "\(command): \(shown)")
            if command.contains("--json") { #expect(try !shown.records().isEmpty) }
        }
    }
}
