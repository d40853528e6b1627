/// The people of the line: who follows cases, who leads, who stands in for whom.
package struct Directory: Hashable, Sendable {
    package let advisors: [String: Advisor]
    package let sites: [String: Site]
    /// By id.
    package let leads: [Advisor]

    package init(advisors: [Advisor], sites: [Site]) {
        self.advisors = Dictionary(advisors.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        self.sites = Dictionary(sites.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        leads = self.advisors.values.filter { $0.role == .lead }.sorted { $0.id < $1.id }
    }
}

package struct Advisor: Hashable, Sendable {
    package enum Role: String, CaseIterable, Hashable, Sendable {
        case advisor, lead
        case onCall = "on_call"
        case it
    }

    package var id: String
    package var firstName: String
    package var lastName: String
    package var email: EmailAddress
    package var phone: PhoneNumber?
    package var site: String?
    package var role: Role
    /// The hours worked, days without a span being days off (part-time); nil means the whole service week.
    package var works: WorkingWeek?
    package var absences: [Absence]
    /// Identifier of who stands in when an absence names nobody.
    package var backup: String?
    /// When the digest comes; nil means the policy's hour.
    package var digestAt: LocalTime?
    package var language: Language
    package var activeFrom: LocalDay?
    package var activeUntil: LocalDay?

    package init(
        id: String, firstName: String, lastName: String, email: EmailAddress, phone: PhoneNumber? = nil,
        site: String? = nil, role: Role = .advisor, works: WorkingWeek? = nil, absences: [Absence] = [],
        backup: String? = nil, digestAt: LocalTime? = nil, language: Language = .french,
        activeFrom: LocalDay? = nil, activeUntil: LocalDay? = nil
    ) {
        self.id = id
        self.firstName = firstName
        self.lastName = lastName
        self.email = email
        self.phone = phone
        self.site = site
        self.role = role
        self.works = works
        self.absences = absences
        self.backup = backup
        self.digestAt = digestAt
        self.language = language
        self.activeFrom = activeFrom
        self.activeUntil = activeUntil
    }

    package var fullName: String { firstName + " " + lastName }
}

/// Days away, both ends included; why is nobody's business and is not recorded.
package struct Absence: Hashable, Sendable {
    package var from: LocalDay
    package var to: LocalDay
    package var backup: String?

    package init(from: LocalDay, to: LocalDay, backup: String? = nil) {
        self.from = from
        self.to = to
        self.backup = backup
    }
}

/// A place of the chamber, with its generic mailbox as the last resort of every internal message.
package struct Site: Hashable, Sendable {
    package var id: String
    package var name: String
    package var mailbox: EmailAddress
    /// The number printed in messages to businesses; nil means the service's.
    package var phone: PhoneNumber?
    /// Identifier of the team lead.
    package var lead: String?

    package init(
        id: String, name: String, mailbox: EmailAddress, phone: PhoneNumber? = nil, lead: String? = nil
    ) {
        self.id = id
        self.name = name
        self.mailbox = mailbox
        self.phone = phone
        self.lead = lead
    }
}
