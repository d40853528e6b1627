import PositionedJSON
import RelanceCore

/// The keys of an advisor as design 4 lists them.
enum AdvisorKey: String, RecordKey {
    case id
    case firstName = "first_name"
    case lastName = "last_name"
    case email, phone, site, role, works, absences, backup
    case digestAt = "digest_at"
    case language
    case activeFrom = "active_from"
    case activeUntil = "active_until"
}

enum AbsenceKey: String, RecordKey {
    case from, to, backup
}

extension RecordReader {
    /// Reads one person of the directory; nil when the id or the address cannot be read, since then nobody can be
    /// written to under it.
    mutating func readAdvisor(_ node: JSONNode) -> Advisor? {
        record = nil
        guard node.kind == .object else {
            note(
                .refused, .unexpected(.kind(node.kind), expected: "an object, one advisor"), at: node.position
            )
            return nil
        }
        let id = required(AdvisorKey.id, of: node, expected: "an id that cases can name") {
            $0.identifier($1, $0.refusal)
        }
        record = id
        let email = required(AdvisorKey.email, of: node, expected: "an e-mail address") {
            $0.email($1, $0.refusal)
        }
        var isUsable = true
        for problem in node.problems where problem.fault.spoilsObject {
            note(refusal, .json(problem.fault), at: problem.position)
            isUsable = false
        }
        var rest = Advisor.Rest()
        members(of: node, in: "", { $0.advisor }) { reader, key, field in
            switch key {
            case .id, .email: break
            case .firstName: rest.firstName = reader.line(field)
            case .lastName: rest.lastName = reader.line(field)
            case .phone: rest.phone = reader.phone(field)
            case .site: rest.site = reader.identifier(field)
            case .role: rest.role = reader.word(field) ?? rest.role
            case .works: rest.works = reader.week(field)
            case .absences: rest.absences = reader.absences(field)
            case .backup: rest.backup = reader.identifier(field)
            case .digestAt: rest.digestAt = reader.time(field)
            case .language: rest.language = reader.word(field) ?? rest.language
            case .activeFrom: rest.activeFrom = reader.day(field)
            case .activeUntil: rest.activeUntil = reader.day(field)
            }
        }
        guard isUsable, let id, let email else { return nil }
        return Advisor(
            id: id, firstName: rest.firstName ?? "", lastName: rest.lastName ?? "", email: email,
            phone: rest.phone, site: rest.site, role: rest.role, works: rest.works, absences: rest.absences,
            backup: rest.backup, digestAt: rest.digestAt, language: rest.language,
            activeFrom: rest.activeFrom,
            activeUntil: rest.activeUntil)
    }

    /// A week as a list of `"monday 09:00-12:00, 13:30-17:30"` or plain `"monday"`, which is the whole day; days that
    /// are not named are days off.
    private mutating func week(_ field: Field) -> WorkingWeek? {
        var spans: [Weekday: [Span]] = [:]
        elements(field) { reader, element in
            guard let (weekday, hours) = element.value.string.flatMap(Self.day) else {
                reader.drop(element, expected: "a day and its hours such as \"monday 09:00-12:00\"")
                return
            }
            spans[weekday, default: []] += hours
        }
        guard !spans.isEmpty else { return nil }
        do {
            return WorkingWeek(try spans.mapValues { try OpeningHours($0) })
        } catch {
            note(.dropped, .doubtful("\(error)"), field)
            return nil
        }
    }

    private static func day(_ text: String) -> (Weekday, [Span])? {
        let words = text.trimmed.split(separator: " ", maxSplits: 1)
        guard let word = words.first, let weekday = Weekday(rawValue: String(word)) else { return nil }
        let hours = words.count > 1 ? String(words[1]) : "00:00-24:00"
        let spans = hours.split(separator: ",").map { part -> Span? in
            let times = part.split(separator: "-").map { LocalTime(String($0).trimmed) }
            guard times.count == 2, let opens = times[0], let closes = times[1] else { return nil }
            return Span(opens, closes)
        }
        return spans.contains { $0 == nil } ? nil : (weekday, spans.compactMap { $0 })
    }

    private mutating func absences(_ field: Field) -> [Absence] {
        var absences: [Absence] = []
        elements(field) { reader, element in
            if let absence = reader.absence(element) { absences.append(absence) }
        }
        return absences
    }

    /// An absence; without a readable end it lasts until somebody says otherwise, so that nothing is sent to an empty
    /// desk.
    private mutating func absence(_ field: Field) -> Absence? {
        guard let object = object(field) else { return nil }
        var (from, to): (LocalDay?, LocalDay?) = (nil, nil)
        var backup: String?
        members(of: object, in: field.path + ".", { $0.absence }) { reader, key, field in
            switch key {
            case .from: from = reader.day(field)
            case .to: to = reader.day(field)
            case .backup: backup = reader.identifier(field)
            }
        }
        guard let from else {
            note(.dropped, .missing(expected: "a date under \"from\""), field)
            return nil
        }
        if to == nil {
            careful(field, expected: "a date under \"to\"", as: "away until further notice")
        }
        let end = to ?? LocalDay(clampingYear: 9999, month: 12, day: 31)
        guard from <= end else {
            note(.dropped, .doubtful("it ends before it begins"), field)
            return nil
        }
        return Absence(from: from, to: end, backup: backup)
    }
}

extension Advisor {
    /// What an advisor may lack.
    fileprivate struct Rest {
        var firstName: String?
        var lastName: String?
        var phone: PhoneNumber?
        var site: String?
        var role = Role.advisor
        var works: WorkingWeek?
        var absences: [Absence] = []
        var backup: String?
        var digestAt: LocalTime?
        var language = Language.french
        var activeFrom: LocalDay?
        var activeUntil: LocalDay?
    }
}
