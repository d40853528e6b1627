import RelanceCore
import RelanceTestSupport
import Testing

/// A fact dated later than one looks does not exist yet (design D1).
@Suite struct OpenCaseAsOfTests {
    private func seen(_ item: OpenCase, _ instant: String) -> OpenCase {
        item.asOf(at(instant), day: Zone.paris.day(at: at(instant)))
    }

    private let whole: OpenCase = {
        var item = OpenCase(ref: .make("2020-0301"), openedAt: at("2020-11-02 09:00"), stage: .closed)
        item.advisor = "claire.duval"
        item.assignedAt = at("2020-11-02 10:00")
        item.firstContactAt = at("2020-11-02 11:00")
        item.diagnosisDoneAt = at("2020-11-03 12:00")
        item.documents = DocumentsRequest(
            requestedAt: at("2020-11-04 09:00"), receivedAt: at("2020-11-05 09:00"))
        item.lastFollowUpOn = date("2020-11-06")
        item.followUpDoneAt = at("2020-11-06 15:00")
        item.referral = Referral(to: "DGFiP", at: at("2020-11-09 09:00"))
        item.externalDates = [
            ExternalDate(
                label: "URSSAF", on: date("2020-11-15"), declaredAt: at("2020-11-03 12:00"),
                doneAt: at("2020-11-12 09:00"))
        ]
        item.distress = Distress(
            flaggedAt: at("2020-11-04 10:00"), acknowledgedAt: at("2020-11-04 10:10"),
            calledBackAt: at("2020-11-04 11:00"), releasedAt: at("2020-11-05 11:00"))
        item.appointments = [
            Appointment(
                id: "a", startsAt: at("2020-11-10 14:00"), confirmedAt: at("2020-11-05 14:00"),
                cancelledAt: at("2020-11-09 18:00"),
                moved: [.init(at: at("2020-11-06 14:00"), startsAt: at("2020-11-12 14:00"))])
        ]
        item.unansweredCalls = [at("2020-11-02 10:30")]
        item.lastContactAt = at("2020-11-12 10:00")
        item.closedAt = at("2020-11-13 10:00")
        item.outcome = .chamberSolution
        return item
    }()

    @Test func `it does not exist before it was opened`() {
        #expect(!whole.exists(at: at("2020-11-02 08:59")))
        #expect(whole.exists(at: at("2020-11-02 09:00")))
    }

    @Test func `as it was opened nothing has happened`() {
        let seen = seen(whole, "2020-11-02 09:00")
        #expect(seen.recordedStage == .listening)
        #expect(seen.advisor == nil)
        #expect(seen.assignedAt == nil && seen.firstContactAt == nil && seen.diagnosisDoneAt == nil)
        #expect(seen.documents == nil && seen.referral == nil && seen.distress == nil)
        #expect(seen.lastFollowUpOn == nil && seen.followUpDoneAt == nil && seen.lastContactAt == nil)
        #expect(seen.externalDates == [] && seen.unansweredCalls == [])
        #expect(seen.closedAt == nil && seen.outcome == nil)
        #expect(seen.appointments.first?.currentStart == at("2020-11-10 14:00"))
    }

    @Test(arguments: [
        ("2020-11-02 10:59", Stage.listening), ("2020-11-02 11:00", .diagnosis),
        ("2020-11-03 11:59", .diagnosis),
        ("2020-11-03 12:00", .followUp), ("2020-11-13 09:59", .followUp), ("2020-11-13 10:00", .closed),
    ])
    func `the stage follows the facts`(instant: String, stage: Stage) {
        #expect(seen(whole, instant).recordedStage == stage)
    }

    @Test func `each fact comes into sight at its own instant, to the minute`() {
        #expect(seen(whole, "2020-11-02 09:59").advisor == nil)
        #expect(seen(whole, "2020-11-02 10:00").advisor == "claire.duval")
        #expect(seen(whole, "2020-11-04 09:00").documents?.receivedAt == nil)
        #expect(seen(whole, "2020-11-05 09:00").documents?.receivedAt == at("2020-11-05 09:00"))
        #expect(seen(whole, "2020-11-04 10:00").distress == Distress(flaggedAt: at("2020-11-04 10:00")))
        #expect(seen(whole, "2020-11-04 10:10").distress?.acknowledgedAt == at("2020-11-04 10:10"))
        #expect(seen(whole, "2020-11-05 10:59").distress?.releasedAt == nil)
        #expect(seen(whole, "2020-11-05 23:59").lastFollowUpOn == nil)
        #expect(seen(whole, "2020-11-06 00:00").lastFollowUpOn == date("2020-11-06"))
        #expect(seen(whole, "2020-11-03 12:00").externalDates.map(\.doneAt) == [nil])
        #expect(seen(whole, "2020-11-12 09:00").externalDates.map(\.doneAt) == [at("2020-11-12 09:00")])
        #expect(seen(whole, "2020-11-06 13:59").appointments.first?.currentStart == at("2020-11-10 14:00"))
        #expect(seen(whole, "2020-11-06 14:00").appointments.first?.currentStart == at("2020-11-12 14:00"))
        #expect(seen(whole, "2020-11-09 17:59").appointments.first?.cancelledAt == nil)
        #expect(seen(whole, "2020-11-13 09:59").outcome == nil)
        #expect(seen(whole, "2020-11-13 10:00").outcome == .chamberSolution)
    }

    @Test func `once everything lies behind it is what was recorded`() {
        #expect(seen(whole, "2020-12-01 09:00") == whole)
    }

    @Test func `looking twice is looking once`() {
        for day in 2...13 {
            let instant = "2020-11-\(day < 10 ? "0" : "")\(day) 12:00"
            #expect(seen(seen(whole, instant), instant).recordedStage == seen(whole, instant).recordedStage)
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var recorded: Stage
        var name: String
        var change: @Sendable (inout OpenCase) -> Void = { _ in }
        var stage: Stage
        var testDescription: String { "\(recorded) \(name)" }
    }

    /// All looked at on Mon 2 Nov at 12:00.
    static let cases: [Case] = [
        Case(recorded: .followUp, name: "with no date at all", stage: .followUp),
        Case(
            recorded: .followUp, name: "before its diagnosis",
            change: { $0.diagnosisDoneAt = at("2020-11-03 09:00") },
            stage: .listening),
        Case(
            recorded: .followUp, name: "undated, before the first contact",
            change: { $0.firstContactAt = at("2020-11-03 09:00") }, stage: .listening),
        Case(
            recorded: .diagnosis, name: "before the first contact",
            change: { $0.firstContactAt = at("2020-11-03 09:00") }, stage: .listening),
        Case(
            recorded: .diagnosis, name: "after the diagnosis",
            change: { $0.diagnosisDoneAt = at("2020-11-02 11:00") },
            stage: .followUp),
        Case(
            recorded: .listening, name: "after the first contact",
            change: { $0.firstContactAt = at("2020-11-02 11:00") }, stage: .diagnosis),
        Case(
            recorded: .referredToScheme, name: "before the referral",
            change: {
                $0.firstContactAt = at("2020-11-02 11:00")
                $0.referral = Referral(to: nil, at: at("2020-11-03 09:00"))
            }, stage: .diagnosis),
        Case(
            recorded: .referredToCourt, name: "with a referral without a date",
            change: { $0.referral = Referral(to: nil, at: nil) }, stage: .referredToCourt),
        Case(
            recorded: .waitingForBusiness, name: "before the documents were asked for",
            change: { $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 09:00")) },
            stage: .listening),
        Case(
            recorded: .waitingForBusiness, name: "undated, before the first contact",
            change: { $0.firstContactAt = at("2020-11-03 09:00") }, stage: .listening),
        Case(recorded: .closed, name: "without a date", stage: .closed),
        Case(
            recorded: .closed, name: "before it was closed", change: { $0.closedAt = at("2020-11-03 09:00") },
            stage: .listening),
        Case(recorded: .suspended, name: "without a day", stage: .suspended),
        Case(
            recorded: .suspended, name: "until tomorrow",
            change: { $0.hold = Hold(until: date("2020-11-03")) },
            stage: .suspended),
        Case(
            recorded: .suspended, name: "until today",
            change: {
                $0.hold = Hold(until: date("2020-11-02"))
                $0.diagnosisDoneAt = at("2020-10-20 09:00")
            }, stage: .followUp),
    ]

    @Test(arguments: cases)
    func `a recorded stage is moved to what was known`(_ expected: Case) {
        var item = OpenCase(
            ref: .make("2020-0301"), openedAt: at("2020-10-20 09:00"), stage: expected.recorded)
        expected.change(&item)
        #expect(seen(item, "2020-11-02 12:00").recordedStage == expected.stage)
    }
}
