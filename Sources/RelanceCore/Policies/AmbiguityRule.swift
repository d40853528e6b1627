/// What becomes of a message when nobody can tell whether it arrived, kind by kind (reliability 2.2, G4; design D11).
///
/// It is asked once, at the end of an attempt, and its answer stands in the ledger with that end: whatever a later
/// configuration says, the same entries mean the same.
package struct AmbiguityRule: Hashable, Sendable {
    package enum Choice: String, CaseIterable, Hashable, Sendable {
        /// It becomes `unknown`: a receipt, a look-up or a person settles it.
        case hold
        /// One more copy, which whoever gets both can tell for one.
        case retry
        /// One more copy, though both may arrive: for what has to.
        case retryAnyway = "retry_anyway"
    }

    private var usual: [Channel: Choice]
    private var special: [MessageKind: [Channel: Choice]]

    /// A channel that is not named does as the house has always done: a mail is repeated, a text message is not.
    package init(_ usual: [Channel: Choice] = [:], of special: [MessageKind: [Channel: Choice]] = [:]) {
        self.usual = usual.merging([.email: .retry, .sms: .hold]) { stated, _ in stated }
        self.special = special
    }

    package func choice(for kind: MessageKind, by channel: Channel) -> Choice {
        special[kind]?[channel] ?? usual[channel] ?? .hold
    }
}
