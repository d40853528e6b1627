/// The identity of a duty: the same duty has the same key on every reading of every file after every restart
/// (design D3), so the ledger can admit it once.
package struct MessageKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let hash: ShortHash

    /// 26 characters of RFC 4648 base32, lower case.
    package var text: String { hash.text }

    /// Nil when the text is not a key's 26 characters.
    package init?(_ text: String) {
        guard let hash = ShortHash(text) else { return nil }
        self.hash = hash
    }

    /// Derives the key of a duty.
    ///
    /// - Parameters:
    ///   - instance: identifier of the ledger the duty is owed under.
    ///   - subject: what it is about: a case's reference, or an advisor's id for a digest.
    ///   - duty: deadline kind or message kind.
    ///   - step: which message of the duty.
    ///   - anchor: the instant of the fact that gave rise to it.
    ///   - channel: how it travels.
    ///   - slot: the part the recipient plays, not the person, so that a stand-in does not get it twice.
    package init(
        instance: String, subject: String, duty: String, step: String, anchor: Instant, channel: Channel,
        slot: String
    ) {
        hash = ShortHash(
            of: [instance, subject, duty, step, String(anchor.milliseconds), channel.rawValue, slot])
    }

    package var description: String { text }

    package static func < (a: MessageKey, b: MessageKey) -> Bool {
        a.hash < b.hash
    }
}
