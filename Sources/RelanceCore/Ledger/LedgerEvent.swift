/// What can be written down; messages and cases are named by key and reference, never by address (design D10).
package enum LedgerEvent: Hashable, Sendable {
    // The program.
    case started(ProgramStart)
    /// Written down at its end, before anything else is.
    case downtime(Downtime)
    /// Sends are held from here on until somebody lifts the fence (reliability 2.9).
    case fenced(FenceReason)
    case fenceLifted(by: String, reason: String)

    // A message.
    indirect case planned(PlanRecord)
    /// Durable before anything is sent.
    case attempted(MessageKey, Attempt)
    /// Durable before the last byte without which nobody can deliver.
    case handedOver(MessageKey, attempt: Int)
    case resulted(MessageKey, AttemptResult)
    /// `reason` is the word of a `WithheldReason` or a person's sentence.
    case cancelled(MessageKey, reason: String, by: String?)
    case expired(MessageKey, reason: String)
    case superseded(MessageKey, by: MessageKey)
    case held(MessageKey, reason: String, by: String?)
    case released(MessageKey, reason: String?, by: String?)
    /// A person wants the message sent (again) now.
    case retried(MessageKey, by: String, reason: String)
    /// The gateway tells what became of it; the same receipt twice, or after the final word, changes nothing.
    /// Ask `LedgerState.wouldChange` before it is written down.
    case receipted(MessageKey, Receipt)

    // Addresses, by their marks.
    case objected(AddressMark, Objection)
    case objectionLifted(AddressMark, by: String, reason: String)
    /// It does not exist. Told by a message's own refusal or receipt as long as the message is remembered; this stands
    /// for it afterwards.
    case addressDied(AddressMark, detail: String)
    /// An address that was found dead may be tried again.
    case addressRestored(AddressMark, by: String, reason: String)

    // Acts of people on a case.
    /// Nothing automatic leaves before that day; nil is until somebody resumes it.
    case caseHeld(CaseReference, until: LocalDay?, by: String, reason: String)
    case caseResumed(CaseReference, by: String, reason: String?)
    case acknowledged(CaseReference, by: String)
    // Sources of cases.
    case sourceRead(SourceReading)
    /// The cases that went missing from their sources, so many, are gone indeed.
    case sourcesAccepted(cases: Int, by: String, reason: String)

    // Retention.
    case forgotten(Forgetting)
    /// Keys of which nothing else is known any more, and when they were settled; stands in snapshots only.
    case remembered([MessageKey: Instant])

    /// A record of a later version that said it may be skipped; kept as it was written.
    case foreign(kind: String, members: String)
}

/// One start of the program.
package struct ProgramStart: Hashable, Sendable {
    package var version: String
    /// Hash of the machine's id: a copied ledger is recognised by it.
    package var machine: String

    package init(version: String, machine: String) {
        self.version = version
        self.machine = machine
    }
}

/// A stretch of time in which nobody was at work.
package struct Downtime: Hashable, Sendable {
    package var since: Instant
    package var until: Instant
    /// Whether it was so long, before a start, that the ledger may be an old backup.
    package var mayBeOld: Bool
    /// Whether a person has looked at what it left; stands so in snapshots only.
    package var isConfirmed: Bool

    package init(since: Instant, until: Instant, mayBeOld: Bool = false, isConfirmed: Bool = false) {
        self.since = since
        self.until = until
        self.mayBeOld = mayBeOld
        self.isConfirmed = isConfirmed
    }
}

/// Why nothing may leave until somebody says so.
package enum FenceReason: String, CaseIterable, Hashable, Sendable {
    /// The ledger was last written on another machine: it may be a clone or a restored backup.
    case otherMachine = "other_machine"
    /// More had been written on this machine than the ledger holds: it is a backup that was put back.
    case restored
    /// Nothing was written for so long, with work due, that it may be an old backup.
    case longSilence = "long_silence"
    /// Records were lost and what was left was repaired.
    case repaired
    /// After a downtime too much would leave at once.
    case catchUp = "catch_up"
    /// One reading of the cases, or another policy, would set off too much at once.
    case massChange = "mass_change"
}

/// What is remembered of a planned message: all of it but its words and addresses.
package struct PlanRecord: Hashable, Sendable {
    package var key: MessageKey
    package var kind: MessageKind
    package var variant: String?
    package var deadline: DeadlineKind?
    package var cases: [CaseReference]
    package var role: Audience
    package var recipientID: String
    package var channel: Channel
    /// The address it goes to; nil in ledgers of before version 2 and where none counts.
    package var addressee: AddressMark?
    package var anchor: Instant
    package var dueAt: Instant
    package var usefulUntil: Instant
    package var reason: DueReason
    package var covers: [MessageKey]

    package init(
        key: MessageKey, kind: MessageKind, variant: String? = nil, deadline: DeadlineKind? = nil,
        cases: [CaseReference], role: Audience, recipientID: String, channel: Channel,
        addressee: AddressMark? = nil, anchor: Instant,
        dueAt: Instant, usefulUntil: Instant, reason: DueReason, covers: [MessageKey] = []
    ) {
        self.key = key
        self.kind = kind
        self.variant = variant
        self.deadline = deadline
        self.cases = cases
        self.role = role
        self.recipientID = recipientID
        self.channel = channel
        self.addressee = addressee
        self.anchor = anchor
        self.dueAt = dueAt
        self.usefulUntil = usefulUntil
        self.reason = reason
        self.covers = covers
    }

    /// `instance` is the ledger's: the mark of the address is its own.
    package init(_ message: PlannedMessage, instance: String) {
        self.init(
            key: message.key, kind: message.kind, variant: message.variant, deadline: message.deadline,
            cases: message.cases, role: message.recipient.audience, recipientID: message.recipient.id,
            channel: message.channel,
            addressee: message.recipient.mark(for: message.channel, instance: instance),
            anchor: message.anchor, dueAt: message.dueAt,
            usefulUntil: message.usefulUntil, reason: message.reason, covers: message.covers)
    }
}

/// The intent to send, before anything leaves.
package struct Attempt: Hashable, Sendable {
    /// Counts the attempts of a message from 1.
    package var number: Int
    package var route: String
    package var messageID: String
    /// Of the frozen message, its envelope included; lower-case hexadecimal.
    package var sha256: String
    /// Parts of a text message as we count them, so that a budget can count them before the answer; nil for a mail.
    package var parts: Int?

    package init(number: Int, route: String, messageID: String, sha256: String, parts: Int? = nil) {
        self.number = number
        self.route = route
        self.messageID = messageID
        self.sha256 = sha256
        self.parts = parts
    }
}

/// How an attempt ended, and when the next one is due if there is to be one.
package struct AttemptResult: Hashable, Sendable {
    package var number: Int
    package var outcome: DeliveryOutcome
    /// An ambiguous end without it makes the message `unknown`.
    package var retryAt: Instant?

    package init(number: Int, outcome: DeliveryOutcome, retryAt: Instant? = nil) {
        self.number = number
        self.outcome = outcome
        self.retryAt = retryAt
    }
}

/// What is to be forgotten; written down so that every replay forgets the same.
package enum Forgetting: Hashable, Sendable {
    /// Of messages settled before `details` only the key stays; keys settled before `keys` go as well.
    case settled(details: Instant, keys: Instant)
    /// Everything about a case but the keys of its messages; messages still open stay.
    case ofCase(CaseReference)
}

extension LedgerEvent {
    /// The message it is about, if it is about one.
    package var message: MessageKey? {
        switch self {
        case .planned(let plan): plan.key
        case .attempted(let key, _), .handedOver(let key, _), .resulted(let key, _),
            .cancelled(let key, _, _),
            .expired(let key, _), .superseded(let key, _), .held(let key, _, _), .released(let key, _, _),
            .retried(let key, _, _), .receipted(let key, _):
            key
        case .started, .downtime, .fenced, .fenceLifted, .objected, .objectionLifted, .addressDied,
            .addressRestored, .caseHeld, .caseResumed, .acknowledged, .sourceRead, .sourcesAccepted,
            .forgotten, .remembered, .foreign:
            nil
        }
    }

    /// What the far side said against a message, if that is what happened.
    package var failureDetail: String? {
        switch self {
        case .resulted(_, let result): result.outcome.failure?.detail
        case .receipted(_, let receipt): receipt.verdict == .undelivered ? receipt.detail : nil
        default: nil
        }
    }

    /// Whether an attempt failed, and the route with it.
    package var isRouteFailure: Bool {
        if case .resulted(_, let result) = self { result.outcome.failure?.scope == .route } else { false }
    }

    /// Whether it can wait, as new work can, so that on a full disk the end of work under way can be written.
    package var beginsWork: Bool {
        switch self {
        case .planned, .attempted, .sourceRead: true
        default: false
        }
    }
}
