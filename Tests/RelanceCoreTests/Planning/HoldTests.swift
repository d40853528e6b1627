import RelanceCore
import RelanceTestSupport
import Testing

/// Cases nothing automatic leaves for: held by a record, held by an operator, suspended (domain 1.1).
@Suite struct HoldTests {
    let planner = Planner.make()

    /// Due Mon 2 Nov 17:30, escalation Tue 3 Nov 13:00, useful until Wed 4 Nov 17:30.
    private func item(_ change: (inout OpenCase) -> Void = { _ in }) -> OpenCase {
        OpenCase.make(openedAt: "2020-10-01 09:30", .followUp) {
            $0.followUpDoneAt = at("2020-10-19 15:00")
            change(&$0)
        }
    }

    @Test func `a held case is silent until its day, then says what is still useful`() {
        let item = item { $0.hold = Hold(until: date("2020-11-04")) }
        // Held at 13:00 on Tue 3; on Wed 4 Nov the staff window opens at 08:30.
        #expect(
            planner.sends(item, from: "2020-10-20 09:00", to: "2020-11-30 12:00") == [
                "2020-11-04 08:30 escalation marc.lefevre"
            ])
        #expect(planner.withheld(.escalation, item, at: "2020-11-03 13:00").contains(.caseOnHold))
    }

    @Test func `an operator's hold does the same and wakes by itself`() {
        let acts = CaseActs(heldUntil: date("2020-11-04"))
        #expect(
            planner.sends(item(), from: "2020-10-20 09:00", to: "2020-11-30 12:00", acts: acts) == [
                "2020-11-04 08:30 escalation marc.lefevre"
            ])
        #expect(
            planner.withheld(.escalation, item(), at: "2020-11-03 13:00", acts: acts).contains(.caseOnHold))
    }

    @Test func `the longer of two holds counts`() {
        let short = item { $0.hold = Hold(until: date("2020-11-03")) }
        #expect(
            planner.sends(
                short, from: "2020-10-20 09:00", to: "2020-11-30 12:00",
                acts: CaseActs(heldUntil: date("2020-11-04")))
                == ["2020-11-04 08:30 escalation marc.lefevre"])
        let long = item { $0.hold = Hold(until: date("2020-11-04")) }
        #expect(
            planner.sends(
                long, from: "2020-10-20 09:00", to: "2020-11-30 12:00",
                acts: CaseActs(heldUntil: date("2020-11-03")))
                == ["2020-11-04 08:30 escalation marc.lefevre"])
    }

    @Test func `a hold without an end lasts`() {
        let held = item { $0.hold = Hold(until: nil) }
        #expect(planner.sends(held, from: "2020-10-20 09:00", to: "2021-11-30 12:00") == [])
        #expect(
            planner.sends(
                item(), from: "2020-10-20 09:00", to: "2021-11-30 12:00", acts: CaseActs(isHeld: true)) == [])
    }

    @Test func `deadlines do not move for a hold`() {
        let held = item { $0.hold = Hold(until: date("2020-12-24")) }
        #expect(planner.due("follow_up", held, at: "2020-11-03 13:00") == ["2020-11-02 17:30"])
    }

    @Test func `a suspended case is silent and owes nothing until the day it names, then is followed again`()
    {
        var suspended = item { $0.recordedStage = .suspended }
        #expect(planner.sends(suspended, from: "2020-10-20 09:00", to: "2021-11-30 12:00") == [])
        #expect(planner.due("follow_up", suspended, at: "2020-11-03 13:00") == [])
        suspended.diagnosisDoneAt = at("2020-10-05 10:00")
        suspended.firstContactAt = at("2020-10-01 11:00")
        suspended.hold = Hold(until: date("2020-11-04"))
        #expect(planner.due("follow_up", suspended, at: "2020-11-03 23:59") == [])
        #expect(planner.due("follow_up", suspended, at: "2020-11-04 00:00") == ["2020-11-02 17:30"])
        #expect(
            planner.sends(suspended, from: "2020-10-20 09:00", to: "2020-11-30 12:00") == [
                "2020-11-04 08:30 escalation marc.lefevre"
            ])
    }

    @Test func `an operator's hold does not end a suspension that names no day`() {
        let suspended = item { $0.recordedStage = .suspended }
        let acts = CaseActs(heldUntil: date("2020-11-04"))
        #expect(planner.sends(suspended, from: "2020-10-20 09:00", to: "2021-11-30 12:00", acts: acts) == [])
    }
}
