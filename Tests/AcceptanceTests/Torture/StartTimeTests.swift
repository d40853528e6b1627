import Foundation
import RelanceTestSupport
import Testing

/// How soon a start is at work when much is waiting (reliability 4, row 5).
///
/// Of the program as it is shipped: a debug build is not judged.
@Suite(.timeLimit(.minutes(10))) struct StartTimeTests {
    private static let messages = 10_000

    @Test(.enabled(if: TortureScale.isFull))
    func `a start with ten thousand live messages is ready within a second`() async throws {
        let house = try Installation()
        // Nobody listens there: every message waits.
        let port = try LoopbackListener.freePort()
        try house.write(
            """
            service: {sender: relance@cci.example, message_id_domain: relance.cci.example}
            state: state
            log: {level: notice}
            routes:
              relay: {kind: smtp, host: 127.0.0.1, port: \(port), tls: none_on_loopback}
            mail: [relay]

            """, to: "relance.yaml")
        try house.write("[]", to: "advisors.json")
        let cases = (0..<Self.messages).map { number in
            """
            {"ref": "K-\(number)", "opened_at": "2020-11-02T09:00:00+01:00", "stage": "follow_up",
             "contact": {"last_name": "Contact", "email": "contact\(number)@entreprise.example", "prefers": "email"}}
            """
        }
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
}
