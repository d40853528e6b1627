/// Something a business is to be told, before it is known whether a message can, may and still should say it.
struct BusinessDuty {
    var kind: MessageKind
    var variant: String?
    /// Tells duties of one kind and instant apart: an appointment's id, which reminder it is.
    var step = ""
    var deadline: DeadlineKind?
    var anchor: Instant
    /// When it is wanted.
    var at: Instant
    var rule: MessageRule
    /// A mail that may leave outside its window (the acknowledgement).
    var mailAtAnyHour = false
    var usefulUntil: Instant
    var reason: DueReason
    /// A reason that holds whatever the hour and the channel, if any.
    var stop: WithheldReason?
    var call = Call.whenUnreached
    /// After it a call in place of the message would be pointless; nil is no such instant.
    var callUntil: Instant?
    /// Whether the call stands until then; else it stands as long as the message would have been useful.
    var callStands = false
    /// The message may come too late: the advisor is asked to call as well, until it has left.
    var callsAnyway = false
    /// Asked for only when the message is due.
    var content: () -> MessageContent

    /// When the advisor is asked to call in place of the message.
    enum Call {
        /// A call is owed anyway, or nobody would want one.
        case never
        /// No channel brings it over, or the person prefers the phone.
        case whenUnreached
        /// Also when the message is withheld for whatever reason: somebody would stand before a closed door.
        case whenWithheld
    }

    /// The channels its rule may use, the first wanted first.
    func channels(preferring preference: Contact.Preference?) -> [Channel] {
        switch rule.channel {
        case .preferred: preference == .sms ? [.sms, .email] : [.email, .sms]
        case .both, .smsElseEmail: [.sms, .email]
        case .sms: [.sms]
        case .emailAndSMS, .emailAndPreferredSMS: [.email]
        }
    }
}

/// What the channel rule makes of a duty.
enum ChannelChoice: Hashable {
    /// `isFallback` when a channel wanted before did not bring it over.
    case carried([Channel], isFallback: Bool)
    /// `since` is when that was known.
    case unreached(WithheldReason, since: Instant?)
}

/// The ways one business can be written to, as its record, its objections and its addresses allow (domain 2.4, 4.1).
///
/// A text message needs a number that takes them in a region that gets them, consent that is known, and budget.
struct Reach {
    let contact: Contact
    let email: EmailAddress?
    /// Before the budget is asked.
    private let number: PhoneNumber?
    private let budget: CaseMemory.SMSBudget
    private let isOptedOut: Bool

    init(_ contact: Contact, rules: BusinessRules, memory: CaseMemory, instance: String) {
        self.contact = contact
        budget = memory.smsBudget
        var isOptedOut = false
        /// Marks are hashes: not worth their price while nothing is closed.
        func isClosed(_ mark: @autoclosure () -> AddressMark) -> Bool {
            guard !memory.closedAddresses.isEmpty, let closed = memory.closedAddresses[mark()] else {
                return false
            }
            if closed == .objection { isOptedOut = true }
            return true
        }
        email = contact.email.flatMap { isClosed(AddressMark($0, instance: instance)) ? nil : $0 }
        number = contact.smsNumber.flatMap { number in
            guard contact.smsConsent == true, rules.smsRegions.contains(number.region) else { return nil }
            return isClosed(AddressMark(number, instance: instance)) ? nil : number
        }
        self.isOptedOut = isOptedOut
    }

    func allows(_ channel: Channel, for kind: MessageKind) -> Bool {
        switch channel {
        case .email: email != nil
        case .sms: number != nil && (budget == .open || budget == .appointmentsOnly && kind.isOfAppointment)
        }
    }

    /// Why a kind has no channel, as closely as it can be said.
    func obstacle(for kind: MessageKind) -> WithheldReason {
        if isOptedOut { return .optedOut }
        return number != nil && !allows(.sms, for: kind) ? .smsBudget : .noUsableChannel
    }

    /// Which channels carry a duty, given how far it got on each (D3: the same duty never starts over elsewhere).
    ///
    /// What is sent, or may have been, is being said there. A definite failure goes on to the next channel; an
    /// ambiguous end never does by itself, since the same words might arrive twice: not even when there is no way left
    /// to try it again.
    func choose(_ duty: BusinessDuty, told: (Channel) -> CaseMemory.Told?) -> ChannelChoice {
        let wanted = duty.channels(preferring: contact.prefers)
        let ends = wanted.map { (channel: $0, told: told($0)) }
        let isSaid = { (told: CaseMemory.Told?) in told?.end == .sent || told?.end == .unknown }
        let failedAt = ends.compactMap { $0.told?.hasFailed == true ? $0.told?.endedAt : nil }.max()
        let open = ends.filter { allows($0.channel, for: duty.kind) && $0.told?.hasFailed != true }
        switch duty.rule.channel {
        case .both:
            let carried = ends.filter { end in
                isSaid(end.told) || open.contains { $0.channel == end.channel }
            }
            if !carried.isEmpty { return .carried(carried.map(\.channel), isFallback: false) }
        case .preferred, .smsElseEmail, .sms:
            let said = ends.first { isSaid($0.told) }
            if said == nil, let doubtful = ends.first(where: { $0.told?.end == .doubtful }),
                !allows(doubtful.channel, for: duty.kind)
            {
                break
            }
            let chosen =
                said ?? open.first { $0.told?.end == .doubtful } ?? open.first { $0.told?.end == .open }
                ?? open.first
            if let chosen {
                let before = ends.prefix { $0.channel != chosen.channel }
                return .carried(
                    [chosen.channel], isFallback: before.contains { $0.told?.hasFailed == true })
            }
        case .emailAndSMS, .emailAndPreferredSMS:
            guard ends.contains(where: { isSaid($0.told) }) || !open.isEmpty else { break }
            // The text says to look at the mail, so the mail goes first.
            let isMailSent = ends.contains { $0.told?.end == .sent }
            let wantsText = duty.rule.channel == .emailAndSMS || contact.prefers == .sms
            let text = told(.sms)
            let isTextOpen = allows(.sms, for: duty.kind) && text?.hasFailed != true
            return .carried(
                isMailSent && wantsText && (isTextOpen || isSaid(text)) ? [.email, .sms] : [.email],
                isFallback: false)
        }
        return .unreached(
            failedAt == nil ? obstacle(for: duty.kind) : .noUsableChannel, since: failedAt)
    }
}

extension CaseMemory.Told {
    /// Sent, or nobody can tell: it is not said again by other means.
    var mayHaveArrived: Bool { end == .sent || end == .unknown || end == .doubtful }

    var hasFailed: Bool {
        if case .failed = end { true } else { false }
    }
}

extension Contact {
    /// The number that takes text messages, if any.
    package var smsNumber: PhoneNumber? {
        mobile.flatMap { $0.takesTextMessages ? $0 : nil }
    }
}
