import Foundation
import RelanceTestSupport
import Testing

/// How soon a start is at work when much is waiting, and what is wrong is told (reliability 4, rows 5 and 8).
///
/// Of the program as it is shipped: a debug build is not judged.
@Suite(.timeLimit(.minutes(10))) struct StartTimeTests {
    private static let messages = 10_000

    @Test(.enabled(if: TortureScale.isFull))
    func `a start with ten thousand live messages is ready within a second`() async throws {
        let house = try Installation()
        // Nobody listens there: every message waits.
        let port = try LoopbackListener.freePort()
        try house.write(configuration(port: port), to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        let cases = (0..<Self.messages).map { caseText($0) }
        try house.write("[\(cases.joined(separator: ",\n"))]", to: "cases/all.json")

        var times: [Duration] = []
        let clock = ContinuousClock()
        for life in 0..<4 {
            let began = clock.now
            let daemon = try house.start(["run", "--clock", "2020-11-02T09:0\(life + 1):00+01:00"])
            _ = try await daemon.line(containing: "ready cases=")
            times.append(clock.now - began)
            daemon.signal(SIGKILL)
            _ = try await daemon.end()
        }
        let live = try await house.relance("messages", "--json").lines.count {
            $0.contains(#""phase":"planned""#) || $0.contains(#""phase":"deferred""#)
        }
        #expect(live >= Self.messages)
        let starts = times.dropFirst()
        print("ready with \(live) live messages after \(starts.map { "\($0)" }.joined(separator: ", "))")
        #expect(try #require(starts.min()) <= .seconds(1))
    }
    /// Of a shorter file in `make test`, where no time is judged.
    @Test func `J35 one bad case among ten thousand is told within two seconds, and all others are planned`()
        async throws
    {
        let count = TortureScale.isFull ? Self.messages : 500
        let bad = count / 2
        let house = try Installation()
        let port = try LoopbackListener.freePort()
        try house.write(configuration(port: port), to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        var cases = (0..<count).map { caseText($0) }
        cases[bad] = caseText(bad, stage: "Closed ")
        try house.write("[\n\(cases.joined(separator: ",\n"))\n]", to: "cases/all.json")
        let sentence =
            "cases/all.json:\(bad + 2):\(66 + "\(bad)".utf8.count): record K-\(bad): stage: found “Closed ”, "
            + "expected one of listening, diagnosis, waiting_for_business, follow_up, referred_to_scheme, "
            + "referred_to_court, suspended, closed; did you mean “closed”?; case held"

        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<3 {
            let began = clock.now
            let check = try await house.relance("check")
            times.append(clock.now - began)
            let told = check.errors.split(separator: "\n").filter { $0.contains("cases/all.json") }
            #expect(told.count == 1 && told.first?.hasSuffix(sentence) == true, "\(told)")
        }
        if TortureScale.isFull {
            print("\(count) cases checked after \(times.map { "\($0)" }.joined(separator: ", "))")
            #expect(try #require(times.min()) <= .seconds(2))
        }

        let daemon = try house.start(["run", "--clock", "2020-11-02T09:01:00+01:00"])
        _ = try await daemon.line(containing: "ready cases=\(count - 1)")
        daemon.signal(SIGTERM)
        let ended = try await daemon.end()
        #expect(ended.errors.split(separator: "\n").count { $0.contains("record K-") } == 1)
        let planned = try await house.relance("messages", "--json").records()
            .filter { $0["kind"] as? String == "case_opened" }
        let refs = planned.flatMap { $0["cases"] as? [String] ?? [] }
        #expect(refs.count == count - 1)
        #expect(Set(refs) == Set((0..<count).filter { $0 != bad }.map { "K-\($0)" }))
    }

    /// Routes that lead where nobody listens.
    private func configuration(port: Int) -> String {
        """
        service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
        state: state
        log: {level: notice}
        routes:
          relay: {kind: smtp, host: 127.0.0.1, port: \(port), tls: none_on_loopback}
        mail: [relay]

        """
    }

    /// A case whose acknowledgement is to leave at nine.
    private func caseText(_ number: Int, stage: String = "follow_up") -> String {
        """
        {"ref": "K-\(number)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "\(stage)", \
        "contact": {"last_name": "Contact", "email": "contact\(number)@entreprise.example", "prefers": "email"}}
        """
    }
}
