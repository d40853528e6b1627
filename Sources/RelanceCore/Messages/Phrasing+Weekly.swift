/// The team lead's Monday page: exceptions first, then six numbers, then the week to come.
extension Phrasing {
    func weeklyReport(_ report: WeeklyReport) -> TemplateValues {
        let (week, before) = (report.lastWeek, report.weekBefore)
        let exceptions = report.exceptions.map(exception)
        let cases = exceptions.count { $0["ref"] != .absent }
        var values: TemplateValues = [
            "week": .text(prose.range(from: report.weekStart, to: report.weekEnd)),
            "count": .text(String(cases)),
            "several": .flag(prose.isPlural(cases)),
            "has_cases": .flag(cases > 0),
            "site": .optional(line(report.siteName)),
            "exceptions": .list(exceptions),
            "has_exceptions": .flag(!exceptions.isEmpty),
            "coming": .list(report.coming.map(coming)),
            "has_coming": .flag(!report.coming.isEmpty),
            "by_site": .list(report.bySite.compactMap(count)),
            "by_sector": .list(byActivity(report.bySector).compactMap(count)),
            "by_topic": .list(report.byTopic.compactMap(count)),
            "has_breakdown": .flag(!(report.bySite + report.bySector + report.byTopic).isEmpty),
            "sent": .text(String(report.sent)),
            "failed": .text(String(report.failed)),
        ]
        for (name, figure) in [
            ("new", \WeeklyReport.Figures.new), ("closed", \.closed), ("referred", \.referred),
            ("open", \.open),
        ] {
            values[name] = .text(String(week[keyPath: figure]))
            values[name + "_before"] = .text(String(before[keyPath: figure]))
        }
        for (suffix, figures) in [("", week), ("_before", before)] {
            values["median" + suffix] = .optional(
                figures.medianFirstCallMinutes.map(prose.duration(minutes:)))
            values["in_time" + suffix] = .optional(figures.firstCallsInTimePercent.map { String($0) })
        }
        return values
    }

    private func exception(_ exception: WeeklyReport.Exception) -> TemplateValues {
        var values: TemplateValues = ["several_days": .flag(false)]
        for name in [
            "ref", "overdue", "day", "unassigned_since", "red_days", "stand_in", "stand_in_cases",
        ] {
            values[name] = .absent
        }
        switch exception {
        case .overdue(let ref, let kind, let due):
            values["ref"] = .text(self.ref(ref))
            values["overdue"] = .text(name(of: kind, .planned))
            values["day"] = .text(shortMoment(due))
        case .unassigned(let ref, let since):
            values["ref"] = .text(self.ref(ref))
            values["unassigned_since"] = .text(shortMoment(since))
        case .redWithoutContact(let ref, let days):
            values["ref"] = .text(self.ref(ref))
            values["red_days"] = .text(String(days))
            values["several_days"] = .flag(prose.isPlural(days))
        case .standInOverloaded(let name, let cases):
            values["stand_in"] = .optional(line(name))
            values["stand_in_cases"] = .text(String(cases))
        }
        return values
    }

    private func coming(_ coming: WeeklyReport.Coming) -> TemplateValues {
        var values: TemplateValues = ["several_dates": .flag(false)]
        for name in ["holiday", "closure", "absent", "stand_in", "day", "until", "legal_dates"] {
            values[name] = .absent
        }
        switch coming {
        case .publicHoliday(let day, let french, let english):
            values["holiday"] = .text(language == .french ? french : english)
            values["day"] = .text(prose.shortDay(day))
        case .closure(let day, let label):
            values["closure"] = .optional(line(label))
            values["day"] = .text(prose.shortDay(day))
        case .absence(let name, let from, let to, let backup):
            values["absent"] = .optional(line(name))
            values["stand_in"] = .optional(line(backup))
            values["day"] = .text(prose.shortDay(from))
            values["until"] = .optional(to > from ? prose.shortDay(to) : nil)
        case .externalDates(let count, let before):
            values["legal_dates"] = .text(String(count))
            values["several_dates"] = .flag(prose.isPlural(count))
            values["day"] = .text(prose.shortDay(before))
        }
        return values
    }

    /// NAF codes by what the trade is called; codes of one name are counted together, in the order of the first.
    private func byActivity(_ counts: [WeeklyReport.Count]) -> [WeeklyReport.Count] {
        var named: [WeeklyReport.Count] = []
        for count in counts {
            let label = words.activity(ofNAF: count.label)
            if let index = named.firstIndex(where: { $0.label == label }) {
                named[index].count += count.count
            } else {
                named.append(WeeklyReport.Count(label: label, count: count.count))
            }
        }
        return named
    }

    private func count(_ count: WeeklyReport.Count) -> TemplateValues? {
        line(count.label).map { ["label": .text($0), "count": .text(String(count.count))] }
    }
}
