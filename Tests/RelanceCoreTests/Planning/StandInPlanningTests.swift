import RelanceCore
import RelanceTestSupport
import Testing

/// Absences and part-time weeks change who is told, never what is owed (domain 1.5).
@Suite struct StandInPlanningTests {
    /// Due Mon 2 Nov 11:10.
    let item = OpenCase.make(openedAt: "2020-10-30 15:40")

    private func recipients(_ planner: Planner, _ item: OpenCase? = nil) -> [String] {
        planner.sends(item ?? self.item, from: "2020-11-02 09:00", to: "2020-11-02 12:00")
    }

    private let mornings = Absence.make("2020-11-02", "2020-11-06")

    @Test func `an absence sends to the backup it names, before the usual one`() {
        let away = Absence.make("2020-11-02", "2020-11-06", backup: "alice.yvon")
        let planner = Planner.make(
            .team(with: .make("claire.duval", absences: [away], backup: "karim.benali"), .make("alice.yvon")))
        #expect(
            recipients(planner) == [
                "2020-11-02 10:10 deadline_reminder alice.yvon",
                "2020-11-02 11:10 deadline_overdue alice.yvon",
            ])
        let reminder = planner.plan(item, at: at("2020-11-02 10:10")).messages.first {
            $0.kind == .deadlineReminder
        }
        #expect(reminder?.recipient.insteadOf == "Claire Duval")
    }

    @Test func `deadlines do not move for an absence`() {
        let planner = Planner.make(
            .team(with: .make("claire.duval", absences: [mornings], backup: "karim.benali")))
        #expect(planner.due("first_call", item, at: "2020-11-02 10:00") == ["2020-11-02 11:10"])
    }

    @Test func `a backup who is away passes it on`() {
        let planner = Planner.make(
            .team(
                with: .make("claire.duval", absences: [mornings], backup: "karim.benali"),
                .make("karim.benali", absences: [mornings], backup: "alice.yvon"), .make("alice.yvon")))
        #expect(recipients(planner).allSatisfy { $0.hasSuffix("alice.yvon") })
    }

    @Test func `backups in a circle end at the lead, and without the lead at the mailbox`() throws {
        let circle: [Advisor] = [
            .make("claire.duval", absences: [mornings], backup: "karim.benali"),
            .make("karim.benali", absences: [mornings], backup: "claire.duval"),
        ]
        #expect(
            recipients(.make(circle + [.make("marc.lefevre", role: .lead)])).allSatisfy {
                $0.hasSuffix("marc.lefevre")
            })
        let nobody = Planner.make(circle + [.make("marc.lefevre", role: .lead, absences: [mornings])])
        #expect(recipients(nobody).count == 2)
        #expect(recipients(nobody).allSatisfy { $0.hasSuffix(" dieppe") })
    }

    @Test func `the escalation of an absent lead goes to the mailbox`() {
        let planner = Planner.make(.team(with: .make("marc.lefevre", role: .lead, absences: [mornings])))
        #expect(
            planner.sends(item, from: "2020-11-02 13:00", to: "2020-11-02 13:10").filter {
                $0.contains("escalation")
            } == [
                "2020-11-02 13:10 escalation dieppe"
            ])
    }

    @Test func `no mail on a day off: what cannot wait is the stand-in's`() {
        // Opened Wed 4 Nov 09:30, her day off: due 13:30, reminder 12:30.
        let planner = Planner.make(.team(with: .withoutWednesdays("claire.duval", backup: "karim.benali")))
        let wednesday = OpenCase.make(openedAt: "2020-11-04 09:30")
        #expect(
            planner.sends(wednesday, from: "2020-11-04 09:30", to: "2020-11-04 14:00") == [
                "2020-11-04 12:30 deadline_reminder karim.benali",
                "2020-11-04 13:30 deadline_overdue karim.benali",
            ])
    }

    @Test func `no mail outside her hours either`() {
        // She works mornings. Due Mon 2 Nov 14:00: reminder at 13:00, after her hours.
        let mornings = Dictionary(
            uniqueKeysWithValues: Weekday.allCases.prefix(5).map { ($0, "09:00-12:30") })
        let planner = Planner.make(
            .team(with: .make("claire.duval", works: mornings, backup: "karim.benali")))
        let item = OpenCase.make(openedAt: "2020-11-02 10:00")
        #expect(
            planner.sends(item, from: "2020-11-02 10:00", to: "2020-11-02 15:00") == [
                "2020-11-02 13:00 deadline_reminder karim.benali",
                "2020-11-02 14:00 deadline_overdue karim.benali",
            ])
    }

    @Test func `a key is the same whoever stands in and whenever it is planned`() throws {
        let away = Planner.make(
            .team(with: .make("claire.duval", absences: [mornings], backup: "karim.benali")))
        func keys(_ planner: Planner, _ now: String) -> Set<MessageKey> {
            Set(planner.plan(item, at: at(now)).messages.filter { $0.kind != .newCase }.map(\.key))
        }
        #expect(keys(.make(), "2020-11-02 10:10").count == 1)
        #expect(keys(.make(), "2020-11-02 10:10") == keys(away, "2020-11-02 10:10"))
        #expect(keys(.make(), "2020-11-02 10:10") == keys(.make(), "2020-11-02 10:45"))
    }

    @Test func `somebody who has left is passed over like somebody absent`() {
        var claire = Advisor.make("claire.duval", backup: "karim.benali")
        claire.activeUntil = date("2020-10-31")
        #expect(recipients(.make(.team(with: claire))).allSatisfy { $0.hasSuffix("karim.benali") })
    }

    @Test func `with neither lead nor mailbox it waits, with the reason, for somebody to come`() {
        // Claire starts at 13:00; nobody else is there. Escalation is withheld; the overdue notice of 11:10 is useful
        // until 13:10 and is hers at 13:00.
        let afternoons = Dictionary(
            uniqueKeysWithValues: Weekday.allCases.prefix(5).map { ($0, "13:00-17:30") })
        let planner = Planner.make([.make("claire.duval", works: afternoons)], sites: [])
        #expect(planner.withheld(.deadlineOverdue, item, at: "2020-11-02 11:10") == [.noRecipient])
        #expect(
            planner.sends(item, from: "2020-11-02 11:00", to: "2020-11-03 12:00") == [
                "2020-11-02 13:00 deadline_overdue claire.duval"
            ])
    }
}
