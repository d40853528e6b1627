import RelanceCore
import RelanceTestSupport

extension Advisor {
    static func make(
        _ id: String, role: Role = .advisor, works: [Weekday: String]? = nil, absences: [Absence] = [],
        backup: String? = nil, digestAt: LocalTime? = nil
    ) -> Advisor {
        let names = id.split(separator: ".").map(\.capitalized)
        return Advisor(
            id: id, firstName: names.first ?? id, lastName: names.last ?? id,
            email: .make("\(id)@cci.example"),
            site: "dieppe", role: role, works: works.map { WorkingWeek($0.mapValues(openingHours)) },
            absences: absences, backup: backup, digestAt: digestAt)
    }

    /// Monday to Friday without Wednesday, 09:00 to 17:30.
    static func withoutWednesdays(_ id: String, absences: [Absence] = [], backup: String? = nil) -> Advisor {
        let days: [Weekday] = [.monday, .tuesday, .thursday, .friday]
        return make(
            id, works: Dictionary(uniqueKeysWithValues: days.map { ($0, "09:00-17:30") }), absences: absences,
            backup: backup)
    }
}

extension Absence {
    static func make(_ from: String, _ to: String, backup: String? = nil) -> Absence {
        Absence(from: date(from), to: date(to), backup: backup)
    }
}

extension [Advisor] {
    /// Claire follows cases, Karim stands in for her, Marc leads, Ines is on call.
    static let team: [Advisor] = [
        .make("claire.duval", backup: "karim.benali"), .make("karim.benali"),
        .make("marc.lefevre", role: .lead),
        .make("ines.royer", role: .onCall),
    ]

    /// The team with one of them as given.
    static func team(with changed: Advisor...) -> [Advisor] {
        team.filter { old in !changed.contains { $0.id == old.id } } + changed
    }
}

extension Site {
    static func make(_ id: String = "dieppe", lead: String? = "marc.lefevre") -> Site {
        Site(id: id, name: id.capitalized, mailbox: .make("\(id)@cci.example"), lead: lead)
    }
}

extension Planner {
    static func make(
        _ advisors: [Advisor] = .team, sites: [Site] = [.make()], policies: Policies = .shipped
    ) -> Planner {
        Planner(
            instance: "test", policies: policies, directory: Directory(advisors: advisors, sites: sites),
            service: .make())
    }
}

extension OpenCase {
    /// Claire's, in Dieppe, assigned as it was opened; the bakery would rather be called than written to.
    static func make(
        _ ref: String = "2020-0301", openedAt: String, _ stage: Stage = .listening,
        _ change: (inout OpenCase) -> Void = { _ in }
    ) -> OpenCase {
        var item = OpenCase(ref: .make(ref), openedAt: at(openedAt), stage: stage)
        item.site = "dieppe"
        item.advisor = "claire.duval"
        item.contact.prefers = .phone
        change(&item)
        return item
    }
}

extension StringProtocol {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
