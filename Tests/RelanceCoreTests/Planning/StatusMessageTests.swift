import RelanceCore
import RelanceTestSupport
import Testing

/// News about a case: documents, calls, follow-ups, referrals, the end (domain 2.4, kinds 8 to 12).
@Suite struct StatusMessageTests {
    let planner = Planner.make()

    private func content(_ item: OpenCase, at now: String, _ planner: Planner? = nil) -> MessageContent? {
        (planner ?? self.planner).told(item, at: now).first?.content
    }

    // MARK: - Documents

    @Test func `documents: at once, reminded on days 5 and 10, then never again`() {
        // Asked Tue 3 Nov: day 5 is Tue 10, day 10 over 11 November is Wed 18.
        let item = OpenCase.bakery {
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
        }
        #expect(
            planner.tells(item, from: "2020-11-03 12:00", to: "2020-12-31 12:00") == [
                "2020-11-03 15:00 documents_awaited email", "2020-11-03 15:00 documents_awaited sms",
                "2020-11-10 10:00 documents_awaited.reminder email",
                "2020-11-10 10:00 documents_awaited.reminder sms",
                "2020-11-18 10:00 documents_awaited.reminder email",
                "2020-11-18 10:00 documents_awaited.reminder sms",
            ])
    }

    @Test func `the short text never goes without the mail`() {
        let asked: (inout OpenCase) -> Void = {
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
        }
        let item = OpenCase.bakery { asked(&$0) }
        #expect(
            planner.tells(
                item, from: "2020-11-03 12:00", to: "2020-11-04 12:00",
                ends: { _ in .failed(detail: "no such user") }) == [
                    "2020-11-03 15:00 documents_awaited email"
                ])
        let mute = OpenCase.bakery {
            asked(&$0)
            $0.contact.email = nil
        }
        #expect(planner.tells(mute, from: "2020-11-03 12:00", to: "2020-11-30 12:00") == [])
        #expect(planner.calls(mute, at: "2020-11-03 15:00") == ["documents_awaited no_usable_channel"])
    }

    @Test func `received documents are not asked for`() {
        let item = OpenCase.bakery {
            $0.documents = DocumentsRequest(
                requestedAt: at("2020-11-03 15:00"), receivedAt: at("2020-11-09 10:00"), list: ["bilan 2019"])
        }
        #expect(
            planner.tells(item, from: "2020-11-05 09:00", to: "2020-12-31 12:00") == [])
        #expect(
            planner.withheld(.documentsAwaited, item, at: "2020-11-10 10:00").allSatisfy { $0 == .satisfied })
    }

    // MARK: - Unanswered calls

    @Test func `unanswered calls: one message a day, three in all`() {
        let calls = [
            "2020-11-02 10:00", "2020-11-02 15:00", "2020-11-03 10:00", "2020-11-04 18:00",
            "2020-11-06 10:00",
        ]
        let item = OpenCase.bakery { $0.unansweredCalls = calls.map { at($0) } }
        #expect(
            planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-30 12:00") == [
                "2020-11-02 10:00 unreachable sms", "2020-11-03 10:00 unreachable sms",
                "2020-11-05 09:00 unreachable sms",
            ])
        guard case .unreachable(_, let triedAt, let nextTryOn)? = content(item, at: "2020-11-02 10:00") else {
            Issue.record("no message")
            return
        }
        #expect(triedAt == at("2020-11-02 10:00"))
        #expect(nextTryOn == date("2020-11-03"))
        // After the third the advisor decides.
        if case .unreachable(_, _, let next)? = content(item, at: "2020-11-05 09:00") { #expect(next == nil) }
    }

    @Test func `who was reached meanwhile is not told of it`() {
        let item = OpenCase.bakery {
            $0.unansweredCalls = [at("2020-11-04 18:00")]
            $0.lastContactAt = at("2020-11-04 18:30")
        }
        #expect(planner.tells(item, from: "2020-11-04 12:00", to: "2020-11-10 12:00") == [])
    }

    @Test func `without a text it is a mail`() {
        let item = OpenCase.bakery {
            $0.unansweredCalls = [at("2020-11-02 10:00")]
            $0.contact.smsConsent = nil
        }
        #expect(planner.told(item, at: "2020-11-02 10:00").map(\.channel) == [.email])
    }

    // MARK: - What the advisor chooses to tell

    private func followedUp(_ tell: Bool, next: String? = nil, prefers: Contact.Preference? = nil) -> OpenCase
    {
        .bakery {
            $0.followUpDoneAt = at("2020-11-03 18:00")
            $0.followUpSummary = FollowUpSummary(
                tellBusiness: tell, businessWill: ["envoyer le bilan"], chamberWill: ["écrire à la banque"],
                nextOn: next.map { date($0) })
            $0.contact.prefers = prefers
        }
    }

    @Test func `a follow-up is told when the advisor chose to, in opening hours`() {
        #expect(
            planner.tells(followedUp(true), from: "2020-11-03 17:00", to: "2020-11-10 12:00") == [
                "2020-11-04 09:00 follow_up_done email"
            ])
        #expect(
            planner.tells(followedUp(true, prefers: .sms), from: "2020-11-03 17:00", to: "2020-11-10 12:00")
                == ["2020-11-04 09:00 follow_up_done email", "2020-11-04 09:00 follow_up_done sms"])
        #expect(planner.tells(followedUp(false), from: "2020-11-03 17:00", to: "2020-11-10 12:00") == [])
        #expect(planner.withheld(.followUpDone, followedUp(false), at: "2020-11-04 09:00") == [.notChosen])
    }

    @Test(arguments: [("2020-11-12", "2020-11-12"), (nil, "2020-11-17")])
    func `it announces the day that was agreed, else the next follow-up`(stated: String?, announced: String) {
        let item = followedUp(true, next: stated)
        guard case .followUpDone(_, let summary, _, let nextOn)? = content(item, at: "2020-11-04 09:00")
        else {
            Issue.record("no message")
            return
        }
        #expect(nextOn == date(announced))
        #expect(summary.businessWill == ["envoyer le bilan"])
    }

    @Test func `a referral is told when the advisor chose to, with the day of our call`() {
        // Five working days after Tue 3 Nov are Tue 10.
        var item = OpenCase.bakery(.referredToCourt) {
            $0.referral = Referral(to: "greffe", at: at("2020-11-03 10:00"), tellBusiness: true)
        }
        #expect(
            planner.tells(item, from: "2020-11-03 09:00", to: "2020-11-09 12:00") == [
                "2020-11-03 10:00 referred email", "2020-11-03 10:00 referred sms",
            ])
        guard case .referred(_, _, let callOn)? = content(item, at: "2020-11-03 10:00") else {
            Issue.record("no message")
            return
        }
        #expect(callOn == date("2020-11-10"))
        item.referral?.tellBusiness = false
        #expect(planner.withheld(.referred, item, at: "2020-11-03 10:00") == [.notChosen])
    }

    // MARK: - The end

    private func closed(_ outcome: Outcome?) -> OpenCase {
        .bakery(.closed) {
            $0.outcome = outcome
            $0.closedAt = at("2020-11-05 16:00")
        }
    }

    @Test(arguments: [
        (Outcome.chamberSolution, ["2020-11-05 16:00 case_closed email"]),
        (.unreachable, ["2020-11-05 16:00 case_closed.no_news email"]),
        (.referredToCourt, ["2020-11-05 16:00 case_closed email"]),
        (.cessation, []), (.duplicate, []), (.outOfScope, []),
    ])
    func `closing is told in neutral words, or not at all`(outcome: Outcome, told: [String]) {
        #expect(planner.tells(closed(outcome), from: "2020-11-05 09:00", to: "2020-12-31 12:00") == told)
    }

    @Test func `the survey comes on working day 3 at 10:00, once, when there is one`() {
        var asking = planner
        asking = Planner(
            instance: "test", policies: .shipped, directory: planner.directory, service: .asking)
        // Thu 5 Nov; Fri 6, Mon 9, Tue 10.
        #expect(
            asking.tells(closed(.chamberSolution), from: "2020-11-05 09:00", to: "2020-12-31 12:00") == [
                "2020-11-05 16:00 case_closed email", "2020-11-10 10:00 survey email",
            ])
        #expect(
            planner.withheld(.survey, closed(.chamberSolution), at: "2020-11-10 10:00") == [.notConfigured])
        for outcome in [Outcome.referredToCourt, .cessation, .duplicate, .unreachable, .businessGaveUp] {
            #expect(
                !asking.tells(closed(outcome), from: "2020-11-05 09:00", to: "2020-12-31 12:00")
                    .contains { $0.contains("survey") })
        }
        var distressed = closed(.chamberSolution)
        distressed.distress = Distress(flaggedAt: at("2020-10-10 10:00"), releasedAt: at("2020-10-12 10:00"))
        #expect(
            asking.tells(distressed, from: "2020-11-05 09:00", to: "2020-12-31 12:00") == [
                "2020-11-05 16:00 case_closed email"
            ])
    }

    @Test func `what was settled before the closing is still told, not what only a person may say`() {
        var item = closed(.referredToCourt)
        item.referral = Referral(to: "greffe", at: at("2020-11-05 15:59"), tellBusiness: true)
        item.closedAt = at("2020-11-05 18:00")
        item.referral?.at = at("2020-11-05 17:45")
        #expect(
            planner.tells(item, from: "2020-11-05 17:00", to: "2020-11-06 12:00") == [
                "2020-11-06 09:00 referred email", "2020-11-06 09:00 referred sms",
            ])
        item.outcome = .cessation
        #expect(planner.withheld(.referred, item, at: "2020-11-06 09:00") == [.notChosen])
        item.outcome = .referredToCourt
        item.distress = Distress(flaggedAt: at("2020-11-05 17:50"))
        #expect(planner.withheld(.referred, item, at: "2020-11-06 09:00") == [.distress])
        item.distress = nil
        item.referral?.at = at("2020-11-05 18:30")
        #expect(planner.withheld(.referred, item, at: "2020-11-06 09:00") == [.caseClosed])
        var followed = followedUp(true)
        followed.recordedStage = .closed
        followed.outcome = .chamberSolution
        followed.closedAt = at("2020-11-03 18:00")
        #expect(planner.told(followed, at: "2020-11-04 09:00").map(\.kind) == [.followUpDone])
    }

    // MARK: - Rules common to all

    @Test func `one status message a day: the others wait for the next day and are looked at again`() {
        let item = OpenCase.bakery {
            $0.unansweredCalls = [at("2020-11-03 10:00")]
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
        }
        #expect(
            planner.tells(item, from: "2020-11-03 09:00", to: "2020-11-06 12:00") == [
                "2020-11-03 10:00 unreachable sms", "2020-11-04 09:00 documents_awaited email",
                "2020-11-04 09:00 documents_awaited sms",
            ])
        var received = item
        received.documents?.receivedAt = at("2020-11-03 17:00")
        #expect(
            planner.tells(received, from: "2020-11-03 09:00", to: "2020-11-06 12:00") == [
                "2020-11-03 10:00 unreachable sms"
            ])
    }

    @Test func `what goes on to another channel another day is that day's status message`() throws {
        let item = OpenCase.bakery {
            $0.unansweredCalls = [at("2020-11-03 17:00")]
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-04 09:30"), list: ["bilan 2019"])
        }
        var memory = CaseMemory()
        let text = try #require(planner.told(item, at: "2020-11-03 17:00").first)
        memory.tell(text, .failed(detail: "unknown subscriber"), at: at("2020-11-03 17:00"))
        #expect(
            planner.told(item, at: "2020-11-03 17:10", memory: memory).map(\.channel) == [.email])
        #expect(
            planner.told(item, at: "2020-11-04 10:00", memory: memory).map(\.kind) == [.unreachable])
        let mail = try #require(planner.told(item, at: "2020-11-04 10:00", memory: memory).first)
        memory.tell(mail, at: at("2020-11-04 10:00"))
        #expect(planner.told(item, at: "2020-11-04 11:00", memory: memory).map(\.kind) == [.unreachable])
        #expect(
            planner.told(item, at: "2020-11-05 09:00", memory: memory).map(\.kind)
                .contains(.documentsAwaited))
    }

    @Test func `appointments do not count as status`() {
        let item = OpenCase.bakery(with: .make("2020-11-20 14:00", confirmed: "2020-11-03 15:00")) {
            $0.unansweredCalls = [at("2020-11-03 10:00")]
        }
        #expect(
            planner.tells(item, from: "2020-11-03 09:00", to: "2020-11-03 20:00") == [
                "2020-11-03 10:00 unreachable sms", "2020-11-03 15:00 appointment_confirmed sms",
                "2020-11-03 15:00 appointment_confirmed email",
            ])
    }

    @Test func `in distress nothing leaves but what belongs to an appointment confirmed before`() {
        let item = OpenCase.bakery(with: .make("2020-11-06 14:00", confirmed: "2020-10-12 10:00")) {
            $0.distress = Distress(flaggedAt: at("2020-11-03 09:00"))
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
            $0.unansweredCalls = [at("2020-11-03 10:00")]
            var second = Appointment.make("2020-11-09 14:00", confirmed: "2020-11-04 10:00")
            second.id = "rdv-2"
            $0.appointments.append(second)
        }
        #expect(
            planner.tells(item, from: "2020-11-03 08:00", to: "2020-11-12 12:00") == [
                "2020-11-05 17:00 appointment_eve sms", "2020-11-06 12:00 appointment_soon sms",
            ])
        #expect(planner.withheld(.documentsAwaited, item, at: "2020-11-03 15:00").contains(.distress))
        #expect(planner.withheld(.appointmentConfirmed, item, at: "2020-11-04 10:00").contains(.distress))
    }

    @Test func `of a closed case no appointment is spoken of, and somebody calls about it`() {
        var item = closed(.chamberSolution)
        item.appointments = [.make("2020-11-12 14:00", confirmed: "2020-10-12 10:00")]
        #expect(
            planner.tells(item, from: "2020-11-05 15:00", to: "2020-11-20 12:00") == [
                "2020-11-05 16:00 case_closed email"
            ])
        #expect(planner.withheld(.appointmentEve, item, at: "2020-11-10 17:00") == [.caseClosed])
        #expect(planner.calls(item, at: "2020-11-06 09:00") == ["appointment_confirmed case_closed"])
        #expect(planner.calls(item, at: "2020-11-12 14:00") == [])
    }

    @Test func `distress flagged again after a release silences again`() {
        let item = OpenCase.bakery {
            $0.distress = Distress(
                flaggedAt: at("2020-11-03 09:00"), releasedAt: at("2020-10-12 10:00"))
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
        }
        #expect(planner.tells(item, from: "2020-11-03 08:00", to: "2020-11-12 12:00") == [])
        #expect(planner.withheld(.documentsAwaited, item, at: "2020-11-03 15:00").contains(.distress))
    }

    @Test func `what never had its turn is a call to make, once the turn is lost`() {
        // Asked on Tuesday at 15:00, useful until Wednesday 15:00; both days go to something older.
        let item = OpenCase.bakery {
            $0.unansweredCalls = [at("2020-11-03 10:00")]
            $0.followUpDoneAt = at("2020-11-03 14:00")
            $0.followUpSummary = FollowUpSummary(tellBusiness: true, businessWill: ["envoyer le bilan"])
            $0.documents = DocumentsRequest(requestedAt: at("2020-11-03 15:00"), list: ["bilan 2019"])
        }
        var memory = CaseMemory()
        for (when, kind) in [
            ("2020-11-03 10:00", MessageKind.unreachable), ("2020-11-04 09:00", .followUpDone),
        ] {
            let told = planner.told(item, at: when, memory: memory)
            #expect(told.map(\.kind) == [kind])
            for message in told { memory.tell(message, at: at(when)) }
        }
        #expect(planner.calls(item, at: "2020-11-03 16:00", memory: memory) == [])
        // The digest of Thursday says it.
        #expect(
            planner.calls(item, at: "2020-11-05 08:30", memory: memory) == [
                "documents_awaited recipient_ceiling"
            ])
        #expect(planner.calls(item, at: "2020-11-09 08:30", memory: memory) == [])
    }

    @Test func `what was said, or may have been, is not called about`() throws {
        let item = OpenCase.bakery(
            with: .make("2020-11-12 14:00", confirmed: "2020-10-12 10:00", cancelled: "2020-11-09 10:00"))
        let message = try #require(planner.told(item, at: "2020-11-09 10:00").first)
        var held = item
        held.hold = Hold(until: date("2020-12-01"))
        #expect(planner.calls(held, at: "2020-11-09 11:00") == ["appointment_cancelled case_on_hold"])
        for end in [CaseMemory.Told.End.sent, .unknown] {
            var memory = CaseMemory()
            memory.tell(message, end, at: at("2020-11-09 10:00"))
            #expect(planner.calls(held, at: "2020-11-09 11:00", memory: memory) == [])
        }
    }

    @Test func `a hold mutes appointments too, but a move is then a call`() {
        let item = OpenCase.bakery(
            with: .make(
                "2020-11-12 14:00", confirmed: "2020-10-12 10:00",
                moved: [("2020-11-09 10:00", "2020-11-13 14:00")])
        ) { $0.hold = Hold(until: date("2020-12-01")) }
        #expect(planner.tells(item, from: "2020-11-02 09:00", to: "2020-11-30 12:00") == [])
        #expect(planner.calls(item, at: "2020-11-09 10:00") == ["appointment_moved case_on_hold"])
    }
}

extension ServiceIdentity {
    fileprivate static var asking: ServiceIdentity {
        var service = ServiceIdentity.make()
        service.surveyURL = "https://enquete.cci.example"
        return service
    }
}
