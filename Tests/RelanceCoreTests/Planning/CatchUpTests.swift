import RelanceCore
import RelanceTestSupport
import Testing

@Suite struct CatchUpTests {
    private let since = at("2020-11-02 09:00")

    private func message(
        _ number: Int, _ kind: MessageKind, on ref: String = "2020-0301", due: String,
        channel: Channel = .email
    ) -> PlannedMessage {
        var message = PlannedMessage.make(
            kind, cases: [ref], channel: channel, content: .technicalIncident(""))
        message.key = .make(number)
        (message.wantedAt, message.dueAt) = (at(due), at(due))
        return message
    }

    @Test func `of a case's late chasers the latest is left, the others point to it`() {
        var catchUp = CatchUp(since: since)
        let superseded = catchUp.superseded(among: [
            message(3, .escalation, due: "2020-10-30 16:00"),
            message(1, .newCase, due: "2020-10-30 10:00"),
            message(2, .deadlineOverdue, due: "2020-10-30 14:00"),
            message(4, .deadlineOverdue, on: "2020-0302", due: "2020-10-30 14:00"),
        ])
        #expect(superseded == [.make(1): .make(3), .make(2): .make(3)])
    }

    @Test func `one that comes late because its hours open later gives way to what has left already`() {
        var catchUp = CatchUp(since: since)
        #expect(catchUp.superseded(among: [message(2, .escalation, due: "2020-10-30 16:00")]).isEmpty)
        #expect(
            catchUp.superseded(among: [message(1, .newCase, due: "2020-10-30 10:00")])
                == [.make(1): .make(2)])
        #expect(catchUp.superseded(among: [message(3, .escalation, due: "2020-10-30 17:00")]).isEmpty)
    }

    @Test func `what falls due after the downtime is not late`() {
        var catchUp = CatchUp(since: since)
        let superseded = catchUp.superseded(among: [
            message(1, .deadlineOverdue, due: "2020-11-02 10:00"),
            message(2, .escalation, due: "2020-11-02 12:00"),
        ])
        #expect(superseded.isEmpty)
    }

    @Test(
        arguments: MessageKind.allCases.filter {
            $0.isForBusiness || [.distressAlert, .externalDateReminder, .appointmentInvitation].contains($0)
        })
    func `news to a business, alerts, dates of law and invitations stand for themselves`(kind: MessageKind) {
        var catchUp = CatchUp(since: since)
        let superseded = catchUp.superseded(among: [
            message(1, kind, due: "2020-10-30 10:00"), message(2, kind, due: "2020-10-30 12:00"),
            message(3, .escalation, due: "2020-10-30 16:00"),
        ])
        #expect(superseded.isEmpty)
    }
}
