import Foundation
import RelanceCore

@testable import RelanceDaemon

/// The houses of the simulations, read once: as started, and as a reload finds it.
enum SimulatedHouse {
    static let first = load("")
    static let second = load(
        """
        policy:
          digest: {at: "09:15"}
          deadlines: {first_call: {due: 2 working hours}}
          ceilings: {status_a_day: 2, business_a_day: 3, staff_a_day: 8}
        brakes: {messages: 12, cases_percent: 60, at_least: 5}
        """)

    private static func load(_ more: String) -> House {
        do {
            let folder = try TemporaryFolder()
            try folder.write(configuration + more, to: "relance.yaml")
            try folder.write(advisors, to: "advisors.json")
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            return try House.load(
                House.Source(
                    configuration: folder.path + "/relance.yaml", needsCredentials: false,
                    shippedTemplates: root.path + "/Templates"),
                now: Instant(seconds: 1_604_300_000))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static let configuration = """
        service: {it_mailbox: informatique@cci.example}
        sites:
          dieppe: {name: Dieppe, mailbox: dieppe@cci.example, phone: 02 61 91 00 76, lead: marc.lefevre}
        routes:
          a: {kind: spool, folder: spool, concurrency: 2}
          b: {kind: spool, folder: spool, concurrency: 1}
          t: {kind: spool, folder: spool, concurrency: 1}
          u: {kind: spool, folder: spool, concurrency: 2}
        mail: [a, b]
        sms: [t, u]
        sms_budget: {soft: 8, hard: 12}

        """

    private static let advisors = """
        [
          {"id": "claire.duval", "first_name": "Claire", "last_name": "Duval", "email": "claire@cci.example",
           "site": "dieppe", "role": "advisor", "backup": "karim.benali",
           "absences": [{"from": "2020-11-04", "to": "2020-11-05"}]},
          {"id": "karim.benali", "first_name": "Karim", "last_name": "Benali", "email": "karim@cci.example",
           "site": "dieppe", "role": "advisor", "absences": [{"from": "2020-10-26", "to": "2020-10-27"}]},
          {"id": "alice.yvon", "first_name": "Alice", "last_name": "Yvon", "email": "alice@cci.example",
           "site": "dieppe", "role": "advisor"},
          {"id": "marc.lefevre", "first_name": "Marc", "last_name": "Lefèvre", "email": "marc@cci.example",
           "site": "dieppe", "role": "lead"},
          {"id": "ines.royer", "first_name": "Inès", "last_name": "Royer", "email": "ines@cci.example",
           "site": "dieppe", "role": "on_call"}
        ]
        """
}
