import RelanceCore
import RelanceTestSupport
import Testing

/// Appointments booked, moved and cancelled (domain 2.4, kinds 3 to 5), dates reckoned by hand.
@Suite struct AppointmentTests {
    let planner = Planner.make()

    @Test func `booked before the clocks go forward, reminded on the Saturday and at opening`() {
        // Sunday 28 March 2021 the clocks go forward; the appointment is on the Monday.
        let item = OpenCase.bakery(with: .make("2021-03-29 09:00", confirmed: "2021-03-22 10:00"))
        #expect(
            planner.tells(item, from: "2021-03-22 09:00", to: "2021-04-02 12:00") == [
                "2021-03-22 10:00 appointment_confirmed sms", "2021-03-22 10:00 appointment_confirmed email",
                "2021-03-27 17:00 appointment_eve sms", "2021-03-29 08:00 appointment_soon sms",
            ])
    }

    @Test func `booked before the clocks go back, over All Saints' Monday`() {
        // Sunday 31 October 2021 the clocks go back; Monday 1 November is a holiday: the eve is Saturday the 30th.
        let item = OpenCase.bakery(with: .make("2021-11-02 14:30", confirmed: "2021-10-25 14:00"))
        #expect(
            planner.tells(item, from: "2021-10-25 09:00", to: "2021-11-05 12:00") == [
                "2021-10-25 14:00 appointment_confirmed sms", "2021-10-25 14:00 appointment_confirmed email",
                "2021-10-30 17:00 appointment_eve sms", "2021-11-02 12:30 appointment_soon sms",
            ])
    }

    @Test func `moved: told at once, the old reminders are gone and the new ones come`() throws {
        // The old eve would have been Tue 10 Nov, since the 11th is a holiday.
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-09 10:00",
                moved: [("2020-11-10 11:00", "2020-11-13 09:00")]))
        #expect(
            planner.tells(item, from: "2020-11-09 09:00", to: "2020-11-16 12:00") == [
                "2020-11-09 10:00 appointment_confirmed sms", "2020-11-09 10:00 appointment_confirmed email",
                "2020-11-10 11:00 appointment_moved sms", "2020-11-10 11:00 appointment_moved email",
                "2020-11-12 17:00 appointment_eve sms", "2020-11-13 08:00 appointment_soon sms",
            ])
        let notice = try #require(planner.notice(item, at: "2020-11-10 11:00", .appointmentMoved))
        #expect(notice.startsAt == at("2020-11-13 09:00"))
        #expect(notice.formerStart == at("2020-11-12 14:00"))
        let first = try #require(planner.notice(item, at: "2020-11-09 10:00", .appointmentConfirmed))
        #expect(first.calendar?.sequence == 0)
        #expect(notice.calendar?.sequence == 1)
        #expect(notice.calendar?.uid == first.calendar?.uid)
    }

    @Test func `moved over the change of clocks: the wall clock is what was agreed`() throws {
        let item = OpenCase.bakery(
            with: .make(
                "2021-03-26 09:00", confirmed: "2021-03-15 10:00",
                moved: [("2021-03-24 15:00", "2021-03-30 09:00")]))
        #expect(
            planner.tells(item, from: "2021-03-24 12:00", to: "2021-04-02 12:00") == [
                "2021-03-24 15:00 appointment_moved sms", "2021-03-24 15:00 appointment_moved email",
                "2021-03-29 17:00 appointment_eve sms", "2021-03-30 08:00 appointment_soon sms",
            ])
        let notice = try #require(planner.notice(item, at: "2021-03-24 15:00", .appointmentMoved))
        // 10:00 UTC less the hour of winter, then less the two of summer.
        #expect(notice.formerStart == Instant(rfc3339: "2021-03-26T08:00:00Z"))
        #expect(notice.startsAt == Instant(rfc3339: "2021-03-30T07:00:00Z"))
    }

    @Test func `two moves in one night are one message, from the date the business knows`() throws {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-13 14:00", confirmed: "2020-11-02 10:00",
                moved: [
                    ("2020-11-09 21:00", "2020-11-16 14:00"), ("2020-11-09 22:00", "2020-11-17 14:00"),
                ]))
        #expect(
            planner.tells(item, from: "2020-11-09 20:30", to: "2020-11-10 20:00") == [
                "2020-11-10 08:00 appointment_moved sms", "2020-11-10 08:00 appointment_moved email",
            ])
        let notice = try #require(planner.notice(item, at: "2020-11-10 08:00", .appointmentMoved))
        #expect(notice.formerStart == at("2020-11-13 14:00"))
        #expect(notice.calendar?.sequence == 2)
    }

    @Test func `of a move that was told, the next one starts from there`() throws {
        let once = OpenCase.bakery(
            with: .make(
                "2020-11-13 14:00", confirmed: "2020-11-02 10:00",
                moved: [("2020-11-05 10:00", "2020-11-16 14:00")]))
        var memory = CaseMemory()
        for message in planner.told(once, at: "2020-11-05 10:00") {
            memory.tell(message, at: at("2020-11-05 10:00"))
        }
        var twice = once
        twice.appointments[0].moved.append(
            Appointment.Move(at: at("2020-11-09 10:00"), startsAt: at("2020-11-17 14:00")))
        let message = try #require(
            planner.told(twice, at: "2020-11-09 10:00", memory: memory)
                .first { $0.kind == .appointmentMoved })
        guard case .appointment(_, let notice) = message.content else {
            Issue.record("\(message.content)")
            return
        }
        #expect(notice.formerStart == at("2020-11-16 14:00"))
    }

    @Test func `cancelled by us: an apology and a promise to call, rounded up`() throws {
        let item = OpenCase.bakery(
            with: .make("2020-11-12 14:00", confirmed: "2020-11-02 10:00", cancelled: "2020-11-10 16:00"))
        #expect(
            planner.tells(item, from: "2020-11-10 09:00", to: "2020-11-16 12:00") == [
                "2020-11-10 16:00 appointment_cancelled sms", "2020-11-10 16:00 appointment_cancelled email",
            ])
        let notice = try #require(planner.notice(item, at: "2020-11-10 16:00", .appointmentCancelled))
        // 90 minutes on Tuesday, 150 on Thursday after the holiday: 11:30, said as noon.
        #expect(notice.callBy == at("2020-11-12 12:00"))
        #expect(notice.calendar?.sequence == 1)
        #expect(notice.calendar?.isCancelled == true)
    }

    @Test func `a promise already past is not made`() throws {
        let item = OpenCase.bakery(
            with: .make("2020-11-20 14:00", confirmed: "2020-11-02 10:00", cancelled: "2020-11-10 09:00"))
        // 13:00, said as 17:30.
        #expect(
            planner.notice(item, at: "2020-11-10 17:29", .appointmentCancelled)?.callBy
                == at("2020-11-10 17:30"))
        let late = try #require(planner.notice(item, at: "2020-11-10 17:30", .appointmentCancelled))
        #expect(late.callBy == nil)
    }

    @Test func `a cancellation names the start the business was told of, for as long as it may come`() throws
    {
        let moved = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-02 10:00",
                moved: [("2020-11-09 21:00", "2020-11-10 11:00")], cancelled: "2020-11-09 22:00"))
        let notice = try #require(planner.notice(moved, at: "2020-11-10 11:30", .appointmentCancelled))
        #expect(notice.startsAt == at("2020-11-12 14:00"))
        let told = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-02 10:00",
                moved: [("2020-11-05 10:00", "2020-11-13 11:00")]))
        var memory = CaseMemory()
        for message in planner.told(told, at: "2020-11-05 10:00") {
            memory.tell(message, at: at("2020-11-05 10:00"))
        }
        var cancelled = told
        cancelled.appointments[0].cancelledAt = at("2020-11-09 10:00")
        let message = try #require(planner.told(cancelled, at: "2020-11-09 10:00", memory: memory).first)
        guard case .appointment(_, let second) = message.content else {
            Issue.record("\(message.content)")
            return
        }
        #expect(second.startsAt == at("2020-11-13 11:00"))
    }

    @Test func `moved before it was confirmed: the former start is the confirmed one`() throws {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-05 10:00",
                moved: [
                    ("2020-11-03 10:00", "2020-11-16 14:00"), ("2020-11-09 10:00", "2020-11-17 14:00"),
                ]))
        let notice = try #require(planner.notice(item, at: "2020-11-09 10:00", .appointmentMoved))
        #expect(notice.formerStart == at("2020-11-16 14:00"))
    }

    @Test func `confirmed again after a cancellation, calendars take it back`() throws {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-20 14:00", confirmed: "2020-11-10 10:00", cancelled: "2020-11-09 10:00"))
        let notice = try #require(planner.notice(item, at: "2020-11-10 10:00", .appointmentConfirmed))
        #expect(notice.calendar?.isCancelled == false)
        #expect(notice.calendar?.sequence == 2)  // the cancellation had 1
        #expect(planner.told(item, at: "2020-11-19 17:00").map(\.kind) == [.appointmentEve])
    }

    @Test func `a cancellation in the quiet hours is called about as well, whenever the appointment is`() {
        let item = OpenCase.bakery(
            with: .make("2020-11-13 14:00", confirmed: "2020-11-02 10:00", cancelled: "2020-11-09 22:00"))
        #expect(planner.calls(item, at: "2020-11-09 22:00") == ["appointment_cancelled too_late"])
        var memory = CaseMemory()
        for message in planner.told(item, at: "2020-11-10 08:00") {
            memory.tell(message, at: at("2020-11-10 08:00"))
        }
        #expect(planner.calls(item, at: "2020-11-10 08:30", memory: memory) == [])
    }

    @Test func `the advisor's calendar is cleared even after the hour, and says what she owes`() throws {
        let item = OpenCase.bakery(
            with: .make("2020-11-10 07:30", confirmed: "2020-11-02 10:00", cancelled: "2020-11-09 22:00"))
        let notice = try #require(planner.notice(item, at: "2020-11-10 09:00", .appointmentInvitation))
        #expect(notice.calendar?.isCancelled == true)
        #expect(notice.callBy == at("2020-11-10 17:30"))
        let moved = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-02 10:00",
                moved: [("2020-11-09 10:00", "2020-11-13 14:00")]))
        let former = try #require(planner.notice(moved, at: "2020-11-09 10:00", .appointmentInvitation))
        #expect(former.formerStart == at("2020-11-12 14:00"))
    }

    @Test func `who takes the case over gets the appointment into her own calendar`() throws {
        var item = OpenCase.bakery(with: .make("2020-11-20 14:00", confirmed: "2020-11-02 10:00"))
        let first = try #require(
            planner.plan(item, at: at("2020-11-02 10:00")).messages
                .first { $0.kind == .appointmentInvitation })
        item.advisor = "karim.benali"
        item.assignedAt = at("2020-11-12 10:00")
        let second = try #require(
            planner.plan(item, at: at("2020-11-12 10:00")).messages
                .first { $0.kind == .appointmentInvitation })
        #expect(second.recipient.id == "karim.benali")
        #expect(second.key != first.key)
    }

    @Test func `cancelled at the request of the business: no promise`() throws {
        let item = OpenCase.bakery(
            with: .make(
                "2021-04-06 10:00", confirmed: "2021-03-29 10:00", cancelled: "2021-04-03 11:00",
                by: .business
            ))
        // Saturday before Easter; the eve would have been that day at 17:00.
        #expect(
            planner.tells(item, from: "2021-04-01 09:00", to: "2021-04-08 12:00") == [
                "2021-04-03 11:00 appointment_cancelled.on_request sms",
                "2021-04-03 11:00 appointment_cancelled.on_request email",
            ])
        #expect(planner.notice(item, at: "2021-04-03 11:00", .appointmentCancelled)?.callBy == nil)
    }

    @Test func `by phone it has its own words`() {
        let item = OpenCase.bakery(
            with: .make("2020-11-12 14:00", confirmed: "2020-11-09 10:00", mode: .phone))
        #expect(
            planner.told(item, at: "2020-11-09 10:00").map(\.variant) == ["phone", "phone"])
    }

    @Test func `in the evening it waits for the window, and leaves no trace of the night`() {
        let item = OpenCase.bakery(with: .make("2020-11-20 14:00", confirmed: "2020-11-10 20:00"))
        #expect(
            planner.tells(item, from: "2020-11-10 19:00", to: "2020-11-13 12:00") == [
                "2020-11-12 08:00 appointment_confirmed sms", "2020-11-12 08:00 appointment_confirmed email",
            ])
    }

    @Test func `one that was never confirmed is never spoken of`() {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: nil, moved: [("2020-11-09 10:00", "2020-11-13 14:00")],
                cancelled: "2020-11-10 10:00"))
        #expect(planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-20 12:00") == [])
        #expect(planner.sends(item, from: "2020-11-02 09:00", to: "2020-11-12 08:00") == [])
    }

    @Test(arguments: [
        // Over when it was confirmed.
        Appointment.make("2020-11-09 09:00", confirmed: "2020-11-09 10:00"),
        // Moved into the past.
        .make(
            "2020-11-12 14:00", confirmed: "2020-11-01 10:00",
            moved: [("2020-11-09 10:00", "2020-11-06 14:00")]),
        // Cancelled when it had begun.
        .make("2020-11-09 09:30", confirmed: "2020-10-12 10:00", cancelled: "2020-11-09 10:00"),
    ])
    func `one that contradicts itself sends nothing`(appointment: Appointment) {
        let item = OpenCase.bakery(with: appointment)
        #expect(planner.tells(item, from: "2020-11-09 09:40", to: "2020-11-20 12:00") == [])
        #expect(
            planner.walk(item, from: "2020-11-09 09:40", to: "2020-11-20 12:00")
                .filter { $0.message.kind == .appointmentInvitation }.isEmpty)
    }

    @Test func `nothing of it leaves once it has begun`() {
        let item = OpenCase.bakery(with: .make("2020-11-12 14:00", confirmed: "2020-11-09 10:00"))
        #expect(planner.told(item, at: "2020-11-12 13:59").map(\.kind).contains(.appointmentConfirmed))
        #expect(planner.told(item, at: "2020-11-12 14:00") == [])
    }

    @Test func `a cancellation in the night before an early appointment is a call, not a text`() {
        let item = OpenCase.bakery(
            with: .make("2020-11-10 07:30", confirmed: "2020-11-02 10:00", cancelled: "2020-11-09 22:00"))
        #expect(planner.tells(item, from: "2020-11-09 21:00", to: "2020-11-12 12:00") == [])
        #expect(planner.calls(item, at: "2020-11-09 22:00") == ["appointment_cancelled too_late"])
        // Until the call that was promised: 4 working hours from Tuesday 09:00, 13:00, said as 17:30.
        #expect(planner.calls(item, at: "2020-11-10 17:29") == ["appointment_cancelled too_late"])
        #expect(planner.calls(item, at: "2020-11-10 17:30") == [])
    }

    @Test func `a move in the night is still told at opening, and called about meanwhile`() {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-10 07:30", confirmed: "2020-11-02 10:00",
                moved: [("2020-11-09 22:00", "2020-11-17 15:00")]))
        #expect(planner.calls(item, at: "2020-11-09 22:00") == ["appointment_moved too_late"])
        let told = planner.told(item, at: "2020-11-10 08:00")
        #expect(told.map(\.channel) == [.sms, .email])
        var memory = CaseMemory()
        for message in told { memory.tell(message, at: at("2020-11-10 08:00")) }
        #expect(planner.calls(item, at: "2020-11-10 08:31", memory: memory) == [])
    }

    @Test func `the advisor's own calendar file comes in her hours`() throws {
        let wednesdays = Planner.make(.team(with: .withoutWednesdays("claire.duval")))
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-11-03 18:00",
                moved: [("2020-11-06 10:00", "2020-11-13 14:00")], cancelled: "2020-11-09 19:00"))
        // Confirmed Tuesday evening; Wednesday is her day off.
        #expect(
            wednesdays.sends(item, from: "2020-11-03 09:00", to: "2020-11-12 12:00")
                .filter { $0.contains("invitation") } == [
                    "2020-11-05 09:00 appointment_invitation claire.duval",
                    "2020-11-06 10:00 appointment_invitation moved claire.duval",
                    "2020-11-10 09:00 appointment_invitation cancelled claire.duval",
                ])
        let notice = try #require(wednesdays.notice(item, at: "2020-11-10 09:00", .appointmentInvitation))
        #expect(notice.calendar?.sequence == 2)
        #expect(notice.calendar?.isCancelled == true)
    }

    @Test func `who stands in that day is named, and has it in the calendar`() throws {
        let planner = Planner.make(
            .team(
                with: .make(
                    "claire.duval", absences: [.make("2020-11-12", "2020-11-13")], backup: "karim.benali")))
        let item = OpenCase.bakery(with: .make("2020-11-12 14:00", confirmed: "2020-11-09 10:00"))
        let plan = planner.plan(item, at: at("2020-11-09 10:00"))
        let invitation = try #require(plan.messages.first { $0.kind == .appointmentInvitation })
        #expect(invitation.recipient.id == "karim.benali")
        guard
            case .appointment(let brief, _)? = plan.messages.first(where: { $0.kind == .appointmentConfirmed }
            )?
            .content
        else {
            Issue.record("no confirmation")
            return
        }
        #expect(brief.advisorName == "Karim Benali")
    }
}
