/// The facts of messages as the values of their templates, said in one language at one instant.
struct Phrasing {
    let language: Language
    let words: Words
    let calendar: WorkingCalendar
    let now: Instant
    /// Whom the message goes to when nobody is away.
    let insteadOf: String?

    var prose: any Prose { language.prose }
    var zone: Zone { calendar.rules.zone }
    var today: LocalDay { zone.day(at: now) }

    // MARK: One case

    func newCase(_ new: NewCaseLine) -> TemplateValues {
        brief(new.brief).merging([
            "origin": .optional(new.brief.origin.flatMap { words["origin." + $0.rawValue] }),
            "opened": .text(shortMoment(new.brief.openedAt)),
            "deadline": .optional(new.firstDeadline.map { name(of: $0.kind) }),
            "due": .optional(new.firstDeadline.map { moment($0.due) }),
            "instead_of": .optional(line(new.insteadOf)),
        ]) { $1 }
    }

    func reminder(_ brief: CaseBrief, _ deadline: Deadline) -> TemplateValues {
        self.brief(brief).merging([
            "deadline": .text(name(of: deadline.kind)), "due": .text(moment(deadline.due)),
        ]) { $1 }
    }

    func overdue(
        _ brief: CaseBrief, _ deadline: Deadline, escalatesAt: Instant?, escalatesTo: String?
    ) -> TemplateValues {
        // Saying when without saying who, or the other way round, would be half a sentence.
        let to = escalatesAt == nil ? nil : line(escalatesTo)
        return reminder(brief, deadline).merging([
            "was_planned": .text(name(of: deadline.kind, .wasPlanned)),
            "escalates_at": .optional(to == nil ? nil : escalatesAt.map(moment)),
            "escalates_to": .optional(to),
        ]) { $1 }
    }

    func escalation(_ brief: CaseBrief, _ deadline: Deadline, at: Instant) -> TemplateValues {
        self.brief(brief).merging([
            "not_done": .text(name(of: deadline.kind, .notDone)),
            "was_planned": .text(name(of: deadline.kind, .wasPlanned)),
            "due": .text(longMoment(deadline.due)),
            "now": .optional(zone.day(at: at) == today ? time(at) : nil),
            "advisor": .optional(line(brief.advisorName)),
        ]) { $1 }
    }

    func externalDate(_ brief: CaseBrief, _ date: ExternalDate, _ daysLeft: Int) -> TemplateValues {
        self.brief(brief).merging([
            "label": .optional(brief.confidential ? nil : line(date.label)),
            "on": .text(prose.longDay(date.on, today: today)),
            "days": .text(String(max(daysLeft, 0))),
            "several_days": .flag(prose.isPlural(daysLeft)),
            "is_today": .flag(daysLeft <= 0),
        ]) { $1 }
    }

    private func brief(_ brief: CaseBrief) -> TemplateValues {
        let topics = brief.topics.compactMap(line)
        return caseLine(brief).merging([
            "employees": .optional(line(brief.employees).map(prose.employees)),
            "topics": .optional(
                brief.confidential || topics.isEmpty ? nil : line(topics.joined(separator: ", "))),
            "is_confidential": .flag(brief.confidential),
            "instead_of": .optional(line(insteadOf)),
        ]) { $1 }
    }

    func caseLine(_ brief: CaseBrief) -> TemplateValues {
        [
            "ref": .text(ref(brief.ref)),
            "activity": .text(words.activity(ofNAF: brief.naf)),
            "place": .optional(line(brief.commune)),
            "phone": .optional(brief.phone?.description),
            "dial": .optional(brief.phone?.dialled),
            "call_hours": .optional(line(brief.callHours)),
        ]
    }

    // MARK: Words

    /// What a deadline is called; a kind without words, which `check` reports, is at least called by its name.
    func name(of kind: DeadlineKind, _ form: Words.DeadlineForm = .name) -> String {
        words.deadline(kind, form) ?? kind.rawValue.replacing("_", with: " ")
    }

    func ref(_ ref: CaseReference) -> String { SafeText.line(ref.text, limit: Composer.longestName) }

    /// The text of a record on one line; nil when nothing printable is left.
    func line(_ raw: String?) -> String? {
        guard let raw else { return nil }
        let line = SafeText.line(raw, limit: Composer.longestName)
        return line.isEmpty ? nil : SafeText.isolated(line)
    }

    /// The same line by line, for the text of an incident.
    func paragraph(_ raw: String) -> String {
        raw.split(whereSeparator: \.isNewline).prefix(40)
            .map { SafeText.line(String($0), limit: 4 * Composer.longestName) }.joined(separator: "\n")
    }

    // MARK: Hours

    func time(_ instant: Instant) -> String { prose.time(zone.local(instant).time) }

    /// The hour alone when it is today.
    func moment(_ instant: Instant) -> String {
        zone.day(at: instant) == today ? time(instant) : shortMoment(instant)
    }

    func shortMoment(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.shortMoment(day, time)
    }

    func longMoment(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.longMoment(day, time, today: today)
    }

    func comingMoment(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.comingMoment(day, time, today: today)
    }

    func shortDay(_ instant: Instant) -> String { prose.shortDay(zone.day(at: instant)) }
}
