import RelanceCore

/// What the restaurant in Fécamp of domain 2.4 hears from its chamber, and its advisor of their appointments.
extension MessageSample {
    typealias Item = (name: String, message: PlannedMessage, now: String)

    static func toBusiness(_ business: Recipient) -> [Item] {
        func item(
            _ name: String, _ kind: MessageKind, _ variant: String? = nil, at now: String,
            _ content: MessageContent
        ) -> Item {
            (name, .make(kind, variant: variant, to: business, content: content), now)
        }
        let brief = CaseBrief.make()
        let documents = ["dernier bilan", "relevé de compte d'octobre", "bail commercial"]
        let summary = FollowUpSummary(
            tellBusiness: true, businessWill: ["envoyer le bail commercial", "appeler le bailleur"],
            chamberWill: ["relire la demande avant son envoi"])
        return [
            item(
                "case_opened", .caseOpened, at: "2020-10-30 15:42",
                .caseOpened(brief, promisedBy: at("2020-11-02 12:00"))),
            item(
                "case_opened.bare", .caseOpened, at: "2020-11-01 10:00",
                .caseOpened(.bare(ref: "2020-0301"), promisedBy: nil)),
            item(
                "advisor_assigned", .advisorAssigned, at: "2020-11-02 09:40",
                .advisorAssigned(
                    .make(advisorName: "Karim Benali", advisorFirstName: "Karim"),
                    promisedBy: at("2020-11-02 17:30"))),
            item(
                "advisor_assigned.replacement", .advisorAssigned, "replacement", at: "2020-11-03 09:00",
                .replacement(brief, standInName: "Karim Benali", until: date("2020-11-13"))),
            item(
                "appointment_confirmed", .appointmentConfirmed, at: "2020-11-02 10:00",
                .appointment(brief, .make())),
            item(
                "appointment_confirmed.phone", .appointmentConfirmed, "phone", at: "2020-11-02 10:00",
                .appointment(brief, .make(minutes: 45, mode: .phone, place: nil))),
            item(
                "appointment_confirmed.video", .appointmentConfirmed, at: "2020-11-02 10:00",
                .appointment(
                    brief, .make(minutes: 30, mode: .video, place: "https://visio.example/rdv/7"))),
            item(
                "appointment_confirmed.at_business", .appointmentConfirmed, at: "2020-11-02 10:00",
                .appointment(
                    .bare(ref: "2020-0301"),
                    .make(minutes: 90, mode: .atBusiness, place: "Le Phare de Papier, Fécamp"))),
            item(
                "appointment_moved", .appointmentMoved, at: "2020-11-03 11:00",
                .appointment(
                    brief,
                    .make(
                        startsAt: at("2020-12-01 09:30"), formerStart: at("2020-11-04 14:00"), sequence: 1))),
            item(
                "appointment_moved.place", .appointmentMoved, at: "2020-11-03 11:00",
                .appointment(.bare(ref: "2020-0301"), .make(mode: .atChamber, place: nil, sequence: 1))),
            item(
                "appointment_cancelled", .appointmentCancelled, at: "2020-11-03 11:00",
                .appointment(
                    brief, .make(callBy: at("2020-11-05 12:00"), sequence: 1, isCancelled: true))),
            item(
                "appointment_cancelled.on_request", .appointmentCancelled, "on_request",
                at: "2020-11-03 11:00",
                .appointment(brief, .make(sequence: 1, isCancelled: true))),
            item(
                "appointment_eve", .appointmentEve, at: "2020-11-03 17:00",
                .appointment(brief, .make(sequence: nil))),
            item(
                "appointment_soon", .appointmentSoon, at: "2020-11-04 12:00",
                .appointment(brief, .make(sequence: nil))),
            item(
                "documents_awaited", .documentsAwaited, at: "2020-11-02 10:00",
                .documentsAwaited(
                    brief, documents: documents, requestedAt: at("2020-11-02 09:55"),
                    mailedAt: at("2020-11-02 10:00"))),
            item(
                "documents_awaited.bare", .documentsAwaited, at: "2020-11-02 10:00",
                .documentsAwaited(
                    .bare(ref: "2020-0301"), documents: [], requestedAt: at("2020-11-02 09:55"))),
            item(
                "documents_awaited.reminder", .documentsAwaited, "reminder", at: "2020-11-09 10:00",
                .documentsAwaited(brief, documents: documents, requestedAt: at("2020-11-02 09:55"))),
            item(
                "unreachable", .unreachable, at: "2020-11-02 11:20",
                .unreachable(brief, triedAt: at("2020-11-02 11:10"), nextTryOn: date("2020-11-03"))),
            item(
                "unreachable.later", .unreachable, at: "2020-11-03 09:00",
                .unreachable(
                    .bare(ref: "2020-0301"), triedAt: at("2020-11-02 17:40"), nextTryOn: nil)),
            item(
                "follow_up_done", .followUpDone, at: "2020-11-16 11:00",
                .followUpDone(brief, summary, doneAt: at("2020-11-16 10:45"), nextOn: date("2020-11-30"))),
            item(
                "follow_up_done.bare", .followUpDone, at: "2020-11-16 11:00",
                .followUpDone(
                    .bare(ref: "2020-0301"), FollowUpSummary(tellBusiness: true),
                    doneAt: at("2020-11-16 10:45"), nextOn: nil)),
            item(
                "referred", .referred, at: "2020-11-16 11:00",
                .referred(
                    brief, to: "Service des entreprises de la commune, 02 61 91 00 40, de 9 h à 12 h",
                    callOn: date("2020-11-30"))),
            item(
                "referred.confidential", .referred, at: "2020-11-16 11:00",
                .referred(.make(confidential: true), to: "Tribunal de commerce", callOn: nil)),
            item("case_closed", .caseClosed, at: "2020-12-14 10:00", .caseClosed(brief)),
            item("case_closed.no_news", .caseClosed, "no_news", at: "2020-12-14 10:00", .caseClosed(brief)),
            item(
                "survey", .survey, at: "2020-12-17 10:00",
                .survey(brief, link: "https://cci.example/avis/2020-0301")),
        ]
    }

    /// The advisor's own file of an appointment.
    static func invitations(_ advisor: Recipient) -> [Item] {
        let brief = CaseBrief.make()
        let notices: [(String?, AppointmentNotice)] = [
            (nil, .make()),
            (
                "moved",
                .make(
                    mode: .phone, place: nil, startsAt: at("2020-12-01 09:30"),
                    formerStart: at("2020-11-04 14:00"), sequence: 1)
            ),
            ("cancelled", .make(callBy: at("2020-11-05 12:00"), sequence: 2, isCancelled: true)),
        ]
        return notices.map { variant, notice in
            (
                ["appointment_invitation", variant].compactMap(\.self).joined(separator: "."),
                .make(
                    .appointmentInvitation, variant: variant, to: advisor,
                    content: .appointment(brief, notice)), "2020-11-03 11:00"
            )
        }
    }
}

extension AppointmentNotice {
    /// An hour at the chamber in Dieppe, Wednesday 4 November 2020 at 14:00; without a sequence, without a calendar file.
    package static func make(
        minutes: Int = 60, mode: Appointment.Mode? = .atChamber,
        place: String? = "CCI, 2 rue des Quais, Dieppe",
        startsAt: Instant = at("2020-11-04 14:00"), formerStart: Instant? = nil, callBy: Instant? = nil,
        sequence: Int? = 0, isCancelled: Bool = false
    ) -> AppointmentNotice {
        AppointmentNotice(
            appointment: Appointment(
                id: "7", startsAt: formerStart ?? startsAt, minutes: minutes, mode: mode, place: place),
            startsAt: startsAt, formerStart: formerStart, callBy: callBy,
            calendar: sequence.map {
                Calendar(
                    uid: Invitation.uid(of: .make("2020-0301"), appointment: "7", domain: "cci.example"),
                    sequence: $0, isCancelled: isCancelled)
            })
    }
}
