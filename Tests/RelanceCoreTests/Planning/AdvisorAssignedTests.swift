import RelanceCore
import RelanceTestSupport
import Testing

/// Who follows the case: told when it changes, and when somebody stands in (domain 2.4, kind 2).
@Suite struct AdvisorAssignedTests {
    let planner = Planner.make()

    private func item(_ change: (inout OpenCase) -> Void) -> OpenCase {
        OpenCase.bakery(.listening, openedAt: "2020-11-02 09:30") {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
            change(&$0)
        }
    }

    @Test func `assigned as it was opened, the acknowledgement has said it`() {
        let item = item { $0.assignedAt = at("2020-11-02 09:30") }
        #expect(
            planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-10 12:00") == [
                "2020-11-02 09:30 case_opened email"
            ])
    }

    @Test func `assigned before the acknowledgement left, it says so and nothing else does`() {
        // Fri 30 Oct 21:00, a text that waits for Saturday 08:00.
        let item = OpenCase.bakery(.listening, openedAt: "2020-10-30 21:00") {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
            $0.contact.prefers = .sms
            $0.assignedAt = at("2020-10-30 21:30")
        }
        #expect(
            planner.tells(item, from: "2020-10-30 21:00", to: "2020-11-10 12:00") == [
                "2020-10-31 08:00 case_opened sms"
            ])
    }

    @Test func `assigned the next morning while the call is owed, with the promise`() throws {
        // Opened Mon 2 Nov 16:00: due Tue 3 Nov 11:30, said as noon.
        let item = OpenCase.bakery(.listening, openedAt: "2020-11-02 16:00") {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
            $0.assignedAt = at("2020-11-03 09:15")
        }
        let sent = planner.walk(item, from: "2020-11-02 16:00", to: "2020-11-10 12:00")
            .filter { $0.message.recipient.audience == .business }
        #expect(sent.map(\.message.kind) == [.caseOpened, .advisorAssigned])
        #expect(sent.last?.at == at("2020-11-03 09:15"))
        guard case .advisorAssigned(let brief, let promisedBy)? = sent.last?.message.content else {
            Issue.record("\(sent)")
            return
        }
        #expect(promisedBy == at("2020-11-03 12:00"))
        #expect(brief.advisorName == "Claire Duval")
        #expect(brief.advisorFirstName == "Claire")
    }

    @Test func `after a contact it promises nothing, and says nothing once she has called`() {
        let handed = OpenCase.bakery { $0.assignedAt = at("2020-11-03 09:15") }
        guard
            case .advisorAssigned(_, let promisedBy)? = planner.told(handed, at: "2020-11-03 09:15").first?
                .content
        else {
            Issue.record("no message")
            return
        }
        #expect(promisedBy == nil)
        let called = OpenCase.bakery {
            $0.assignedAt = at("2020-11-03 21:15")
            $0.lastContactAt = at("2020-11-03 21:20")
        }
        #expect(planner.tells(called, from: "2020-11-03 09:00", to: "2020-11-10 12:00") == [])
    }

    // MARK: - Replacement

    private func away(_ from: String, _ to: String) -> Planner {
        .make(
            .team(with: .make("claire.duval", absences: [.make(from, to)], backup: "karim.benali")))
    }

    @Test func `an absence that touches an appointment is told before it begins`() throws {
        let item = OpenCase.bakery(with: .make("2020-11-12 14:00", confirmed: "2020-11-02 10:00"))
        let planner = away("2020-11-12", "2020-11-13")
        // One working day before Thu 12 is Tue 10, at 10:00.
        #expect(
            planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-12 08:00") == [
                "2020-11-02 10:00 appointment_confirmed sms", "2020-11-02 10:00 appointment_confirmed email",
                "2020-11-10 10:00 advisor_assigned.replacement email", "2020-11-10 17:00 appointment_eve sms",
            ])
        let told = try #require(
            planner.told(item, at: "2020-11-10 10:00").first { $0.kind == .advisorAssigned })
        guard case .replacement(_, let name, let until) = told.content else {
            Issue.record("\(told.content)")
            return
        }
        #expect(name == "Karim Benali")
        #expect(until == date("2020-11-13"))
        #expect(told.reason == .advisorAway)
    }

    @Test func `an absence that touches nothing is nobody's business`() {
        let item = OpenCase.bakery(with: .make("2020-11-12 14:00", confirmed: "2020-11-02 10:00"))
        #expect(
            !away("2020-11-16", "2020-11-20").tells(item, from: "2020-11-03 09:00", to: "2020-11-30 12:00")
                .contains { $0.contains("replacement") })
    }

    @Test func `an absence that touches the promised call is told too`() {
        // Opened Tue 3 Nov 16:30; due Wed 4 Nov 12:00; she is away on Wednesday.
        let item = OpenCase.bakery(.listening, openedAt: "2020-11-03 16:30") {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
        }
        let sent = away("2020-11-04", "2020-11-04").tells(
            item, from: "2020-11-03 16:00", to: "2020-11-10 12:00")
        // The acknowledgement takes the day; it names who will call.
        #expect(
            sent == [
                "2020-11-03 16:30 case_opened email", "2020-11-04 08:00 advisor_assigned.replacement email",
            ])
    }

    @Test func `the promise names who will call`() {
        let item = OpenCase.bakery(.listening, openedAt: "2020-11-04 09:30") {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
        }
        let planner = away("2020-11-02", "2020-11-06")
        guard case .caseOpened(let brief, _)? = planner.told(item, at: "2020-11-04 09:30").first?.content
        else {
            Issue.record("no message")
            return
        }
        #expect(brief.advisorName == "Karim Benali")
        #expect(
            planner.tells(item, from: "2020-11-04 09:00", to: "2020-11-10 12:00") == [
                "2020-11-04 09:30 case_opened email"
            ])
    }
}
