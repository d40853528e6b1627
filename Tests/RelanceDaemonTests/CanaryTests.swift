import Foundation
import RelanceCore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// Design D10: what must never stand in a log.
@Suite(.timeLimit(.minutes(10))) struct CanaryTests {
    @Test func `no secret and nothing personal stands in the log of a day with everything going wrong`()
        async throws
    {
        let canaries = [
            "canary-password", "06 39 98 77 77", "0639987777", "+33639987777", "Canarini", "canary-comment",
            "canary@shop.example", "canary-broken", "Aux Canaris",
        ]
        let personal = """
            , "comment": "canary-comment", "business": {"name": "Aux Canaris"}, "contact": {"last_name": "Canarini",
              "mobile": "06 39 98 77 77", "email": "canary@shop.example", "landline": "canary-broken"}
            """
        let routes = """
            routes:
              a: {kind: smtp, host: 127.0.0.1, port: 2525, tls: none_on_loopback, user: relance, password_file: secret}
            mail: [a]
            """
        let house = try TestHouse(cases: [
            TestHouse.followUpCase(more: personal), TestHouse.newCase("2020-0301", more: personal),
        ])
        try house.folder.write("canary-password\n", to: "secret")
        try house.folder.write(
            """
            service: {it_mailbox: informatique@cci.example}
            sites: {dieppe: {name: Dieppe, mailbox: dieppe@cci.example, phone: 02 61 91 00 76}}
            \(routes)
            """, to: "relance.yaml")
        let courier = ScriptedCourier([.routeIsDown, .busyMailbox, .breaksOff])
        let life = try await house.run(at: at("2020-11-02 09:30"), courier: courier) { life in
            await life.log.waitForAttempts(2)
            try house.folder.write(
                "[{\"ref\": \"2020-0302\"\(personal)}, {\(personal.dropFirst(2))}]", to: "cases/bad.json")
            await life.log.wait { events in
                events.contains {
                    if case .attempted(let one) = $0 { one.message.kind == .technicalIncident } else { false }
                }
            }
            try house.folder.write("service: {phone: canary-broken}", to: "relance.yaml")
            life.wishes.yield(.reload)
            _ = await life.log.waitForReload(1)
        }
        #expect(life.lines.all.contains { $0.hasPrefix("<5>message deferred ") })
        for line in life.lines.all {
            for canary in canaries where canary != "canary-broken" || !line.contains("relance.yaml") {
                #expect(!line.contains(canary), "\(line)")
            }
        }
    }

    @Test func `what a relay quotes of an address stands neither in the log nor in the ledger`() async throws
    {
        let server = try ScriptedSMTPServer { stage, _ in
            switch stage {
            case .rcpt: .reply("550 5.1.1 <claire.duval@cci.example>: no such user here")
            default: nil
            }
        }
        defer { server.stop() }
        let house = try TestHouse(
            configuration: TestHouse.configuration().replacing(
                "{kind: spool, folder: spool, concurrency: 1}",
                with: "{kind: smtp, host: 127.0.0.1, port: \(server.port), tls: none_on_loopback}"))
        let life = try await house.run(at: at("2020-11-02 08:30"), hasRealCouriers: true) { life in
            await life.log.waitForAttempts(1)
        }
        #expect(try house.state().messages.values.map(\.phase) == [.failed])
        #expect(life.lines.all.count { $0.hasPrefix("<4>message refused ") } == 1)
        for line in life.lines.all { #expect(!line.contains("@")) }
        let state = URL(filePath: house.statePath)
        let files = try FileManager.default.contentsOfDirectory(
            at: state, includingPropertiesForKeys: [.isRegularFileKey])
        for file in files where try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            #expect(!text.contains("claire.duval@"), "\(file.lastPathComponent)")
        }
    }
}
