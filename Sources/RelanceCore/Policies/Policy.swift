/// How one site of the chamber works: its calendars, deadlines, windows and mails, as data (design D8).
package struct Policy: Sendable {
    /// Compiled calendars by name; the configuration's check vouches that every name used below is here.
    package var calendars: [String: WorkingCalendar]
    /// The calendar of the service's opening hours.
    package var service: WorkingCalendar
    package var deadlines: [DeadlineRule]
    package var windows: Windows
    package var newCase: NewCaseRule
    package var caseOpened: CaseOpenedRule
    package var business: BusinessRules
    package var digest: DigestRule
    package var weekly: WeeklyRule

    package var zone: Zone { service.zone }

    package init(
        calendars: [String: WorkingCalendar], service: WorkingCalendar, deadlines: [DeadlineRule],
        windows: Windows, newCase: NewCaseRule, caseOpened: CaseOpenedRule, business: BusinessRules,
        digest: DigestRule, weekly: WeeklyRule
    ) {
        self.calendars = calendars
        self.service = service
        self.deadlines = deadlines
        self.windows = windows
        self.newCase = newCase
        self.caseOpened = caseOpened
        self.business = business
        self.digest = digest
        self.weekly = weekly
    }
}

/// The calendars inside which messages may leave; outside they wait for the next opening (design D6).
package struct Windows: Sendable {
    /// T of domain 2.4: Monday to Saturday 08:00 to 20:00, not on holidays.
    package var transactional: WorkingCalendar
    /// S: opening hours.
    package var status: WorkingCalendar
    /// Mails to advisors and leads, from the hour of the digest on.
    package var staff: WorkingCalendar
    /// Mails that announce a case: opening hours, so that a case assigned in the evening waits for the morning.
    package var newCase: WorkingCalendar
    /// An e-mail that only acknowledges may leave at any hour (domain 2.4, kind 1).
    package var acknowledgementAtAnyHour: Bool

    package init(
        transactional: WorkingCalendar, status: WorkingCalendar, staff: WorkingCalendar,
        newCase: WorkingCalendar, acknowledgementAtAnyHour: Bool
    ) {
        self.transactional = transactional
        self.status = status
        self.staff = staff
        self.newCase = newCase
        self.acknowledgementAtAnyHour = acknowledgementAtAnyHour
    }
}

package struct NewCaseRule: Hashable, Sendable {
    package var usefulFor: TimeRule

    package init(usefulFor: TimeRule) {
        self.usefulFor = usefulFor
    }
}

package struct CaseOpenedRule: Hashable, Sendable {
    package var channel: ChannelRule
    /// The deadline whose instant is the promise.
    package var promise: DeadlineKind
    /// The clock times every promise is rounded up to, so that "11:10" reads "before noon" (domain 2.3).
    package var roundedUpTo: [LocalTime]
    package var usefulFor: TimeRule

    package init(
        channel: ChannelRule, promise: DeadlineKind, roundedUpTo: [LocalTime], usefulFor: TimeRule
    ) {
        self.channel = channel
        self.promise = promise
        self.roundedUpTo = roundedUpTo
        self.usefulFor = usefulFor
    }
}

package struct DigestRule: Hashable, Sendable {
    package var at: LocalTime
    package var linesPerSection: Int
    /// How many worked days ahead the coming days reach.
    package var comingWorkingDays: Int
    package var usefulFor: TimeRule

    package init(at: LocalTime, linesPerSection: Int, comingWorkingDays: Int, usefulFor: TimeRule) {
        self.at = at
        self.linesPerSection = linesPerSection
        self.comingWorkingDays = comingWorkingDays
        self.usefulFor = usefulFor
    }
}

package struct WeeklyRule: Hashable, Sendable {
    /// The day it is meant for; on a closed day it moves to the next open one.
    package var on: Weekday
    package var at: LocalTime
    /// A case without an advisor for longer than this is an exception.
    package var unassignedFor: TimeRule
    /// A red case without contact for longer than this is an exception.
    package var redWithoutContactFor: TimeRule
    /// A stand-in with more than this many cases on top of her own is an exception.
    package var standInCases: Int
    package var usefulFor: TimeRule

    package init(
        on: Weekday, at: LocalTime, unassignedFor: TimeRule, redWithoutContactFor: TimeRule,
        standInCases: Int, usefulFor: TimeRule
    ) {
        self.on = on
        self.at = at
        self.unassignedFor = unassignedFor
        self.redWithoutContactFor = redWithoutContactFor
        self.standInCases = standInCases
        self.usefulFor = usefulFor
    }
}

/// The policy of every site; a case without a known site follows the house's own.
package struct Policies: Sendable {
    package var house: Policy
    package var sites: [String: Policy]

    package init(house: Policy, sites: [String: Policy] = [:]) {
        self.house = house
        self.sites = sites
    }

    package func policy(ofSite site: String?) -> Policy {
        site.flatMap { sites[$0] } ?? house
    }
}

/// How the service names itself in what people read.
package struct ServiceIdentity: Hashable, Sendable {
    package var name: String
    package var phone: PhoneNumber
    /// The mailbox messages come from.
    package var sender: EmailAddress
    /// Domain of message identifiers.
    package var messageIDDomain: String
    package var privacyContact: EmailAddress?
    /// Where technical incidents go.
    package var itMailbox: EmailAddress?
    /// A number for people in distress, as printed for advisors.
    package var hotline: String?
    /// When somebody last made sure that the hotline answers.
    package var hotlineCheckedOn: LocalDay?
    /// Where businesses say how they were helped (`https://…`); nil means nobody is asked.
    package var surveyURL: String?

    package init(
        name: String, phone: PhoneNumber, sender: EmailAddress, messageIDDomain: String,
        privacyContact: EmailAddress? = nil, itMailbox: EmailAddress? = nil, hotline: String? = nil,
        hotlineCheckedOn: LocalDay? = nil, surveyURL: String? = nil
    ) {
        self.name = name
        self.phone = phone
        self.sender = sender
        self.messageIDDomain = messageIDDomain
        self.privacyContact = privacyContact
        self.itMailbox = itMailbox
        self.hotline = hotline
        self.hotlineCheckedOn = hotlineCheckedOn
        self.surveyURL = surveyURL
    }
}
