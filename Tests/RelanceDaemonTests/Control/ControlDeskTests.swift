import RelanceCore
import RelanceStore
import RelanceTestSupport
import Testing

@testable import RelanceDaemon

/// What operators order, as it comes to stand in the ledger; the same with and without a daemon.
@Suite struct ControlDeskTests {
    private static let ref = CaseReference.make("2020-0301")
    private let now = at("2020-11-02 10:00")
    private let ledger: MemoryLedger

    init() {
        let now = now
        ledger = MemoryLedger(instance: "test", trailsOf: .everything, now: { now })
    }

    private func desk() -> ControlDesk {
        var item = OpenCase(ref: Self.ref, openedAt: now, stage: .listening)
        item.contact.email = .make("gerante@boulangerie.example")
        item.contact.mobile = PhoneNumber("06 39 98 20 15")
        item.contact.landline = PhoneNumber("02 61 91 10 14")
        return ControlDesk(ledger: ledger, now: { [now] in now }) { [item] ref in
            ref == Self.ref ? item : nil
        }
    }

    private func order(_ act: OperatorAct) async throws -> String {
        try await desk().act(
            try #require(OperatorOrder(act, by: "anne.delmas", reason: "dit au téléphone")))
    }

    private func isRefused(_ act: OperatorAct, as kind: (String) -> OperatorProblem, _ sentence: String)
        async throws
    {
        let before = ledger.withState { $0.lastSequence }
        await #expect(throws: kind(sentence)) { _ = try await order(act) }
        #expect(ledger.withState { $0.lastSequence } == before)
    }

    private func plan(_ events: LedgerEvent..., channel: Channel = .email) async throws {
        try await ledger.append([.planned(.make(1, case: "2020-0301", channel: channel))] + events)
    }

    private var phase: LedgerMessage.Phase? { ledger.withState { $0.messages[.make(1)]?.phase } }
    private var lastEvent: LedgerEvent? { ledger.history.trail(of: .make(1)).last?.event }

    private static let lost = LedgerEvent.result(1, 1, .ambiguous(.make()))

    // MARK: Messages

    @Test func `a text message that may have arrived is sent anew only when that is wanted in so many words`()
        async throws
    {
        try await plan(.attempt(1), .handover(1), Self.lost, channel: .sms)
        await #expect(throws: OperatorProblem.self) { _ = try await order(.retry(.make(1))) }
        #expect(phase == .unknown)
        let sentence = try await order(.retry(.make(1), mayArriveTwice: true))
        #expect(sentence.contains("it may arrive twice"))
        #expect(phase == .deferred(until: now))
        #expect(lastEvent == .retried(.make(1), by: "anne.delmas", reason: "dit au téléphone"))
    }

    @Test func `a mail that may have arrived is sent anew, and that is said`() async throws {
        try await plan(.attempt(1), .handover(1), Self.lost)
        #expect(try await order(.retry(.make(1))).contains("it may arrive twice"))
        #expect(phase == .deferred(until: now))
    }

    @Test func `a message that failed is sent anew, once certainly`() async throws {
        try await plan(.attempt(1), .handover(1), .result(1, 1, .refused(.make(code: 550))))
        #expect(try await order(.retry(.make(1))) == "\(MessageKey.make(1)) is sent anew")
        #expect(phase == .deferred(until: now))
    }

    @Test func `what has arrived, is planned or has lost its use is not sent anew`() async throws {
        try await plan()
        try await isRefused(.retry(.make(1)), as: OperatorProblem.refused, "\(MessageKey.make(1)) is planned")
        try await ledger.append(LedgerEvent.delivery(1))
        try await isRefused(.retry(.make(1)), as: OperatorProblem.refused, "\(MessageKey.make(1)) is sent")
        try await ledger.append([.planned(.make(2, dueAt: now - .days(4)))])
        try await isRefused(
            .retry(.make(2)), as: OperatorProblem.refused,
            "\(MessageKey.make(2)) is of no more use: its moment has passed")
    }

    @Test func `a message is cancelled, with who and why`() async throws {
        try await plan()
        #expect(try await order(.cancel(.make(1))) == "\(MessageKey.make(1)) is cancelled")
        #expect(lastEvent == .cancelled(.make(1), reason: "dit au téléphone", by: "anne.delmas"))
    }

    @Test func `one that may have left is done with, and that is said`() async throws {
        try await plan(.attempt(1), .handover(1), Self.lost, channel: .sms)
        #expect(try await order(.cancel(.make(1))).contains("nobody knows whether it arrived"))
        #expect(phase == .cancelled)
    }

    @Test(arguments: [OperatorAct.cancel(.make(1)), .hold(.make(1)), .retry(.make(1))])
    func `nothing is decided on a message while it is being sent`(act: OperatorAct) async throws {
        try await plan(.attempt(1))
        try await isRefused(
            act, as: OperatorProblem.refused,
            "\(MessageKey.make(1)) is being sent at this moment: ask again when it has ended")
    }

    @Test func `a message is held until it is released`() async throws {
        try await plan()
        _ = try await order(.hold(.make(1)))
        #expect(ledger.withState { $0.messages[.make(1)]?.hold?.by } == "anne.delmas")
        try await isRefused(
            .retry(.make(1)), as: OperatorProblem.refused, "\(MessageKey.make(1)) is held: release it")
        _ = try await order(.release(.make(1)))
        #expect(ledger.withState { $0.messages[.make(1)]?.hold } == nil)
        try await isRefused(
            .release(.make(1)), as: OperatorProblem.refused, "\(MessageKey.make(1)) is not held")
    }

    @Test(arguments: [
        OperatorAct.retry(.make(9)), .cancel(.make(9)), .hold(.make(9)), .release(.make(9)),
    ])
    func `a message nobody knows is told apart from one that stands elsewhere`(act: OperatorAct) async throws
    {
        try await isRefused(act, as: OperatorProblem.unknown, "no message \(MessageKey.make(9))")
    }

    // MARK: Cases

    @Test func `a case is held and followed again, with who and why`() async throws {
        let day = try #require(LocalDay(iso: "2020-11-09"))
        #expect(
            try await order(.holdCase(Self.ref, until: day))
                == "nothing automatic leaves on 2020-0301 before 2020-11-09")
        #expect(ledger.withState { $0.acts(onCase: Self.ref).heldUntil } == day)
        #expect(try await order(.resumeCase(Self.ref)) == "2020-0301 is followed again")
        #expect(ledger.withState { $0.acts(onCase: Self.ref) } == CaseActs())
        try await isRefused(.resumeCase(Self.ref), as: OperatorProblem.refused, "2020-0301 is not held")
    }

    @Test func `an alert somebody has taken note of is acknowledged from then on`() async throws {
        _ = try await order(.acknowledge(Self.ref))
        #expect(ledger.withState { $0.acts(onCase: Self.ref).acknowledgedAt } == now)
    }

    @Test(arguments: [
        OperatorAct.holdCase(.make("2020-9999"), until: nil), .resumeCase(.make("2020-9999")),
        .acknowledge(.make("2020-9999")), .object(.make("2020-9999"), nil),
        .liftObjection(.make("2020-9999"), .sms), .restoreAddresses(.make("2020-9999"), nil),
    ])
    func `a case nobody knows is unknown`(act: OperatorAct) async throws {
        try await isRefused(act, as: OperatorProblem.unknown, "no case 2020-9999")
    }

    @Test func `a case that is gone from its file and not from the ledger can still be held`() async throws {
        try await ledger.append([.planned(.make(1, case: "2020-0042"))])
        _ = try await order(.holdCase(.make("2020-0042"), until: nil))
        #expect(ledger.withState { $0.acts(onCase: .make("2020-0042")).isHeld })
    }

    // MARK: Addresses

    private func closed() -> Set<AddressMark> { ledger.withState { Set($0.closedAddresses.keys) } }

    @Test func `an objection closes the addresses the case has, and is lifted again`() async throws {
        #expect(
            try await order(.object(Self.ref, nil)) == "2020-0301 gets no more messages at 3 addresses")
        let mobile = try #require(PhoneNumber("06 39 98 20 15"))
        #expect(closed().count == 3)
        #expect(closed().contains(AddressMark(mobile, instance: "test")))
        _ = try await order(.liftObjection(Self.ref, .email))
        #expect(closed().count == 2)
        _ = try await order(.liftObjection(Self.ref, nil))
        #expect(closed().isEmpty)
    }

    @Test func `an objection may be to one channel`() async throws {
        #expect(
            try await order(.object(Self.ref, .email)) == "2020-0301 gets no more messages at 1 address")
        #expect(closed() == [AddressMark(EmailAddress.make("gerante@boulangerie.example"), instance: "test")])
    }

    @Test func `a dead address is tried again, an objection stays`() async throws {
        _ = try await order(.object(Self.ref, .email))
        _ = try await order(.restoreAddresses(Self.ref, nil))
        #expect(closed().count == 1)
    }

    // MARK: The ledger

    @Test func `a fence is lifted once`() async throws {
        try await ledger.append([.fenced(.repaired)])
        #expect(try await order(.liftFence) == "the fence is lifted: messages leave again")
        #expect(ledger.withState { $0.fence } == nil)
        #expect(try await order(.liftFence) == "there is no fence to lift")
    }

    @Test func `what cannot be written down is not done, and may be tried again`() async throws {
        let fixture = try OutboxFixture([])
        try await fixture.ledger.append([.fenced(.repaired)])
        try await fixture.ledger.close()
        let desk = ControlDesk(ledger: fixture.ledger, now: { [now] in now }, openCase: { _ in nil })
        let order = try #require(OperatorOrder(.liftFence, by: "anne", reason: "x"))
        await #expect(throws: OperatorProblem.unavailable("the ledger is closed")) {
            _ = try await desk.act(order)
        }
    }
}
