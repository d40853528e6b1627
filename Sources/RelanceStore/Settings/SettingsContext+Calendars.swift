import RelanceCore

/// The named calendars, from weekly hours, public holidays, dated exceptions and `.ics` files.
extension SettingsContext {
    /// What every calendar follows, by name.
    func calendars(_ policy: SettingsReader, zone: Zone) -> [String: CalendarRules] {
        let written = policy.maps("calendars")
        let nodes = Dictionary(
            written.map { ($0.name, $0.reader.node) }, uniquingKeysWith: { first, _ in first })
        var calendars: [String: CalendarRules] = [:]
        for (name, reader) in written {
            guard let node = based(reader, on: nodes, above: [name]) else { continue }
            calendars[name] = rules(SettingsReader(node, log: log), zone: zone)
        }
        return calendars
    }

    func compile(_ rules: CalendarRules) -> WorkingCalendar {
        if let known = compiled[rules] { return known }
        let calendar = WorkingCalendar(rules, horizon: horizon)
        compiled[rules] = calendar
        return calendar
    }

    /// The keys of a calendar laid over those of the one it is based on; nil when that leads nowhere or in a circle.
    private func based(
        _ reader: SettingsReader, on nodes: [String: SettingsNode], above: [String]
    ) -> SettingsNode? {
        guard reader.node["based_on"] != nil else { return reader.node }
        let form = Form<String>.name(among: nodes.keys.sorted().map { ($0, $0) })
        guard let base = reader.required("based_on", form), let node = nodes[base] else { return nil }
        if above.contains(base) {
            reader.refuse("based_on", "leads in a circle: " + (above + [base]).joined(separator: ", "))
            return nil
        }
        return based(SettingsReader(node, log: log), on: nodes, above: above + [base])?
            .overlaid(with: reader.node)
    }

    private func rules(_ reader: SettingsReader, zone: Zone) -> CalendarRules {
        defer { reader.reportUnknownKeys() }
        _ = reader.has("based_on")
        var rules = CalendarRules(zone: zone, week: week(reader.map("week")))
        if Weekday.allCases.allSatisfy({ rules.week.hours(on: $0).isClosed }), !log.hasErrors {
            reader.refuse("week", "it never opens, so nothing would ever fall due")
        }
        rules.region = reader.optional("holidays", Form<HolidayRegion>.word) ?? .metropole
        rules.closures = reader.items("closures").compactMap(closure)
        rules.openHolidays = Set(reader.list("open_holidays", .date))
        for item in reader.items("special_hours") {
            guard let (day, hours) = specialHours(item) else { continue }
            if rules.specialHours.updateValue(hours, forKey: day) != nil {
                item.refuse("on", "\(day) has special hours twice")
            }
        }
        for name in reader.list("ics", .path) { close(name, reader, in: &rules) }
        return rules
    }

    private func week(_ reader: SettingsReader) -> WorkingWeek {
        defer { reader.reportUnknownKeys() }
        var hours: [Weekday: OpeningHours] = [:]
        for weekday in Weekday.allCases {
            hours[weekday] = openingHours(weekday.rawValue, reader)
        }
        return WorkingWeek(hours)
    }

    /// One span, a list of them, or none; absent is closed.
    private func openingHours(_ name: String, _ reader: SettingsReader) -> OpeningHours {
        do throws(OverlappingSpans) {
            return try OpeningHours(reader.list(name, Form<OpeningHours>.span).compactMap { $0 })
        } catch {
            reader.refuse(name, error.description)
            return .closed
        }
    }

    private func closure(_ reader: SettingsReader) -> CalendarRules.Closure? {
        defer { reader.reportUnknownKeys() }
        let label = reader.required("label", .text)
        let first: LocalDay?
        let last: LocalDay?
        if reader.has("on") {
            first = reader.required("on", .date)
            last = first
        } else {
            first = reader.required("from", .date)
            last = reader.required("to", .date)
        }
        guard let first, let last, let label else { return nil }
        guard first <= last else {
            reader.refuse("to", "\(last) comes before \(first)")
            return nil
        }
        return CalendarRules.Closure(days: first...last, label: label)
    }

    private func specialHours(_ reader: SettingsReader) -> (LocalDay, CalendarRules.SpecialHours)? {
        defer { reader.reportUnknownKeys() }
        let day = reader.required("on", .date)
        let label = reader.required("label", .text)
        if !reader.has("hours") { _ = reader.required("hours", Form<OpeningHours>.span) }
        let hours = openingHours("hours", reader)
        guard let day, let label else { return nil }
        return (day, CalendarRules.SpecialHours(hours: hours, label: label))
    }

    /// Whole days of the file become closures; an event of some hours takes them out of its day.
    private func close(_ name: String, _ reader: SettingsReader, in rules: inout CalendarRules) {
        let file = path(name)
        let closed: ClosedDays
        do throws(SmallFile.Problem) {
            closed = ClosedDays(
                ics: try SmallFile.read(file, atMost: 4 << 20, access: .trusted), file: file,
                zone: rules.zone)
        } catch {
            reader.refuse("ics", "\(file) cannot be read: \(error)")
            return
        }
        closed.issues.forEach(log.report)
        rules.closures += closed.closures
        for part in closed.parts {
            let usual = rules.hours(on: part.day).hours
            guard let hours = usual.without(part.span), hours != usual else { continue }
            rules.specialHours[part.day] = CalendarRules.SpecialHours(hours: hours, label: part.label)
        }
    }
}

extension OpeningHours {
    /// What stays open when a span is closed; nil never comes, since parts of spans apart cannot overlap.
    fileprivate func without(_ closed: Span) -> OpeningHours? {
        let rest = spans.flatMap { span in
            [
                Span(span.opens, min(span.closes, closed.opens)),
                Span(max(span.opens, closed.closes), span.closes),
            ]
            .compactMap { $0 }
        }
        return try? OpeningHours(rest)  // see above
    }
}
