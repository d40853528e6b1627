/// What a provider's refusal or hesitation means, whatever its own word for it.
package enum GatewayClass: String, CaseIterable, Hashable, Sendable {
    /// It has this message already, by our reference: as good as taken.
    case taken
    /// Not now; the provider took nothing.
    case transient
    /// Too fast; the provider took nothing.
    case throttled
    case authentication
    case credit
    case badNumber = "bad_number"
    /// The provider holds an objection of the recipient.
    case blacklisted
    case badSender = "bad_sender"
    /// The account or the request is set up wrongly: every message would fail alike.
    case configuration
    /// This message, and no use trying again.
    case refused
    /// It may have been taken.
    case ambiguous
}

/// What an answer to a sending means.
package struct GatewayAnswerRules: Hashable, Sendable {
    /// What by itself puts an answer into a class.
    package enum Mark: Hashable, Sendable {
        case status(ClosedRange<Int>)
        case code(String)
        case condition(GatewayCondition)
    }

    package struct Class: Hashable, Sendable {
        package var name: GatewayClass
        package var marks: [Mark]

        package init(name: GatewayClass, marks: [Mark]) {
            self.name = name
            self.marks = marks
        }
    }

    /// The statuses of an answer that says "taken", provided that all conditions hold.
    package var success: [ClosedRange<Int>]
    package var conditions: [GatewayCondition]
    /// The provider's name of the message; nil when it goes by ours.
    package var reference: GatewayField?
    package var parts: GatewayField?
    package var cost: GatewayField?
    package var credit: GatewayField?
    package var errorCode: GatewayField?
    package var errorText: GatewayField?
    /// In the order of the file: the first that fits decides.
    package var classes: [Class]

    package init(
        success: [ClosedRange<Int>], conditions: [GatewayCondition], reference: GatewayField?,
        parts: GatewayField?, cost: GatewayField?, credit: GatewayField?, errorCode: GatewayField?,
        errorText: GatewayField?, classes: [Class]
    ) {
        self.success = success
        self.conditions = conditions
        self.reference = reference
        self.parts = parts
        self.cost = cost
        self.credit = credit
        self.errorCode = errorCode
        self.errorText = errorText
        self.classes = classes
    }
}

/// How a word of the provider tells what became of a message.
package struct GatewayStatusRules: Hashable, Sendable {
    package var status: GatewayField
    /// The provider's words for each verdict; a word that is not listed counts as pending, which changes nothing.
    package var verdicts: [Receipt.Verdict: [String]]
    package var code: GatewayField?
    /// The codes, or else the status words, that tell why a message was not delivered.
    package var failures: [GatewayClass: [String]]
    package var part: GatewayField?
    package var parts: GatewayField?

    package init(
        status: GatewayField, verdicts: [Receipt.Verdict: [String]], code: GatewayField?,
        failures: [GatewayClass: [String]], part: GatewayField?, parts: GatewayField?
    ) {
        self.status = status
        self.verdicts = verdicts
        self.code = code
        self.failures = failures
        self.part = part
        self.parts = parts
    }
}

/// How the provider's calls to us are read and answered.
package struct GatewayCallbackRules: Hashable, Sendable {
    package enum Reference: Hashable, Sendable {
        /// Ours: the message's key and the number of its sending.
        case ours(GatewayField)
        /// The provider's, as its answer to the sending gave it.
        case theirs(GatewayField)
    }

    /// A call that says what became of a message.
    package struct Receipts: Hashable, Sendable {
        package var when: [GatewayCondition]
        package var reference: Reference
        package var status: GatewayStatusRules

        package init(when: [GatewayCondition], reference: Reference, status: GatewayStatusRules) {
            self.when = when
            self.reference = reference
            self.status = status
        }
    }

    /// A call that forwards what somebody answered.
    package struct Answers: Hashable, Sendable {
        package var when: [GatewayCondition]
        package var number: GatewayField
        package var text: GatewayField

        package init(when: [GatewayCondition], number: GatewayField, text: GatewayField) {
            self.when = when
            self.number = number
            self.text = text
        }
    }

    /// What proves that the provider called; without one, the secret in the URL does.
    package struct Signature: Hashable, Sendable {
        package var header: String
        package var algorithm: GatewayDigest
        package var key: GatewayTemplate
        /// Names it may fill in: body, url, sorted_form, timestamp and the settings.
        package var of: GatewayTemplate
        /// The header with the instant of signing, in seconds of POSIX.
        package var timestampHeader: String?
        /// How far that instant may be from ours.
        package var tolerance: Elapsed

        package init(
            header: String, algorithm: GatewayDigest, key: GatewayTemplate, of: GatewayTemplate,
            timestampHeader: String?, tolerance: Elapsed
        ) {
            self.header = header
            self.algorithm = algorithm
            self.key = key
            self.of = of
            self.timestampHeader = timestampHeader
            self.tolerance = tolerance
        }
    }

    /// What the provider waits for; another word and it calls again.
    package struct Acknowledgement: Hashable, Sendable {
        package var status: Int
        package var type: String
        package var body: String

        package init(status: Int, type: String, body: String) {
            self.status = status
            self.type = type
            self.body = body
        }
    }

    package var methods: [GatewayRequest.Method]
    package var signature: Signature?
    package var receipts: Receipts?
    package var answers: Answers?
    package var acknowledgement: Acknowledgement

    package init(
        methods: [GatewayRequest.Method], signature: Signature?, receipts: Receipts?, answers: Answers?,
        acknowledgement: Acknowledgement
    ) {
        self.methods = methods
        self.signature = signature
        self.receipts = receipts
        self.answers = answers
        self.acknowledgement = acknowledgement
    }
}

/// Asking what became of a message that was taken.
package struct GatewayPoll: Hashable, Sendable {
    /// `{id}` is the provider's name of the message, `{reference}` ours.
    package var request: GatewayRequest
    package var status: GatewayStatusRules

    package init(request: GatewayRequest, status: GatewayStatusRules) {
        self.request = request
        self.status = status
    }
}

/// Asking by our reference whether a message was taken, after an ambiguous end.
package struct GatewayLookup: Hashable, Sendable {
    package var request: GatewayRequest
    /// All of them say that the provider has the message.
    package var found: [GatewayCondition]
    /// Any of these codes says that it has not.
    package var absentCodes: [String]
    /// All of them together say so too; neither, and nobody knows still.
    package var absent: [GatewayCondition]
    package var reference: GatewayField?

    package init(
        request: GatewayRequest, found: [GatewayCondition], absentCodes: [String] = [],
        absent: [GatewayCondition], reference: GatewayField?
    ) {
        self.request = request
        self.found = found
        self.absentCodes = absentCodes
        self.absent = absent
        self.reference = reference
    }
}
