/// What calendars are told of an appointment: a title that says nothing of why, the reference, whom to call
/// (design D10, domain 4.6).
///
/// Each file knows one mailbox beside the service's own, that of whoever it goes to: the business never reads the
/// advisor's address there, nor the other way round.
extension Phrasing {
    func invitation(
        to message: PlannedMessage, organizer: RenderedMessage.Mailbox, attendee: RenderedMessage.Mailbox
    ) -> Invitation? {
        guard case .appointment(let brief, let notice) = message.content, let terms = notice.calendar else {
            return nil
        }
        let isForBusiness = message.kind.isForBusiness
        let whereabouts = isForBusiness ? "where." : "mode."
        let place = discreet(notice.appointment.place)
        return Invitation(
            method: terms.isCancelled ? .cancel : .request, uid: terms.uid, sequence: terms.sequence,
            stampedAt: now, startsAt: notice.startsAt, minutes: notice.appointment.minutes,
            summary: words["calendar.title"] ?? "",
            location: place ?? notice.appointment.mode.flatMap { words[whereabouts + $0.rawValue] },
            details: details(of: brief, isForBusiness: isForBusiness), organizer: organizer,
            attendee: attendee, language: language)
    }

    /// The business calls the service, the advisor calls the business.
    private func details(of brief: CaseBrief, isForBusiness: Bool) -> String {
        let reference = "\(words["calendar.case"] ?? "") \(ref(brief.ref))."
        let phone = isForBusiness ? brief.servicePhone : brief.phone
        guard let phone else { return reference }
        let call = words[isForBusiness ? "calendar.change" : "calendar.call"] ?? ""
        return reference + "\n" + prose.detailed(call, phone.description)
    }
}
