/// What a message has to say, as plain values: the planner decides it, the composer puts it into words.
package indirect enum MessageContent: Hashable, Sendable {
    /// An acknowledgement to the business. `promisedBy` is rounded up to noon or closing; nil when nothing is promised.
    case caseOpened(CaseBrief, promisedBy: Instant?)
    /// Another advisor than before, or the first one after the opening.
    case advisorAssigned(CaseBrief, promisedBy: Instant?)
    /// While the advisor is away, up to and with a day, somebody else follows the case.
    case replacement(CaseBrief, standInName: String, until: LocalDay)
    /// Any message about an appointment, to the business or to the advisor.
    case appointment(CaseBrief, AppointmentNotice)
    /// `mailedAt` is when the mail with the list left, nil while it has not.
    case documentsAwaited(CaseBrief, documents: [String], requestedAt: Instant, mailedAt: Instant? = nil)
    case unreachable(CaseBrief, triedAt: Instant, nextTryOn: LocalDay?)
    case followUpDone(CaseBrief, FollowUpSummary, doneAt: Instant, nextOn: LocalDay?)
    /// `to` is printed in a mail's body only, never in a subject or a text message.
    case referred(CaseBrief, to: String?, callOn: LocalDay?)
    case caseClosed(CaseBrief)
    case survey(CaseBrief, link: String)
    case newCase([NewCaseLine])
    case deadlineReminder(CaseBrief, Deadline)
    case deadlineOverdue(CaseBrief, Deadline, escalatesAt: Instant?, escalatesTo: String?)
    case escalation(CaseBrief, Deadline, at: Instant)
    case externalDate(CaseBrief, ExternalDate, daysLeft: Int)
    /// Carries nothing but the reference and the hour: see domain 1.3.
    case distressAlert(CaseReference, callBy: Instant?)
    case digest(Digest)
    case weeklyReport(WeeklyReport)
    case technicalIncident(String)
}

/// What a message about an appointment has to say.
package struct AppointmentNotice: Hashable, Sendable {
    package var appointment: Appointment
    /// The start as agreed now.
    package var startsAt: Instant
    /// The start it had before it was moved.
    package var formerStart: Instant?
    /// By when the advisor calls to agree on another date, once we have cancelled; rounded up like every promise.
    package var callBy: Instant?
    /// What calendars are told; nil when the message carries no calendar file.
    package var calendar: Calendar?

    /// The terms of RFC 5546: one identity for the appointment's life, and a number that only grows.
    package struct Calendar: Hashable, Sendable {
        package var uid: String
        package var sequence: Int
        package var isCancelled: Bool

        package init(uid: String, sequence: Int, isCancelled: Bool) {
            self.uid = uid
            self.sequence = sequence
            self.isCancelled = isCancelled
        }
    }

    package init(
        appointment: Appointment, startsAt: Instant, formerStart: Instant? = nil, callBy: Instant? = nil,
        calendar: Calendar? = nil
    ) {
        self.appointment = appointment
        self.startsAt = startsAt
        self.formerStart = formerStart
        self.callBy = callBy
        self.calendar = calendar
    }
}

/// What a colleague needs to know of a case at a glance.
package struct CaseBrief: Hashable, Sendable {
    package var ref: CaseReference
    package var naf: String?
    package var commune: String?
    package var employees: String?
    package var origin: Origin?
    package var openedAt: Instant
    package var topics: [String]
    /// The number to dial: mobile first, else landline.
    package var phone: PhoneNumber?
    package var callHours: String?
    package var contactTitle: Contact.Title?
    package var contactLastName: String?
    /// Full name and first name of the assigned advisor, nil while unassigned.
    package var advisorName: String?
    package var advisorFirstName: String?
    package var siteName: String?
    /// The number the business should call.
    package var servicePhone: PhoneNumber
    /// Where answers should go: the advisor, else her stand-in, else the site's mailbox.
    package var replyTo: EmailAddress?
    package var confidential: Bool

    package init(
        ref: CaseReference, naf: String?, commune: String?, employees: String?, origin: Origin?,
        openedAt: Instant,
        topics: [String], phone: PhoneNumber?, callHours: String?, contactTitle: Contact.Title?,
        contactLastName: String?, advisorName: String?, advisorFirstName: String?, siteName: String?,
        servicePhone: PhoneNumber, replyTo: EmailAddress?, confidential: Bool
    ) {
        self.ref = ref
        self.naf = naf
        self.commune = commune
        self.employees = employees
        self.origin = origin
        self.openedAt = openedAt
        self.topics = topics
        self.phone = phone
        self.callHours = callHours
        self.contactTitle = contactTitle
        self.contactLastName = contactLastName
        self.advisorName = advisorName
        self.advisorFirstName = advisorFirstName
        self.siteName = siteName
        self.servicePhone = servicePhone
        self.replyTo = replyTo
        self.confidential = confidential
    }
}

package struct NewCaseLine: Hashable, Sendable {
    package var brief: CaseBrief
    /// What is owed first, with its instant.
    package var firstDeadline: Deadline?
    /// The advisor somebody stands in for.
    package var insteadOf: String?

    package init(brief: CaseBrief, firstDeadline: Deadline?, insteadOf: String? = nil) {
        self.brief = brief
        self.firstDeadline = firstDeadline
        self.insteadOf = insteadOf
    }
}

/// One advisor's morning (domain 2.1).
package struct Digest: Hashable, Sendable {
    /// In the order they are read.
    package enum Section: String, CaseIterable, Hashable, Sendable {
        case late, today, appointments
        case beforeReturn = "before_return"
        case comingDays = "coming_days"
        case waitingForBusiness = "waiting_for_business"
        case new
        case duringAbsence = "during_absence"
        case notDelivered = "not_delivered"
    }

    package enum Item: Hashable, Sendable {
        /// Something to do by an instant.
        case deadline(Deadline)
        case appointment(Appointment, at: Instant)
        /// Documents asked for, and when the next automatic reminder leaves.
        case waiting(requestedAt: Instant, nextReminderAt: Instant?)
        case new(assignedAt: Instant)
        case happened(Fact, at: Instant)
        case notDelivered(MessageKind, Channel, detail: String)
        /// No channel works: please call.
        case callTask(MessageKind)
    }

    package struct Line: Hashable, Sendable {
        package var section: Section
        package var brief: CaseBrief
        package var item: Item
        /// The advisor this line belongs to, when its reader stands in.
        package var insteadOf: String?
        /// When the item is due or took place; lines of a section are sorted by it, then by reference.
        package var at: Instant

        package init(section: Section, brief: CaseBrief, item: Item, insteadOf: String? = nil, at: Instant) {
            self.section = section
            self.brief = brief
            self.item = item
            self.insteadOf = insteadOf
            self.at = at
        }
    }

    package var day: LocalDay
    package var firstName: String
    /// All lines, in order; the limit a section is for the composer.
    package var lines: [Line]
    package var linesPerSection: Int
    /// The last day of the absence just ended, for the return digest.
    package var absentUntil: LocalDay?

    package init(
        day: LocalDay, firstName: String, lines: [Line], linesPerSection: Int, absentUntil: LocalDay? = nil
    ) {
        self.day = day
        self.firstName = firstName
        self.lines = lines
        self.linesPerSection = linesPerSection
        self.absentUntil = absentUntil
    }
}

/// The team lead's Monday page (domain 2.2); never a ranking of people.
package struct WeeklyReport: Hashable, Sendable {
    package enum Exception: Hashable, Sendable {
        case overdue(CaseReference, DeadlineKind, due: Instant)
        case unassigned(CaseReference, since: Instant)
        case redWithoutContact(CaseReference, days: Int)
        case standInOverloaded(name: String, cases: Int)
    }

    package struct Figures: Hashable, Sendable {
        package var new = 0
        package var closed = 0
        package var referred = 0
        package var open = 0
        /// In working minutes; nil when there was no first call.
        package var medianFirstCallMinutes: Int?
        /// First calls made in time, of those made; nil when there was none.
        package var firstCallsInTimePercent: Int?

        package init() {}
    }

    package struct Count: Hashable, Sendable {
        package var label: String
        package var count: Int

        package init(label: String, count: Int) {
            self.label = label
            self.count = count
        }
    }

    package enum Coming: Hashable, Sendable {
        case publicHoliday(LocalDay, nameFrench: String, nameEnglish: String)
        case closure(LocalDay, label: String)
        case absence(name: String, from: LocalDay, to: LocalDay, backup: String?)
        case externalDates(count: Int, before: LocalDay)
    }

    package var siteName: String?
    package var firstName: String?
    /// Monday and Friday of the week just gone, and Monday of the week ahead.
    package var weekStart: LocalDay
    package var weekEnd: LocalDay
    package var exceptions: [Exception]
    package var lastWeek: Figures
    package var weekBefore: Figures
    package var bySite: [Count]
    package var bySector: [Count]
    package var byTopic: [Count]
    package var coming: [Coming]
    package var sent: Int
    package var failed: Int

    package init(
        siteName: String?, firstName: String?, weekStart: LocalDay, weekEnd: LocalDay,
        exceptions: [Exception],
        lastWeek: Figures, weekBefore: Figures, bySite: [Count], bySector: [Count], byTopic: [Count],
        coming: [Coming], sent: Int, failed: Int
    ) {
        self.siteName = siteName
        self.firstName = firstName
        self.weekStart = weekStart
        self.weekEnd = weekEnd
        self.exceptions = exceptions
        self.lastWeek = lastWeek
        self.weekBefore = weekBefore
        self.bySite = bySite
        self.bySector = bySector
        self.byTopic = byTopic
        self.coming = coming
        self.sent = sent
        self.failed = failed
    }
}
