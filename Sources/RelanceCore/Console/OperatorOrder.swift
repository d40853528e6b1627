/// What an operator wants done, who wants it and why: all three go into the ledger (design D4).
///
/// Names messages by key and cases by reference, never an address: orders pass through command lines and their
/// histories.
package struct OperatorOrder: Hashable, Sendable {
    package let act: OperatorAct
    package let by: String
    package let reason: String

    /// Nil when author or reason is blank, holds what one cannot see or is longer than 80 and 500 characters.
    package init?(_ act: OperatorAct, by: String, reason: String) {
        guard let by = Self.sentence(by, atMost: 80), let reason = Self.sentence(reason, atMost: 500) else {
            return nil
        }
        self.act = act
        self.by = by
        self.reason = reason
    }

    private static func sentence(_ raw: String, atMost length: Int) -> String? {
        let text = raw.trimmed
        guard !text.isEmpty, text.count <= length, text.utf8.count <= 4 * length,
            SafeText.isPrintable(text)
        else { return nil }
        return text
    }
}

package enum OperatorAct: Hashable, Sendable {
    /// Send it (again) now. A text message nobody can tell the end of may arrive twice, which has to be wanted in so
    /// many words (design D11).
    case retry(MessageKey, mayArriveTwice: Bool = false)
    /// Nothing more is done about it; one that may have left counts as done with.
    case cancel(MessageKey)
    case hold(MessageKey)
    case release(MessageKey)
    /// Nothing automatic leaves on the case before that day; nil is until somebody resumes it.
    case holdCase(CaseReference, until: LocalDay?)
    case resumeCase(CaseReference)
    case acknowledge(CaseReference)
    /// What left the ledger fenced has been looked into: messages leave again.
    case liftFence
    /// The cases that went missing from their sources are gone indeed.
    case acceptSources
    /// The business wants no more messages by a channel, nil meaning any: the addresses its case has now are closed.
    case object(CaseReference, Channel?)
    case liftObjection(CaseReference, Channel?)
    /// The addresses of the case that were found dead may be tried again.
    case restoreAddresses(CaseReference, Channel?)
}

/// Why an order was refused; nothing was changed.
package enum OperatorProblem: Error, Hashable, Sendable {
    /// There is no such message or case.
    case unknown(String)
    /// It stands where the order makes no sense, or wants a word more.
    case refused(String)
    /// It could not be written down; the same order may succeed later.
    case unavailable(String)
}

extension OperatorProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown(let sentence), .refused(let sentence), .unavailable(let sentence): sentence
        }
    }
}
