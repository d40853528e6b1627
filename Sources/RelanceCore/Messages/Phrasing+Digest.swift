/// The morning mail: sections in the order they are read, each cut at its limit.
extension Phrasing {
    func digest(_ digest: Digest, isReturn: Bool) -> TemplateValues {
        var values: TemplateValues = [
            "day": .text(prose.longDay(digest.day, today: today)),
            "counts": .list(counts(digest)),
            "sections": .list(Digest.Section.allCases.compactMap { section($0, of: digest) }),
        ]
        if isReturn {
            values["absent_until"] = .optional(digest.absentUntil.map { prose.longDay($0, today: today) })
        }
        return values
    }

    /// What the subject counts: late, today, appointments; else the lines there are.
    private func counts(_ digest: Digest) -> [TemplateValues] {
        func count(_ number: Int, _ key: String) -> TemplateValues? {
            let plural = prose.isPlural(number) ? words["count." + key + ".plural"] : nil
            let what = plural ?? words["count." + key] ?? ""
            return number == 0 ? nil : ["count": .text(String(number)), "what": .text(what)]
        }
        let counted = [Digest.Section.late, .today, .appointments].compactMap { section in
            count(digest.lines.count { $0.section == section }, section.rawValue)
        }
        return counted.isEmpty ? [count(digest.lines.count, "other")].compactMap(\.self) : counted
    }

    private func section(_ section: Digest.Section, of digest: Digest) -> TemplateValues? {
        let lines = digest.lines.filter { $0.section == section }
        guard !lines.isEmpty else { return nil }
        let shown = lines.prefix(max(digest.linesPerSection, 1))
        let more = lines.count - shown.count
        return [
            "title": .text(words["section." + section.rawValue] ?? ""),
            "count": .text(String(lines.count)),
            "is_late": .flag(section == .late),
            "more": .optional(more > 0 ? String(more) : nil),
            "several_more": .flag(prose.isPlural(more)),
            "lines": .list(shown.map(line)),
        ]
    }

    private func line(_ line: Digest.Line) -> TemplateValues {
        var values = caseLine(line.brief)
        for name in [
            "todo", "overdue", "appointment", "happened", "undelivered", "to_call", "channel", "detail",
            "verify", "time", "day", "minutes", "venue", "next_reminder",
        ] {
            values[name] = .absent
        }
        values["waiting"] = .flag(false)
        values["assigned"] = .flag(false)
        values["instead_of"] = .optional(self.line(line.insteadOf))
        return values.merging(said(of: line.item, in: line)) { $1 }
    }

    private func said(of item: Digest.Item, in line: Digest.Line) -> TemplateValues {
        switch item {
        case .deadline(let deadline): return said(of: deadline, in: line)
        case .appointment(let appointment, let at):
            let mode = appointment.mode.flatMap { words["mode." + $0.rawValue] }
            let isToday = zone.day(at: at) == today
            return [
                "appointment": .text(mode ?? words["count.appointments"] ?? ""),
                "time": .text(prose.clock(zone.local(at).time)),
                "day": .optional(isToday ? nil : shortDay(at)),
                "minutes": .text(String(appointment.minutes)),
                "venue": .optional(self.line(appointment.place)),
            ]
        case .waiting(let requestedAt, let nextReminderAt):
            return [
                "waiting": .flag(true), "day": .text(shortDay(requestedAt)),
                "next_reminder": .optional(nextReminderAt.map(comingMoment)),
            ]
        case .new(let assignedAt):
            return ["assigned": .flag(true), "day": .text(shortMoment(assignedAt))]
        case .happened(let fact, let at):
            return ["happened": .text(words["fact." + fact.rawValue] ?? ""), "day": .text(shortMoment(at))]
        case .notDelivered(let kind, let channel, let detail):
            return [
                "undelivered": .text(words["kind." + kind.rawValue] ?? ""),
                "channel": .text(words["channel." + channel.rawValue] ?? ""),
                "detail": .optional(self.line(detail)),
                "verify": .optional(words["verify." + channel.rawValue]),
            ]
        case .callTask(let kind):
            return ["to_call": .text(words["call." + kind.rawValue] ?? words["kind.call_task"] ?? "")]
        }
    }

    private func said(of deadline: Deadline, in line: Digest.Line) -> TemplateValues {
        let isLate = line.section == .late || deadline.due <= now
        let isToday = zone.day(at: deadline.due) == today
        let label = line.brief.confidential ? nil : self.line(deadline.label)
        // A date set by law is shown as it is; its deadline is our own, rolled backward (domain 3.4).
        if deadline.from == .externalDateOn {
            let dated = prose.dated(name(of: deadline.kind), zone.day(at: deadline.anchor))
            let said = label.map { prose.detailed(dated, $0) } ?? dated
            return isLate
                ? ["overdue": .text(said)]
                : ["todo": .text(said), "day": .optional(isToday ? nil : shortDay(deadline.due))]
        }
        let name = name(of: deadline.kind, isLate ? .planned : .name)
        let said = label.map { isLate ? "\($0), \(name)" : prose.detailed(name, $0) } ?? name
        return [
            isLate ? "overdue" : "todo": .text(said),
            isToday ? "time" : "day": .text(isToday ? time(deadline.due) : shortDay(deadline.due)),
        ]
    }
}
