import RelanceCore
import RelanceTestSupport
import Testing

/// The preferred channel if it can be used, else the other, else a call to make (domain 2.4).
@Suite struct ChannelRuleTests {
    let planner = Planner.make()
    static let appointment = Appointment.make("2020-11-12 14:00", confirmed: "2020-11-09 10:00")

    private func confirmation(
        memory: CaseMemory = CaseMemory(), _ change: (inout Contact) -> Void
    ) -> [Channel] {
        let item = OpenCase.bakery(with: Self.appointment) { change(&$0.contact) }
        return planner.told(item, at: "2020-11-09 10:00", memory: memory).map(\.channel)
    }

    private func acknowledgement(_ opened: String, _ change: (inout Contact) -> Void) -> [String] {
        let item = OpenCase.bakery(.listening, openedAt: opened) {
            ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
            change(&$0.contact)
        }
        return planner.tells(item, from: opened, to: "2020-11-30 12:00")
    }

    @Test func `the preferred channel is taken, a mail when nothing is known`() {
        #expect(
            acknowledgement("2020-11-02 10:00") { $0.prefers = .sms } == ["2020-11-02 10:00 case_opened sms"])
        #expect(
            acknowledgement("2020-11-02 10:00") { $0.prefers = .email } == [
                "2020-11-02 10:00 case_opened email"
            ])
        #expect(acknowledgement("2020-11-02 10:00") { _ in } == ["2020-11-02 10:00 case_opened email"])
    }

    @Test func `the text waits for the window where the mail would not`() {
        #expect(
            acknowledgement("2020-10-30 21:00") { $0.prefers = .sms } == ["2020-10-31 08:00 case_opened sms"])
        #expect(
            acknowledgement("2020-10-30 21:00") { $0.prefers = .email } == [
                "2020-10-30 21:00 case_opened email"
            ])
    }

    @Test func `the other channel when the preferred one cannot be used`() {
        #expect(
            acknowledgement("2020-11-02 10:00") {
                $0.prefers = .sms
                $0.mobile = nil
            } == ["2020-11-02 10:00 case_opened email"])
        #expect(
            acknowledgement("2020-11-02 10:00") {
                $0.prefers = .email
                $0.email = nil
            } == ["2020-11-02 10:00 case_opened sms"])
    }

    @Test(arguments: [false, nil])
    func `consent refused or unknown means no text`(consent: Bool?) {
        #expect(confirmation { $0.smsConsent = consent } == [.email])
        #expect(
            planner.calls(
                OpenCase.bakery(with: Self.appointment) {
                    $0.contact.smsConsent = consent
                    $0.contact.email = nil
                }, at: "2020-11-09 10:00") == ["appointment_confirmed no_usable_channel"])
    }

    @Test func `a landline alone is a call to make, until somebody was spoken to`() {
        var item = OpenCase.bakery(with: Self.appointment) {
            $0.contact.email = nil
            $0.contact.mobile = nil
            $0.contact.landline = .make("02 61 91 10 21")
        }
        #expect(planner.tells(item, from: "2020-11-09 09:00", to: "2020-11-20 12:00") == [])
        #expect(planner.withheld(.appointmentConfirmed, item, at: "2020-11-09 10:00") == [.noUsableChannel])
        #expect(planner.calls(item, at: "2020-11-09 10:00") == ["appointment_confirmed no_usable_channel"])
        #expect(
            planner.calls(item, at: "2020-11-10 17:00") == [
                "appointment_confirmed no_usable_channel", "appointment_eve no_usable_channel",
            ])
        item.lastContactAt = at("2020-11-10 09:00")
        #expect(planner.calls(item, at: "2020-11-10 17:00") == ["appointment_eve no_usable_channel"])
        #expect(planner.calls(item, at: "2020-11-12 14:00") == [])
    }

    @Test func `who prefers the phone is called, who wants nothing only when a door would be closed`() {
        let moved = Appointment.make(
            "2020-11-12 14:00", confirmed: "2020-11-02 10:00",
            moved: [("2020-11-09 10:00", "2020-11-13 14:00")])
        for (prefers, confirmed) in [(Contact.Preference.phone, 1), (.none, 0)] {
            let first = OpenCase.bakery(with: Self.appointment) { $0.contact.prefers = prefers }
            #expect(planner.told(first, at: "2020-11-09 10:00") == [])
            #expect(planner.calls(first, at: "2020-11-09 10:00").count == confirmed)
            #expect(
                planner.withheld(.appointmentConfirmed, first, at: "2020-11-09 10:00") == [.prefersNoWriting])
            let second = OpenCase.bakery(with: moved) { $0.contact.prefers = prefers }
            #expect(
                planner.calls(second, at: "2020-11-09 10:00") == ["appointment_moved prefers_no_writing"])
        }
    }

    @Test func `texts go abroad only where the region is enabled; overseas is France`() {
        let own = Planner.make(policies: .shipped(with: "policy: {text_messages: {regions: [FR, GB]}}"))
        let british = OpenCase.bakery(with: Self.appointment) { $0.contact.mobile = .make("+44 7400 123456") }
        #expect(planner.told(british, at: "2020-11-09 10:00").map(\.channel) == [.email])
        #expect(own.told(british, at: "2020-11-09 10:00").map(\.channel) == [.sms, .email])
        #expect(confirmation { $0.mobile = .make("06 92 12 34 56") } == [.sms, .email])
    }

    @Test func `the budget closes texts, appointments last`() {
        var item = OpenCase.bakery(with: Self.appointment) {
            $0.contact.email = nil
            $0.unansweredCalls = [at("2020-11-09 10:00")]
        }
        #expect(
            planner.told(item, at: "2020-11-09 10:00").map(\.kind) == [.appointmentConfirmed, .unreachable])
        let tight = CaseMemory(smsBudget: .appointmentsOnly)
        #expect(
            planner.told(item, at: "2020-11-09 10:00", memory: tight).map(\.kind) == [.appointmentConfirmed])
        let spent = CaseMemory(smsBudget: .spent)
        #expect(planner.told(item, at: "2020-11-09 10:00", memory: spent) == [])
        #expect(
            planner.calls(item, at: "2020-11-09 10:00", memory: spent) == ["appointment_confirmed sms_budget"]
        )
        item.contact.email = .make("contact@boulangerie.example")
        #expect(planner.told(item, at: "2020-11-09 10:00", memory: spent).allSatisfy { $0.channel == .email })
    }

    // MARK: - How far it got

    private var eve: OpenCase { .bakery(with: .make("2020-11-06 14:00", confirmed: "2020-10-12 10:00")) }
    private static let eveAt = "2020-11-05 17:00"

    private func afterwards(_ end: CaseMemory.Told.End) throws -> [PlannedMessage] {
        var memory = CaseMemory()
        let text = try #require(planner.told(eve, at: Self.eveAt).first)
        #expect(text.channel == .sms)
        memory.tell(text, end, at: at(Self.eveAt))
        return planner.told(eve, at: "2020-11-05 17:30", memory: memory)
    }

    @Test func `what was refused or not delivered goes to the other channel, under a key of its own`() throws
    {
        let first = try #require(planner.told(eve, at: Self.eveAt).first)
        let second = try afterwards(.failed(detail: "unknown subscriber"))
        #expect(second.map(\.channel) == [.email])
        #expect(second.map(\.reason) == [.notDelivered])
        #expect(second.first?.key != first.key)
    }

    @Test func `a message knows whether another channel would carry it`() {
        func others(_ change: (inout Contact) -> Void) -> [Bool] {
            let item = OpenCase.bakery(.listening, openedAt: "2020-11-02 10:00") {
                ($0.firstContactAt, $0.diagnosisDoneAt) = (nil, nil)
                $0.contact.prefers = .sms
                change(&$0.contact)
            }
            return planner.told(item, at: "2020-11-02 10:00").map(\.hasOtherChannel)
        }
        #expect(others { _ in } == [true])
        #expect(others { $0.email = nil } == [false])
        #expect(others { $0.smsConsent = false } == [false], "by mail, and no text is allowed")
    }

    @Test func `what nobody can tell about is not repeated elsewhere`() throws {
        #expect(try afterwards(.unknown).map(\.channel) == [.sms])
        #expect(try afterwards(.sent).map(\.channel) == [.sms])
    }

    @Test func `when both failed it is a call to make`() throws {
        var memory = CaseMemory()
        let text = try #require(planner.told(eve, at: Self.eveAt).first)
        memory.tell(text, .failed(detail: "unknown subscriber"), at: at("2020-11-05 17:01"))
        let mail = try #require(planner.told(eve, at: "2020-11-05 17:01", memory: memory).first)
        memory.tell(mail, .failed(detail: "no such user"), at: at("2020-11-05 17:02"))
        #expect(planner.told(eve, at: "2020-11-05 17:02", memory: memory) == [])
        #expect(
            planner.calls(eve, at: "2020-11-05 17:02", memory: memory) == [
                "appointment_eve no_usable_channel"
            ])
    }

    @Test func `an objection between planning and sending sends it the other way`() throws {
        let number = try #require(eve.contact.mobile)
        var memory = CaseMemory()
        let text = try #require(planner.told(eve, at: Self.eveAt).first)
        memory.told[text.key] = CaseMemory.Told(
            kind: text.kind, channel: .sms, end: .open, leftAt: nil, endedAt: at(Self.eveAt))
        memory.closedAddresses[AddressMark(number, instance: "test")] = .objection
        #expect(planner.told(eve, at: "2020-11-05 17:10", memory: memory).map(\.channel) == [.email])
        var alone = eve
        alone.contact.email = nil
        #expect(planner.told(alone, at: "2020-11-05 17:10", memory: memory) == [])
        #expect(
            planner.withheld(.appointmentEve, alone, at: "2020-11-05 17:10", memory: memory) == [.optedOut])
        #expect(planner.calls(alone, at: "2020-11-05 17:10", memory: memory) == ["appointment_eve opted_out"])
    }

    @Test func `a mail already under way is not doubled by a text that became possible`() throws {
        var without = eve
        without.contact.smsConsent = nil
        let mail = try #require(planner.told(without, at: Self.eveAt).first)
        var memory = CaseMemory()
        memory.told[mail.key] = CaseMemory.Told(
            kind: mail.kind, channel: .email, end: .open, leftAt: nil, endedAt: at(Self.eveAt))
        #expect(planner.told(eve, at: "2020-11-05 17:05", memory: memory).map(\.channel) == [.email])
    }

    @Test func `a mail in doubt is neither doubled by a text nor sent to an address that is gone`() throws {
        var without = eve
        without.contact.smsConsent = nil
        let mail = try #require(planner.told(without, at: Self.eveAt).first)
        var memory = CaseMemory()
        memory.tell(mail, .doubtful, at: at(Self.eveAt))
        #expect(planner.told(eve, at: "2020-11-05 17:05", memory: memory).map(\.channel) == [.email])
        var gone = eve
        gone.contact.email = nil
        #expect(planner.told(gone, at: "2020-11-05 17:05", memory: memory) == [])
        #expect(
            planner.withheld(.appointmentEve, gone, at: "2020-11-05 17:05", memory: memory) == [
                .noUsableChannel
            ])
        #expect(planner.calls(gone, at: "2020-11-05 17:05", memory: memory) == [])
        // Given up, it stays in doubt, and nothing is said elsewhere either.
        memory.tell(mail, .unknown, at: at(Self.eveAt))
        #expect(planner.told(gone, at: "2020-11-05 17:05", memory: memory) == [])
        #expect(planner.calls(gone, at: "2020-11-05 17:05", memory: memory) == [])
    }

    // MARK: - Ceilings

    @Test func `a recipient who has had enough today hears the next day`() throws {
        let number = try #require(eve.contact.mobile)
        let memory = CaseMemory(
            departures: .make([AddressMark(number, instance: "test"): 6], at: at("2020-11-05 09:00")))
        var item = eve
        item.appointments = []
        item.unansweredCalls = [at("2020-11-05 17:00")]
        #expect(planner.told(item, at: "2020-11-05 17:00", memory: memory) == [])
        let plan = planner.plan(item, at: at("2020-11-05 17:00"), memory: memory, detail: .everything)
        #expect(plan.withheld.contains { $0.kind == .unreachable && $0.reason == .recipientCeiling })
        #expect(plan.upcoming.filter { $0.kind == .unreachable }.map(\.at) == [at("2020-11-06 09:00")])
        #expect(planner.told(item, at: "2020-11-06 09:00").map(\.channel) == [.sms])
    }

    @Test func `an appointment is not held to the ceiling`() throws {
        let number = try #require(eve.contact.mobile)
        let memory = CaseMemory(
            departures: .make([AddressMark(number, instance: "test"): 6], at: at("2020-11-05 09:00")))
        let item = OpenCase.bakery(
            with: .make("2020-11-06 14:00", confirmed: "2020-10-12 10:00", cancelled: "2020-11-05 10:00"))
        #expect(
            planner.told(item, at: "2020-11-05 10:00", memory: memory).map(\.channel) == [.sms, .email])
        #expect(planner.told(eve, at: Self.eveAt, memory: memory).map(\.kind) == [.appointmentEve])
    }

    @Test func `texts come back with the first instant of the month`() {
        let item = OpenCase.bakery { $0.recordedStage = .waitingForBusiness }
        let now = at("2020-12-31 23:50")
        let plan = planner.plan(item, at: now, memory: CaseMemory(smsBudget: .spent))
        #expect(plan.nextWake.map { $0 <= at("2021-01-01 00:00") } == true)
    }

    @Test func `a message due again does not stand in its own way, whoever it is for`() throws {
        let item = OpenCase.make(openedAt: "2020-11-02 09:30") { _ in }
        let now = at("2020-11-02 14:00")
        let message = try #require(
            planner.plan(item, at: now).messages.first { $0.recipient.audience != .business })
        let mark = try #require(message.recipient.mark(for: .email, instance: "test"))
        let ceiling = planner.policies.house.business.ceilings.staffPerDay
        func isOwed(others: Int) -> Bool {
            var departures = DeparturesByAddress.make([mark: others], at: at("2020-11-02 09:00"))
            var plan = PlanRecord.make(1, addressee: mark)
            plan.key = message.key
            departures.begin(
                Attempt(number: 1, route: "a", messageID: "", sha256: ""), of: plan,
                at: at("2020-11-02 09:40"))
            let memory = CaseMemory(departures: departures)
            return planner.plan(item, at: now, memory: memory).messages.contains { $0.key == message.key }
        }
        #expect(isOwed(others: ceiling - 1))
        #expect(!isOwed(others: ceiling))
    }

    @Test func `an alert of distress is not held to the ceiling`() {
        let item = OpenCase.make(openedAt: "2020-11-02 09:30") {
            $0.distress = Distress(flaggedAt: at("2020-11-02 10:00"))
        }
        let marks = ["ines.royer", "marc.lefevre", "claire.duval"].map {
            AddressMark(EmailAddress.make("\($0)@cci.example"), instance: "test")
        }
        let memory = CaseMemory(
            departures: .make(
                Dictionary(uniqueKeysWithValues: marks.map { ($0, 100) }), at: at("2020-11-02 09:00")))
        let kinds = planner.plan(item, at: at("2020-11-02 10:00"), memory: memory).messages.map(\.kind)
        #expect(kinds == [.distressAlert, .distressAlert])
    }
}
