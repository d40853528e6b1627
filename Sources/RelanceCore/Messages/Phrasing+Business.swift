/// What a mail tells a business, as the values of its template.
///
/// Of a case followed confidentially nobody is named but the advisor: not even whom the business was referred to.
extension Phrasing {
    func mail(of message: PlannedMessage) -> TemplateValues? {
        switch message.content {
        case .caseOpened(let brief, let promisedBy):
            promised(brief, promisedBy).merging(
                ["opened_on": .text(day(brief.openedAt))]
            ) { $1 }
        case .advisorAssigned(let brief, let promisedBy): promised(brief, promisedBy)
        case .replacement(let brief, let standInName, let until):
            [
                "ref": .text(ref(brief.ref)), "stand_in": .text(line(standInName) ?? ""),
                "until": .text(prose.longDay(until, today: today)),
            ]
        case .appointment(let brief, let notice): appointment(brief, notice)
        case .documentsAwaited(let brief, let documents, let requestedAt, _):
            about(brief).merging([
                "asked_on": .text(day(requestedAt)), "documents": lines(documents, as: "document"),
            ]) { $1 }
        case .unreachable(let brief, let triedAt, let nextTryOn):
            about(brief).merging([
                "tried_day": .optional(zone.day(at: triedAt) == today ? nil : day(triedAt)),
                "tried_time": .text(time(triedAt)), "next_try": .optional(nextTryOn.map(longDay)),
            ]) { $1 }
        case .followUpDone(let brief, let summary, let doneAt, let nextOn):
            about(brief).merging([
                "done_on": .text(day(doneAt)), "business_will": lines(summary.businessWill, as: "step"),
                "chamber_will": lines(summary.chamberWill, as: "step"),
                "has_steps": .flag(!(said(summary.businessWill) + said(summary.chamberWill)).isEmpty),
                "next_day": .optional(nextOn.map(longDay)),
            ]) { $1 }
        case .referred(let brief, let to, let callOn):
            about(brief).merging([
                "to": .optional(brief.confidential ? nil : line(to)),
                "call_day": .optional(callOn.map(longDay)),
            ]) { $1 }
        case .caseClosed(let brief): ["ref": .text(ref(brief.ref))]
        case .survey(let brief, let link):
            ["ref": .text(ref(brief.ref)), "link": .text(SafeText.line(link, limit: Composer.longestLink))]
        default: nil
        }
    }

    /// What a mail says of an appointment, to the business and to the advisor.
    func appointment(_ brief: CaseBrief, _ notice: AppointmentNotice) -> TemplateValues {
        let mode = notice.appointment.mode
        return about(brief).merging([
            "when": .text(appointment(notice.startsAt)),
            "time": .text(prose.clock(zone.local(notice.startsAt).time)),
            "former": .optional(
                notice.formerStart.flatMap { $0 == notice.startsAt ? nil : appointment($0) }),
            "length": .text(prose.about(minutes: notice.appointment.minutes)),
            "venue": .optional(line(notice.appointment.place)), "by_phone": .flag(mode == .phone),
            "by_video": .flag(mode == .video), "at_chamber": .flag(mode == .atChamber),
            "at_business": .flag(mode == .atBusiness), "has_phone": .flag(brief.phone != nil),
            "call_by": .optional(notice.callBy.map(longMoment)),
        ]) { $1 }
    }

    /// `Madame Perrin`; nil unless title and a name that looks like one are both known, since a wrong greeting is worse
    /// than "Madame, Monsieur".
    func addressee(_ brief: CaseBrief) -> String? {
        guard let title = brief.contactTitle.flatMap({ words["title." + $0.rawValue] }),
            let name = line(brief.contactLastName),
            name.allSatisfy({ $0.isLetter || " -'’.\u{2068}\u{2069}".contains($0) })
        else { return nil }
        return title + " " + name
    }

    private func about(_ brief: CaseBrief) -> TemplateValues {
        ["ref": .text(ref(brief.ref)), "advisor": .optional(line(brief.advisorName))]
    }

    private func promised(_ brief: CaseBrief, _ promisedBy: Instant?) -> TemplateValues {
        about(brief).merging([
            "promise": .optional(promisedBy.map(longMoment)), "has_phone": .flag(brief.phone != nil),
        ]) { $1 }
    }

    /// The lines of a record that say something.
    private func said(_ lines: [String]) -> [String] { lines.prefix(Composer.mostLines).compactMap(line) }

    private func lines(_ lines: [String], as name: String) -> TemplateValue {
        .list(said(lines).map { [name: .text($0)] })
    }

    private func appointment(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.appointment(day, time, today: today)
    }

    private func longDay(_ day: LocalDay) -> String { prose.longDay(day, today: today) }

    private func day(_ instant: Instant) -> String { longDay(zone.day(at: instant)) }
}
