import RelanceCore
import RelanceStore

@testable import RelanceDaemon

/// What tests of brakes and downtimes have in common.
extension TestHouse {
    /// A house with a lead, and cases that were opened on Friday 30 October 2020 at 10:00 and never called: due at 14:00,
    /// escalated at 16:00, announced to Claire at 10:00.
    static func withCasesOfFriday(_ count: Int, configuration: String = TestHouse.configuration()) throws
        -> TestHouse
    {
        let house = try TestHouse(configuration: configuration, cases: (0..<count).map { fridayCase($0) })
        try house.folder.write(
            """
            [
              {"id": "claire.duval", "first_name": "Claire", "last_name": "Duval",
               "email": "claire.duval@cci.example", "site": "dieppe", "role": "advisor"},
              {"id": "nadia.perrin", "first_name": "Nadia", "last_name": "Perrin",
               "email": "nadia.perrin@cci.example", "site": "dieppe", "role": "advisor"},
              {"id": "marc.lefevre", "first_name": "Marc", "last_name": "Lefèvre",
               "email": "marc.lefevre@cci.example", "site": "dieppe", "role": "lead"}
            ]
            """, to: "advisors.json")
        return house
    }

    static func fridayCase(_ number: Int, advisor: String = "claire.duval", more: String = "") -> String {
        """
        {"ref": "2020-\(10_000 + number)", "opened_at": "2020-10-30T10:00:00+01:00", "stage": "listening",
         "site": "dieppe", "advisor": "\(advisor)", "assigned_at": "2020-10-30T10:00:00+01:00"\(more)}
        """
    }

    /// Writes down that the daemon last started, and did nothing more, at an instant on this machine.
    func start(at now: Instant) async throws {
        try await write(
            [.started(ProgramStart(version: "test", machine: try MachineIdentity.hash()))], at: now)
    }

    /// A doubted clock goes on for the ten minutes in which nobody sets it, and is believed.
    static func settle(_ life: Life, from instant: Instant) async {
        await life.log.waitForTurn(from: instant)
        for minute in 1...10 { await life.advance(to: instant + .minutes(Int64(minute))) }
        await life.log.waitForTick(from: instant + .minutes(10))
    }

    /// Messages in the ledger by kind and phase, as `escalation planned`.
    func phases() throws -> [String: Int] {
        try state().messages.values.reduce(into: [:]) {
            $0["\($1.plan.kind.rawValue) \($1.phase.word)", default: 0] += 1
        }
    }
}
