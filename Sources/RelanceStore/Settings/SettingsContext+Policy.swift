import RelanceCore

/// The policy of the house and those of its sites, each read from the same keys: a site's own ones are laid over the
/// house's before anything is read.
extension SettingsContext {
    func sitesAndPolicies(_ top: SettingsReader) -> ([Site], Policies?) {
        let house = top.map("policy")
        let housePolicy = policy(house)
        var sites: [Site] = []
        var policies: [String: Policy] = [:]
        for (id, reader) in top.maps("sites") {
            let name = reader.required("name", .text)
            let mailbox = reader.required("mailbox", .emailAddress)
            let phone = reader.optional("phone", .phoneNumber)
            let lead = reader.optional("lead", .identifier)
            if let own = reader.node["policy"], reader.has("policy") {
                policies[id] = policy(SettingsReader(house.node.overlaid(with: own), log: log))
            }
            reader.reportUnknownKeys()
            if let name, let mailbox {
                sites.append(Site(id: id, name: name, mailbox: mailbox, phone: phone, lead: lead))
            }
        }
        return (sites, housePolicy.map { Policies(house: $0, sites: policies) })
    }

    private func policy(_ reader: SettingsReader) -> Policy? {
        defer { reader.reportUnknownKeys() }
        let zone = zone(reader)
        let names = reader.names(in: "calendars")
        if !names.contains("service") {
            reader.refuse("calendars", "there has to be a calendar named service")
        }
        let rules = calendars(reader, zone: zone ?? .utc)
        let windows = windows(reader.map("windows"), calendars: names)
        let deadlines = deadlines(reader, calendars: names)
        let newCase = newCase(reader.map("new_case"))
        let caseOpened = caseOpened(reader.map("case_opened"), reader.names(in: "deadlines"))
        let business = business(reader)
        let digest = digest(reader.map("digest"))
        let weekly = weekly(reader.map("weekly"))
        // Compiling takes longer than all the rest: not for a configuration that is refused anyway.
        guard let windows, let newCase, let caseOpened, let business, let digest, let weekly, !log.hasErrors
        else {
            return nil
        }
        let calendars = rules.mapValues(compile)
        guard let service = calendars["service"], let windows = windows(calendars) else { return nil }
        return Policy(
            calendars: calendars, service: service, deadlines: deadlines, windows: windows, newCase: newCase,
            caseOpened: caseOpened, business: business, digest: digest, weekly: weekly)
    }

    private func zone(_ reader: SettingsReader) -> Zone? {
        guard let name = reader.required("zone", .text) else { return nil }
        if let known = zones[name] { return known }
        do throws(ZoneFileProblem) {
            let zone = try ZoneFile.read(name, in: zoneFolder)
            zones[name] = zone
            return zone
        } catch {
            reader.refuse("zone", error.description)
            return nil
        }
    }

    /// The windows, once the calendars they name have been compiled.
    private func windows(
        _ reader: SettingsReader, calendars: [String]
    ) -> (([String: WorkingCalendar]) -> Windows?)? {
        defer { reader.reportUnknownKeys() }
        let form = Form<String>.name(among: calendars.map { ($0, $0) })
        let transactional = reader.required("transactional", form)
        let status = reader.required("status", form)
        let staff = reader.required("staff", form)
        let newCase = reader.required("new_case", form)
        let atAnyHour = reader.required("acknowledgement_at_any_hour", .yesOrNo)
        guard let transactional, let status, let staff, let newCase, let atAnyHour else { return nil }
        return { compiled in
            guard let transactional = compiled[transactional], let status = compiled[status],
                let staff = compiled[staff], let newCase = compiled[newCase]
            else { return nil }
            return Windows(
                transactional: transactional, status: status, staff: staff, newCase: newCase,
                acknowledgementAtAnyHour: atAnyHour)
        }
    }

    private func newCase(_ reader: SettingsReader) -> NewCaseRule? {
        defer { reader.reportUnknownKeys() }
        return reader.required("useful_for", .rule).map { NewCaseRule(usefulFor: $0) }
    }

    private func caseOpened(_ reader: SettingsReader, _ kinds: [String]) -> CaseOpenedRule? {
        defer { reader.reportUnknownKeys() }
        let channel = reader.required("channel", Form<ChannelRule>.word)
        let promise = reader.required("promise", .name(among: kinds.map { ($0, DeadlineKind(rawValue: $0)) }))
        let roundedUpTo = reader.list("rounded_up_to", .timeOfDay)
        let usefulFor = reader.required("useful_for", .rule)
        guard let channel, let promise, let usefulFor else { return nil }
        return CaseOpenedRule(
            channel: channel, promise: promise, roundedUpTo: roundedUpTo.sorted(), usefulFor: usefulFor)
    }

    private func digest(_ reader: SettingsReader) -> DigestRule? {
        defer { reader.reportUnknownKeys() }
        let at = reader.required("at", .timeOfDay)
        let lines = reader.required("lines_per_section", .number(1...100))
        let coming = reader.required("coming_working_days", .number(0...30))
        let usefulFor = reader.required("useful_for", .rule)
        guard let at, let lines, let coming, let usefulFor else { return nil }
        return DigestRule(at: at, linesPerSection: lines, comingWorkingDays: coming, usefulFor: usefulFor)
    }

    private func weekly(_ reader: SettingsReader) -> WeeklyRule? {
        defer { reader.reportUnknownKeys() }
        let on = reader.required("on", Form<Weekday>.word)
        let at = reader.required("at", .timeOfDay)
        let unassigned = reader.required("unassigned_for", .rule)
        let red = reader.required("red_without_contact_for", .rule)
        let standIn = reader.required("stand_in_cases", .number(1...1000))
        let usefulFor = reader.required("useful_for", .rule)
        guard let on, let at, let unassigned, let red, let standIn, let usefulFor else { return nil }
        return WeeklyRule(
            on: on, at: at, unassignedFor: unassigned, redWithoutContactFor: red, standInCases: standIn,
            usefulFor: usefulFor)
    }
}
