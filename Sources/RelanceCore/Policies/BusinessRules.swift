/// What businesses are told, how it travels, when and how often, as data (design D8; domain 2.4 and 3.5).
package struct BusinessRules: Hashable, Sendable {
    /// How each kind leaves; one that is not here never does.
    package var messages: [MessageKind: MessageRule]
    /// The variant of ``MessageKind/advisorAssigned`` for an absence; nil when businesses are not told of absences.
    package var replacement: ReplacementRule?
    /// Counted by kind: ``MessageKind/appointmentEve`` and ``MessageKind/appointmentSoon``.
    package var reminders: [MessageKind: ReminderRule]
    /// By when the advisor calls to agree on another date, counted from a cancellation by us.
    package var callAfterCancelling: TimeRule?
    /// How long the advisor's own calendar file is worth sending; nil when advisors get none.
    package var invitationUsefulFor: TimeRule?
    /// The deadline at whose instants the business is reminded of documents.
    package var documentsReminder: DeadlineKind?
    package var unreachable: UnreachableRule?
    /// The deadline whose instant is the next call after a follow-up that names none.
    package var nextFollowUp: DeadlineKind?
    /// The deadlines whose instant is the call announced with a referral, the first that is owed.
    package var referralChecks: [DeadlineKind]
    /// A case that ended so is closed without a word.
    package var closedSilently: Set<Outcome>
    /// The deadline at whose instant the survey leaves.
    package var survey: DeadlineKind?
    package var ceilings: Ceilings
    /// The regions (ISO 3166) whose mobile numbers get text messages.
    package var smsRegions: Set<String>

    package init(
        messages: [MessageKind: MessageRule], replacement: ReplacementRule?,
        reminders: [MessageKind: ReminderRule], callAfterCancelling: TimeRule?,
        invitationUsefulFor: TimeRule?, documentsReminder: DeadlineKind?, unreachable: UnreachableRule?,
        nextFollowUp: DeadlineKind?, referralChecks: [DeadlineKind], closedSilently: Set<Outcome>,
        survey: DeadlineKind?, ceilings: Ceilings, smsRegions: Set<String>
    ) {
        self.messages = messages
        self.replacement = replacement
        self.reminders = reminders
        self.callAfterCancelling = callAfterCancelling
        self.invitationUsefulFor = invitationUsefulFor
        self.documentsReminder = documentsReminder
        self.unreachable = unreachable
        self.nextFollowUp = nextFollowUp
        self.referralChecks = referralChecks
        self.closedSilently = closedSilently
        self.survey = survey
        self.ceilings = ceilings
        self.smsRegions = smsRegions
    }
}

/// How one kind of message to businesses leaves.
package struct MessageRule: Hashable, Sendable {
    package var channel: ChannelRule
    package var window: Window
    /// Counted on the service's calendar from when the message is wanted.
    package var usefulFor: TimeRule

    /// Which window it waits for (domain 2.4: T and S).
    package enum Window: String, CaseIterable, Hashable, Sendable {
        case transactional, status
    }

    package init(channel: ChannelRule, window: Window, usefulFor: TimeRule) {
        self.channel = channel
        self.window = window
        self.usefulFor = usefulFor
    }
}

/// Which of the channels that can be used carry a message (domain 2.4).
package enum ChannelRule: String, CaseIterable, Hashable, Sendable {
    /// The one the person prefers, else the other; a mail when no preference is known.
    case preferred
    /// A text message and a mail, each on its own.
    case both
    case smsElseEmail = "sms_else_email"
    /// A text message or nothing at all: nobody is asked to call in its place.
    case sms
    /// A mail, with a short text message beside it, which never leaves without the mail.
    case emailAndSMS = "email_and_sms"
    /// The same, the text message only for who prefers text messages.
    case emailAndPreferredSMS = "email_and_preferred_sms"
}

/// The message that somebody else follows the case for a while.
package struct ReplacementRule: Hashable, Sendable {
    package var message: MessageRule
    /// Counted from the first instant of the absence.
    package var at: TimeRule

    package init(message: MessageRule, at: TimeRule) {
        self.message = message
        self.at = at
    }
}

/// A reminder of an appointment.
package struct ReminderRule: Hashable, Sendable {
    package var message: MessageRule
    /// Counted back from the start, on the calendar of the message's window.
    package var at: TimeRule
    /// It is dropped when the appointment was confirmed or moved less than this before it would leave.
    package var unlessAgreedWithin: Elapsed
    /// It is dropped when less than this would remain before the start.
    package var leavingAtLeast: Elapsed

    package init(
        message: MessageRule, at: TimeRule, unlessAgreedWithin: Elapsed, leavingAtLeast: Elapsed
    ) {
        self.message = message
        self.at = at
        self.unlessAgreedWithin = unlessAgreedWithin
        self.leavingAtLeast = leavingAtLeast
    }
}

/// How often a business hears that nobody answered.
package struct UnreachableRule: Hashable, Sendable {
    package var perDay: Int
    package var inAll: Int
    /// The day of the next call, counted from the unanswered one.
    package var nextTry: TimeRule

    package init(perDay: Int, inAll: Int, nextTry: TimeRule) {
        self.perDay = perDay
        self.inAll = inAll
        self.nextTry = nextTry
    }
}

/// How many messages are good for one recipient on one day.
package struct Ceilings: Hashable, Sendable {
    /// Status messages to one business, appointments excepted.
    package var statusPerDay: Int
    /// Messages of any kind and case to one address of a business.
    package var businessPerDay: Int
    /// Messages of any kind and case to one address of the staff; alerts of distress are not held to it.
    package var staffPerDay: Int

    package init(statusPerDay: Int, businessPerDay: Int, staffPerDay: Int) {
        self.statusPerDay = statusPerDay
        self.businessPerDay = businessPerDay
        self.staffPerDay = staffPerDay
    }
}
