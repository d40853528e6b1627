import RelanceCore
import RelanceTestSupport

extension OpenCase {
    /// Long followed by Claire; the bakery can be written to either way and has said yes to text messages.
    static func bakery(
        _ stage: Stage = .followUp, openedAt: String = "2020-10-01 09:30",
        _ change: (inout OpenCase) -> Void = { _ in }
    ) -> OpenCase {
        OpenCase.make(openedAt: openedAt, stage) {
            $0.firstContactAt = at(openedAt)
            $0.diagnosisDoneAt = at(openedAt)
            $0.contact.prefers = nil
            $0.contact.email = .make("contact@boulangerie.example")
            $0.contact.mobile = .make("06 39 98 20 14")
            $0.contact.smsConsent = true
            change(&$0)
        }
    }

    static func bakery(
        with appointment: Appointment, _ change: (inout OpenCase) -> Void = { _ in }
    ) -> OpenCase {
        bakery {
            $0.appointments = [appointment]
            change(&$0)
        }
    }
}

extension Appointment {
    static func make(
        _ startsAt: String, confirmed: String?, moved: [(at: String, to: String)] = [],
        cancelled: String? = nil, by side: Side? = nil, mode: Mode? = .atChamber
    ) -> Appointment {
        Appointment(
            id: "rdv-1", startsAt: at(startsAt), mode: mode, confirmedAt: confirmed.map { at($0) },
            cancelledAt: cancelled.map { at($0) }, cancelledBy: side,
            moved: moved.map { Move(at: at($0.at), startsAt: at($0.to)) })
    }
}

extension Planner {
    /// What the business gets, in lines: `2020-11-10 17:00 appointment_eve sms`.
    func tells(
        _ item: OpenCase, from start: String, to end: String, acts: CaseActs = CaseActs(),
        ends: (PlannedMessage) -> CaseMemory.Told.End = { _ in .sent }
    ) -> [String] {
        walk(item, from: start, to: end, acts: acts, ends: ends)
            .filter { $0.message.recipient.audience == .business }
            .map { sent in
                let kind = [sent.message.kind.rawValue, sent.message.variant].compactMap { $0 }
                return "\(sent.at.inParis) \(kind.joined(separator: ".")) \(sent.message.channel.rawValue)"
            }
    }

    /// The messages to the business of one planning.
    func told(_ item: OpenCase, at now: String, memory: CaseMemory = CaseMemory()) -> [PlannedMessage] {
        plan(item, at: at(now), memory: memory).messages.filter { $0.recipient.audience == .business }
    }

    /// The calls to make as of an instant: `appointment_moved too_late`.
    func calls(_ item: OpenCase, at now: String, memory: CaseMemory = CaseMemory()) -> [String] {
        plan(item, at: at(now), memory: memory, detail: .everything).callTasks
            .map { "\($0.kind.rawValue) \($0.reason.rawValue)" }
    }

    func notice(_ item: OpenCase, at now: String, _ kind: MessageKind) -> AppointmentNotice? {
        let message = plan(item, at: at(now)).messages.first { $0.kind == kind }
        if case .appointment(_, let notice)? = message?.content { return notice }
        return nil
    }
}
