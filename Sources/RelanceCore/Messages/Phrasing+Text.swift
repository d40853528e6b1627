/// What a text message tells a business, and how it gives way when it is too long for one segment.
///
/// The order in which it gives way: the advisor's first name becomes an initial; the place becomes a word ("À la CCI");
/// the place is left out; the name is left out. The mail has said them, or whoever answers the phone does. A place is
/// never cut: half an address leads to the wrong door.
extension Phrasing {
    /// The values of a text message, the most telling first.
    func texts(of message: PlannedMessage, servicePhone: PhoneNumber) -> [TemplateValues] {
        guard let values = text(of: message.content, hasMail: message.recipient.email != nil) else {
            return []
        }
        let whole = values.merging(["service_phone": .text(servicePhone.description)]) { $1 }
        var shorter: [TemplateValues] = []
        for venue in venues(of: message.content) {
            for name in names(of: message.content) {
                var values = whole
                if whole["venue"] != nil { values["venue"] = .optional(venue) }
                if whole["stand_in"] != nil { values["stand_in"] = .text(name ?? "") }
                if whole["advisor"] != nil { values["advisor"] = .optional(name) }
                if !shorter.contains(values) { shorter.append(values) }
            }
        }
        if var last = shorter.last, last["advisor"] != nil {
            last["advisor"] = .absent
            if !shorter.contains(last) { shorter.append(last) }
        }
        return shorter
    }

    /// With `hasMail`, a text message may point to the mail that says more; it never points to one that does not.
    private func text(of content: MessageContent, hasMail: Bool) -> TemplateValues? {
        switch content {
        case .caseOpened(let brief, let promisedBy), .advisorAssigned(let brief, let promisedBy):
            about(brief, ["promise": .optional(promisedBy.map(limit))])
        case .replacement(let brief, _, let until):
            ["ref": .text(ref(brief.ref)), "stand_in": .absent, "until": .text(prose.textDay(until))]
        case .appointment(let brief, let notice):
            about(
                brief,
                [
                    "when": .text(textMoment(notice.startsAt)), "time": .text(textTime(notice.startsAt)),
                    "former": .optional(
                        notice.formerStart.flatMap { $0 == notice.startsAt ? nil : textMoment($0) }),
                    "venue": .absent,
                ])
        case .documentsAwaited(let brief, let documents, _, let mailedAt):
            about(
                brief,
                [
                    "mailed_on": .optional(mailedAt.map { prose.textDate(zone.day(at: $0)) }),
                    "by_mail": .flag(hasMail && !documents.isEmpty),
                ])
        case .unreachable(let brief, let triedAt, let nextTryOn):
            about(
                brief,
                [
                    "tried_day": .optional(
                        zone.day(at: triedAt) == today ? nil : prose.textDay(zone.day(at: triedAt))),
                    "tried_time": .text(textTime(triedAt)),
                    "next_try": .optional(nextTryOn.map(prose.textDay)),
                    "service_hours": .optional(prose.textHours(calendar.rules.week)),
                ])
        case .followUpDone(let brief, let summary, _, let nextOn):
            about(
                brief,
                [
                    "next_day": .optional(nextOn.map(prose.textDay)),
                    "by_mail": .flag(hasMail && !(summary.businessWill + summary.chamberWill).isEmpty),
                ])
        case .referred(let brief, let to, let callOn):
            about(
                brief,
                [
                    "call_day": .optional(callOn.map(prose.textDay)),
                    "by_mail": .flag(hasMail && !brief.confidential && line(to) != nil),
                ])
        case .caseClosed(let brief): ["ref": .text(ref(brief.ref))]
        case .survey(let brief, let link):
            ["ref": .text(ref(brief.ref)), "link": .text(SafeText.line(link, limit: Composer.longestLink))]
        default: nil
        }
    }

    private func about(_ brief: CaseBrief, _ more: TemplateValues) -> TemplateValues {
        ["ref": .text(ref(brief.ref)), "advisor": .absent].merging(more) { $1 }
    }

    /// The place of an appointment, then the word for it, then nothing.
    ///
    /// A business's own address is never said, a place that gives away more than a text message may is its word alone,
    /// and an address on the web is the mail's.
    private func venues(of content: MessageContent) -> [String?] {
        guard case .appointment(_, let notice) = content else { return [nil] }
        let word = notice.appointment.mode.flatMap { words["where." + $0.rawValue] }
        let place =
            switch notice.appointment.mode {
            case .atChamber, nil: discreet(notice.appointment.place)
            case .phone, .video, .atBusiness: nil as String?
            }
        return (place.map { [$0] } ?? []) + (word.map { [$0] } ?? []) + [nil]
    }

    /// The advisor's name, then with an initial.
    private func names(of content: MessageContent) -> [String?] {
        let name: String?
        let first: String?
        switch content {
        case .replacement(_, let standIn, _): (name, first) = (standIn, nil)
        default: (name, first) = (content.brief?.advisorName, content.brief?.advisorFirstName)
        }
        guard let name = name.map({ SafeText.line($0, limit: Composer.longestName) }), !name.isEmpty else {
            return [nil]
        }
        return [name, Phrasing.initialled(name, firstName: first)]
    }

    /// A value that may be read on a locked screen; nil when it holds a word that may not.
    func discreet(_ raw: String?) -> String? {
        guard let line = raw.map({ SafeText.line($0, limit: Composer.longestName) }), !line.isEmpty else {
            return nil
        }
        return NeutralWording.isDelicate(line) ? nil : line
    }

    /// `J.-B. Lefèvre`: what is before the first space counts as the first name, unless it is known.
    static func initialled(_ name: String, firstName: String? = nil) -> String {
        let known = firstName.flatMap { name.hasPrefix($0 + " ") ? name.prefix($0.count) : nil }
        let first = known ?? name.prefix { $0 != " " }
        guard !first.isEmpty, first.count < name.count else { return name }
        let initials = first.split { $0 == " " || $0 == "-" }.compactMap(\.first).map { "\($0)." }
        return initials.joined(separator: "-") + name.dropFirst(first.count)
    }

    private func textMoment(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.textMoment(day, time)
    }

    private func textTime(_ instant: Instant) -> String { prose.textTime(zone.local(instant).time) }

    private func limit(_ instant: Instant) -> String {
        let (day, time, _) = zone.local(instant)
        return prose.textLimit(day, time)
    }
}
